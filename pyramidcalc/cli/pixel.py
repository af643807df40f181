"""What questions of one output pixel share: which pixel of which layer, and how places and boxes are told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.question import header
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.cli.values import Place, did_you_mean, shown
from pyramidcalc.layers.base import AXES, SIDES
from pyramidcalc.quantities import LETTERS, shape_text, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from pyramidcalc.passes.effective_field import EffectiveField
    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

    Box = Sequence[tuple[int, int]]
    """First and last position on each spatial axis."""

ENDS = {1: (("first", "last"),), 2: (("top", "bottom"), ("left", "right"))}
"""JSON's names of a box's ends; of volumes the near and the far slice come first."""


AT_HELP = "The output pixel: centre, corner, or its position from 0.  [default: centre]"
PIXEL = (
    click.Option(["--at"], type=Place(), metavar="ROW,COL", help=AT_HELP),
    click.Option(["--layer"], metavar="NAME", help="The layer; the main output if absent."),
)


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


def failed(request: Request, report: Report, **nothing: object) -> Answer:
    """Why there is no answer: the layer, or the main output, comes after a failing one."""
    lines = [diagnosis(note) for note in report.errors]
    errors = {"diagnostics": [note.to_dict() for note in report.diagnostics]}
    return Answer((), (), lines, lambda: header(request) | {"layer": None, "at": None} | nothing | errors)


def answer_of(
    request: Request,
    result: Reach | EffectiveField,
    shape: tuple[int, ...],
    columns: tuple[Column, ...],
    about: Callable[[str], Iterable[Line]],
    data: Callable[[], dict[str, Any]],
    *lines: Line,
) -> Answer:
    """A row an input, `lines` and what there is to say `about` each below it, `data` in JSON; or why it is unknown."""
    names = [] if result.unknown else list(result.inputs)
    pixel = Line("total", "pixel", f"{place(result.position)} of {result.node} ({shape_text(shape)})")
    unknown = [Line("note", "unknown", result.unknown)] if result.unknown else []
    below = [pixel, *lines, *unknown, *[line for name in names for line in about(name)]]
    asked, last = {"layer": result.node, "at": list(result.position)}, {"unknown": result.unknown}
    return Answer(columns if names else (), names, below, lambda: header(request) | asked | data() | last)


def place(position: Sequence[int]) -> str:
    """`row 5, column 30`; a vector has but one place."""
    sides = [side.removesuffix("s") for side in SIDES[len(position)]]
    return ", ".join(f"{side} {i}" for side, i in zip(sides, position, strict=True)) or "the vector"


def box_text(box: Box | None) -> str:
    """`rows 10–22, columns 4–16 (13×13)`."""
    if not box:
        return "–"
    sides = zip(SIDES[len(box)], box, strict=True)
    ends = ", ".join(f"{side} {first}–{last}" for side, (first, last) in sides).replace("-", "−")
    return f"{ends} ({times(last - first + 1 for first, last in box)})"


def box_dict(box: Box | None) -> dict[str, int] | None:
    """`{"top": 10, "bottom": 22, "left": 4, "right": 16}`."""
    if box is None:
        return None
    ends = ENDS.get(len(box), (("near", "far"), *ENDS[2]) if box else ())
    return {name: end for names, pair in zip(ends, box, strict=True) for name, end in zip(names, pair, strict=True)}


def input_columns(inputs: Mapping[str, tuple[int, ...]]) -> tuple[Column, Column]:
    """The name and the size of an input, a row each."""

    def part(word: str, name: str) -> int | None:
        shape = inputs[name]
        return dict(zip(("channels", *AXES[len(shape) - 1]), shape, strict=True)).get(word)

    letters = " or ".join(dict.fromkeys(LETTERS[len(shape) - 1] for shape in inputs.values()))
    words = ("channels", *dict.fromkeys(word for shape in inputs.values() for word in AXES[len(shape) - 1]))
    numbers = tuple([Column(word, partial(part, word)) for word in words])
    size = Column(f"size ({letters})", lambda name: shape_text(inputs[name]), right=True, key="size", numbers=numbers)
    return Column("input", str), size


def hull_column(inputs: Mapping[str, tuple[int, ...]], hull: Callable[[str], Box | None]) -> Column:
    """Where the hull of what is read of an input lies; in CSV its first and last position on each axis."""

    def end(side: str, last: int, name: str) -> int | None:
        ends = dict(zip(SIDES[len(inputs[name]) - 1], hull(name) or (), strict=False))
        return ends[side][last] if side in ends else None

    sides = dict.fromkeys(side for shape in inputs.values() for side in SIDES[len(shape) - 1])
    ends = [(side, word, last) for side in sides for last, word in enumerate(("first", "last"))]
    numbers = tuple([Column(f"{word} {side[:-1]}", partial(end, side, last)) for side, word, last in ends])
    return Column("hull", lambda name: box_text(hull(name)), numbers=numbers)


def by_row(lines: dict[tuple[int, ...], Any], rank: int) -> Any:
    """JSON of rows by their place: a sequence is one row, a row of a volume is `slice,row`."""
    rows = {",".join(map(str, key)): line for key, line in lines.items()}
    return rows if rank > 1 else next(iter(rows.values()), [])
