"""Which pixels each bin of a pyramid reads: overlaps, pixels that none reads, windows in the padding."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from pyramidcalc.errors import UsageError
from pyramidcalc.layers.base import SIDES
from pyramidcalc.passes.bins import AxisBins
from pyramidcalc.pictures.pixels import (
    SQUARE,
    fill,
    laid_out,
)
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pyramidcalc.passes.bins import Bins

SHADES = ("#CFE3F2", "#7FB6DC", "#4490C4", "#0B5394", "#06294A")
"""Of pixels that 1, 2, 3, … bins read."""
UNREAD: dict[str, Any] = {"fc": "#FBE3E1", "ec": "#D55E00", "hatch": "/////"}
PADDING = "#EDEDED"
MAX_PANELS = 24
ONE = AxisBins(1, ((0, 0),))
"""The rows of a strip."""


class Panel(NamedTuple):
    """Two axes of a pool, or one, whose first has no name then."""

    heading: str
    names: tuple[str, str]
    axes: tuple[AxisBins, AxisBins]


def bins(pools: Sequence[Bins], title: str, note: str) -> Figure:
    """A map a pool with its bins as frames and its pixels by the number of bins that read them.

    Axes of sequences and volumes stand alone, as strips: what a bin reads is their product. Raises UsageError where
    there is nothing to draw, or too much.
    """
    panels = [panel for pool in pools for panel in panels_of(pool)]
    if not panels:
        raise UsageError("there is nothing to draw: no pool cuts a map into bins")
    if len(panels) > MAX_PANELS:
        raise UsageError(f"{len(panels)} maps are over the limit of {MAX_PANELS} in one picture")
    layout = [(panel.heading, panel.names, ends(panel)) for panel in panels]
    sheet, drawn, _ = laid_out(title, note, layout, legend(panels), of="")
    for axes, panel in zip(drawn, panels, strict=True):
        draw(axes, panel)
    return sheet.figure


def panels_of(pool: Bins) -> list[Panel]:
    """The map of an image; of other kinds an axis each. Raises UsageError where there are too many bins."""
    if any(axis.bins is None for axis in pool.axes):
        raise UsageError(f"`{pool.layer}` has too many bins to draw")
    sides = [side.removesuffix("s") for side in SIDES[len(pool.axes)]]
    if len(pool.axes) == 2:
        text = f"{pool.layer}: {times(len(axis.bins or ()) for axis in pool.axes)} bins"
        return [Panel(text, (sides[0], sides[1]), (pool.axes[0], pool.axes[1]))]
    return [
        Panel(f"{pool.layer}: {len(axis.bins or ())} bins of {side}s", ("", side), (ONE, axis))
        for side, axis in zip(sides, pool.axes, strict=True)
    ]


def ends(panel: Panel) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last position on each axis that belongs to the map or to a bin."""
    rows, columns = ((-axis.padding()[0], axis.n - 1 + axis.padding()[1]) for axis in panel.axes)
    return rows, columns


def readers(panel: Panel) -> dict[int, dict[int, int]]:
    """Number of bins to the pixels that so many read, row to the bit set of columns."""
    of_rows, of_columns = (axis.readers() for axis in panel.axes)
    sets: dict[int, int] = {}
    for column, count in enumerate(of_columns):
        sets[count] = sets.get(count, 0) | 1 << column
    masks: dict[int, dict[int, int]] = {}
    for row, count in enumerate(of_rows):
        for other, bits in sets.items():
            rows = masks.setdefault(count * other, {})
            rows[row] = rows.get(row, 0) | bits
    return masks


def draw(axes: Axes, panel: Panel) -> None:
    """Padding, pixels by the number of their bins, and a frame a bin."""
    axes.set_facecolor(PADDING)
    for count, mask in readers(panel).items():
        style: dict[str, Any] = UNREAD if not count else {"fc": shade(count)}
        fill(axes, mask, gid=f"{panel.heading}, {count}", **style)
    both = product(*[axis.bins or () for axis in panel.axes])
    vertices = [corner for rows, columns in both for corner in frame(rows, columns)]
    path = Path(vertices, SQUARE * (len(vertices) // len(SQUARE)))
    axes.add_patch(PathPatch(path, fill=False, lw=0.5, ec="black", clip_on=False, gid=f"{panel.heading}, frames"))


def shade(count: int) -> str:
    """The colour of pixels that so many bins read."""
    return SHADES[min(count, len(SHADES)) - 1]


def frame(rows: tuple[int, int], columns: tuple[int, int]) -> list[tuple[float, float]]:
    """The corners of a bin, the first one again at the end."""
    (top, bottom), (left, right) = ((first - 0.5, last + 0.5) for first, last in (rows, columns))
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def legend(panels: Sequence[Panel]) -> list[Artist]:
    """What is drawn of: pixels of so many bins, of none, padding."""
    used = sorted({count for panel in panels for count in readers(panel)})
    entries: list[Artist] = []
    for count in used:
        if count and (count < len(SHADES) or count == min(each for each in used if each >= len(SHADES))):
            more = " or more" if count >= len(SHADES) and used[-1] > count else ""
            label = f"read by {count}{more} bin{'s' * (count > 1)}"
            entries.append(Patch(fc=shade(count), label=label))
    if 0 in used:
        entries.append(Patch(lw=0, label="read by none", **UNREAD))
    if any(any(axis.padding()) for panel in panels for axis in panel.axes):
        entries.append(Patch(fc=PADDING, ec="#999999", lw=0.6, label="padding"))
    return [*entries, Line2D([], [], color="black", lw=0.5, label="bin")]
