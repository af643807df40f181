"""Reading a spec: `[[check]]` tables of pyramidcalc.toml, or of [tool.pyramidcalc] in pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cached_property
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.checking.positions import lines_of
from pyramidcalc.cli.expected import printable
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

OWN_FILE = "pyramidcalc.toml"
PROJECT_FILE = "pyproject.toml"
SECTION = ("tool", "pyramidcalc")
CHECKS = "check"
LARGEST = 4_000_000
"""Bytes; no spec comes near, and a device has no end."""
MOST_DOTS = 1000
"""In one line; tomllib takes quadratic time for a key of many parts."""
LINE = re.compile(r"\(at line (\d+), column \d+\)")
KINDS = {
    "name": "a string",
    "run": "a string",
    "expect": "an array of strings",
    "allow": "an array of strings",
    "verify": "true or false",
}
"""Keys of a check, and what each holds."""
TYPES = {
    bool: "true or false",
    str: "a string",
    int: "a whole number",
    float: "a number",
    list: "an array",
    dict: "a table",
}


class SpecError(click.ClickException):
    """A spec that cannot be read; told with its file and line."""

    exit_code = 2

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        super().__init__(f"{place(file, line)}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class Source(Record):
    """A file that holds a spec; `root` is where in it."""

    path: str
    text: str
    root: tuple[str, ...]

    @cached_property
    def lines(self) -> dict[tuple[str | int, ...], int]:
        """Path of keys → line."""
        return lines_of(self.text)

    def line(self, *path: str | int) -> int | None:
        """The line of a value in the spec, or of the table that would hold it; None for the file as a whole."""
        full = (*self.root, *path)
        while full and full not in self.lines:
            full = full[:-1]
        return self.lines.get(full)

    def error(self, problem: str, *path: str | int) -> SpecError:
        """The error of a value."""
        return SpecError(self.path, self.line(*path), problem)


class Check(Record):
    """One `[[check]]`; `allow` is None where it is not given."""

    source: Source
    index: int
    name: str
    run: str
    expect: tuple[str, ...]
    allow: tuple[str, ...] | None
    verify: bool

    def line(self, *path: str | int) -> int | None:
        """The line of one of its values, or of itself."""
        return self.source.line(CHECKS, self.index, *path)


def place(path: str, line: int | None) -> str:
    """`pyramidcalc.toml:3`, or only the file where no line is known."""
    return printable(path) if line is None else f"{printable(path)}:{line}"


def default_file() -> str:
    """The file that is read where none is named. Raises click.UsageError where there is none."""
    if os.path.exists(OWN_FILE):
        return OWN_FILE
    if os.path.exists(PROJECT_FILE) and section_of(load(PROJECT_FILE)[1], SECTION) is not None:
        return PROJECT_FILE
    raise click.UsageError(
        f"there is no {OWN_FILE} here, and no [{'.'.join(SECTION)}] in {PROJECT_FILE}; "
        f"name a file, or write one with a [[{CHECKS}]] table"
    )


def read(path: str) -> tuple[Check, ...]:
    """The checks of a file. Raises SpecError with file, line and key."""
    text, document = load(path)
    root = SECTION if os.path.basename(path) == PROJECT_FILE else ()
    source = Source(path, text, root)
    section = section_of(document, root)
    if section is None:
        raise SpecError(path, None, f"there is no [{'.'.join(SECTION)}]")
    if not isinstance(section, dict):
        raise source.error(f"key `{'.'.join(root)}` must be a table, not {kind_of(section)}")
    for key in section:
        if key != CHECKS:
            raise source.error(f"unknown key {shown(key)}{did_you_mean(key, [CHECKS]) or f'; there is {CHECKS}'}", key)
    checks = section.get(CHECKS, [])
    if not isinstance(checks, list) or not all(isinstance(each, dict) for each in checks):
        raise source.error(f"key `{CHECKS}` must be an array of tables, [[{'.'.join((*root, CHECKS))}]]", CHECKS)
    if not checks:
        raise source.error(f"there is nothing to check: no [[{'.'.join((*root, CHECKS))}]]", CHECKS)
    return tuple(check_of(source, index, table) for index, table in enumerate(checks))


def load(path: str) -> tuple[str, dict[str, Any]]:
    """The text of a file and what it says. Raises SpecError."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SpecError(path, None, f"cannot read it: {reason}") from None
    if len(data) > LARGEST:
        raise SpecError(path, None, f"it has more than {LARGEST:,} bytes, which no spec needs")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise SpecError(path, line, f"it is not UTF-8: {error.reason}") from None
    for index, content in enumerate(text.split("\n")):
        if content.count(".") > MOST_DOTS:
            raise SpecError(path, 1 + index, f"the line has more than {MOST_DOTS} dots, which no spec needs")
    try:
        return text, tomllib.loads(text)
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


def section_of(document: dict[str, Any], root: Sequence[str]) -> Any:
    """What stands at the root of the spec, or None."""
    value: Any = document
    for key in root:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def check_of(source: Source, index: int, table: dict[str, Any]) -> Check:
    """One check. Raises SpecError for unknown keys, wrong types, and where `run` is absent."""
    where = f"{CHECKS} {index + 1}"
    for key, value in table.items():
        if key not in KINDS:
            near = did_you_mean(key, KINDS) or f"; there are {', '.join(KINDS)}"
            raise source.error(f"{where}: unknown key {shown(key)}{near}", CHECKS, index, key)
        wrong = wrong_item(KINDS[key], value)
        if wrong is not None:
            at, item = wrong
            told = f"{where}: key `{key}` must be {KINDS[key]}, not {kind_of(value)}"
            if at:
                told += f" with {kind_of(item)}"
            raise source.error(told, CHECKS, index, key, *at)
    if "run" not in table:
        raise source.error(f"{where}: key `run` is missing; it holds a command line, 'aspp --rate 6 12'", CHECKS, index)
    allow = table.get("allow")
    return Check(
        source,
        index,
        table.get("name", table["run"]),
        table["run"],
        tuple(table.get("expect", ())),
        None if allow is None else tuple(allow),
        table.get("verify", False),
    )


def wrong_item(kind: str, value: Any) -> tuple[tuple[int, ...], Any] | None:
    """(where in it, what) of the first value that is not of a kind, or None."""
    if kind == KINDS["verify"]:
        return None if isinstance(value, bool) else ((), value)
    if kind == KINDS["name"]:
        return None if isinstance(value, str) else ((), value)
    if not isinstance(value, list):
        return (), value
    return next((((at,), item) for at, item in enumerate(value) if not isinstance(item, str)), None)


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    return TYPES.get(type(value), "a date or time")
