"""Reading a spec: `[[check]]` tables of pyramidcalc.toml, or of [tool.pyramidcalc] in pyproject.toml."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.checking.loading import SpecError, load
from pyramidcalc.cli.checking.positions import lines_of
from pyramidcalc.cli.expected import printable
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.expectations import CODES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any, NoReturn

OWN_FILE = "pyramidcalc.toml"
PROJECT_FILE = "pyproject.toml"
SECTION = ("tool", "pyramidcalc")
CHECKS = "check"
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


class Source(Record):
    """A file that holds a spec; `mark` is the byte order mark before its text, `root` where in it the spec is."""

    path: str
    mark: str
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


def default_file() -> str:
    """The file that is read where none is named. Raises click.UsageError where there is none."""
    if os.path.exists(OWN_FILE):
        return OWN_FILE
    if os.path.exists(PROJECT_FILE) and section_of(load(PROJECT_FILE)[2], SECTION) is not None:
        return PROJECT_FILE
    raise click.UsageError(
        f"there is no {OWN_FILE} here, and no [{'.'.join(SECTION)}] in a {PROJECT_FILE}; "
        f"write {header(())} tables in the one, {header(SECTION)} tables in the other, or name another file"
    )


def header(root: Sequence[str]) -> str:
    """`[[check]]`, or `[[tool.pyramidcalc.check]]`."""
    return f"[[{'.'.join((*root, CHECKS))}]]"


def read(path: str) -> tuple[Check, ...]:
    """The checks of a file. Raises SpecError with file, line and key."""
    mark, text, document = load(path)
    root = SECTION if os.path.basename(path) == PROJECT_FILE else ()
    return checks_of(Source(path, mark, text, root), document)


def checks_of(source: Source, document: dict[str, Any]) -> tuple[Check, ...]:
    """The checks that a document holds. Raises SpecError with file, line and key."""
    root = source.root
    section = section_of(document, root)
    if section is None:
        raise SpecError(source.path, None, f"there is no [{'.'.join(root)}]; write {header(root)} tables in it")
    if not isinstance(section, dict):
        raise source.error(f"key `{'.'.join(root)}` must be a table, not {kind_of(section)}")
    for key in section:
        if key != CHECKS:
            raise source.error(f"unknown key {shown(key)}{instead_of(key, source)}", key)
    checks = section.get(CHECKS, [])
    if not isinstance(checks, list) or not all(isinstance(each, dict) for each in checks):
        raise source.error(f"key `{CHECKS}` must be an array of tables, {header(root)}", CHECKS)
    if not checks:
        raise source.error(f"there is nothing to check: no {header(root)}", CHECKS)
    return tuple(check_of(source, index, table) for index, table in enumerate(checks))


def instead_of(key: str, source: Source) -> str:
    """What to write instead of a key beside the checks."""
    if not source.root and key == SECTION[0]:
        return f"; {header(SECTION)} is for {PROJECT_FILE}, in {printable(source.path)} write {header(())}"
    return did_you_mean(key, [CHECKS]) or f"; there is {CHECKS}"


def section_of(document: dict[str, Any], root: Sequence[str]) -> Any:
    """What stands at the root of the spec, or None."""
    value: Any = document
    for key in root:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def check_of(source: Source, index: int, table: dict[str, Any]) -> Check:
    """One check. Raises SpecError for unknown keys, wrong types, empty names, unknown codes, and no `run`."""
    where = f"{CHECKS} {index + 1}"

    def refuse(problem: str, *path: str | int) -> NoReturn:
        raise source.error(f"{where}: {problem}", CHECKS, index, *path)

    for key, value in table.items():
        if key not in KINDS:
            refuse(f"unknown key {shown(key)}{nearest_or_all(key, KINDS)}", key)
        wrong = wrong_item(KINDS[key], value)
        if wrong is not None:
            at, item = wrong
            inner = f" with {kind_of(item)}" if at else ""
            refuse(f"key `{key}` must be {KINDS[key]}, not {kind_of(value)}{inner}", key, *at)
    if "run" not in table:
        refuse("key `run` is missing; it holds a command line, 'aspp --rate 6 12'")
    run, name, allow = table["run"], table.get("name"), table.get("allow")
    if name is not None and not name.strip():
        refuse(f"key `name` is {shown(name)}, which names nothing; leave it out to have `run` as the name", "name")
    for number, code in enumerate(allow or ()):
        if code not in CODES:
            refuse(f"key `allow`: there is no code {shown(code)}{nearest_or_all(code, CODES)}", "allow", number)
    return Check(
        source,
        index,
        run.strip() or where if name is None else name,
        run,
        tuple(table.get("expect", ())),
        None if allow is None else tuple(allow),
        table.get("verify", False),
    )


def nearest_or_all(word: str, words: Collection[str]) -> str:
    """`; did you mean …?`, or all words where none is near."""
    return did_you_mean(word, words) or f"; there are {', '.join(words)}"


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
