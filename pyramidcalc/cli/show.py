"""The command of an architecture: analyses it and shows it layer by layer."""

from __future__ import annotations

from functools import partial
from inspect import cleandoc
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import FORMATS, NETWORK_FORMATS, Answer, Line, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.imported import verification_of
from pyramidcalc.cli.options import DEVICE, EXPECT, architecture_params, check_device, request_from
from pyramidcalc.cli.pictures import PICTURE, caption
from pyramidcalc.cli.sources import Source
from pyramidcalc.cli.values import WholeNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.expectations import Outcome
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

    Ask = Callable[..., tuple[Answer, int]]
    """Takes the request and the question's own options by name; gives the answer and the exit code."""


PARAMS: list[click.Parameter] = [
    click.Option(
        ["--depth"],
        type=WholeNumber(example=2),
        metavar="N",
        help="Collapse scopes deeper than N names into one row with sums; a large N shows every layer.",
    ),
    click.Option(
        ["--verify"],
        is_flag=True,
        help="Check shapes, parameters, MACs, reach, receptive and effective fields against real torch layers.",
    ),
    DEVICE,
    EXPECT,
    PICTURE,
]


def show_command(architecture: Architecture | Source) -> Command:
    """The command that shows an architecture."""
    params = [*architecture_params(architecture), *output_params((*FORMATS, *NETWORK_FORMATS)), *PARAMS]
    return asking(architecture, partial(show, architecture), params, help_text(architecture))


def asking(architecture: Architecture | Source, ask: Ask, params: Sequence[click.Parameter], text: str) -> Command:
    """The command of an architecture that writes what `ask` answers, and exits with its code."""

    def callback(*, form: str, picture: str | None = None, **values: Any) -> None:
        request = request_from(architecture, values)
        answer, code = ask(request, **values)
        write(answer, form, picture)
        click.get_current_context().exit(code)

    return Command(architecture.name, callback, params, text)


def show(
    architecture: Architecture | Source,
    request: Request,
    *,
    depth: int | None,
    verify: bool,
    device: str,
    expect: tuple[str, ...],
) -> tuple[Answer, int]:
    """The answer, and exit code 1 where the network is invalid, torch disagrees or an expectation fails."""
    check_device(verify, device)
    report, outcomes = judged(request, expect)
    verification = None
    if verify and report.resolved is not None and not report.failed:
        from pyramidcalc.cli.progress import progress

        with progress() as advance:
            verification = verification_of(request, report.resolved, device, advance)
    answer = shown(architecture, report, verification, depth, outcomes)
    fine = (verification is None or verification.ok) and all(outcome.ok for outcome in outcomes)
    # A vector has no place that could be drawn.
    placed = not report.failed and any(len(shape) > 1 for shape in report.inputs.values())
    picture = partial(growth_of, request, report, depth) if placed else None
    return answer.replace(picture=picture), int(report.failed or not fine)


def help_text(architecture: Architecture | Source) -> str:
    """The command's help."""
    if isinstance(architecture, Source):
        return cleandoc(architecture.help)
    parts = architecture.documentation
    default = "×".join(map(str, architecture.default_input(architecture.checked({}))))
    tail = [f"Source: {parts.source}"] if parts.source else []
    return "\n\n".join(filter(None, [parts.summary, parts.text, *tail, f"Default input: {default}."]))


def judged(request: Request, expect: Sequence[str]) -> tuple[Report, tuple[Outcome, ...]]:
    """The report, and what became of the expectations; those are read before anything is analysed."""
    if not expect:
        return request.report(), ()
    from pyramidcalc.expectations import judge, parse

    expectations = [parse(text) for text in expect]
    report = request.report()
    return report, tuple(judge(each, report) for each in expectations)


def shown(
    architecture: Architecture | Source,
    report: Report,
    verification: Verification | None,
    depth: int | None,
    outcomes: tuple[Outcome, ...],
) -> Answer:
    """The layers as rows, and everything else below them."""
    from pyramidcalc.cli.rows import columns_of, fold
    from pyramidcalc.cli.summary import expectation_lines, formula_lines, formulas, legend, summary
    from pyramidcalc.quantities import BY_KEY

    rows = fold(report, depth, collapsed=architecture.kind in ("network", "model"))
    strides = [BY_KEY["stride"].cell(row) for row in rows]
    lines = [*summary(report, verification), *legend(strides), *depth_notes(architecture, depth)]
    formula = {}
    if architecture.kind == "layer":
        formula = {"formula": formulas(report)}
        lines = [*formula_lines(report), *lines]
    if outcomes:
        lines += expectation_lines(outcomes, report)

    def to_dict() -> dict[str, Any]:
        values = report.to_dict() | formula
        if verification is not None:
            values["verification"] = verification.to_dict()
        if outcomes:
            values["expectations"] = [outcome.to_dict() for outcome in outcomes]
        return values

    return Answer(columns_of(report, rows), rows, lines, to_dict, report)


def growth_of(request: Request, report: Report, depth: int | None) -> Any:
    """The figure: the growth of the receptive field, scopes folded to `depth`."""
    from pyramidcalc.cli.rows import fold
    from pyramidcalc.pictures.growth import growth

    return growth(report, fold(report, depth, collapsed=True), caption(request))


def depth_notes(architecture: Architecture | Source, depth: int | None) -> list[Line]:
    """ResNet-18 is no depth of the table: which option gives the variant of that number."""
    if depth is None or depth not in architecture.variants:
        return []
    text = f"--depth {depth} says how far rows are folded; --variant {depth} gives the network of that name"
    return [Line("note", "depth", text)]
