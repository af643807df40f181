"""Lays out cells as lines of text, within a width or as wide as they need; nothing is ever cut.

Where a table does not fit, text folds at blanks; then wide columns of text move below their row;
then numbers and names fold after a separator; and only then anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column

GAP = 2
"""Blanks between columns."""
INDENT = 2
"""Blanks before what stands below its row."""
READABLE = 24
"""A column of text narrower than this moves below its row."""
SEPARATORS = ".,×/;–-_·"
"""Signs after which a word may be folded."""


class Block:
    """Lines that belong together: heading, rule or row; `heading` lines are bold."""

    __slots__ = ("heading", "lines")

    def __init__(self, lines: list[str], heading: bool = False) -> None:
        self.lines = lines
        self.heading = heading


def lay_out(columns: Sequence[Column], rows: Sequence[Any], width: int | None) -> list[Block]:
    """The table in blocks of lines, at most `width` wide (None: as wide as needed)."""
    headings = [column.heading for column in columns]
    cells = [[column.text(row) for column in columns] for row in rows]
    sizes = [
        Sizes(column, [heading, *values]) for column, heading, *values in zip(columns, headings, *cells, strict=True)
    ]
    beside, below = arrange(sizes, width)
    widths = fit([sizes[index] for index in beside], width)
    right = [columns[index].right for index in beside]

    def block(values: Sequence[str], heading: bool = False) -> Block:
        lines = joined([values[index] for index in beside], widths, right)
        for index in below:
            lines += indented(values[index], width)
        return Block(lines, heading)

    rule = (" " * GAP).join("─" * wide for wide in widths)
    return [block(headings, heading=True), Block([rule]), *[block(values) for values in cells]]


class Sizes:
    """How wide a column is: all of it, its longest word, and its longest piece of a word."""

    __slots__ = ("full", "piece", "prose", "right", "word")

    def __init__(self, column: Column, cells: Sequence[str]) -> None:
        self.full = max(map(len, cells))
        words = {word for cell in cells for word in cell.split(" ")}
        self.word = max(map(len, words))
        self.piece = max(map(longest_piece, words))
        self.right = column.right
        self.prose = column.prose


def longest_piece(word: str) -> int:
    """Length of the longest part of a word between separators."""
    longest = start = 0
    for index, sign in enumerate(word, 1):
        if sign in SEPARATORS:
            longest, start = max(longest, index - start), index
    return max(longest, len(word) - start)


def arrange(sizes: Sequence[Sizes], width: int | None) -> tuple[list[int], list[int]]:
    """(columns side by side, columns below their row): prose moves below where it would be too narrow."""
    everything = list(range(len(sizes)))
    if width is None:
        return everything, []
    least = sum(min(each.full, max(each.word, READABLE)) if each.prose else each.word for each in sizes)
    if least + GAP * (len(sizes) - 1) <= width:
        return everything, []
    below = [index for index in everything if sizes[index].prose]
    beside = [index for index in everything if index not in below]
    return (beside, below) if beside else (below, beside)


def fit(sizes: Sequence[Sizes], width: int | None) -> list[int]:
    """Column widths within `width`: the widest columns give way first, numbers after text."""
    widths = [max(each.full, 1) for each in sizes]
    if width is None:
        return widths
    room = width - GAP * (len(sizes) - 1)
    stages = (
        [each.word for each in sizes],
        [each.word if each.right else each.piece for each in sizes],
        [each.piece for each in sizes],
        [1] * len(sizes),
    )
    for floors in stages:
        while sum(widths) > room:
            slack = [(wide, index) for index, wide in enumerate(widths) if wide > floors[index]]
            if not slack:
                break
            widths[max(slack)[1]] -= 1
    return widths


def joined(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """The lines of one row; blanks at the end of a line are left out."""
    folded = [wrap(cell, wide) for cell, wide in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(map(len, folded))):
        parts = [column[number] if number < len(column) else "" for column in folded]
        padded = [
            part.rjust(wide) if to_right else part.ljust(wide)
            for part, wide, to_right in zip(parts, widths, right, strict=True)
        ]
        lines.append((" " * GAP).join(padded).rstrip())
    return lines


def indented(text: str, width: int | None) -> list[str]:
    """The lines of a text below its row."""
    if not text:
        return []
    wide = len(text) if width is None else max(width - INDENT, 1)
    return [" " * INDENT + line for line in wrap(text, wide)]


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width`: folded at blanks, else after a separator, else anywhere."""
    lines = []
    while len(text) > width:
        cut = text.rfind(" ", 0, width + 1)
        if cut <= 0:
            cut = max((index + 1 for index in range(width) if text[index] in SEPARATORS), default=width)
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, text]
