"""What a command has to say, whatever the format: columns and rows, lines below them, and a JSON object."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import SeveralOption
from pyramidcalc.cli.values import Choice, did_you_mean, shown
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from pyramidcalc.cli.maps import Drawing
    from pyramidcalc.report import Report

    Cell = Callable[[Any], Any]
    """What a column has of a row."""

FORMATS = ("table", "json", "csv", "markdown", "latex", "html")
"""Each is a file of `render/` with a function `write(answer)`."""
NETWORK_FORMATS = ("mermaid", "dot", "toml")
"""Those of a whole architecture alone, likewise."""
CHECK_FORMATS = ("junit", "github")
"""Those of the checks of a spec, likewise."""
VIEW = "pyramidcalc.view"
"""Where click's context holds how the user wants the result to look."""


class Column(Record):
    """A heading, and the cell of a row: exact text, or an int that people see with thousands separators.

    `glance` gives the cell that tables show where --exact is not given. `numbers` are the columns that stand for it in
    CSV, one plain number (or None) each. `folds` is the width down to which cells may fold, 0 where they never do. A
    column that `leads` is in every table that a narrow terminal gets, the first one where none does; one that `hides`
    is left out where all its cells are empty; one that is `extra` is shown where --columns names its `key`, and in CSV.
    """

    heading: str
    cell: Cell
    right: bool = False
    folds: int = 0
    leads: bool = False
    hides: bool = False
    extra: bool = False
    key: str = ""
    glance: Cell | None = None
    numbers: tuple[Column, ...] = ()

    def _normalise(self) -> dict[str, Any]:
        return {"key": self.key or self.heading.lower().replace(" ", "-")}

    def text(self, row: Any, *, exact: bool = True) -> str:
        """The cell as people read it."""
        value = self.cell(row) if exact or self.glance is None else self.glance(row)
        return f"{value:,}" if isinstance(value, int) else value


class Line(Record):
    """One line below a table; kind is "total", "note", "info", "warning", "error" or "good".

    Lines of one kind and one `group` that stand together are shown as the first and a count. `glance` is the text that
    tables show where --exact is not given, if another.
    """

    kind: str
    label: str
    text: str
    group: str = ""
    glance: str = ""


class View(Record):
    """How a result is shown: the keys of its columns (none: the usual ones), exact digits, a pager, every note."""

    columns: tuple[str, ...] = ()
    exact: bool = False
    pager: bool = True
    all_notes: bool = False


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
    csv: Answer | None = None
    """What CSV has in its place, where a cell of it is several numbers."""
    view: View = View()

    def chosen(self, *, extra: bool = False) -> tuple[Column, ...]:
        """The columns that --columns names, else the usual ones, or all with `extra`. Raises click.UsageError."""
        known = {column.key: column for column in self.columns}
        for key in self.view.columns:
            if key not in known:
                near = did_you_mean(key, known) or f"; there are {', '.join(known) or 'none'}"
                raise click.UsageError(f"there is no column {shown(key)}{near}", click.get_current_context(silent=True))
        if self.view.columns:
            return tuple([known[key] for key in dict.fromkeys(self.view.columns)])
        return tuple([column for column in self.columns if extra or not column.extra])

    def notes(self, *, exact: bool = True) -> Iterator[Line]:
        """The lines; of a group the first alone, with how many more there are."""
        lines = [line if exact or not line.glance else line.replace(text=line.glance) for line in self.lines]
        for _, same in groupby(lines, key=lambda line: (line.kind, line.group)):
            first, *others = same
            if not others or not first.group or self.view.all_notes:
                yield from (first, *others)
            else:
                yield first.replace(text=f"{first.text}, and {len(others)} more like it (--all-notes)")


class Format(Choice):
    """A choice that knows the formats of other commands."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """What is said of a format that is none, or not one of this command."""
        if value in NETWORK_FORMATS:
            return f"{value} is of one architecture alone, as in `pyramidcalc aspp --format {value}`"
        return super().get_invalid_choice_message(value, ctx)


def write(answer: Answer, form: str, picture: str | None = None) -> None:
    """Writes an answer to stdout in a format, and its picture to a file; each imports only what it needs."""
    from importlib import import_module

    ctx = click.get_current_context(silent=True)
    view = View(**ctx.meta.get(VIEW, {})) if ctx else View()
    import_module(f"pyramidcalc.cli.render.{form}").write(answer.replace(view=view))
    if picture is not None:
        from pyramidcalc.cli.pictures import save

        save(answer.picture, picture)


def output_params(formats: Sequence[str] = FORMATS) -> list[click.Parameter]:
    """`--format`, which a command sees as `form`, and the options of `View`, which `write` alone reads."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        ctx.meta.setdefault(VIEW, {})[param.name] = value

    kept: dict[str, Any] = {"callback": keep, "expose_value": False}
    return [
        click.Option(
            ["--format", "form"],
            type=Format(formats),
            default="table",
            help="How the result is written.  [default: table]",
        ),
        SeveralOption(
            ["--columns"],
            metavar="NAME",
            example="layer output macs",
            help="Columns to show, as in --columns layer output macs; any other word lists them.",
            **kept,
        ),
        click.Option(["--exact"], is_flag=True, help="Exact digits in tables too.", **kept),
        click.Option(
            ["--pager/--no-pager"],
            default=True,
            help="A pager where a table is longer than the terminal; on unless --no-pager.",
            **kept,
        ),
        click.Option(["--all-notes"], is_flag=True, help="Every note, not one a kind with a count.", **kept),
    ]
