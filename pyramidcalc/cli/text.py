"""Tables as text, for what `print` shows in Python: those of the commands."""

from __future__ import annotations

import sys
from io import StringIO
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer

if TYPE_CHECKING:
    from pyramidcalc.comparing import Comparison
    from pyramidcalc.report import Report
    from pyramidcalc.sweeping import Sweep


def report(result: Report) -> str:
    """The table of an architecture's command."""
    from pyramidcalc.catalog import kinds
    from pyramidcalc.cli.rows import columns_of, fold
    from pyramidcalc.cli.summary import summary

    # What is not of the catalogue is a model of the user's own.
    collapsed = kinds().get(result.architecture, "model") in ("network", "model")
    rows = fold(result, None, collapsed=collapsed)
    return drawn(Answer(columns_of(result, rows), rows, summary(result, None), result.to_dict))


def comparison(result: Comparison) -> str:
    """The table of `pyramidcalc compare`."""
    from pyramidcalc.cli.commands.compare import answer_of

    return drawn(answer_of(list(result.reports.items())))


def sweep(result: Sweep) -> str:
    """The table of `pyramidcalc sweep`."""
    from pyramidcalc.cli.sweep_rows import columns

    shapes = [point.report.input for point in result if point.report is not None] or [(1, 1, 1)]
    return drawn(Answer(columns(result.variables, shapes), result.points, (), dict))


def drawn(answer: Answer) -> str:
    """What fits the terminal, or a pipe."""
    from pyramidcalc.cli.render import table

    terminal = sys.stdout is not None and sys.stdout.isatty()
    width = get_terminal_size().columns if terminal else table.WIDE
    console = table.PlainConsole(file=StringIO(), highlight=False, width=width)
    return table.drawn(console, answer.chosen(), tuple(answer.rows), tuple(answer.notes()), exact=False).rstrip("\n")
