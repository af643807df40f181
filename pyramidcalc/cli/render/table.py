"""Tables for people, drawn by rich: never a cell cut, whatever the terminal or pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line

GAP = 2
"""Blanks between columns."""
STYLES = {
    "total": "bold",
    "note": "cyan",
    "info": "cyan",
    "warning": "bold yellow",
    "error": "bold red",
    "good": "green",
}
VERY_WIDE = 1 << 20


def print_table(columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line] = ()) -> None:
    """Draws the rows, then the lines below them, on stdout.

    Whether stdout is a terminal decides alone how wide: COLUMNS and FORCE_COLOR change no line break.
    """
    if sys.stdout.isatty():
        draw(Console(highlight=False), columns, rows, lines)
        return
    console = Console(highlight=False, width=VERY_WIDE)
    with console.capture() as drawn:
        draw(console, columns, rows, lines)
    # rich fills the last column with blanks, which a file or another program has no use for.
    sys.stdout.write("".join(f"{line.rstrip(' ')}\n" for line in drawn.get().splitlines()))


def draw(console: Console, columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line] = ()) -> None:
    """Draws on a console, within its width."""
    if rows:
        console.print(table(columns, rows, console.width))
    if rows and lines:
        console.print()
    if lines:
        console.print(below(lines, console.width))


def table(columns: Sequence[Column], rows: Sequence[Any], width: int) -> Table:
    """A rich table whose columns fit in `width`."""
    cells = [[column.text(row) for column in columns] for row in rows]
    headings = [column.heading for column in columns]
    widths = fit([natural([heading, *column]) for heading, *column in zip(headings, *cells, strict=True)], width)
    made = grid()
    for column, wide in zip(columns, widths, strict=True):
        made.add_column(justify="right" if column.right else "left", width=wide, overflow="fold")
    made.add_row(*[Text(heading, "bold") for heading in headings])
    made.add_row(*[Text("─" * wide) for wide in widths])
    for line in cells:
        made.add_row(*[Text(cell) for cell in line])
    return made


def below(lines: Sequence[Line], width: int) -> Table:
    """Labels and texts in two columns."""
    widths = fit([natural([line.label for line in lines]), natural([line.text for line in lines])], width)
    made = grid()
    for wide in widths:
        made.add_column(width=wide, overflow="fold")
    for line in lines:
        made.add_row(Text(line.label, STYLES[line.kind]), Text(line.text))
    return made


def grid() -> Table:
    """A table without borders, whose columns stand GAP apart."""
    return Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)


def natural(cells: Sequence[str]) -> tuple[int, int]:
    """(width of the widest cell, width of its longest word)."""
    return max(map(cell_len, cells)), max(cell_len(word) for cell in cells for word in cell.split(" "))


def fit(sizes: Sequence[tuple[int, int]], width: int) -> list[int]:
    """Column widths within `width`: wide columns fold at words first, inside words only where they must."""
    widths = [max(wide, 1) for wide, _ in sizes]
    room = width - GAP * (len(sizes) - 1)
    for floors in ([word for _, word in sizes], [1] * len(sizes)):
        while sum(widths) > room:
            slack = [(wide, index) for index, wide in enumerate(widths) if wide > floors[index]]
            if not slack:
                break
            widths[max(slack)[1]] -= 1
    return widths
