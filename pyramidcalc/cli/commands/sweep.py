"""`pyramidcalc sweep`: one architecture over the product of some values, one row each."""

from __future__ import annotations

import re
import sys
from collections import deque
from contextlib import ExitStack, closing
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING

import click
from click.globals import push_context

from pyramidcalc.cli.answer import Answer, Line, output_params, write
from pyramidcalc.cli.interrupts import Stop, interrupts_held_back
from pyramidcalc.cli.options import architecture_named, architecture_params
from pyramidcalc.cli.quoted_command import QuotingCommand, refusals_of, request_of, words_of
from pyramidcalc.cli.sweep_rows import MEASURED, columns, result_of, to_dict
from pyramidcalc.cli.values import WholeNumber, did_you_mean, shown
from pyramidcalc.cli.variables import variables_of
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.sweeping import Point

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from typing import Any

    from pyramidcalc.layers.base import Diagnostic
    from pyramidcalc.report import Report

    Result = tuple[Report | None, Diagnostic | None]

HELP = """One architecture over all combinations of some values, one row each.

TEMPLATE is a command line in quotes with variables in braces, --set gives each its values:
pyramidcalc sweep "aspp --rate {r} --input {n}x{n}" --set r=6,12,18 --set n=33..129..16

Values stand between commas; first..last or first..last..step is a range. Lists stand between semicolons:
--set "r=6 12 18;12 24 36". The last variable changes first. A combination that is invalid has its reason in its row;
the exit code is 1 only where all are.
"""
MAX_ROWS = 10**6
"""More rows than this, some minutes of work, are asked for with --yes only."""
MAX_JOBS = 256
MAX_CHUNK = 4
"""Rows that a process works out at once. What is sent back stays under 16 KiB: more goes in two pieces, and a process
that is killed between them leaves the pool waiting for the second."""
HOLE = re.compile(r"\{([^{}\s]*)\}")


