"""`pyramidcalc sizes`: the input sizes that work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.question import QuestionGroup, header
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.cli.values import WholeNumber
from pyramidcalc.cli.words import runs
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.layers.base import AXES
from pyramidcalc.quantities import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.passes.size_answers import SizeAnswer
    from pyramidcalc.request import Request

HELP = """Which input sizes work: those for which every layer is legal and every merge matches, axis by axis.

`pyramidcalc sizes speed --near 500`: the sizes as a rule and as a list, the nearest valid ones to 500, the output's
size as a formula, and the sizes that keep every branch aligned. A rule holds for all sizes up to 2^24, proved by whole
periods, unless it says up to where it was checked.
"""
MAX_TO = 16384
"""The largest --to: beyond it a list is longer than anyone reads, and every size of it is followed."""
MAX_LISTED = 12
"""More runs of sizes are cut in tables; JSON lists all."""


LIMIT = WholeNumber(most=MAX_TO, example=512)
PARAMS = [
    click.Option(["--from", "least"], type=LIMIT, default=1, metavar="N", help="Least size listed; 1 if absent."),
    click.Option(["--to", "most"], type=LIMIT, metavar="N", help="Largest size listed; 1024 if absent."),
    click.Option(["--near"], type=WholeNumber(example=500), metavar="N", help="Find the nearest valid sizes."),
]


def ask(request: Request, *, least: int, most: int | None, near: int | None) -> tuple[Answer, int]:
    """The answer, and exit code 1 where no size works."""
    from pyramidcalc.passes.size_answers import size_answers

    most = max(1024, least) if most is None else most
    if least > most:
        ctx = click.get_current_context()
        raise click.UsageError(f"--from {least} is over --to {most}; give the smaller size first", ctx)
    given = next(iter(request.inputs.values()))
    limits: dict[str, Any] = {"least": least, "most": most, "near": near}
    try:
        family = request.family(request.graph())
        if family is None:
            raise UsageError(f"{request.architecture.name} has inputs of sizes in no one proportion")
        answers = size_answers(family, given, **limits)
    except LayerError as error:
        return refused(request, str(error)), 1
    if answers is None:
        return refused(request, refusal(request, most)), 1

    def to_dict() -> dict[str, Any]:
        asked = {"from": least, "to": most, "near": near}
        return header(request) | asked | {each.sizes.name: each.to_dict() for each in answers}

    return Answer(columns(near), answers, [line for each in answers for line in lines_of(each)], to_dict), 0


def refusal(request: Request, most: int) -> str:
    """Why no size works, by what the given one says."""
    from pyramidcalc.passes.sizes import MAX_START

    errors = request.report().errors
    shape = shape_text(next(iter(request.inputs.values())))
    text = f"{request.architecture.name} works on no square up to {max(most, MAX_START)}, nor on {shape}"
    return text + (f": {diagnosis(errors[0]).text}" if errors else "")


def refused(request: Request, reason: str) -> Answer:
    """Why there are no sizes."""
    names = AXES[len(next(iter(request.inputs.values()))) - 1]
    nothing = {**dict.fromkeys(names), "error": reason}
    return Answer((), (), [Line("error", "error", reason)], lambda: header(request) | nothing)


def columns(near: int | None) -> tuple[Column, ...]:
    """One row an axis."""

    def output(answer: SizeAnswer) -> str:
        several = len(answer.outputs) > 1
        shapes = next(followed.outputs for followed in answer.sizes.sizes if followed.outputs)
        texts = [
            (f"{label} " if several else "") + (text or (shape_text(shape) if len(shape) == 1 else "–"))
            for (label, text), shape in zip(answer.outputs.items(), shapes, strict=True)
        ]
        return ", ".join(texts)

    def nearest(answer: SizeAnswer) -> str:
        from pyramidcalc.passes.size_answers import SPAN

        nothing = "none" if answer.sizes.proof else f"none within {SPAN}"
        return ", ".join(map(str, answer.nearest or ())) or nothing

    return (
        Column("axis", lambda answer: f"{answer.sizes.name} {answer.sizes.letter}"),
        Column("works for", lambda answer: answer.rule.text(answer.sizes.letter)),
        Column("output", output),
        Column("all branches aligned for", lambda answer: answer.aligned_rule.text(answer.sizes.letter)),
        *([] if near is None else [Column(f"nearest to {near}", nearest)]),
    )


def lines_of(answer: SizeAnswer) -> Iterator[Line]:
    """The sizes as a list, and how they are known."""
    sizes, (least, most) = answer.sizes, answer.limits
    listed = runs(list(answer.valid)).split(", ") if answer.valid else ["none"]
    if len(listed) > MAX_LISTED:
        listed = [*listed[: MAX_LISTED - 1], "…", listed[-1]]
    yield Line("total", f"{sizes.name}s", f"{', '.join(listed)} ({len(answer.valid)} from {least} to {most})")
    others = answer.beside
    followed = f"sizes 1 to {sizes.checked} followed one by one"
    followed += "" if others is None else f", beside {others if isinstance(others, int) else shape_text(tuple(others))}"
    first, *rest = sizes.family.forms.items()
    if rest:
        texts = [f"{name} {form.text(sizes.letter)}" for name, form in rest]
        yield Line("note", "inputs", f"{first[0]} of {sizes.name} {sizes.letter}, {', '.join(texts)}")
    if sizes.proof is None:
        yield Line("note", "checked", f"{followed}; no period is known")
    else:
        start, period, _ = sizes.proof
        yield Line("good", "proved", f"{followed}; from {start} on all repeats with period {period}")
    if answer.refusal is not None:
        yield Line("note", "others", diagnosis(answer.refusal).text)
    for reason in sizes.unknown:
        yield Line("note", "not known", f"other {sizes.name}s: {reason}")


COMMAND = QuestionGroup("sizes", HELP, "The input sizes with which it works.", PARAMS, ask)
