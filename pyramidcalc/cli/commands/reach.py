"""`pyramidcalc reach`: the exact pixels that one output pixel reads."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.pictures import caption, picture_param
from pyramidcalc.cli.question import QuestionGroup, header
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.cli.values import Position, did_you_mean, shown
from pyramidcalc.cli.words import runs, share
from pyramidcalc.indexmap import positions_of
from pyramidcalc.layers.base import SIDES
from pyramidcalc.quantities import LETTERS, shape_text, times

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

HELP = """What one output pixel really reads: every input pixel, borders and dilation holes included.

`pyramidcalc reach aspp --rate 6 12 18 --at 16,16 --layer rate6.conv`: the architecture's own options, the pixel
(the middle where --at is absent) and the layer (the main output where --layer is absent). JSON holds the set itself:
`mask`, row to half-open runs of columns.
"""
ENDS = {1: (("first", "last"),), 2: (("top", "bottom"), ("left", "right"))}
"""JSON's names of the hull's ends; of volumes the near and the far slice come first."""


def params() -> list[click.Parameter]:
    """The pixel and the layer."""
    return [
        click.Option(["--at"], type=Position(), metavar="ROW,COL", help="The output pixel; the middle if absent."),
        click.Option(["--layer"], metavar="NAME", help="The layer; the main output if absent."),
        picture_param(),
    ]


def ask(request: Request, *, at: tuple[int, ...] | None, layer: str | None) -> tuple[Answer, int]:
    """The answer, and exit code 1 where the layer, or the main output, comes after a failing one."""
    from pyramidcalc.passes.reach import reach

    report = request.report()
    name = layer_of(report, layer)
    if report.resolved is None or name is None:
        lines = [diagnosis(note) for note in report.errors]
        nothing = {"layer": None, "at": None, "reach": None}
        errors = {"diagnostics": [note.to_dict() for note in report.diagnostics]}
        return Answer((), (), lines, lambda: header(request) | nothing | errors), 1
    position = at if at is not None else tuple(n // 2 for n in report[name].output[1:])
    result = reach(report.resolved, name, position)
    picture = None if result.unknown else partial(drawn, request, report.resolved, result)
    return answer(request, report[name].output, result).replace(picture=picture), 0


def drawn(request: Request, resolved: Resolved, result: Reach) -> Any:
    """The picture: a colour a branch."""
    from pyramidcalc.passes.reach_by_branch import reach_by_branch
    from pyramidcalc.pictures.reach import reach as picture

    title = f"What {place(result.position)} of {result.node} reads"
    return picture(result, reach_by_branch(resolved, result.node, result.position), title, caption(request))


def layer_of(report: Report, layer: str | None) -> str | None:
    """The layer's name, or None where it, or the main output, comes after a failing layer."""
    if report.resolved is None:
        return None
    wanted = layer if layer is not None else report.resolved.graph.outputs[0][1]
    if any(each.name == wanted for each in report.layers):
        return wanted
    known = [node.name for node in report.resolved.graph.nodes]
    if wanted in known:
        return None
    near = did_you_mean(wanted, known) or f"; {report.architecture} --depth 99 shows all layers"
    ctx = click.get_current_context()
    raise click.BadParameter(f"there is no layer {shown(wanted)}{near}", ctx, param_hint="--layer")


def answer(request: Request, shape: tuple[int, ...], reach: Reach) -> Answer:
    """What is read of each input: a row an input, the positions below, the whole set in JSON."""
    lines = [Line("total", "pixel", f"{place(reach.position)} of {reach.node} ({shape_text(shape)})")]
    if reach.unknown:
        lines.append(Line("note", "unknown", reach.unknown))
    names = [] if reach.unknown else list(reach.inputs)
    for name in names:
        lines += positions(reach, name)

    def to_dict() -> dict[str, Any]:
        reached = None if reach.unknown else {name: read_of(reach, name) for name in reach.inputs}
        asked = {"layer": reach.node, "at": list(reach.position), "reach": reached, "unknown": reach.unknown}
        return header(request) | asked

    return Answer(columns(reach) if names else (), names, lines, to_dict)


def place(position: tuple[int, ...]) -> str:
    """`row 5, column 30`; a vector has but one place."""
    sides = [side.removesuffix("s") for side in SIDES[len(position)]]
    return ", ".join(f"{side} {i}" for side, i in zip(sides, position, strict=True)) or "the vector"


def positions(reach: Reach, name: str) -> list[Line]:
    """On each axis the positions that are read, compressed."""
    axes = reach.positions(name)
    if not reach.products[name]:
        return [Line("note", f"{name} read", "nothing")]
    sides = zip(SIDES[len(axes)], axes, strict=True)
    return [Line("total", f"{name} {side}", runs(list(positions_of(axis)))) for side, axis in sides]


def read_of(reach: Reach, name: str) -> dict[str, Any]:
    """The JSON of one input."""
    hull, axes = reach.hull(name), reach.positions(name)
    ends = ENDS.get(len(axes), (("near", "far"), *ENDS[2]) if axes else ())
    return {
        "pixels": reach.pixels(name),
        "hull": None if hull is None else dict(zip(sum(ends, ()), sum(hull, ()), strict=True)),
        "coverage": reach.coverage(name),
        **{side: list(positions_of(axis)) for side, axis in zip(SIDES[len(axes)], axes, strict=True)},
        "mask": mask(reach, name),
    }


def mask(reach: Reach, name: str) -> Any:
    """Row to half-open runs of columns; a sequence is one row, a row of a volume is `slice,row`."""
    lines = {",".join(map(str, key)): half_open(line) for key, line in reach.mask(name).items()}
    return lines if len(reach.inputs[name]) > 2 else next(iter(lines.values()), [])


def half_open(bits: int) -> list[list[int]]:
    """[[3, 5], [9, 10]] for the positions 3, 4 and 9."""
    digits = f"{bits:b}"[::-1]
    return [[run.start(), run.end()] for run in re.finditer("1+", digits)]


def columns(reach: Reach) -> tuple[Column, ...]:
    """One row an input."""
    ranks = dict.fromkeys(len(shape) - 1 for shape in reach.inputs.values())

    def hull(name: str) -> str:
        box = reach.hull(name)
        if not box:
            return "–"
        sides = zip(SIDES[len(box)], box, strict=True)
        ends = ", ".join(f"{side} {first}–{last}" for side, (first, last) in sides)
        return f"{ends} ({times(last - first + 1 for first, last in box)})"

    def coverage(name: str) -> str:
        around = reach.hull_pixels(name)
        return "–" if around is None else share(reach.pixels(name), around)

    return (
        Column("input", str),
        Column(
            f"size ({' or '.join(LETTERS[rank] for rank in ranks)})", lambda name: shape_text(reach.inputs[name]), True
        ),
        Column("pixels read", reach.pixels, right=True),
        Column("hull", hull),
        Column("coverage of the hull", coverage, right=True),
    )


def command() -> click.Command:
    """The command."""
    return QuestionGroup("reach", HELP, "The exact input pixels that one output pixel reads.", params, ask)
