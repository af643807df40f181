"""Axes of pixels: equal sides, integer ticks, row 0 on top; sets of pixels as one path, so that all are as large."""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, MaxNLocator

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import runs_of
from pyramidcalc.pictures.sheet import BELOW, LEFT, LINE, TEXT, WIDTH, Sheet, lines_of, measured, wrapped
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    Ends = tuple[int, int]
    """First and last position on an axis."""

ACROSS = WIDTH - LEFT - 0.1
"""Inches of the one map of a picture."""
TALLEST = 3.2
SLIMMEST = 0.12
LANE = 0.2
"""Inches of a strip of a sequence."""
INDENT = LEFT - 0.14
"""Inches that headings begin before their axes."""
MAX_BOXES = 100_000
"""More rectangles than this make files that no viewer opens."""
MAX_PIXELS = 1 << 24
OF_INPUT = " of the input"
SMALL_PART, LARGE_MAP = 3, 64
"""What is less than one such part of a map on every axis is drawn with its surroundings alone, if the map is large."""
SQUARE = (Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY)


def extent(sizes: tuple[int, int], across: float = ACROSS) -> tuple[float, float]:
    """Inches (width, height) of a map of (rows, columns) that has so many across; very long ones lose equal sides."""
    rows, columns = sizes
    if rows * columns > MAX_PIXELS:
        raise UsageError(
            f"a picture of {rows}x{columns} pixels is over the limit of {MAX_PIXELS:,}", hint="ask on a smaller input"
        )
    wide = min(across, TALLEST * columns / rows)
    return max(wide, SLIMMEST), max(wide * rows / columns, SLIMMEST)


