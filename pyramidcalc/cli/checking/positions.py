"""On which line of a TOML file each value stands; tomllib does not tell."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    Path = tuple[str | int, ...]

DEEPEST = 8
"""Names and indices that a path has at most; a spec has no deeper value."""
SPARE = 1_000_000
"""Characters that are read again and again, beside four times the document's own, before lines are given up."""


class Reader:
    """tomllib, which reads parts of a document until that has cost too much."""

    def __init__(self, text: str) -> None:
        self.left = 4 * len(text) + SPARE

    def document(self, lines: Sequence[str]) -> dict[str, Any] | None:
        """What the lines say, or None where they are no document, or no more are read."""
        text = "\n".join(lines)
        self.left -= len(text)
        try:
            return tomllib.loads(text) if self.left >= 0 else None
        except tomllib.TOMLDecodeError:
            return None


def lines_of(text: str) -> dict[Path, int]:
    """Path of keys and indices → line, counted from 1, of every table and value of a valid document.

    Each statement (a header, or `key = value`) is a document of its own; one that goes on over
    several lines is valid with its last line only. What would take too long is left out.
    """
    reader = Reader(text)
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    base: Path = ()
    for line, statement, document in statements(text.replace("\r\n", "\n").split("\n"), reader):
        path, value = innermost(document)
        if statement[0].lstrip().startswith("["):
            base = (*indexed(path[:-1], counts), path[-1])
            if isinstance(value, list):
                found.setdefault(base, line)
                counts[base] = counts.get(base, -1) + 1
                base = (*base, counts[base])
            found[base] = line
        else:
            full = (*base, *path)
            for end in range(len(base) + 1, len(full)):
                found.setdefault(full[:end], line)
            found.update(within(full, value, line))
            found.update(items(full, line, statement, reader))
    return found


def indexed(path: Path, counts: Mapping[Path, int]) -> Path:
    """The path with the index of the last table so far behind the name of every array of tables."""
    made: Path = ()
    for key in path:
        made = (*made, key)
        if made in counts:
            made = (*made, counts[made])
    return made


def statements(lines: Sequence[str], reader: Reader) -> Iterator[tuple[int, Sequence[str], dict[str, Any]]]:
    """(first line, lines, what they say) of each statement."""
    start = 0
    while start < len(lines):
        end = start + 1
        document = reader.document(lines[start:end])
        while document is None and end < len(lines):
            end += 1
            document = reader.document(lines[start:end]) if reader.left >= 0 else None
        if document:
            yield start + 1, lines[start:end], document
        start = end


def innermost(document: dict[str, Any]) -> tuple[Path, Any]:
    """Keys of the one value of a statement, and the value; an inline table counts as keys."""
    path: Path = ()
    value: Any = document
    while isinstance(value, dict) and len(value) == 1 and len(path) < DEEPEST:
        ((key, value),) = value.items()
        path = (*path, key)
    return path, value


def within(path: Path, value: Any, line: int) -> Iterator[tuple[Path, int]]:
    """A value and all in it, on one line."""
    yield path, line
    if isinstance(value, dict | list) and len(path) < DEEPEST:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from within((*path, key), inner, line)


def items(path: Path, line: int, statement: Sequence[str], reader: Reader) -> Iterator[tuple[Path, int]]:
    """Lines of the items of an array that goes on over several lines."""
    known = 0
    for end in range(1, len(statement)):
        # Closed after this line, the array holds the items so far.
        document = reader.document([*statement[:end], "]"])
        value = innermost(document)[1] if document else None
        if not isinstance(value, list):
            continue
        for index in range(known, len(value)):
            yield from within((*path, index), value[index], line + end - 1)
        known = max(known, len(value))
