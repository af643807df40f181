"""CSV: headings, then a line a row, numbers without separators; errors go to stderr."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramidcalc.cli.answer import Answer


def write(answer: Answer) -> None:
    """Writes the rows as they come, each plain number in a column of its own; only errors are told, on stderr."""
    answer = answer.csv.replace(view=answer.view) if answer.csv else answer
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = [part for column in answer.chosen(extra=True) for part in (column.numbers or (column,))]
    if columns:
        writer.writerow([column.heading for column in columns])
    for row in answer.rows:
        writer.writerow([column.cell(row) for column in columns])
    for line in answer.lines:
        if line.kind == "error":
            print(f"{line.label}: {line.text}", file=sys.stderr)
