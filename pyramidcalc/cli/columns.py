"""The one list of columns that tables, CSV and Markdown are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.wording import by_input, field_size, field_stride, shape_text, taps_inside
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.cli.folding import Row
    from pyramidcalc.report import Report


class Column(Record):
    """A heading, and the cell of a row: text, or an int that people see with thousands separators.

    In a narrow terminal the columns stand in several tables: a column that `leads` is in each of them, the first one
    where none does; one that `folds` stays beside the others, in what room they leave.
    """

    heading: str
    cell: Callable[[Any], str | int]
    right: bool = False
    folds: bool = False
    leads: bool = False

    def text(self, row: Any) -> str:
        """The cell as people read it."""
        value = self.cell(row)
        return f"{value:,}" if isinstance(value, int) else value


def columns_of(report: Report, rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns of a report; one on dilated windows only where there are some."""
    inputs = tuple(report.inputs)
    made = [
        Column("layer", lambda row: row.name),
        Column("operation", lambda row: row.operation),
        Column("output (C×H×W)", lambda row: shape_text(row.output), right=True),
        Column(
            "receptive field (pixels)",
            lambda row: by_input({name: field_size(f) for name, f in row.receptive_fields.items()}, inputs),
            right=True,
        ),
        Column(
            "stride (pixels)",
            lambda row: by_input({name: field_stride(f) for name, f in row.receptive_fields.items()}, inputs),
            right=True,
        ),
        Column("parameters", lambda row: row.parameters, right=True),
        Column("MACs" + (f" (batch {report.batch})" if report.batch > 1 else ""), lambda row: row.macs, right=True),
    ]
    if any(row.valid_taps for row in rows):
        made.append(
            Column(
                "all taps inside",
                lambda row: taps_inside(row.valid_taps) if row.valid_taps else "",
                right=True,
            )
        )
    return tuple(made)
