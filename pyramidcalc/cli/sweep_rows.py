"""The rows and columns of a sweep; rows are light, as processes hand them on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from pyramidcalc.cli.answer import Column
from pyramidcalc.cli.quoted_command import request_of
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.quantities import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.variables import Variable
    from pyramidcalc.report import Report

MEASURED = tuple(quantity for quantity in QUANTITIES if quantity.in_whole and quantity.key != "input")


NOTHING: dict[str, Any] = {
    "outputs": {},
    "output": None,
    "receptive_field": None,
    **{quantity.attribute: None for quantity in MEASURED if quantity.counts},
}
"""What the JSON of an invalid row has in place of the report's."""


class Row(NamedTuple):
    """One combination: what each quantity is (`measured`), its warnings, what is wrong with it, and its JSON."""

    cells: tuple[tuple[Any, ...], ...]
    warnings: str
    problem: str
    data: dict[str, Any]

    @property
    def valid(self) -> bool:
        """Whether it has an answer."""
        return not self.problem


def row_of(line: str) -> Row:
    """The row of one command line; what is wrong with it stands in the last cell."""
    problem: Diagnostic
    try:
        report = request_of(line).report()
    except PyramidcalcError as error:
        problem = Diagnostic(error.code, "error", error.message, error.hint)
    except click.UsageError as error:
        problem = Diagnostic("usage", "error", error.format_message())
    except (MemoryError, OverflowError) as error:
        message = f"these numbers are too large to work with ({type(error).__name__})"
        problem = Diagnostic("too-large", "error", message)
    else:
        if not report.failed:
            totals = {key: value for key, value in report.totals().items() if key in {*NOTHING, "receptive_fields"}}
            notes = [note.to_dict() for note in report.diagnostics]
            data = {"valid": True, **totals, "diagnostics": notes}
            return Row(measured(report), warnings(report.diagnostics), "", data)
        problem = next(note for note in report.diagnostics if note.severity == "error")
    data = {"valid": False, **NOTHING, "diagnostics": [problem.to_dict()]}
    return Row((), "", diagnosis(problem).text, data)


def measured(report: Report) -> tuple[tuple[Any, ...], ...]:
    """Of each quantity the exact cell, the cell at a glance, and the plain numbers of CSV by heading."""
    rank = len(report.input) - 1
    cells = [(quantity, quantity.cell(report)) for quantity in MEASURED]
    return tuple(
        (cell, quantity.short(cell), {each.heading: each.value(report) for each in quantity.numbers([rank], ())})
        for quantity, cell in cells
    )


def warnings(notes: Sequence[Diagnostic]) -> str:
    """`degenerate-rate (rate18.conv)`: the codes of warnings, each with the layers that it holds for."""
    layers: dict[str, list[str]] = {}
    for note in notes:
        if note.severity == "warning":
            layers.setdefault(note.code, []).append(note.layer or "")
    return "; ".join([f"{code} ({', '.join(names)})" for code, names in layers.items()])


def columns(variables: Sequence[Variable], shapes: Sequence[tuple[int, ...]]) -> Iterator[Column]:
    """The variables, then what is measured, warnings and problems."""
    for index, variable in enumerate(variables):
        if variable.name in [name for quantity in MEASURED for name in (quantity.heading, quantity.key)]:
            message = f"{variable.name!r} is a column of the result; give the variable another name"
            raise click.UsageError(message)
        yield Column(variable.name, partial(value, index), leads=True)
    for index, quantity in enumerate(MEASURED):
        yield Column(
            quantity.heading_for(shapes),
            partial(part, index, 0),
            right=True,
            hides=True,
            extra=not quantity.in_table,
            key=quantity.key,
            glance=partial(part, index, 1),
            numbers=tuple(
                Column(each.heading, partial(number, index, each.heading))
                for each in quantity.numbers({len(shape) - 1 for shape in shapes}, ())
            ),
        )
    yield Column("warnings", lambda row: row[1].warnings, folds=24, hides=True)
    yield Column("problem", lambda row: row[1].problem, folds=24, hides=True)


def value(index: int, row: tuple[tuple[str, ...], Row]) -> str:
    """The value of a variable."""
    return row[0][index]


def part(index: int, place: int, row: tuple[tuple[str, ...], Row]) -> Any:
    """What was measured of a quantity, by its place in `measured`; nothing in an invalid row."""
    return row[1].cells[index][place] if row[1].valid else ""


def number(index: int, heading: str, row: tuple[tuple[str, ...], Row]) -> Any:
    """A number of a quantity by its heading."""
    return row[1].cells[index][2].get(heading) if row[1].valid else None
