"""A GitHub table, with a list of what stands below it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyramidcalc.cli.answer import Answer


def write(answer: Answer) -> None:
    """Writes the rows as they come, then the lines."""
    columns = answer.chosen()
    if columns:
        print(joined(column.heading for column in columns))
        print("|" + "|".join(" ---: " if column.right else " --- " for column in columns) + "|")
    for row in answer.rows:
        print(joined(column.text(row) for column in columns))
    before = "\n" if columns else ""
    for line in answer.notes():
        sys.stdout.write(f"{before}- {escaped(line.label)}: {escaped(line.text)}\n")
        before = ""


def joined(cells: Iterable[str]) -> str:
    """One row of a table."""
    return "| " + " | ".join(map(escaped, cells)) + " |"


def escaped(text: str) -> str:
    """Text that cannot end its cell or start emphasis."""
    for sign in "\\|*_<`":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
