"""Reading a spec: `[[check]]` tables of pyramidcalc.toml, or of [tool.pyramidcalc] in pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.summary import printable
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.expectations import CODES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any

OWN_FILE, PROJECT_FILE = "pyramidcalc.toml", "pyproject.toml"
WHERE = f"write [[check]] tables in {OWN_FILE}, or [[tool.pyramidcalc.check]] tables in {PROJECT_FILE}"
KEYS = {"run": str, "name": str, "expect": list, "allow": list, "verify": bool}
RULE = "write `run` and `name` as strings, `expect` and `allow` as arrays of strings, `verify` as true or false"


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
        behind = rf"(?:[\s\S]*?([\"']){re.escape(string)}\1)?" if string is not None else ""
        match = re.search(rf"^[ \t]*{re.escape(key)}\b{behind}", self.text, re.MULTILINE)
        lines = self.text.count("\n", 0, match.end()) if match else 0
        return None if self.header_line is None else self.header_line + lines


class Check(Record):
    """One `[[check]]`, the `index`-th of its file; `allow` is None where it is not given."""

    path: str
    index: int
    block: Block
    run: str
    name: str
    expect: tuple[str, ...] = ()
    allow: tuple[str, ...] | None = None
    verify: bool = False


def place(path: str, line: int | None) -> str:
    """`pyramidcalc.toml:3`, or only the file where no line is known."""
    return printable(path) if line is None else f"{printable(path)}:{line}"


def load(path: str) -> tuple[str, dict[str, Any]]:
    """The text of a file, and the document that it says. Raises SpecError."""
    try:
        # Line ends stay as they are; a byte order mark goes, for which TOML has no place.
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
        return text, tomllib.loads(text)
    except OSError as error:
        raise SpecError(path, None, f"cannot read it: {error.strerror}; {WHERE}") from None
    except (ValueError, RecursionError) as error:
        # tomllib says where in the message alone.
        match = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise SpecError(path, int(match[1]) if match else None, f"it is no TOML: {printable(str(error))}") from None


def section_of(path: str, document: Any) -> Any:
    """The table of a document that holds the checks; an empty one where there is none."""
    for key in ("tool", "pyramidcalc") if os.path.basename(path) == PROJECT_FILE else ():
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def read(path: str) -> list[Check]:
    """The checks of a file. Raises SpecError."""
    text, document = load(path)
    section = section_of(path, document)
    tables = section.get("check")
    listed = tables if isinstance(tables, list) else []
    if not listed or set(section) != {"check"} or not all(isinstance(table, dict) for table in listed):
        raise SpecError(path, None, f"it must hold tables of checks and nothing else; {WHERE}")
    header = r"^[ \t]*\[\[[ \t]*(tool\.pyramidcalc\.)?check[ \t]*\]\]"
    starts = [match.start() for match in re.finditer(header, text, re.MULTILINE)]
    blocks = [Block(text[start:end], 1 + text.count("\n", 0, start)) for start, end in pairwise([*starts, len(text)])]
    if len(blocks) != len(tables):
        # Inline tables, check = [{run = "conv"}], have no headers to search.
        blocks = [Block("", None)] * len(tables)
    return [check_of(path, index, *pair) for index, pair in enumerate(zip(blocks, tables, strict=True))]


def check_of(path: str, index: int, block: Block, table: dict[str, Any]) -> Check:
    """One check. Raises SpecError for unknown keys, wrong types, unknown codes, and no `run`."""
    which = f"check {index + 1}"
    for key, value in table.items():
        strings = value if isinstance(value, list) else []
        if not isinstance(value, KEYS.get(key, ())) or not all(isinstance(string, str) for string in strings):
            raise SpecError(path, block.line(key), f"{which}: key {shown(key)} does not fit; {RULE}")
    if "run" not in table:
        raise SpecError(path, block.header_line, f"{which}: there is no `run`; give a command line, 'aspp --rate 6 12'")
    for code in table.get("allow", ()):
        if code not in CODES:
            near = did_you_mean(code, CODES) or f"; there are {', '.join(CODES)}"
            raise SpecError(path, block.line("allow", code), f"{which}: `allow` has no code {shown(code)}{near}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    name = table.get("name", "").strip() or table["run"].strip() or which
    return Check(path, index, block, **values | {"name": name})
