"""How much each input pixel counts for one output pixel before training."""

from __future__ import annotations

from fractions import Fraction
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from pyramidcalc.errors import UsageError
from pyramidcalc.layers.base import SIDES
from pyramidcalc.pictures.pixels import (
    ACROSS,
    extent,
    laid_out,
    outline,
    part_text,
    pixel_axes,
    show,
    shown_part,
    spans,
)
from pyramidcalc.pictures.sheet import BELOW, COLOURS, LEFT, SMALL, VERMILION, Sheet
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pyramidcalc.passes.effective_field import EffectiveField

SHARES = ((Fraction(1, 2), VERMILION), (Fraction(9, 10), COLOURS[1]))
"""The squares that are drawn, by what they hold."""
INK = LinearSegmentedColormap.from_list("ink", ["#FFFFFF", "#DCEAF5", "#9CC7E4", "#4490C4", "#0B5394", "#06294A"])
ROOT = PowerNorm(0.5, 0, 1)
"""A linear scale hides the outer taps."""
FILL = "#9CC7E4"
SIDE = 0.34
"""Inches of a marginal."""
GAP = 0.04
CURVE = 1.3
"""Inches of a sequence's curve."""
BAR = 0.38
"""Inches of the scale of colours with its numbers."""
FEW = 80
MARKS = (0, 0.05, 0.2, 0.5, 1)


class View(NamedTuple):
    """Weights on two axes of an input: its heading, the axes' names, the positions shown, the first one of the rows.

    `boxes` are the ends of the squares that hold the shares, None where they are unknown.
    """

    heading: str
    names: tuple[str, str]
    shown: tuple[tuple[int, int], tuple[int, int]]
    first: tuple[int, int]
    rows: list[list[int]]
    boxes: tuple[tuple[tuple[int, int], ...] | None, ...]


def erf(field: EffectiveField, title: str, note: str) -> Figure:
    """The weights of the input's pixels on a scale of roots, the squares that hold half and nine tenths of them, and
    their sums along rows and columns.

    A sequence is a curve; a volume is three maps, each the sums along one axis. Raises UsageError where there is
    nothing to draw, or too much.
    """
    names = [name for name in field.blocks if len(field.inputs[name]) > 1]
    if not names:
        raise UsageError("there is nothing to draw: no pixel of a map is read")
    if len(names) == 1 and len(field.inputs[names[0]]) == 3:
        return with_marginals(field, names[0], title, note)
    views = [view for name in names for view in views_of(field, name, several=len(names) > 1)]
    maps = any(view.names[0] for view in views)
    layout = [(view.heading, view.names, view.shown) for view in views]
    sheet, drawn, below = laid_out(title, note, layout, legend(field, names), lane=CURVE, extra=BAR * maps)
    for axes, view in zip(drawn, views, strict=True):
        draw(axes, view) if view.names[0] else curve(axes, view, field.total(names[0]))
    if maps:
        scale(sheet, below)
    return sheet.figure


def with_marginals(field: EffectiveField, name: str, title: str, note: str) -> Figure:
    """One map, with the sums of its columns above and those of its rows on the right."""
    (view,) = views_of(field, name, several=False)
    across = ACROSS - SIDE - GAP
    wide, tall = extent(spans(view.shown), across)
    below = SIDE + GAP + tall + BELOW
    note += f"; {view.heading}" * bool(view.heading)
    sheet = Sheet(title, note, below + BAR, legend(field, [name]))
    axes = pixel_axes(sheet, (LEFT, SIDE + GAP), view.shown, view.names, across)
    draw(axes, view)
    of_rows, of_columns = field.marginals(name)
    above = sheet.axes(LEFT, 0, wide, SIDE)
    above.fill_between(*stairs(view.first[1], of_columns), color=FILL, lw=0, gid="columns")
    above.set_xlim(axes.get_xlim())
    above.set_ylim(0, 1)
    right = sheet.axes(LEFT + wide + GAP, SIDE + GAP, SIDE, tall)
    right.fill_betweenx(*stairs(view.first[0], of_rows), color=FILL, lw=0, gid="rows")
    right.set_ylim(axes.get_ylim())
    right.set_xlim(0, 1)
    above.set_axis_off()
    right.set_axis_off()
    scale(sheet, below)
    return sheet.figure


def stairs(first: int, sums: Sequence[int]) -> tuple[Sequence[float], Sequence[float]]:
    """Positions from `first` on, and their heights, of the largest: a stair of pixels where these are seen."""
    largest = max(sums)
    if len(sums) > FEW:
        return list(range(first, first + len(sums))), [value / largest for value in sums]
    ends = [first + index + side for index in range(len(sums)) for side in (-0.5, 0.5)]
    return ends, [value / largest for value in sums for _ in range(2)]


