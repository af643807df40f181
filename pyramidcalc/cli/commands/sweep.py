"""`pyramidcalc sweep`: one architecture over the product of some values, one row each."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import format_param
from pyramidcalc.cli.values import Whole

if TYPE_CHECKING:
    from pyramidcalc.cli.render.progress import Advance

HELP = """One architecture over all combinations of some values, one row each.

TEMPLATE is a command line in quotes with variables in braces, --set gives each its values:
pyramidcalc sweep "aspp --rate {r} --input {n}x{n}" --set r=6,12,18 --set n=33..129..16

Values stand between commas; first..last or first..last..step is a range. Lists stand between semicolons:
--set "r=6 12 18;12 24 36". The last variable changes first. A combination that is invalid has its reason in its row;
the exit code is 1 only where all are.
"""
MOST = 10**6
"""More rows than this are asked for with --yes only."""
MOST_JOBS = 256
PATIENCE = 0.5
"""Seconds before a progress bar shows; a short sweep needs none, and saves its import."""


class Bar:
    """A progress bar on stderr, unless rows go to the terminal themselves or are done at once."""

    def __init__(self, stack: ExitStack, total: int) -> None:
        self.stack = stack
        self.total = total
        self.due: float | None = None if sys.stdout.isatty() else monotonic() + PATIENCE
        self.advance: Advance | None = None

    def show(self, done: int) -> None:
        """Moves the bar."""
        if self.due is not None and monotonic() > self.due:
            from pyramidcalc.cli.render.progress import progress

            self.due = None
            self.advance = self.stack.enter_context(progress())
        if self.advance is not None:
            self.advance(done, self.total, "rows")


def callback(template: str, settings: tuple[str, ...], form: str, jobs: int, yes: bool) -> None:
    """Runs all combinations and writes them as they come."""
    from pyramidcalc.cli.sweeping.rows import HEADINGS, Sweep
    from pyramidcalc.cli.sweeping.running import blocks
    from pyramidcalc.cli.sweeping.writing import WRITERS

    ctx = click.get_current_context()
    sweep = Sweep(template, settings)
    for variable in sweep.variables:
        if variable.name in HEADINGS:
            raise click.UsageError(f"{variable.name!r} is a column of the result; give the variable another name", ctx)
    if sweep.count > MOST and not yes:
        raise click.UsageError(f"this sweep has {sweep.count:,} rows; give --yes to run more than {MOST:,}", ctx)
    writer = WRITERS[form](sweep)
    rows = blocks(sweep, settings, form, jobs)
    writer.begin()
    writer.stream.flush()
    done = 0
    with ExitStack() as stack:
        bar = Bar(stack, sweep.count)
        for found in rows:
            writer.rows(found)
            done += len(found)
            bar.show(done)
    writer.end()
    ctx.exit(1 if writer.invalid == sweep.count else 0)


def command() -> click.Command:
    """The command."""
    params: list[click.Parameter] = [
        click.Argument(["template"], metavar="TEMPLATE"),
        click.Option(
            ["--set", "settings"], multiple=True, metavar="NAME=VALUES", help="A variable and its values; repeat it."
        ),
        format_param(),
        click.Option(
            ["--jobs"], type=Whole(most=MOST_JOBS), default=1, metavar="N", help="Processes at once.  [default: 1]"
        ),
        click.Option(["--yes"], is_flag=True, help=f"Run more than {MOST:,} rows."),
    ]
    return Command("sweep", callback, params, HELP)
