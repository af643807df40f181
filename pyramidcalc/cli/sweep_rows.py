"""The rows and columns of a sweep, and what JSON has of a row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Column
from pyramidcalc.cli.options import words
from pyramidcalc.cli.quoted_command import request_of
from pyramidcalc.cli.rows import quantity_column
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.quantities import QUANTITIES
from pyramidcalc.sweeping import warnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pyramidcalc.report import Report
    from pyramidcalc.sweeping import Point

MEASURED = tuple(quantity for quantity in QUANTITIES if quantity.in_whole and quantity.key != "input")
NOTHING: dict[str, Any] = {
    "outputs": {},
    "output": None,
    "receptive_field": None,
    **{quantity.attribute: None for quantity in MEASURED if quantity.counts},
}
"""What the JSON of an invalid row has in place of the report's."""


def result_of(line: str) -> tuple[Report | None, Diagnostic | None]:
    """The report of a command line, without the layers, as processes hand it on; or what is wrong with the line."""
    try:
        report = request_of(line).report()
    except PyramidcalcError as error:
        return None, Diagnostic.error(error)
    except click.UsageError as error:
        return None, Diagnostic("usage", "error", error.format_message())
    except (MemoryError, OverflowError) as error:
        message = f"these numbers are too large to work with ({type(error).__name__})"
        return None, Diagnostic("too-large", "error", message)
    return (None, report.errors[0]) if report.failed else (report.replace(layers=(), resolved=None), None)


def columns(variables: Iterable[str], shapes: Sequence[tuple[int, ...]]) -> tuple[Column, ...]:
    """The variables, then what is measured, warnings and problems."""
    return (
        *[Column(name, partial(value, name), leads=True) for name in variables],
        *[quantity_column(quantity, shapes, (), measured).replace(hides=True) for quantity in MEASURED],
        Column("warnings", warnings, folds=24, hides=True),
        Column("problem", lambda point: diagnosis(point.problem).text if point.problem else "", folds=24, hides=True),
    )


def value(name: str, point: Point) -> str:
    """The value of a variable."""
    return words(point.values[name])


def measured(point: Point) -> Report | None:
    """What is measured; nothing of an invalid combination."""
    return None if point.problem else point.report


def to_dict(point: Point) -> dict[str, Any]:
    """The JSON form, without the values."""
    report, problem = point.report, point.problem
    if report is None or problem is not None:
        return {"valid": False, **NOTHING, "diagnostics": [problem.to_dict()] if problem else []}
    totals = {key: value for key, value in report.totals().items() if key in {*NOTHING, "receptive_fields"}}
    return {"valid": True, **totals, "diagnostics": [note.to_dict() for note in report.diagnostics]}
