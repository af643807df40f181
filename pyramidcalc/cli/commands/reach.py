"""`pyramidcalc reach`: the exact pixels that one output pixel reads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.pictures import PICTURE, caption
from pyramidcalc.cli.pixel import (
    PIXEL,
    answer_of,
    box_dict,
    by_row,
    failed,
    hull_column,
    input_columns,
    layer_of,
    place,
)
from pyramidcalc.cli.question import QuestionGroup
from pyramidcalc.cli.words import runs, share
from pyramidcalc.indexmap import positions_of, runs_of
from pyramidcalc.layers.base import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.request import Request

HELP = """What one output pixel really reads: every input pixel, borders and dilation holes included.

`pyramidcalc reach aspp --rate 6 12 18 --at 16,16 --layer rate6.conv`: the architecture's own options, the pixel
(`centre` where --at is absent, or `corner`) and the layer (the main output where --layer is absent). JSON holds the
set itself: `mask`, row to half-open runs of columns.
"""


def ask(request: Request, *, at: tuple[int, ...] | str | None, layer: str | None) -> tuple[Answer, int]:
    """The answer, and exit code 1 where the layer, or the main output, comes after a failing one."""
    from pyramidcalc.cli.maps import of_reach
    from pyramidcalc.passes.reach import position_of, reach
    from pyramidcalc.passes.reach_by_branch import reach_by_branch

    report = request.report()
    name = layer_of(report, layer)
    if report.resolved is None or name is None:
        return failed(request, report, reach=None), 1
    shape = report[name].output
    result = reach(report.resolved, name, position_of(at, shape))
    shown = answer(request, shape, result)
    if not result.unknown:
        split = partial(reach_by_branch, report.resolved, name, result.position)
        shown = shown.replace(
            picture=partial(picture, request, result, split), drawing=lambda: of_reach(result, split())
        )
    return shown, 0


def picture(request: Request, result: Reach, split: Callable[[], tuple[Reach, ...]]) -> Any:
    """The figure: a colour a branch."""
    from pyramidcalc.pictures.reach import reach

    return reach(result, split(), f"What {place(result.position)} of {result.node} reads", caption(request))


def answer(request: Request, shape: tuple[int, ...], reach: Reach) -> Answer:
    """What is read of each input: a row an input, the positions below, the whole set in JSON."""

    def to_dict() -> dict[str, Any]:
        return {"reach": None if reach.unknown else {name: read_of(reach, name) for name in reach.inputs}}

    return answer_of(request, reach, shape, columns(reach), partial(positions, reach), to_dict)


def positions(reach: Reach, name: str) -> list[Line]:
    """On each axis the positions that are read, compressed."""
    axes = reach.positions(name)
    if not reach.products[name]:
        return [Line("note", f"{name} read", "nothing")]
    sides = zip(SIDES[len(axes)], axes, strict=True)
    return [Line("total", f"{name} {side}", runs(list(positions_of(axis)))) for side, axis in sides]


def read_of(reach: Reach, name: str) -> dict[str, Any]:
    """The JSON of one input; `mask` is row to half-open runs of columns."""
    axes = reach.positions(name)
    rows = {key: runs_of(line) for key, line in reach.mask(name).items()}
    return {
        "pixels": reach.pixels(name),
        "hull": box_dict(reach.hull(name)),
        "coverage": reach.coverage(name),
        **{side: list(positions_of(axis)) for side, axis in zip(SIDES[len(axes)], axes, strict=True)},
        "mask": by_row(rows, len(axes)),
    }


def columns(reach: Reach) -> tuple[Column, ...]:
    """One row an input."""

    def coverage(name: str) -> str:
        around = reach.hull_pixels(name)
        return "–" if around is None else share(reach.pixels(name), around)

    return (
        *input_columns(reach.inputs),
        Column("pixels read", reach.pixels, right=True),
        hull_column(reach.inputs, reach.hull),
        Column("coverage of the hull", coverage, right=True, numbers=(Column("coverage of the hull", reach.coverage),)),
    )


COMMAND = QuestionGroup("reach", HELP, "The exact input pixels that one output pixel reads.", [*PIXEL, PICTURE], ask)
