"""JSON, CSV and Markdown, without rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line


def json_text(found: dict[str, Any]) -> str:
    """A JSON object: one key a line, and in lists of objects one object a line."""
    from json import dumps

    parts = []
    for key, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n    " + ",\n    ".join([dumps(item) for item in value]) + "\n  ]"
        else:
            text = dumps(value)
        parts.append(f"  {dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def csv_text(columns: Sequence[Column], rows: Sequence[Any]) -> str:
    """Headings and cells; numbers without separators."""
    import csv
    from io import StringIO

    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.heading for column in columns])
    writer.writerows([column.cell(row) for column in columns] for row in rows)
    return written.getvalue()


def markdown_text(columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line] = ()) -> str:
    """A GitHub table, with a list of what stands below it."""
    made = [
        markdown_row([column.heading for column in columns]),
        "|" + "|".join(" ---: " if column.right else " --- " for column in columns) + "|",
    ]
    made += [markdown_row([column.text(row) for column in columns]) for row in rows]
    if lines:
        made += ["", *[f"- {markdown_cell(line.label)}: {markdown_cell(line.text)}" for line in lines]]
    return "\n".join(made)


def markdown_row(cells: Sequence[str]) -> str:
    """One row of a table."""
    return "| " + " | ".join(map(markdown_cell, cells)) + " |"


def markdown_cell(text: str) -> str:
    """Text that cannot end its cell or start emphasis."""
    for sign in "\\|*_<`":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
