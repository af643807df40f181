"""`pyramidcalc sizes`: the input heights and widths that work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import CONTEXT, Command
from pyramidcalc.cli.root import SubjectGroup
from pyramidcalc.cli.show import FORMATS, format_param
from pyramidcalc.cli.subjects import common_params
from pyramidcalc.cli.values import Whole
from pyramidcalc.errors import LayerError
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.subjects import Request, Subject
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.size_rules import Rule
    from pyramidcalc.passes.sizes import AxisSizes

HELP = """Which input sizes work: heights and widths for which every layer is legal and every merge matches.

`pyramidcalc sizes speed --near 500`: the sizes as a rule and as a list, the nearest valid ones to 500, the output's
size as a formula, and the sizes that keep every branch aligned. A rule holds for all sizes up to 2^24, proved by whole
periods, unless it says up to where it was checked.
"""
FARTHEST = 16384
"""The largest --to: beyond it a list is longer than anyone reads, and a net without a proof takes minutes."""
MOST_LISTED = 12
"""More runs of sizes are cut in tables; JSON lists all."""
SPAN = 128
"""How far around --near is looked where there is no proof."""


class SizesGroup(SubjectGroup):
    """`sizes`: the command of every architecture, with a range."""

    def __init__(self) -> None:
        super().__init__("sizes", help=HELP, context_settings=dict(CONTEXT))

    def command_of(self, subject: Subject) -> click.Command:
        """The command that asks a subject for its sizes."""
        limit = Whole(most=FARTHEST, example=512)
        params: list[click.Parameter] = [
            click.Option(
                ["--from", "least"], type=limit, default=1, metavar="N", help="Least size listed; 1 if absent."
            ),
            click.Option(["--to", "most"], type=limit, metavar="N", help="Largest size listed; 1024 if absent."),
            click.Option(["--near"], type=Whole(example=500), metavar="N", help="Find the nearest valid sizes."),
            *subject.params(),
            *common_params(),
            format_param(FORMATS),
        ]
        text = f"The input heights and widths with which {subject.name} works.\n\n{subject.text}"
        return Command(subject.name, SizesCallback(subject), params, text)


class SizesCallback:
    """The callback of one subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def __call__(
        self,
        *,
        least: int,
        most: int | None,
        near: int | None,
        input_size: tuple[int, ...] | None,
        batch: int,
        form: str,
        **values: object,
    ) -> None:
        """Asks, writes, and exits."""
        ctx = click.get_current_context()
        most = max(1024, least) if most is None else most
        if least > most:
            raise click.UsageError(f"--from {least} is over --to {most}; give the smaller size first", ctx)
        request = self.subject.request(input_size, batch, values)
        try:
            graph = self.subject.graph({name: shape[0] for name, shape in request.inputs.items()}, request.options)
        except LayerError as error:
            fail(request, str(error), form)
            ctx.exit(1)
        answers = asked(request, graph, least, most, near)
        if not answers:
            fail(request, refusal(request, most), form)
            ctx.exit(1)
        write(request, answers, (least, most), near, form)


