"""Tables for people, drawn by rich: as wide as needed in a pipe, split and folded in a narrow terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.answer import Answer, Column, Line

RULE = Box("    \n    \n ─  \n    \n    \n    \n    \n    \n")
"""A rule below the headings and nothing else."""
STYLES = {
    "total": "bold",
    "note": "cyan",
    "info": "cyan",
    "warning": "bold yellow",
    "error": "bold red",
    "good": "green",
}
GAP = 2
"""Blanks between columns."""
LAST = 1
"""rich counts the padding after the last column too."""
MAX_LABEL = 16
"""Labels are not folded more narrowly than this."""
FOLDED = 24
"""Columns that fold stay beside others down to this width."""
PAGE = 500
"""Rows that come one by one are drawn so many at a time, with headings of their own."""
WIDE = 1 << 16
"""Wider than any table: what a console is told where stdout is no terminal."""


class PlainConsole(Console):
    """rich's console, which leaves a closed pipe to the program instead of ending it with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Raises the error on."""
        raise BrokenPipeError


def write(answer: Answer) -> None:
    """Draws the rows, then the lines below them, on stdout.

    Whether stdout is a terminal decides alone how wide: COLUMNS and FORCE_COLOR change no line break.
    """
    console = PlainConsole(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    if isinstance(answer.rows, Sequence):
        draw(console, answer.columns, answer.rows, tuple(answer.lines))
        if sys.stdout.isatty() and answer.drawing is not None and (drawing := answer.drawing()) is not None:
            from pyramidcalc.cli.render.blocks import lines_of

            for line in lines_of(console, drawing):
                console.print(line, no_wrap=True, overflow="crop")
        return
    rows = iter(answer.rows)
    page = tuple(islice(rows, PAGE))
    while following := tuple(islice(rows, PAGE)):
        draw(console, answer.columns, page, ())
        console.print()
        page = following
    draw(console, answer.columns, page, tuple(answer.lines))


def draw(console: Console, columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line]) -> None:
    """Draws on a console, within its width."""
    columns = [column for column in columns if not column.hides or any(map(column.text, rows))]
    parts = [table(group, rows, console.width) for group in groups(columns, rows, console.width)] if rows else []
    if lines:
        parts.append(labelled(lines))
    with console.capture() as drawn:
        for index, part in enumerate(parts):
            console.print(*[Text()] * (index > 0), part, sep="\n")
    # rich fills cells up to their column; blanks at the end of a line are of no use to anyone.
    text = "\n".join(line.rstrip(" ") for line in drawn.get().split("\n"))
    console.file.write(text)


def groups(columns: Sequence[Column], rows: Sequence[Any], width: int) -> Iterator[list[Column]]:
    """As many columns side by side as fit, in order, behind those that lead every group."""
    keys = [column for column in columns if column.leads] or list(columns[:1])
    room = width - sum(widest(key, rows) + GAP for key in keys) + GAP - LAST
    group, used = keys, 0
    for column in columns:
        if column in keys:
            continue
        wide = widest(column, rows)
        wide = GAP + (min(wide, FOLDED) if column.folds else wide)
        if used + wide > room and len(group) > len(keys):
            yield group
            group, used = keys, 0
        group = [*group, column]
        used += wide
    yield group


def widest(column: Column, rows: Sequence[Any]) -> int:
    """Width of a column that folds nothing but its heading."""
    cells = [line for row in rows for line in column.text(row).split("\n")]
    return max(cell_len(text) for text in [*column.heading.split(), *cells])


def table(columns: Sequence[Column], rows: Sequence[Any], width: int) -> Table:
    """Some columns of all rows; where they do not fit, cells fold and are never cut."""
    drawn = Table(box=RULE, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    widths = [widest(column, rows) for column in columns]
    spare = width - LAST - sum(widths) - GAP * (len(widths) - 1)
    if spare < 0 and columns[-1].folds and widths[-1] + spare >= FOLDED:
        widths[-1], spare = widths[-1] + spare, 0
    for column, wide in zip(columns, widths, strict=True):
        grown = min(max(cell_len(column.heading) - wide, 0), max(spare, 0))
        spare -= grown
        drawn.add_column(
            Text(column.heading),
            justify="right" if column.right else "left",
            overflow="fold",
            width=wide + grown if spare >= 0 else None,
        )
    for row in rows:
        drawn.add_row(*[Text(column.text(row)) for column in columns])
    return drawn


def labelled(lines: Sequence[Line]) -> Table:
    """Labels, and texts that fold beside them."""
    drawn = Table.grid(padding=(0, GAP, 0, 0))
    drawn.add_column(overflow="fold", min_width=min(max(len(line.label) for line in lines), MAX_LABEL))
    drawn.add_column(overflow="fold")
    for line in lines:
        drawn.add_row(Text(line.label, STYLES[line.kind]), Text(line.text))
    return drawn
