"""Reading a TOML file, and telling what is wrong with one by file and line."""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.expected import printable

if TYPE_CHECKING:
    from typing import Any

LARGEST = 4_000_000
"""Bytes; no spec comes near, and a device has no end."""
MOST_DOTS = 1000
"""In one line; tomllib takes quadratic time for a key of many parts."""
MARK = "\ufeff"
"""The byte order mark that some editors write before UTF-8; TOML knows none."""
LINE = re.compile(r"\(at line (\d+), column \d+\)")


class SpecError(click.ClickException):
    """A spec that cannot be read or written; told with its file and line."""

    exit_code = 2

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        super().__init__(f"{place(file, line)}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


def place(path: str, line: int | None) -> str:
    """`pyramidcalc.toml:3`, or only the file where no line is known."""
    return printable(path) if line is None else f"{printable(path)}:{line}"


def load(path: str) -> tuple[str, str, dict[str, Any]]:
    """(byte order mark or nothing, text behind it, what that says) of a file. Raises SpecError."""
    data = content_of(path)
    if len(data) > LARGEST:
        raise SpecError(path, None, f"it has more than {LARGEST:,} bytes, which no spec needs")
    mark = MARK if data.startswith(BOM_UTF8) else ""
    try:
        text = data.decode()[len(mark) :]
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise SpecError(path, line, f"it is not UTF-8: {error.reason}") from None
    return mark, text, document_of(path, text)


def content_of(path: str) -> bytes:
    """The bytes of a file, few more than a spec may have. Raises SpecError."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SpecError(path, None, f"cannot read it: {reason}") from None


def document_of(path: str, text: str) -> dict[str, Any]:
    """What a text says. Raises SpecError."""
    for index, content in enumerate(text.split("\n")):
        if content.count(".") > MOST_DOTS:
            raise SpecError(path, 1 + index, f"the line has more than {MOST_DOTS} dots, which no spec needs")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise broken(path, text, str(error)) from None
    except RecursionError:
        raise SpecError(path, deepest(text), "it is no TOML that can be read: nested too deeply") from None
    except ValueError as error:
        # A number with more digits than Python reads.
        raise SpecError(path, longest(text), f"it is no TOML that can be read: {error}") from None


def broken(path: str, text: str, problem: str) -> SpecError:
    """The error of a file that is no TOML."""
    found = LINE.search(problem)
    line = int(found[1]) if found else 1 + text.rstrip("\n").count("\n")
    return SpecError(path, line, f"it is no TOML: {printable(problem)}")


def deepest(text: str) -> int:
    """The line with the most brackets."""
    lines = text.split("\n")
    return 1 + max(range(len(lines)), key=lambda index: lines[index].count("[") + lines[index].count("{"))


def longest(text: str) -> int:
    """The line with the longest run of digits."""
    lines = text.split("\n")
    return 1 + max(range(len(lines)), key=lambda index: max(map(len, re.findall(r"[0-9_]+", lines[index])), default=0))
