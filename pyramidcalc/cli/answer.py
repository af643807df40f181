"""What a command has to say, whatever the format: columns and rows, lines below them, and a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pyramidcalc.cli.maps import Drawing
    from pyramidcalc.report import Report

FORMATS = ("table", "json", "csv", "markdown", "html")
"""Each is a file of `render/` with a function `write(answer)`."""
NETWORK_FORMATS = ("mermaid", "dot", "toml")
"""Those of a whole architecture alone, likewise."""


class Column(Record):
    """A heading, and the cell of a row: text, or an int that people see with thousands separators.

    In a narrow terminal the columns stand in several tables: a column that `leads` is in each of them, the first one
    where none does; one that `folds` stays beside the others, in what room they leave; one that `hides` is left out
    where all its cells are empty.
    """

    heading: str
    cell: Callable[[Any], str | int]
    right: bool = False
    folds: bool = False
    leads: bool = False
    hides: bool = False

    def text(self, row: Any) -> str:
        """The cell as people read it."""
        value = self.cell(row)
        return f"{value:,}" if isinstance(value, int) else value


class Line(Record):
    """One line below a table; kind is "total", "note", "info", "warning", "error" or "good"."""

    kind: str
    label: str
    text: str


class Answer(Record):
    """Rows under columns, the lines below, and the JSON object, which is made where it is asked for.

    `rows`, the JSON object's items and lists in it may be iterators: then they are written as they come, and `lines`
    are asked for after the last row.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Any]
    lines: Iterable[Line]
    data: Callable[[], Mapping[str, Any] | Iterable[tuple[str, Any]]]
    report: Report | None = None
    """All passes, where the answer is of a whole architecture; its rows are then groups of layers."""
    picture: Callable[[], Any] | None = None
    """Draws a figure of matplotlib, where there is something to draw."""
    drawing: Callable[[], Drawing | None] | None = None
    """What stands below a table in a terminal."""


def write(answer: Answer, form: str, picture: str | None = None) -> None:
    """Writes an answer to stdout in a format, and its picture to a file; each imports only what it needs."""
    from importlib import import_module

    import_module(f"pyramidcalc.cli.render.{form}").write(answer)
    if picture is not None:
        from pyramidcalc.cli.pictures import save

        save(answer.picture, picture)


def format_param(formats: tuple[str, ...] = FORMATS) -> click.Option:
    """`--format`."""
    from pyramidcalc.cli.values import Choice

    class Format(Choice):
        """A choice that knows the formats of other commands."""

        def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
            if value in NETWORK_FORMATS:
                return f"{value} is of one architecture alone, as in `pyramidcalc aspp --format {value}`"
            return super().get_invalid_choice_message(value, ctx)

    text = "How the result is written.  [default: table]"
    return click.Option(["--format", "form"], type=Format(formats), default="table", help=text)