class Sweep:
    """A template, its variables, and how far the work has come. Raises click.UsageError where they do not fit."""

    def __init__(self, template: str, settings: Sequence[str]) -> None:
        self.template = template
        self.variables = variables_of(settings)
        self.names = [variable.name for variable in self.variables]
        self.count = prod(len(variable.values) for variable in self.variables)
        self.done = self.invalid = 0
        check_options(template)
        check_names(template, self.names)
        self.columns = columns(self.names, tuple(self.shapes()))

    def combinations(self) -> Iterator[dict[str, str]]:
        """The values of each row by variable; the last variable changes first."""
        for values in product(*[variable.values for variable in self.variables]):
            yield dict(zip(self.names, values, strict=True))

    def line(self, values: Mapping[str, str]) -> str:
        """The template with the values put in."""
        return HOLE.sub(lambda hole: values[hole[1]], self.template)

    def shapes(self) -> Iterator[tuple[int, ...]]:
        """The inputs of combinations with every example of a value, for the headings; an image's where one has none."""
        examples = {each.name: each.examples() for each in self.variables}
        for index in range(max(map(len, examples.values()))):
            line = self.line({name: values[min(index, len(values) - 1)] for name, values in examples.items()})
            try:
                yield next(iter(request_of(line).inputs.values()))
            except (PyramidcalcError, click.UsageError):
                yield (1, 1, 1)

    def rows(self, jobs: int, stop: Stop) -> Generator[Point]:
        """Every combination in order, counted; a stop ends them early."""
        lines = map(self.line, self.combinations())
        with ExitStack() as stack:
            advance = None
            if not sys.stdout.isatty():
                from pyramidcalc.cli.progress import progress

                advance = stack.enter_context(progress())
            chunk = max(1, min(MAX_CHUNK, self.count // (4 * jobs)))
            results = pooled(lines, jobs, chunk, stack) if jobs > 1 else map(result_of, lines)
            for values, (report, problem) in zip(self.combinations(), results, strict=False):
                self.done += 1
                self.invalid += problem is not None
                if advance is not None:
                    advance(self.done, self.count, "rows")
                yield Point(values, report, problem)
                if stop.signal is not None:
                    return

    def verdict(self) -> Iterator[Line]:
        """`18 of 21 combinations valid`, of those that were worked out."""
        text = f"{self.done - self.invalid:,} of {self.done:,} combination{'s' * (self.count > 1)} valid"
        if self.done < self.count:
            text += f", {self.count - self.done:,} not worked out"
        yield Line("error" if self.invalid == self.count else "total", "rows", text)

    def to_dict(self, rows: Iterator[Point]) -> Iterator[tuple[str, Any]]:
        """The JSON object's keys and values; rows as they come."""
        forms = {variable.name: variable.in_json() for variable in self.variables}
        yield "schema", 1
        yield "template", self.template
        yield "variables", self.names
        yield "combinations", self.count
        yield (
            "rows",
            (
                {"values": {name: forms[name](text) for name, text in point.values.items()}, **to_dict(point)}
                for point in rows
            ),
        )
        yield "invalid", self.invalid
        if self.done < self.count:
            yield "interrupted_after", self.done


def check_names(template: str, names: Sequence[str]) -> None:
    """Every variable stands in the template, every name in braces is a variable, and none is that of a column."""
    holes = HOLE.findall(template)
    for hole in holes:
        if hole not in names:
            near = did_you_mean(hole, names) or f"; give --set {hole or 'NAME'}=VALUES"
            raise click.UsageError(f"{{{hole}}} in {shown(template)} has no values{near}")
    for name in names:
        if name not in holes:
            raise click.UsageError(f"{shown(name)} is set, but {{{name}}} stands nowhere in {shown(template)}")
        if any(name in (quantity.heading, quantity.key) for quantity in MEASURED):
            raise click.UsageError(f"{name!r} is a column of the result; give the variable another name")
    if not names:
        raise click.UsageError("a sweep needs variables: --set r=6,12,18, and {r} in the template")


def check_options(template: str) -> None:
    """The architecture and its options exist; those that a variable stands in are told row by row."""
    name, *words = words_of(template)
    if HOLE.search(name):
        return
    with refusals_of(template):
        params = architecture_params(architecture_named(name))
        known = [flag for param in params for flag in (*param.opts, *param.secondary_opts)]
        for flag in [word.partition("=")[0] for word in words if word.startswith("--")]:
            if flag not in known and not HOLE.search(flag):
                from difflib import get_close_matches

                raise click.NoSuchOption(flag, possibilities=get_close_matches(flag, known))


def begin() -> None:
    """Makes a fresh process one of a sweep: what one line imports is kept for the next."""
    push_context(click.Context(click.Command("sweep"), info_name="sweep"))


def pooled(lines: Iterator[str], jobs: int, chunk: int, stack: ExitStack) -> Iterator[Result]:
    """The rows, worked out by several processes some chunks ahead; where one of these is killed, those before."""
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
    from multiprocessing import get_context

    # Fresh processes work everywhere; forks would copy a progress bar's thread in mid-step.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=begin)
    stack.callback(pool.shutdown, cancel_futures=True)
    ahead: deque[Iterator[Result]] = deque()
    try:
        # The pool's map takes all lines that it is given at once.
        while block := list(islice(lines, 2 * jobs * chunk)):
            # An initializer would come too late: a process that Ctrl-C ends on its way up leaves the pool waiting.
            with interrupts_held_back():
                ahead.append(pool.map(result_of, block, chunksize=chunk))
            if len(ahead) > 1:
                yield from ahead.popleft()
        for results in ahead:
            yield from results
    except BrokenExecutor:
        return


def callback(template: str, settings: tuple[str, ...], form: str, jobs: int, yes: bool) -> None:
    """Runs all combinations and writes them as they come."""
    ctx = click.get_current_context()
    sweep = Sweep(template, settings)
    if sweep.count > MAX_ROWS and not yes:
        raise click.UsageError(f"this sweep has {sweep.count:,} rows; give --yes to run more than {MAX_ROWS:,}", ctx)
    with Stop() as stop, closing(sweep.rows(jobs, stop)) as rows:
        write(Answer(sweep.columns, rows, sweep.verdict(), lambda: sweep.to_dict(rows)), form)
    if sweep.done < sweep.count:
        what = "interrupted" if stop.signal is not None else "a process was killed"
        click.echo(f"{what} after {sweep.done:,} of {sweep.count:,} rows", err=True)
        ctx.exit(stop.exit_code if stop.signal is not None else 1)
    ctx.exit(1 if sweep.invalid == sweep.count else 0)


PARAMS: list[click.Parameter] = [
    click.Argument(["template"], metavar="TEMPLATE"),
    click.Option(
        ["--set", "settings"], multiple=True, metavar="NAME=VALUES", help="A variable and its values; repeat it."
    ),
    *output_params(),
    click.Option(
        ["--jobs"], type=WholeNumber(most=MAX_JOBS), default=1, metavar="N", help="Processes at once.  [default: 1]"
    ),
    click.Option(["--yes"], is_flag=True, help=f"Run more than {MAX_ROWS:,} rows."),
]
COMMAND = QuotingCommand("sweep", callback, PARAMS, HELP)
