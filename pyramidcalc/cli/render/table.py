"""Tables for people, drawn by rich: as wide as needed in a pipe, folded, split and paged in a small terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click
from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
ANSWERS = ("total", "good", "error")
"""Kinds of lines that are part of the answer itself."""
GAP = 2
"""Blanks between columns."""
LAST = 1
"""rich counts the padding after the last column too."""
MAX_LABEL = 16
"""Labels are not folded more narrowly than this."""
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
    """Draws the rows and the lines below them on stdout, in a pager where they are more than the terminal's rows.

    Whether stdout is a terminal decides alone how wide: COLUMNS and FORCE_COLOR change no line break.
    """
    terminal = sys.stdout.isatty()
    console = PlainConsole(highlight=False, width=None if terminal else WIDE)
    columns, exact = answer.chosen(), answer.view.exact
    rows = iter(answer.rows)
    page = tuple(rows if isinstance(answer.rows, Sequence) else islice(rows, PAGE))
    while following := tuple(islice(rows, PAGE)):
        console.file.write(drawn(console, columns, page, (), exact=exact) + "\n")
        page = following
    lines = tuple(answer.notes(exact=exact))
    drawing = answer.drawing() if terminal and answer.drawing is not None else None
    text = drawn(console, columns, page, lines, exact=exact)
    long = text.count("\n") >= console.height and drawing is None
    if long and answer.view.pager and terminal and sys.stdin is not None and sys.stdin.isatty():
        # As git does: what is read stays in the terminal when the pager ends.
        os.environ.setdefault("LESS", "-RX")
        click.echo_via_pager(drawn(console, columns, page, lines, exact=exact, paged=True))
    else:
        console.file.write(text)
    if drawing is not None:
        from pyramidcalc.cli.render.blocks import lines_of

        for line in lines_of(console, drawing):
            console.print(line, no_wrap=True, overflow="crop")


def drawn(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Any],
    lines: Sequence[Line],
    *,
    exact: bool = True,
    paged: bool = False,
) -> str:
    """The text of rows and lines within a console's width.

    The lines stand last, near the prompt. A pager shows its top first: there totals stand above the table, other lines
    behind its first part.
    """
    texts = {column.key: [column.text(row, exact=exact) for row in rows] for column in columns}
    columns = [column for column in columns if not column.hides or any(texts[column.key])]
    tables = [table(group, texts, console.width) for group in groups(columns, texts, console.width)] if rows else []
    below: Sequence[Line] = [line for line in lines if line.kind not in ANSWERS] if paged else lines
    above = [line for line in lines if line not in below]
    parts = [*map(labelled, filter(None, [above])), *tables, *map(labelled, filter(None, [below]))]
    if paged and below and len(tables) > 1:
        parts.insert(len(parts) - len(tables), parts.pop())
    with console.capture() as text:
        for index, part in enumerate(parts):
            console.print(*[Text()] * (index > 0), part, sep="\n")
    # rich fills cells up to their column; blanks at the end of a line are of no use to anyone.
    return "\n".join(line.rstrip(" ") for line in text.get().split("\n"))


def groups(columns: Sequence[Column], texts: Mapping[str, list[str]], width: int) -> Iterator[list[Column]]:
    """As many columns side by side as fit, in order, behind those that lead every group."""
    keys = [column for column in columns if column.leads] or list(columns[:1])
    room = width - LAST - sum(narrowest(key, texts) + GAP for key in keys) + GAP
    group, used = keys, 0
    for column in columns:
        if column in keys:
            continue
        wide = GAP + narrowest(column, texts)
        if used + wide > room and len(group) > len(keys):
            yield group
            group, used = keys, 0
        group = [*group, column]
        used += wide
    yield group


def narrowest(column: Column, texts: Mapping[str, list[str]]) -> int:
    """The least width of a column."""
    wide = widest(column, texts)
    return min(wide, column.folds) if column.folds else wide


def widest(column: Column, texts: Mapping[str, list[str]]) -> int:
    """Width of a column that folds nothing but its heading."""
    cells = [line for text in texts[column.key] for line in text.split("\n")]
    return max(cell_len(text) for text in [*column.heading.split(), *cells])


def table(columns: Sequence[Column], texts: Mapping[str, list[str]], width: int) -> Table:
    """Some columns of all rows that have anything in them; where they do not fit, cells fold and are never cut."""
    widths = [widest(column, texts) for column in columns]
    spare = width - LAST - sum(widths) - GAP * (len(widths) - 1)
    while spare < 0 and (shrinkable := [i for i, column in enumerate(columns) if widths[i] > narrowest(column, texts)]):
        widths[max(shrinkable, key=widths.__getitem__)] -= 1
        spare += 1
    drawn = Table(box=RULE, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="")
    for column, wide in zip(columns, widths, strict=True):
        grown = min(max(cell_len(column.heading) - wide, 0), max(spare, 0))
        spare -= grown
        drawn.add_column(
            # Bold letters alone: blanks behind the last heading stay plain, and go.
            Text.assemble((column.heading, "bold")),
            justify="right" if column.right else "left",
            overflow="fold",
            width=wide + grown if spare >= 0 else None,
        )
    for cells in zip(*[texts[column.key] for column in columns], strict=True):
        drawn.add_row(*[Text(at_dots(cell, wide)) for cell, wide in zip(cells, widths, strict=True)])
    return drawn


def at_dots(text: str, width: int) -> str:
    """A long name of scopes with line ends behind dots, where rich would fold it in the middle of a scope."""
    lines = [""]
    for part in text.split(".") if " " not in text and cell_len(text) > width else ():
        fits = cell_len(lines[-1] + part) < width
        lines = [*lines[:-1], f"{lines[-1]}{part}."] if fits or not lines[-1] else [*lines, f"{part}."]
    return "\n".join(lines).removesuffix(".") or text


def labelled(lines: Sequence[Line]) -> Table:
    """Labels, and texts that fold beside them."""
    drawn = Table.grid(padding=(0, GAP, 0, 0))
    drawn.add_column(overflow="fold", min_width=min(max(len(line.label) for line in lines), MAX_LABEL))
    drawn.add_column(overflow="fold")
    for line in lines:
        drawn.add_row(Text(line.label, STYLES[line.kind]), Text(line.text))
    return drawn
