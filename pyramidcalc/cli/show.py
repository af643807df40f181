"""The command of a layer, block or network: analyses it and shows it layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.subjects import common_params
from pyramidcalc.cli.values import Choice, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.subjects import Request, Subject
    from pyramidcalc.expectations import Outcome
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.report import Report

FORMATS = ("table", "json", "csv", "markdown")
DEVICES = ("auto", "cpu", "cuda")


def format_param(formats: tuple[str, ...] = FORMATS) -> click.Option:
    """`--format`."""
    text = "How the result is written.  [default: table]"
    return click.Option(["--format", "form"], type=Choice(formats), default="table", help=text)


def device_param() -> click.Option:
    """`--device`."""
    return click.Option(
        ["--device"], type=Choice(DEVICES), default="auto", help="Where torch runs; auto is cuda where there is one."
    )


def expect_param() -> click.Option:
    """`--expect`."""
    text = (
        "What must hold, else exit code 1; in quotes: output=256x64x64, 'macs<=70G', receptive-field=global, "
        "rate6.conv.output=256x64x64, no-warnings. May be given several times."
    )
    return click.Option(["--expect"], multiple=True, metavar="[LAYER.]QUANTITY=VALUE", help=text)


def show_command(subject: Subject) -> Command:
    """The command that shows a subject."""
    return Command(subject.name, Show(subject), [*subject.params(), *common_params(), *show_params()], subject.text)


def show_params() -> list[click.Parameter]:
    """Options of showing."""
    return [
        format_param(),
        click.Option(
            ["--depth"],
            type=Whole(example=2),
            metavar="N",
            help="Collapse scopes deeper than N names into one row with sums; a large N shows every layer.",
        ),
        click.Option(
            ["--verify"],
            is_flag=True,
            help="Check shapes, parameters, MACs, receptive fields and reach against real torch layers.",
        ),
        device_param(),
        expect_param(),
    ]


class Show:
    """The callback of one subject's command."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def __call__(
        self,
        *,
        input_size: tuple[int, ...] | None,
        batch: int,
        form: str,
        depth: int | None,
        verify: bool,
        device: str,
        expect: tuple[str, ...],
        **values: object,
    ) -> None:
        """Analyses, verifies and judges where asked, writes, and exits with the verdict."""
        ctx = click.get_current_context()
        if device != "auto" and not verify:
            raise click.UsageError("--device says where --verify runs; give --verify too", ctx)
        request = self.subject.request(input_size, batch, values)
        report, outcomes = judged(request, expect)
        verification = verified(report, device) if verify and not report.failed else None
        write(request, report, verification, form, depth, outcomes)
        disagrees = verification is not None and not verification.ok
        ctx.exit(1 if report.failed or disagrees or not all(outcome.ok for outcome in outcomes) else 0)


def judged(request: Request, expect: Sequence[str]) -> tuple[Report, tuple[Outcome, ...]]:
    """The report, and what became of the expectations; those are read before anything is analysed."""
    if not expect:
        return request.report(), ()
    from pyramidcalc.expectations import judge, parse

    expectations = [parse(text) for text in expect]
    report = request.report()
    return report, tuple(judge(each, report) for each in expectations)


def verified(report: Report, device: str) -> Verification | None:
    """What torch says, with a progress bar where stderr is a terminal."""
    from pyramidcalc.cli.render.progress import progress
    from pyramidcalc.oracle import verify

    if report.resolved is None:
        return None
    with progress() as advance:
        return verify(report.resolved, device=device, progress=advance)


def write(
    request: Request,
    report: Report,
    verification: Verification | None,
    form: str,
    depth: int | None,
    outcomes: tuple[Outcome, ...] = (),
) -> None:
    """Writes the result in a format; each imports only what it needs."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        found = report.to_dict() | request.subject.extras(report)
        if verification is not None:
            found["verification"] = verification.to_dict()
        if outcomes:
            found["expectations"] = [outcome.to_dict() for outcome in outcomes]
        click.echo(json_text(found))
        return
    from pyramidcalc.cli.columns import columns_of
    from pyramidcalc.cli.folding import fold
    from pyramidcalc.cli.summary import summary
    from pyramidcalc.cli.tables import write_table

    rows = fold(report, depth, collapsed=request.subject.collapsed)
    columns = columns_of(report, rows)
    lines = [*request.subject.lines(report), *summary(report, verification)]
    if outcomes:
        from pyramidcalc.cli.expected import expectation_lines

        lines += expectation_lines(outcomes, report)
    write_table(columns, rows, lines, form)