class Answer(Record):
    """What is told of one axis."""

    sizes: AxisSizes
    rule: Rule
    aligned_rule: Rule
    limits: tuple[int, int]
    valid: tuple[int, ...]
    outputs: dict[str, str | None]
    nearest: tuple[int, ...] | None

    @property
    def output(self) -> str | None:
        """The main output's size."""
        return next(iter(self.outputs.values()))

    @property
    def aligned(self) -> tuple[int, ...]:
        """The sizes within the limits that keep every branch aligned; those that no rule tells take a while."""
        if self.aligned_rule.proved:
            return tuple(filter(self.aligned_rule.holds, range(self.limits[0], self.limits[1] + 1)))
        return self.sizes.aligned(*self.limits)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of one axis."""
        sizes, letter = self.sizes, self.sizes.letter
        return {
            "valid": list(self.valid),
            "rule": self.rule.text(letter),
            "output": self.output,
            "outputs": self.outputs,
            "nearest": None if self.nearest is None else list(self.nearest),
            "aligned": {
                "valid": list(self.aligned),
                "rule": self.aligned_rule.text(letter),
                "proved": self.aligned_rule.proved,
            },
            "proved": sizes.proof is not None,
            "period": None if sizes.proof is None else sizes.proof.period,
            "repeats_from": None if sizes.proof is None else sizes.proof.start,
            "checked": sizes.checked,
            "beside": sizes.beside,
        }


def asked(request: Request, graph: Graph, least: int, most: int, near: int | None) -> list[Answer]:
    """Both axes; nothing where no size works."""
    from pyramidcalc.passes.size_rules import aligned_rule, outputs_of, valid_rule
    from pyramidcalc.passes.sizes import sizes

    channels, height, width = next(iter(request.inputs.values()))
    forms = request.subject.forms(channels, request.options)
    found = sizes(graph, forms, (height, width), batch=request.batch, most=most)
    answers = []
    for axis in found or ():
        rule, aligned = valid_rule(axis), aligned_rule(axis)
        answers.append(
            Answer(
                axis,
                rule,
                aligned,
                (least, most),
                axis.valid(least, most),
                outputs_of(graph, forms, axis, rule),
                None if near is None else axis.nearest(near, SPAN),
            )
        )
    return answers


def refusal(request: Request, most: int) -> str:
    """Why no size works, by what the given one says."""
    from pyramidcalc.cli.summary import diagnosis
    from pyramidcalc.cli.wording import shape_text
    from pyramidcalc.passes.sizes import FARTHEST_PROOF

    errors = [note for note in request.report().diagnostics if note.severity == "error"]
    shape = shape_text(next(iter(request.inputs.values())))
    told = f"{request.name} works on no square up to {max(most, FARTHEST_PROOF)}, nor on {shape}"
    return told + (f": {diagnosis(errors[0]).text}" if errors else "")


def header(request: Request) -> dict[str, Any]:
    """The first keys of the JSON object."""
    inputs = {name: list(shape) for name, shape in request.inputs.items()}
    return {"schema": 1, "architecture": request.name, "options": request.options, "inputs": inputs}


def fail(request: Request, reason: str, form: str) -> None:
    """Says why there are no sizes."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        click.echo(json_text({**header(request), "height": None, "width": None, "error": reason}))
        return
    click.echo(f"error: {reason}", err=True)


def write(request: Request, answers: list[Answer], limits: tuple[int, int], near: int | None, form: str) -> None:
    """Writes the answers in a format."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        body = {answer.sizes.axis: answer.to_dict() for answer in answers}
        click.echo(json_text({**header(request), "from": limits[0], "to": limits[1], "near": near, **body}))
        return
    from pyramidcalc.cli.tables import write_table

    lines = [line for answer in answers for line in lines_of(answer, limits)]
    write_table(columns(answers, near), answers, lines, form)


def columns(answers: list[Answer], near: int | None) -> tuple[Any, ...]:
    """One row an axis."""
    from pyramidcalc.cli.columns import Column

    def output(answer: Answer) -> str:
        several = len(answer.outputs) > 1
        told = [(f"{label} " if several else "") + (text or "–") for label, text in answer.outputs.items()]
        return ", ".join(told)

    def nearest(answer: Answer) -> str:
        nothing = "none" if answer.sizes.proof else f"none within {SPAN}"
        return ", ".join(map(str, answer.nearest or ())) or nothing

    made = [
        Column("axis", lambda answer: f"{answer.sizes.axis} {answer.sizes.letter}"),
        Column("works for", lambda answer: answer.rule.text(answer.sizes.letter)),
        Column("output", output),
        Column("all branches aligned for", lambda answer: answer.aligned_rule.text(answer.sizes.letter)),
    ]
    if near is not None:
        made.append(Column(f"nearest to {near}", nearest))
    return tuple(made)


def lines_of(answer: Answer, limits: tuple[int, int]) -> Iterator[Line]:
    """The sizes as a list, and how they are known."""
    from pyramidcalc.cli.commands.reach import runs
    from pyramidcalc.cli.summary import Line

    sizes = answer.sizes
    listed = runs(list(answer.valid)).split(", ") if answer.valid else ["none"]
    if len(listed) > MOST_LISTED:
        listed = [*listed[: MOST_LISTED - 1], "…", listed[-1]]
    yield Line("total", f"{sizes.axis}s", f"{', '.join(listed)} ({len(answer.valid)} from {limits[0]} to {limits[1]})")
    followed = f"sizes 1 to {sizes.checked} followed one by one, beside {sizes.beside}"
    if sizes.proof is None:
        yield Line("note", "checked", f"{followed}; no period is known")
        return
    start, period = sizes.proof
    yield Line("good", "proved", f"{followed}; from {start} on all repeats with period {period}")


def command() -> click.Command:
    """The command."""
    return SizesGroup()
