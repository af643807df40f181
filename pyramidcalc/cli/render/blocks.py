"""Maps of pixels in a terminal: two pixels a character by half blocks, scaled down until they fit."""

from __future__ import annotations

from itertools import zip_longest
from math import ceil
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from pyramidcalc.cli.maps import Drawing, Layer

    Cell = tuple[Layer, float] | None
    """The layer that is seen, and how much of it; None: nothing is."""

GROUND = "#16202a"
"""Behind every map, so that it looks alike in light and dark terminals."""
MARGIN = 6
"""Characters before a map, for the numbers of its rows."""
BESIDE = 5
"""Lines above and below a map: its legend, the size of a cell, the numbers of its columns, the prompt."""
LEAST = 6
"""Lines that a map takes however small the terminal is."""
APART = 8
"""Characters from one number of a column to the next."""
SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
ASCII_HALVES = {(False, False): " ", (True, False): "'", (False, True): ".", (True, True): ":"}


def lines_of(console: Console, drawing: Drawing) -> Iterator[Text]:
    """The lines of a map that fit a terminal with the next prompt, and the map's legend."""
    rows, columns = drawing.sizes
    ascii_only = console.options.ascii_only
    coloured = console.color_system is not None and not console.no_color and not ascii_only
    named = [layer for layer in drawing.layers if layer.label and coloured]
    wide = ceil(columns / max(console.width - MARGIN - 1, 1))
    tall = 1 if drawing.lanes else max(wide, ceil(rows / 2 / max(console.height - BESIDE, LEAST)))
    wide = wide if drawing.lanes else tall
    yield Text()
    if named:
        yield Text("  ").join(Text.assemble(("■ ", layer.ramp[-1]), layer.label) for layer in named)
    if wide > 1:
        size = f"{wide} positions" if drawing.lanes else f"{tall}×{wide} pixels"
        yield Text(f"one cell is {size}", "dim")
    cells = [
        [
            seen(drawing, range(top, min(top + tall, rows)), range(left, min(left + wide, columns)))
            for left in range(0, columns, wide)
        ]
        for top in range(0, rows, tall)
    ]
    for index, (upper, lower) in enumerate(zip_longest(cells[::2], cells[1::2])):
        number = "" if drawing.lanes or index % 4 else str(2 * index * tall)
        line = coloured_row(upper, lower) if coloured else plain_row(upper, lower, drawing.scale, ascii_only)
        yield Text.assemble((f"{number:>{MARGIN - 1}} ", "dim"), line)
    yield Text(" " * MARGIN + ruler(columns, wide), "dim")


def seen(drawing: Drawing, tall: range, wide: range) -> Cell:
    """The top layer that has something in a cell."""
    for layer in reversed(drawing.layers):
        if share := layer.share(tall, wide):
            return layer, share
    return None


def coloured_row(upper: list[Cell], lower: list[Cell] | None) -> Text:
    """A line of upper halves in one colour on the colour of the lower ones."""
    line = Text()
    for index, above in enumerate(upper):
        below = colour(lower[index]) if lower is not None else None
        line.append("▀", Style(color=colour(above), bgcolor=below))
    return line


def colour(cell: Cell) -> str:
    """The colour of a cell."""
    if cell is None:
        return GROUND
    layer, share = cell
    return layer.ramp[min(int(share * len(layer.ramp)), len(layer.ramp) - 1)]


def plain_row(upper: list[Cell], lower: list[Cell] | None, scale: bool, ascii_only: bool) -> Text:
    """A line without colours: shades where there is more and less, else halves of here and there."""
    pairs = list(zip(upper, lower or [None] * len(upper), strict=True))
    if not scale:
        halves = ASCII_HALVES if ascii_only else HALVES
        return Text("".join(halves[here(above), here(below)] for above, below in pairs))
    shades = ASCII_SHADES if ascii_only else SHADES
    means = [sum(cell[1] for cell in pair if cell) / 2 for pair in pairs]
    return Text("".join(shades[ceil(mean * (len(shades) - 1))] for mean in means))


def here(cell: Cell) -> bool:
    """Whether something is read there, and not as everywhere."""
    return cell is not None and not cell[0].tints


def ruler(columns: int, wide: int) -> str:
    """Numbers of columns, each below its cell."""
    steps = (factor * 10**power for power in range(20) for factor in (1, 2, 5))
    step = next(step for step in steps if step >= APART * wide)
    line = ""
    for column in range(0, columns, step):
        if column // wide + len(str(column)) <= ceil(columns / wide):
            line = line.ljust(column // wide) + str(column)
    return line
