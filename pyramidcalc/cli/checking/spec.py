"""Reading a spec: `[[check]]` tables of pyramidcalc.toml, or of [tool.pyramidcalc] in pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from reprlib import repr as short_repr
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.summary import printable
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.expectations import CODES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any, NoReturn

OWN_FILE = "pyramidcalc.toml"
PROJECT_FILE = "pyproject.toml"
WHERE = f"write [[check]] tables in {OWN_FILE}, or [[tool.pyramidcalc.check]] tables in {PROJECT_FILE}"
BYTE_ORDER_MARK = "\ufeff"
"""What some editors write before UTF-8; TOML has no place for it."""
KEYS = {
    "name": (str, "a string"),
    "run": (str, "a string"),
    "expect": (list, "an array of strings"),
    "allow": (list, "an array of strings"),
    "verify": (bool, "true or false"),
}
"""Keys of a check: the type of the value, and that in words."""


class SpecError(click.ClickException):
    """A spec that cannot be read or written; the message starts with its file and line."""

    exit_code = 2

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        super().__init__(f"{place(path, line)}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class Block(Record):
    """The text of one check from its header to the next one, and the header's line, None where there is no header."""

    text: str
    header_line: int | None

    def line(self, key: str, string: str | None = None) -> int | None:
        """The line of a key, or of a string behind it; that of the key, or of the header, where it is not seen."""
        patterns = [rf"^[ \t]*{re.escape(key)}\b"]
        patterns += [rf"([\"']){re.escape(string)}\1"] if string is not None else []
        at = 0
        for pattern in patterns:
            if match := re.compile(pattern, re.MULTILINE).search(self.text, at):
                at = match.end()
        return None if self.header_line is None else self.header_line + self.text.count("\n", 0, at)


class Check(Record):
    """One `[[check]]`, the `index`-th of its file; `allow` is None where it is not given."""

    path: str
    index: int
    block: Block
    name: str
    run: str
    expect: tuple[str, ...]
    allow: tuple[str, ...] | None
    verify: bool


def place(path: str, line: int | None) -> str:
    """`pyramidcalc.toml:3`, or only the file where no line is known."""
    return printable(path) if line is None else f"{printable(path)}:{line}"


def default_file() -> str:
    """The file that is read where none is named. Raises click.UsageError where there is none."""
    for path in (OWN_FILE, PROJECT_FILE):
        if os.path.exists(path):
            return path
    raise click.UsageError(f"there is no {OWN_FILE} or {PROJECT_FILE} here; {WHERE}, or name another file")


def load(path: str) -> tuple[str, dict[str, Any]]:
    """The text of a file, and the document that it says. Raises SpecError."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        text = data.decode()
        return text, tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except OSError as error:
        raise SpecError(path, None, f"cannot read it: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SpecError(path, 1 + data.count(b"\n", 0, error.start), f"it is not UTF-8: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        # tomllib says where in the message alone.
        match = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise SpecError(path, int(match[1]) if match else None, f"it is no TOML: {printable(str(error))}") from None


def in_project(path: str) -> bool:
    """Whether the checks of a file stand in [tool.pyramidcalc]."""
    return os.path.basename(path) == PROJECT_FILE


def section_of(path: str, document: Any) -> Any:
    """The table of a document that holds the checks; an empty one where there is none."""
    for key in ("tool", "pyramidcalc") if in_project(path) else ():
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def read(path: str) -> list[Check]:
    """The checks of a file. Raises SpecError."""
    text, document = load(path)
    section = section_of(path, document)
    header = "[[tool.pyramidcalc.check]]" if in_project(path) else "[[check]]"
    for key in section:
        if key != "check":
            raise SpecError(path, None, f"unknown key {shown(key)}{did_you_mean(key, ['check']) or f'; {WHERE}'}")
    tables = section.get("check")
    if not tables or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SpecError(path, None, f"there are no {header} tables; {WHERE}")
    blocks = blocks_of(text, header)
    if len(blocks) != len(tables):
        # Inline tables, check = [{run = "conv"}], have no headers to search.
        blocks = [Block("", None)] * len(tables)
    return [
        check_of(path, index, block, table) for index, (block, table) in enumerate(zip(blocks, tables, strict=True))
    ]


def blocks_of(text: str, header: str) -> list[Block]:
    """The blocks that start with a header."""
    words = re.escape(header.strip("[]"))
    pattern = rf"^{BYTE_ORDER_MARK}?[ \t]*\[\[[ \t]*{words}[ \t]*\]\]"
    starts = [match.start() for match in re.finditer(pattern, text, re.MULTILINE)]
    ends = [*starts[1:], len(text)]
    return [Block(text[start:end], 1 + text.count("\n", 0, start)) for start, end in zip(starts, ends, strict=False)]


def check_of(path: str, index: int, block: Block, table: dict[str, Any]) -> Check:
    """One check. Raises SpecError for unknown keys, wrong types, unknown codes, and no `run`."""

    def refuse(problem: str, key: str | None = None, string: str | None = None) -> NoReturn:
        line = block.line(key, string) if key else block.header_line
        raise SpecError(path, line, f"check {index + 1}: {problem}")

    for key, value in table.items():
        if key not in KEYS:
            refuse(f"unknown key {shown(key)}{nearest_or_all(key, KEYS)}", key)
        kind, words = KEYS[key]
        items = value if isinstance(value, list) else []
        if not isinstance(value, kind) or not all(isinstance(item, str) for item in items):
            refuse(f"key `{key}` must be {words}, not {short_repr(value)}", key)
    if "run" not in table:
        refuse("key `run` is missing; it holds a command line, 'aspp --rate 6 12'")
    for code in table.get("allow", ()):
        if code not in CODES:
            refuse(f"key `allow`: there is no code {shown(code)}{nearest_or_all(code, CODES)}", "allow", code)
    run = table["run"]
    name = table.get("name", "").strip() or run.strip() or f"check {index + 1}"
    allow = tuple(table["allow"]) if "allow" in table else None
    return Check(path, index, block, name, run, tuple(table.get("expect", ())), allow, table.get("verify", False))


def nearest_or_all(word: str, words: Collection[str]) -> str:
    """`; did you mean …?`, or all words where none is near."""
    return did_you_mean(word, words) or f"; there are {', '.join(words)}"
