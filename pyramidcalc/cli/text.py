"""Tables as text, for what `print` shows in Python."""

from __future__ import annotations

from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer, Column, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pyramidcalc.report import Report


def table_of(report: Report) -> str:
    """The table of an architecture's command."""
    from pyramidcalc.catalog import kinds
    from pyramidcalc.cli.rows import columns_of, fold
    from pyramidcalc.cli.summary import summary

    # What is not of the catalogue is a model of the user's own.
    collapsed = kinds().get(report.architecture, "model") in ("network", "model")
    rows = fold(report, None, collapsed=collapsed)
    return drawn(Answer(columns_of(report, rows), rows, summary(report, None), report.to_dict))


def table_of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table of plain rows: a column a key."""
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = [Column(key.replace("_", " "), partial(cell, key), hides=True) for key in keys]
    return drawn(Answer(tuple(columns), rows, (), dict))


def cell(key: str, row: Mapping[str, Any]) -> str | int:
    """The value of a key, as text where it is no int; nothing for None."""
    value = row.get(key)
    if type(value) is int:
        return value
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def drawn(answer: Answer) -> str:
    """What a pipe gets."""
    text = StringIO()
    with redirect_stdout(text):
        write(answer, "table")
    return text.getvalue().rstrip("\n")
