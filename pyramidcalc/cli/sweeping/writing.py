"""Writes the rows of a sweep as they come: nothing is kept but a page of a table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.sweeping.rows import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.cli.sweeping.rows import Done, Sweep

PAGE = 500
"""Rows of a table that are drawn together, with headings of their own."""


class Writer:
    """Writes rows to the stdout of the time it was made; subclasses say in what form."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.stream = sys.stdout
        self.invalid = 0

    def begin(self) -> None:
        """Writes what stands before the rows."""

    def rows(self, found: Sequence[Done]) -> None:
        """Writes some rows, and sends them off."""
        self.invalid += sum(not row.valid for row in found)
        self.write([row.written for row in found])
        self.stream.flush()

    def write(self, found: Sequence[str | tuple[str | int, ...]]) -> None:
        """Writes some rows."""
        raise NotImplementedError

    def end(self) -> None:
        """Writes what stands after the rows."""

    @property
    def verdict(self) -> str:
        """`18 of 21 combinations are valid`."""
        count = self.sweep.count
        return f"{count - self.invalid:,} of {count:,} combination{'s' * (count > 1)} valid"


class Csv(Writer):
    """Headings, then a line a row; numbers without separators."""

    def begin(self) -> None:
        import csv

        self.writer = csv.writer(self.stream, lineterminator="\n")
        self.writer.writerow(self.sweep.headings)

    def write(self, found: Iterable[str | tuple[str | int, ...]]) -> None:
        self.writer.writerows(found)


class Json(Writer):
    """One object; a line a row."""

    def begin(self) -> None:
        from json import dumps

        names = self.sweep.names
        head = {"schema": 1, "template": self.sweep.line, "variables": names, "combinations": self.sweep.count}
        parts = [f"  {dumps(key)}: {dumps(value)}" for key, value in head.items()]
        self.stream.write("{\n" + ",\n".join([*parts, '  "rows": [']))
        self.comma = "\n"

    def write(self, found: Sequence[str | tuple[str | int, ...]]) -> None:
        for text in found:
            self.stream.write(f"{self.comma}    {text}")
            self.comma = ",\n"

    def end(self) -> None:
        self.stream.write(f'\n  ],\n  "invalid": {self.invalid}\n}}\n')


class Page(Writer):
    """Columns as tables and Markdown have them."""

    def begin(self) -> None:
        from pyramidcalc.cli.columns import Column

        names = self.sweep.names
        self.columns: list[Column] = [
            Column(heading, cell_of(index), index >= len(names) and heading not in WORDS, leads=index < len(names))
            for index, heading in enumerate(self.sweep.headings)
        ]


class Markdown(Page):
    """A GitHub table."""

    def begin(self) -> None:
        super().begin()
        from pyramidcalc.cli.render.plain import markdown_text

        self.stream.write(markdown_text(self.columns, ()) + "\n")

    def write(self, found: Sequence[str | tuple[str | int, ...]]) -> None:
        from pyramidcalc.cli.render.plain import markdown_row

        for cells in found:
            self.stream.write(markdown_row([column.text(cells) for column in self.columns]) + "\n")

    def end(self) -> None:
        self.stream.write(f"\n- {self.verdict}\n")


class Table(Page):
    """Tables of up to PAGE rows each."""

    def begin(self) -> None:
        super().begin()
        self.page: list[str | tuple[str | int, ...]] = []
        self.drawn = False

    def write(self, found: Sequence[str | tuple[str | int, ...]]) -> None:
        self.page += found
        while len(self.page) > PAGE:
            self.draw(self.page[:PAGE])
            del self.page[:PAGE]

    def end(self) -> None:
        from pyramidcalc.cli.summary import Line

        self.draw(self.page, [Line("error" if self.invalid == self.sweep.count else "total", "rows", self.verdict)])

    def draw(self, rows: Sequence[str | tuple[str | int, ...]], lines: Sequence[Line] = ()) -> None:
        """Draws a page; columns that are empty on all of it are left out."""
        from pyramidcalc.cli.render.table import print_table

        if self.drawn:
            self.stream.write("\n")
        self.drawn = True
        print_table([column for column in self.columns if any(map(column.text, rows))], rows, lines)


def cell_of(index: int) -> Callable[[tuple[str | int, ...]], str | int]:
    """Takes one cell out of a row."""
    return lambda cells: cells[index]


WRITERS: dict[str, type[Writer]] = {"csv": Csv, "json": Json, "markdown": Markdown, "table": Table}