def views_of(field: EffectiveField, name: str, *, several: bool) -> list[View]:
    """The one map of an image, the line of a sequence, the sums along each axis of a volume."""
    weights, block, sizes = field.weights(name), field.blocks[name], field.inputs[name][1:]
    boxes = tuple(field.square(name, share) for share, _ in SHARES)
    sides = [side.removesuffix("s") for side in SIDES[len(sizes)]]
    first, shown = [axis.start for axis in block.axes], shown_part(sizes, field.hull(name) or ())
    text = part_text(sides, shown, sizes)
    lead = f"{name}  " if several else ""
    heading = f"{lead}{text}".strip()
    if len(sizes) == 1:
        # A sequence is a map of one row.
        return [View(heading, ("", sides[0]), ((0, 0), shown[0]), (0, first[0]), list(weights.values()), boxes)]
    if len(sizes) == 2:
        corner, names = (first[0], first[1]), (sides[0], sides[1])
        return [View(heading, names, (shown[0], shown[1]), corner, list(weights.values()), boxes)]
    views = []
    for axis, (one, other) in enumerate(((1, 2), (0, 2), (0, 1))):
        cut = tuple(box and (box[one], box[other]) for box in boxes)
        names, ends, corner = (sides[one], sides[other]), (shown[one], shown[other]), (first[one], first[other])
        heading = f"{lead}sums along the {sides[axis]}s" + f"; {text}" * bool(text)
        views.append(View(heading, names, ends, corner, summed(weights, axis), cut))
    return views


def summed(weights: dict[tuple[int, ...], list[int]], axis: int) -> list[list[int]]:
    """The rows of a volume's weights that are summed along one axis."""
    rows: dict[int, list[int]] = {}
    for (slice_, row), line in weights.items():
        if axis == 2:
            rows.setdefault(slice_, []).append(sum(line))
        else:
            key = row if axis == 0 else slice_
            rows[key] = list(map(add, rows[key], line)) if key in rows else line
    return list(rows.values())


def draw(axes: Axes, view: View) -> None:
    """A map of weights, each as a share of the largest, and its squares."""
    largest = max(map(max, view.rows))
    (top, left), tall, wide = view.first, len(view.rows), len(view.rows[0])
    axes.imshow(
        [[value / largest for value in row] for row in view.rows],
        cmap=INK,
        norm=ROOT,
        extent=(left - 0.5, left + wide - 0.5, top + tall - 0.5, top - 0.5),
        aspect=axes.get_aspect(),
        # Pixels that are seen one by one are kept as they are; of many, a texture finer than the paper is averaged.
        interpolation="none" if max(spans(view.shown)) <= FEW else "antialiased",
        interpolation_stage="data",
        gid="weights",
    )
    show(axes, view.shown)
    for (_, colour), box in zip(SHARES, view.boxes, strict=True):
        if box is not None:
            outline(axes, *box, ec=colour, lw=0.9, zorder=3)


def curve(axes: Axes, view: View, total: int) -> None:
    """The weights of a sequence, as shares of the total, with lines at the ends of the spans that hold the shares."""
    ends, heights = stairs(view.first[1], view.rows[0])
    most = max(view.rows[0]) / total
    axes.fill_between(ends, [value * most for value in heights], color=FILL, lw=0, gid="weights")
    axes.set_ylim(0, 1.05 * most)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylabel("share of the weight")
    for (_, colour), box in zip(SHARES, view.boxes, strict=True):
        for end in (box[-1][0] - 0.5, box[-1][1] + 0.5) if box else ():
            axes.axvline(end, color=colour, lw=0.9)


def legend(field: EffectiveField, names: Sequence[str]) -> list[Line2D]:
    """How large the squares are that hold the shares."""
    entries = []
    for share, colour in SHARES:
        texts = []
        for name in names:
            box = field.square(name, share)
            if box is not None:
                size = times(last - first + 1 for first, last in box)
                texts.append(size + (f" of {name}" if len(names) > 1 else ""))
        if texts:
            label = f"{float(share):.0%} of the weight in {', '.join(texts)}"
            entries.append(Line2D([], [], color=colour, lw=1.1, label=label))
    return entries


def scale(sheet: Sheet, top: float) -> None:
    """The scale of colours."""
    wide = 1.5
    axes = sheet.axes(LEFT, top + 0.08, wide, 0.08)
    steps = 256
    axes.imshow(
        [[(step / steps) ** 2 for step in range(steps)]], cmap=INK, norm=ROOT, aspect="auto", extent=(0, 1, 0, 1)
    )
    axes.yaxis.set_major_locator(NullLocator())
    axes.set_xticks([mark**0.5 for mark in MARKS], [f"{mark:.0%}" for mark in MARKS])
    sheet.text(LEFT + wide + 0.12, top + 0.055, "of the largest weight", size=SMALL)
