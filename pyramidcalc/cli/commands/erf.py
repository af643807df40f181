"""`pyramidcalc erf`: how much of one output pixel each input pixel makes up before training."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.options import DEVICE, check_device
from pyramidcalc.cli.pictures import PICTURE, caption
from pyramidcalc.cli.pixel import (
    PIXEL,
    answer_of,
    box_dict,
    box_text,
    by_row,
    failed,
    input_columns,
    layer_of,
    place,
)
from pyramidcalc.cli.question import QuestionGroup
from pyramidcalc.cli.summary import verdict
from pyramidcalc.cli.values import Choice
from pyramidcalc.layers.base import SIDES
from pyramidcalc.quantities import field_size, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.passes.effective_field import EffectiveField
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

HELP = """How much of one output pixel each input pixel makes up before training: the effective receptive field.

`pyramidcalc erf deeplabv3 --input 513x513 --at corner`: the architecture's own options, the pixel (the middle where
--at is absent) and the layer (the main output where --layer is absent). By the measure `mean` every operator averages
what it reads and merges add, as in a network of uniform weights, one channel wide; by `paths` the weight of a pixel
is the number of ways from it to the output. The squares are the smallest around the pixel nearest to the weights'
centre of gravity. Luo et al., arXiv 1701.04128. JSON holds the weights and their sums, whole numbers over one
denominator: `weights`, row to the columns of the hull; CSV has a row an input.
"""
SHARES = (Fraction(1, 2), Fraction(9, 10))
BARS = "▁▂▃▄▅▆▇█"
BARS_WIDE = 48
SAID = {
    "mean": "every operator averages what it reads, and merges add",
    "paths": "the number of ways to the output",
}


MEASURE_HELP = "Operators average what they read, or every way to the output counts 1.  [default: mean]"
PARAMS = [
    *PIXEL,
    click.Option(["--measure"], type=Choice(tuple(SAID)), default="mean", help=MEASURE_HELP),
    click.Option(["--verify"], is_flag=True, help="Compare every weight with gradients of real torch layers."),
    DEVICE,
    PICTURE,
]


def ask(
    request: Request, *, at: tuple[int, ...] | str | None, layer: str | None, measure: str, verify: bool, device: str
) -> tuple[Answer, int]:
    """The answer, and exit code 1 where torch disagrees, or where the layer comes after a failing one."""
    from pyramidcalc.cli.maps import of_field
    from pyramidcalc.passes.effective_field import effective_field
    from pyramidcalc.passes.reach import position_of

    check_device(verify, device)
    if verify and measure != "mean":
        raise click.UsageError(f"--verify compares the measure mean, not {measure}", click.get_current_context())
    report = request.report()
    name = layer_of(report, layer)
    if report.resolved is None or name is None:
        return failed(request, report, effective_field=None), 1
    shape = report[name].output
    field = effective_field(report.resolved, name, position_of(at, shape), measure)
    result = answer(request, shape, field)
    if not field.unknown:
        result = result.replace(picture=partial(picture, request, report, field), drawing=partial(of_field, field))
    if not verify:
        return result, 0
    from pyramidcalc.cli.progress import progress
    from pyramidcalc.oracle.effective_checks import verify_effective_field

    with progress() as advance:
        if advance is not None:
            advance(0, 1, f"gradients of {name}")
        verification = verify_effective_field(report.resolved, field, device)
    lines, said = [*result.lines, *verdict(verification)], {"verification": verification.to_dict()}
    return result.replace(lines=lines, data=lambda: dict(result.data()) | said), int(not verification.ok)


def picture(request: Request, report: Report, field: EffectiveField) -> Any:
    """The figure: a map of shades, with its squares and the sums of rows and columns."""
    from pyramidcalc.pictures.erf import erf

    known = report[field.node].receptive_field
    size = f"; receptive field {field_size(known)}" if known else ""
    title = f"How much each pixel counts for {place(field.position)} of {field.node}"
    return erf(field, title, f"{caption(request)}; {SAID[field.measure]}{size}")


def answer(request: Request, shape: tuple[int, ...], field: EffectiveField) -> Answer:
    """A row an input, the sums of rows and columns below, all weights in JSON."""

    def to_dict() -> dict[str, Any]:
        weights = None if field.unknown else {name: weights_of(field, name) for name in field.inputs}
        denominator = None if field.unknown else field.denominator
        return {"measure": field.measure, "denominator": denominator, "effective_field": weights}

    measure = Line("total", field.measure, SAID[field.measure])
    return answer_of(request, field, shape, columns(field), partial(places, field), to_dict, measure)


def places(field: EffectiveField, name: str) -> list[Line]:
    """Where the squares are, and on each axis the sums of the weights, as bars."""
    hull = field.hull(name)
    if hull is None:
        return [Line("note", f"{name} read", "nothing")]
    centre = f"{place(field.centres[name])}, nearest to the centre of gravity; the squares are around it"
    squares = [Line("total", f"{name} centre", centre)]
    squares += [Line("total", f"{name} {percent(share)}", box_text(field.square(name, share))) for share in SHARES]
    axes = zip(SIDES[len(hull)], hull, field.marginals(name), strict=True)
    sums = [Line("total", f"{name} {side}", f"{bars(sums)}  {first}–{last}") for side, (first, last), sums in axes]
    return squares * bool(hull) + sums


def bars(sums: Sequence[int]) -> str:
    """The sums as bars side by side, the mean of several where they are many; only nothing looks like nothing."""
    count = min(len(sums), BARS_WIDE)
    ends = [i * len(sums) // count for i in range(count + 1)]
    heights = [Fraction(sum(sums[a:b]), b - a) for a, b in pairwise(ends)]
    return "".join(BARS[ceil(height * len(BARS) / max(heights)) - 1] if height else " " for height in heights)


def weights_of(field: EffectiveField, name: str) -> dict[str, Any]:
    """The JSON of one input."""
    hull, largest, centre = field.hull(name), field.largest(name), field.centres.get(name)
    sides = SIDES[len(field.inputs[name]) - 1]
    return {
        "total": field.total(name),
        "hull": box_dict(hull),
        "centre": None if centre is None else list(centre),
        "squares": [{"share": float(share), **square(field, name, share)} for share in SHARES],
        "largest": None if largest is None else {"weight": largest[0], "at": list(largest[1])},
        **dict(zip(sides, field.marginals(name) or [[] for _ in sides], strict=True)),
        "weights": by_row(field.weights(name), len(sides)),
    }


def square(field: EffectiveField, name: str, share: Fraction) -> dict[str, Any]:
    """The JSON of the smallest square that holds a share; all null where there is none."""
    box = field.square(name, share)
    return {"size": None if box is None else [last - first + 1 for first, last in box], "ends": box_dict(box)}


def percent(share: Fraction) -> str:
    """50% for ½."""
    return f"{int(100 * share)}%"


def columns(field: EffectiveField) -> tuple[Column, ...]:
    """One row an input."""

    def side(share: Fraction, name: str) -> int | None:
        box = field.square(name, share)
        return box[0][1] - box[0][0] + 1 if box else None

    def square_text(share: Fraction, name: str) -> str:
        box = field.square(name, share)
        return times(last - first + 1 for first, last in box) if box else "–"

    def largest_text(name: str) -> str:
        greatest = field.largest(name)
        return f"{100 * greatest[0] / field.total(name):.3g}% in {place(greatest[1])}" if greatest else "–"

    def largest(name: str) -> int | None:
        greatest = field.largest(name)
        return greatest[0] if greatest else None

    weights = (
        Column("largest", largest),
        Column("total", field.total),
        Column("denominator", lambda _: field.denominator),
    )
    return (
        *input_columns(field.inputs),
        *[
            Column(
                f"{percent(share)} of the weight in",
                partial(square_text, share),
                right=True,
                key=percent(share),
                numbers=(Column(f"side of {percent(share)}", partial(side, share)),),
            )
            for share in SHARES
        ],
        Column("largest", largest_text, numbers=weights),
    )


COMMAND = QuestionGroup("erf", HELP, "How much of one output pixel each input pixel makes up.", PARAMS, ask)