def shown_part(sizes: Sequence[int], hull: Sequence[Ends]) -> tuple[Ends, ...]:
    """First and last position that are drawn on each axis of a map: all, or where the hull of what is read is small
    against it, those around the hull."""
    sides = [last - first + 1 for first, last in hull]
    if max(sizes) <= LARGE_MAP or any(SMALL_PART * side >= n for side, n in zip(sides, sizes, strict=True)):
        return tuple([(0, n - 1) for n in sizes])
    margin = max(2, *[side // 2 for side in sides])
    ends = zip(hull, sizes, strict=True)
    return tuple([(max(first - margin, 0), min(last + margin, n - 1)) for (first, last), n in ends])


def part_text(names: Sequence[str], shown: Sequence[Ends], sizes: Sequence[int]) -> str:
    """`rows 96–104, columns 132–140 of 200×272`; nothing where all of a map is drawn."""
    if all(ends == (0, n - 1) for ends, n in zip(shown, sizes, strict=True)):
        return ""
    texts = [f"{name}s {first}–{last}" for name, (first, last) in zip(names, shown, strict=True)]
    return f"{', '.join(texts)} of {times(sizes)}"


def spans(shown: tuple[Ends, Ends]) -> tuple[int, int]:
    """How many rows and columns there are from the first to the last of both."""
    (top, bottom), (left, right) = shown
    return bottom - top + 1, right - left + 1


def show(axes: Axes, shown: tuple[Ends, Ends]) -> None:
    """Sets the first and last row and column of axes; row 0 is above."""
    (top, bottom), (left, right) = shown
    axes.set_xlim(left - 0.5, right + 0.5)
    axes.set_ylim(bottom + 0.5, top - 0.5)


def pixel_axes(
    sheet: Sheet,
    corner: tuple[float, float],
    shown: tuple[Ends, Ends],
    names: tuple[str, str],
    across: float = ACROSS,
    of: str = OF_INPUT,
) -> Axes:
    """Axes of a map from the first to the last row and column, its corner so many inches from the body's; `names` are
    theirs, with `of` where there is room."""
    rows, columns = spans(shown)
    wide, tall = extent((rows, columns), across)
    axes = sheet.axes(*corner, wide, tall)
    show(axes, shown)
    axes.set_aspect("equal" if abs(wide / columns - tall / rows) < 1e-9 else "auto")
    for axis, inches in ((axes.xaxis, wide), (axes.yaxis, tall)):
        several = MaxNLocator(min(6, int(inches / 0.35)), integer=True) if inches > 0.35 else FixedLocator([0])
        axis.set_major_locator(several)
    fits = all(measured(name + of) < inches for name, inches in zip(names, (tall, wide), strict=True))
    axes.set_ylabel(names[0] + of * fits)
    axes.set_xlabel(names[1] + of * fits)
    return axes


def strip_axes(
    sheet: Sheet, corner: tuple[float, float], shown: tuple[Ends, Ends], name: str, across: float, lane: float
) -> Axes:
    """Axes of (lanes, positions) of one axis that is called `name`: lanes, so many inches tall, have no numbers."""
    axes = sheet.axes(*corner, across, lane * spans(shown)[0])
    show(axes, shown)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel(name)
    return axes


def laid_out(
    title: str,
    note: str,
    panels: Sequence[tuple[str, tuple[str, str], tuple[Ends, Ends]]],
    legend: Sequence[Artist],
    *,
    of: str = OF_INPUT,
    lane: float = LANE,
    extra: float = 0.0,
) -> tuple[Sheet, list[Axes], float]:
    """A sheet with the axes of panels, two in a row, and the inches that these take, `extra` ones beside.

    A panel is its heading, what its rows and columns are called, and the first and last of both; where rows have no
    name it is a strip of lanes.
    """
    columns = min(len(panels), 2)
    across = ACROSS if columns == 1 else (ACROSS - LEFT) / 2
    heads = [wrapped(heading, across + INDENT) for heading, *_ in panels]
    most = max(map(lines_of, heads))
    above = most * TEXT * LINE + 0.02 * bool(most)
    tall = [
        above + BELOW + (extent(spans(shown), across)[1] if names[0] else lane * spans(shown)[0])
        for _, names, shown in panels
    ]
    tops = [0.0, *accumulate(max(tall[start : start + columns]) for start in range(0, len(tall), columns))]
    sheet, axes = Sheet(title, note, tops[-1] + extra, legend), []
    for index, ((_, names, shown), head) in enumerate(zip(panels, heads, strict=True)):
        corner = LEFT + index % columns * (across + LEFT), tops[index // columns] + above
        sheet.text(corner[0] - INDENT, corner[1] - 0.03, head, va="bottom")
        if names[0]:
            axes.append(pixel_axes(sheet, corner, shown, names, across, of))
        else:
            axes.append(strip_axes(sheet, corner, shown, names[1] + of, across, lane))
    return sheet, axes, tops[-1]


def fill(axes: Axes, mask: Mapping[int, int], **style: Any) -> None:
    """Fills a set of pixels, row to the bit set of its columns, as one path."""
    vertices: list[tuple[float, float]] = []
    for top, left, tall, wide in boxes(mask):
        x, y = left - 0.5, top - 0.5
        vertices += [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall), (x, y)]
        if len(vertices) > len(SQUARE) * MAX_BOXES:
            raise UsageError(f"what is read falls into over {MAX_BOXES:,} pieces", hint="ask on a smaller input")
    if vertices:
        path = Path(vertices, SQUARE * (len(vertices) // len(SQUARE)))
        # Snapping to the pixels of the screen would make those of the input uneven.
        axes.add_patch(PathPatch(path, lw=0, snap=False, **style))


def boxes(mask: Mapping[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, height, width) of rectangles that tile a set of pixels."""
    # Rows one below the other that read the same columns share the difference of row and place.
    rows = sorted(mask.items())
    for (_, bits), group in groupby(enumerate(rows), lambda item: (item[1][0] - item[0], item[1][1])):
        members = list(group)
        for left, end in runs_of(bits):
            yield members[0][1][0], left, len(members), end - left


def outline(axes: Axes, rows: tuple[int, int], columns: tuple[int, int], **style: Any) -> None:
    """A frame around the pixels from the first to the last of both."""
    corner = columns[0] - 0.5, rows[0] - 0.5
    axes.add_patch(Rectangle(corner, columns[1] - columns[0] + 1, rows[1] - rows[0] + 1, fill=False, **style))
