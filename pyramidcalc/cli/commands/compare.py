"""`pyramidcalc compare`: architectures side by side, one row a quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, output_params, write
from pyramidcalc.cli.quoted_command import QuotingCommand, request_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.report import Report

HELP = """Architectures side by side, one row a quantity.

Each is one command line in quotes: pyramidcalc compare "aspp --rate 6 12 18" "aspp --variant separable".
"""
INVALID = "invalid"


def column(name: str, report: Report) -> Column:
    """The quantities of one architecture; an invalid one has none."""
    return Column(name, lambda quantity: INVALID if report.failed else quantity.cell(report), right=True)


def number_column(name: str, report: Report) -> Column:
    """The plain numbers of one architecture; an invalid one has none, and its error stands on stderr."""
    return Column(name, lambda number: None if report.failed else number.value(report))


def to_dict(name: str, report: Report) -> dict[str, Any]:
    """The JSON of one architecture: its report without the layers."""
    return {"command": name, **report.totals(), "diagnostics": [note.to_dict() for note in report.diagnostics]}


def answer_of(named: Sequence[tuple[str, Report]]) -> Answer:
    """All of them side by side."""
    from pyramidcalc.cli.summary import diagnosis, legend
    from pyramidcalc.quantities import BY_KEY, QUANTITIES

    shapes = [report.input for _, report in named]
    quantities = Column("quantity", lambda quantity: quantity.heading_for(shapes))
    lines = [
        Line("error", "error", f"{name}: {diagnosis(note).text}") for name, report in named for note in report.errors
    ]
    lines += legend(BY_KEY["stride"].cell(report) for _, report in named if not report.failed)
    rows = [quantity for quantity in QUANTITIES if quantity.in_whole]
    data = lambda: {"schema": 1, "architectures": [to_dict(*each) for each in named]}  # noqa: E731
    numbers = [number for quantity in rows for number in quantity.numbers({len(shape) - 1 for shape in shapes}, ())]
    headings = Column("quantity", lambda number: number.heading)
    csv = Answer((headings, *[number_column(*each) for each in named]), numbers, lines, data)
    return Answer((quantities, *[column(*each) for each in named]), rows, lines, data, csv=csv)


def callback(architectures: tuple[str, ...], form: str) -> None:
    """Analyses all and writes them side by side."""
    ctx = click.get_current_context()
    if len(architectures) < 2:
        raise click.UsageError("give at least two architectures to compare, each in quotes", ctx)
    reports = [request_of(line).report() for line in architectures]
    write(answer_of(list(zip(architectures, reports, strict=True))), form)
    ctx.exit(1 if any(report.failed for report in reports) else 0)


ARCHITECTURES = click.Argument(["architectures"], nargs=-1, metavar='"ARCH [OPTIONS]" "ARCH [OPTIONS]" ...')
COMMAND = QuotingCommand("compare", callback, [ARCHITECTURES, *output_params()], HELP)
