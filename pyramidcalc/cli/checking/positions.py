"""On which line of a TOML file each value stands; tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Path = tuple[str | int, ...]
    Open = list[tuple[Path, Iterator[int] | None]]

DEEPEST = 8
"""Names and indices that a path has at most; a spec has no deeper value, and long paths take memory."""
BASIC = r'"(?:[^"\\]++|\\.)*+"'
LITERAL = r"'[^']*+'"
BASIC_LINES = r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
LITERAL_LINES = r"'''(?:[^']++|'(?!''))*+'{3,5}"
BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
BETWEEN = re.compile(r"(?:[ \t\r\n,]++|#[^\n]*+)*+")
KEY = re.compile(rf"{BASIC}|{LITERAL}|[^\s\"'.=\]]++", re.DOTALL)
DOT = re.compile(r"[ \t]*+\.[ \t]*+")
EQUALS = re.compile(r"[ \t]*+=[ \t]*+")
HEADER = re.compile(r"\[\[?[ \t]*+")
HEADER_END = re.compile(r"[ \t]*+\]\]?")
OPEN = re.compile(r"[\[{]")
CLOSE = re.compile(r"[\]}]")
SCALAR = re.compile(rf"{BASIC_LINES}|{LITERAL_LINES}|{BASIC}|{LITERAL}|[^,\]}}#\r\n]++", re.DOTALL)


def lines_of(text: str) -> dict[Path, int]:
    """Path of keys and indices → line, counted from 1, of every table and value of a valid document.

    A table stands where its header is, or where it is first spoken of; a value where it starts.
    Paths of more than `DEEPEST` parts are left out.
    """
    scanner = Scanner(text)
    scanner.document()
    return scanner.found


class Scanner:
    """Walks a document once; tomllib has proved it valid, so the next sign alone says what comes.

    What is no TOML is walked to some end too, with lines that mean nothing.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def take(self, pattern: re.Pattern[str]) -> str:
        """What stands next, as far as the pattern goes; the place moves behind it."""
        match = pattern.match(self.text, self.at)
        taken = match[0] if match else ""
        self.at += len(taken)
        self.line += taken.count("\n")
        return taken

    def document(self) -> None:
        """Headers and `key = value`, each from its line."""
        base: Path = ()
        before = -1
        while before < self.at:
            before = self.at
            self.take(BLANK)
            if opening := self.take(HEADER):
                base = self.header(array=opening.startswith("[["))
            elif self.at < len(self.text):
                self.value(self.below(base, self.keys()))

    def header(self, *, array: bool) -> Path:
        """The path of the table that a header opens."""
        path: Path = ()
        for key in self.keys():
            path = self.below(self.newest(path), (key,))
        self.take(HEADER_END)
        if array:
            self.counts[path] = self.counts.get(path, -1) + 1
            path = self.newest(path)
        if len(path) <= DEEPEST:
            # A table may be spoken of before its header, as `a` is in [a.b].
            self.found[path] = self.line
        return path

    def newest(self, path: Path) -> Path:
        """The path, or where it is an array of tables that of the last table so far."""
        return child(path, self.counts[path]) if path in self.counts else path

    def below(self, base: Path, keys: Iterable[str | int]) -> Path:
        """The path of dotted keys below a table; each of them is noted."""
        for key in keys:
            base = child(base, key)
            if len(base) <= DEEPEST:
                self.found.setdefault(base, self.line)
        return base

    def keys(self) -> list[str]:
        """The parts of a dotted key, up to its value where it has one."""
        parts = [unquoted(self.take(KEY))]
        while self.take(DOT):
            parts.append(unquoted(self.take(KEY)))
        self.take(EQUALS)
        return parts

    def value(self, path: Path) -> None:
        """Walks the value of a path, and all in it without recursion, as arrays may be nested deeply."""
        opened: Open = []
        self.begin(path, opened)
        while opened and self.at < len(self.text):
            self.take(BETWEEN)
            if self.take(CLOSE):
                opened.pop()
            else:
                base, places = opened[-1]
                self.begin(self.below(base, self.keys() if places is None else (next(places),)), opened)

    def begin(self, path: Path, opened: Open) -> None:
        """Opens an array or an inline table, or takes the whole of any other value."""
        if sign := self.take(OPEN):
            opened.append((path, count() if sign == "[" else None))
        else:
            self.take(SCALAR)


def child(path: Path, key: str | int) -> Path:
    """The path of what stands in a table or array; one part too many says that it is too deep."""
    return (*path, key) if len(path) <= DEEPEST else path


def unquoted(word: str) -> str:
    """The key that a word says."""
    if word[:1] not in ("'", '"'):
        return word
    if word[0] == "'" or "\\" not in word:
        return word[1:-1]
    try:
        made: str = tomllib.loads(f"key = {word}")["key"]
    except tomllib.TOMLDecodeError:
        return word
    return made
