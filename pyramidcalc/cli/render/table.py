"""Tables for people: laid out here, shown by rich in colour where the terminal has it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from pyramidcalc.cli.render.layout import GAP, lay_out, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line

STYLES = {
    "total": "bold",
    "note": "cyan",
    "info": "cyan",
    "warning": "bold yellow",
    "error": "bold red",
    "good": "green",
}
NARROWEST = 16
"""A text beside its label is never folded more narrowly; a terminal that small wraps by itself."""


class PlainConsole(Console):
    """rich's console, which leaves a closed pipe to the program instead of ending it with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Raises the error on."""
        raise BrokenPipeError


def print_table(columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line] = ()) -> None:
    """Draws the rows, then the lines below them, on stdout.

    Whether stdout is a terminal decides alone how wide: COLUMNS and FORCE_COLOR change no line break.
    """
    console = PlainConsole(highlight=False)
    draw(console, columns, rows, lines, console.width if sys.stdout.isatty() else None)


def draw(
    console: Console, columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line], width: int | None
) -> None:
    """Draws on a console, within a width (None: as wide as needed)."""
    parts = [*table(columns, rows, width)] if rows else []
    if rows and lines:
        parts.append(Text())
    parts += below(lines, width)
    # Lines are folded already: rich shall neither wrap nor crop them.
    console.print(Text("\n").join(parts), soft_wrap=True)


def table(columns: Sequence[Column], rows: Sequence[Any], width: int | None) -> list[Text]:
    """The lines of the table."""
    blocks = lay_out(columns, rows, width)
    return [Text(line, "bold" if block.heading else "") for block in blocks for line in block.lines]


def below(lines: Sequence[Line], width: int | None) -> list[Text]:
    """Labels, and texts that fold beside them."""
    if not lines:
        return []
    wide = max(len(line.label) for line in lines)
    made = []
    for line in lines:
        room = len(line.text) if width is None else max(width - wide - GAP, NARROWEST)
        first, *others = wrap(line.text, max(room, 1))
        made.append(Text.assemble((line.label.ljust(wide + GAP), STYLES[line.kind]), first))
        made += [Text(" " * (wide + GAP) + other) for other in others]
    return made
