"""The command of a layer, block or network: analyses it and shows it layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.subjects import common_params
from pyramidcalc.cli.values import Choice, Whole

if TYPE_CHECKING:
    from pyramidcalc.cli.subjects import Request, Subject
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
        **values: object,
    ) -> None:
        """Analyses, verifies where asked, writes, and exits with the verdict."""
        ctx = click.get_current_context()
        if device != "auto" and not verify:
            raise click.UsageError("--device says where --verify runs; give --verify too", ctx)
        request = self.subject.request(input_size, batch, values)
        report = request.report()
        verification = verified(report, device) if verify and not report.failed else None
        write(request, report, verification, form, depth)
        ctx.exit(1 if report.failed or (verification is not None and not verification.ok) else 0)


def verified(report: Report, device: str) -> Verification | None:
    """What torch says, with a progress bar where stderr is a terminal."""
    from pyramidcalc.cli.render.progress import progress
    from pyramidcalc.oracle import verify

    if report.resolved is None:
        return None
    with progress() as advance:
        return verify(report.resolved, device=device, progress=advance)


def write(request: Request, report: Report, verification: Verification | None, form: str, depth: int | None) -> None:
    """Writes the result in a format; each imports only what it needs."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        found = report.to_dict() | request.subject.extras(report)
        if verification is not None:
            found["verification"] = verification.to_dict()
        click.echo(json_text(found))
        return
    from pyramidcalc.cli.columns import columns_of
    from pyramidcalc.cli.folding import fold
    from pyramidcalc.cli.summary import summary
    from pyramidcalc.cli.tables import write_table

    rows = fold(report, depth, collapsed=request.subject.collapsed)
    columns = columns_of(report, rows)
    lines = [*request.subject.lines(report), *summary(report, verification)]
    write_table(columns, rows, lines, form)
