"""Which pixels each bin of a pyramid reads: overlaps, pixels that none reads, windows in the padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from pyramidcalc.errors import UsageError
from pyramidcalc.pictures.pixels import SQUARE, across_of, fill, grid, height, pixel_axes, strip_axes, strip_height
from pyramidcalc.pictures.sheet import Sheet
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Span = tuple[int, int]
    """First and last position that a window lies on, which may be in the padding."""

SHADES = ("#CFE3F2", "#7FB6DC", "#4490C4", "#0B5394", "#06294A")
"""Of pixels that 1, 2, 3, … bins read."""
UNREAD: dict[str, Any] = {"fc": "#FBE3E1", "ec": "#D55E00", "hatch": "/////"}
PADDING = "#EDEDED"
HEADING = 0.14
MAX_PANELS = 24


class Bins(NamedTuple):
    """One layer that cuts a map into bins: its name, the names and sizes of the map's axes, and on each the spans."""

    name: str
    sides: tuple[str, ...]
    sizes: tuple[int, ...]
    spans: tuple[tuple[Span, ...], ...]


class Panel(NamedTuple):
    """Two axes of a layer, or one, whose first has no name then."""

    heading: str
    names: tuple[str, str]
    sizes: tuple[int, int]
    spans: tuple[tuple[Span, ...], tuple[Span, ...]]


def bins(levels: Sequence[Bins], title: str, note: str) -> Figure:
    """A map a level with its bins as frames and its pixels by the number of bins that read them.

    Axes of sequences and volumes stand alone, as strips: what a bin reads is their product. Raises UsageError where
    there is nothing to draw, or too much.
    """
    panels = [panel for level in levels for panel in panels_of(level)]
    if not panels:
        raise UsageError("there is nothing to draw: no layer cuts a map into bins")
    if len(panels) > MAX_PANELS:
        raise UsageError(f"{len(panels)} maps are over the limit of {MAX_PANELS} in one picture", hint="give --layer")
    across = across_of(len(panels))
    tall = [HEADING + (height(extents(panel), across) if panel.names[0] else strip_height(1)) for panel in panels]
    places, below = grid(tall)
    sheet = Sheet(title, note, below, legend(panels))
    for panel, (left, top) in zip(panels, places, strict=True):
        sheet.text(left, top, panel.heading)
        if panel.names[0]:
            axes = pixel_axes(sheet, (left, top + HEADING), extents(panel), panel.names, across, of="")
        else:
            axes = strip_axes(sheet, (left, top + HEADING), extents(panel), panel.names[1], across)
        draw(axes, panel)
    return sheet.figure


def panels_of(level: Bins) -> list[Panel]:
    """The map of an image; of other kinds an axis each."""
    text = f"{level.name}: {times(map(len, level.spans))} bins"
    if len(level.sizes) == 2:
        (tall, wide), (rows, columns), (row, column) = level.sizes, level.spans, level.sides
        return [Panel(text, (row, column), (tall, wide), (rows, columns))]
    axes = zip(level.sides, level.sizes, level.spans, strict=True)
    return [
        Panel(f"{level.name}: {len(spans)} bins of {side}s", ("", side), (1, size), (((0, 0),), spans))
        for side, size, spans in axes
    ]


def ends(panel: Panel) -> list[Span]:
    """First and last position on each axis that belongs to the map or to a window."""
    return [
        (min(0, *[first for first, _ in spans]), max(size - 1, *[last for _, last in spans]))
        for size, spans in zip(panel.sizes, panel.spans, strict=True)
    ]


def extents(panel: Panel) -> tuple[int, int]:
    """Rows and columns that are drawn, the padding's included."""
    (top, bottom), (left, right) = ends(panel)
    return bottom - top + 1, right - left + 1


def counts(size: int, spans: Sequence[Span]) -> list[int]:
    """How many spans hold each position."""
    result = [0] * size
    for first, last in spans:
        for position in range(max(first, 0), min(last + 1, size)):
            result[position] += 1
    return result


def readers(panel: Panel) -> dict[int, dict[int, int]]:
    """Number of bins to the pixels that so many read, row to the bit set of columns."""
    of_rows, of_columns = (counts(size, spans) for size, spans in zip(panel.sizes, panel.spans, strict=True))
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
    (top, bottom), (left, right) = ends(panel)
    axes.set_xlim(left - 0.5, right + 0.5)
    axes.set_ylim(bottom + 0.5, top - 0.5)
    axes.set_facecolor(PADDING)
    for count, mask in readers(panel).items():
        style: dict[str, Any] = UNREAD if not count else {"fc": shade(count)}
        fill(axes, mask, gid=f"{panel.heading}, {count}", **style)
    vertices = [corner for rows in panel.spans[0] for columns in panel.spans[1] for corner in frame(rows, columns)]
    path = Path(vertices, SQUARE * (len(vertices) // len(SQUARE)))
    axes.add_patch(PathPatch(path, fill=False, lw=0.5, ec="black", clip_on=False, gid=f"{panel.heading}, frames"))


def shade(count: int) -> str:
    """The colour of pixels that so many bins read."""
    return SHADES[min(count, len(SHADES)) - 1]


def frame(rows: Span, columns: Span) -> list[tuple[float, float]]:
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
    if any(extents(panel) != panel.sizes for panel in panels):
        entries.append(Patch(fc=PADDING, ec="#999999", lw=0.6, label="padding"))
    return [*entries, Line2D([], [], color="black", lw=0.5, label="bin")]
