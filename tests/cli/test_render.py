"""Layout and drawing: nothing is cut at any width, in pipes, terminals and colours."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pyramidcalc.cli.answer import Answer, Column, Line, write
from pyramidcalc.cli.render import table
from pyramidcalc.cli.rows import columns_of, fold
from pyramidcalc.cli.summary import summary
from pyramidcalc.request import analyze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

TEXT = st.text(alphabet="ab1 ,.×/", max_size=60).map(str.strip)
WIDTHS = [20, 40, 60, 80, 100, 120, 200]


def drawn(columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line], width: int, **settings: Any) -> str:
    """What a console of some width shows."""
    console = Console(file=io.StringIO(), width=width, highlight=False, **settings)
    return table.drawn(console, columns, rows, lines, exact=False)


def aspp(width: int, **settings: Any) -> str:
    """The table of ASPP on a console."""
    report = analyze("aspp", input=(2048, 64, 64), rate=(6, 12, 18))
    rows = fold(report, None, collapsed=False)
    columns = Answer(columns_of(report, rows), rows, (), dict).chosen()
    return drawn(columns, rows, summary(report, None), width, **settings)


@given(st.lists(st.tuples(TEXT, TEXT, st.integers(0, 10**15)), min_size=1, max_size=4), st.integers(24, 120))
def test_every_sign_is_there_within_the_width(rows: list[tuple[str, str, int]], width: int) -> None:
    """Columns move into further tables and cells fold, and nothing is cut."""
    columns = (
        Column("name", lambda row: row[0]),
        Column("text", lambda row: row[1]),
        Column("count (N)", lambda row: row[2], right=True),
    )
    text = drawn(columns, rows, (), width)
    assert max(map(len, text.splitlines())) <= width
    wanted = Counter("".join("".join(column.text(row) for column in columns for row in rows).split()))
    assert not wanted - Counter("".join(text.split()))


def test_columns_that_lead_are_in_every_table() -> None:
    """So that each row of the second table still says what it is of; without any, the first column leads."""

    def headings(count: int) -> list[list[str]]:
        columns = [Column(f"c{i}", lambda _: "wide" * 3, leads=i < count) for i in range(6)]
        return [line.split() for line in drawn(columns, [0], (), 44).splitlines() if "c0" in line]

    assert headings(2) == [["c0", "c1", "c2"], ["c0", "c1", "c3"], ["c0", "c1", "c4"], ["c0", "c1", "c5"]]
    assert headings(0) == headings(1) == [["c0", "c1", "c2"], ["c0", "c3", "c4"], ["c0", "c5"]]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_terminal_of_any_width_shows_every_cell(width: int) -> None:
    """Every number and name is there, folded where it must be; no line is wider than the terminal."""
    text = aspp(width, force_terminal=True, color_system=None)
    assert "…" not in text
    joined = "".join(text.split())
    for cell in ("15,535,104", "61,472,243,712", "19.33"):
        assert cell in joined or width < 40
    assert max(map(len, text.splitlines())) <= width


def test_80_columns_show_the_numbers_first_and_what_layers_do_behind() -> None:
    """In the usual terminal all numbers stand in one table and no cell is folded."""
    numbers, operations, *_ = aspp(80, force_terminal=True, color_system=None).split("\n\n")
    assert [line.split()[-2:] for line in numbers.splitlines() if line.startswith("rate12.conv ")] == [["G", "39.1%"]]
    assert "rate12.conv     Conv2d 3×3, padding 12, dilation 12 + BatchNorm2d + ReLU" in operations.splitlines()


def test_a_pager_shows_totals_first() -> None:
    """What it opens with: totals, the table, notes, and last what did not fit beside the table."""
    columns = [Column("layer", str), Column("macs", str), Column("what it does", lambda _: "x" * 30, folds=24)]
    lines = [Line("total", "MACs", "7"), Line("warning", "warning", "careful")]
    console = Console(file=io.StringIO(), width=30)
    parts = table.drawn(console, columns, [1], lines, paged=True).split("\n\n")
    assert [part.split()[0] for part in parts] == ["MACs", "layer", "warning", "layer"]
    parts = table.drawn(console, columns, [1], lines).split("\n\n")
    assert [part.split()[0] for part in parts] == ["layer", "layer", "MACs"]


@pytest.mark.parametrize(("name", "folded"), [("backbone.maxpool_pad", "backbone.\nmaxpool_pad"), ("a" * 30, "a" * 30)])
def test_long_names_fold_at_dots(name: str, folded: str) -> None:
    """Scope by scope, where there are scopes."""
    assert table.at_dots(name, 19) == folded
    assert table.at_dots(name, 30) == name


@pytest.mark.parametrize(("width", "tables"), [(200, 1), (60, 1), (45, 1), (40, 2)])
def test_a_column_that_folds_stays_beside_the_others_while_there_is_room(width: int, tables: int) -> None:
    """Down to a width at which it still reads well; then it stands below them."""
    remark = "reads only padding at the border; skips 1 of every 3 inputs"
    columns = [
        Column("kernel", lambda row: row, right=True),
        Column("stride", lambda row: row, right=True),
        Column("remarks", lambda _: remark, folds=24),
    ]
    lines = drawn(columns, [1, 2], (), width).splitlines()
    assert sum("kernel" in line for line in lines) == tables
    assert max(map(len, lines)) <= width
    assert sum(line.count("border") for line in lines) == 2


def test_colour_marks_headings_and_severities() -> None:
    """Escapes only where the console has colour; the text is the same."""
    plain, coloured = aspp(300), aspp(300, force_terminal=True, color_system="standard")
    assert "\x1b[" not in plain
    assert "\x1b[1mlayer" in coloured


def test_square_brackets_are_no_markup() -> None:
    """A message such as `[bold]` is shown as it is."""
    text = "[bold]x[/bold] [degenerate-rate] :smile:"
    assert text in drawn((), (), [Line("warning", "warning", text)], 80)


@pytest.mark.parametrize(
    ("form", "heading", "cells", "text"),
    [
        ("csv", "a,b", ['say "x"', "plain", "a\nb", 12345], '"a,b"\n"say ""x"""\nplain\n"a\nb"\n12345\n'),
        ("markdown", "a|b", ["x|y*z_", 12345], "| a\\|b |\n| --- |\n| x\\|y\\*z\\_ |\n| 12,345 |\n"),
        (
            "latex",
            "a_b",
            ["4×5", "50% & more", 12345],
            "% \\usepackage{booktabs}\n\\begin{tabular}{l}\n\\toprule\na\\_b \\\\\n\\midrule\n"
            "4$\\times$5 \\\\\n50\\% \\& more \\\\\n12,345 \\\\\n\\bottomrule\n\\end{tabular}\n",
        ),
        ("json", "", [], '{\n  "one": 1,\n  "rows": [\n    {"a": 1},\n    {"a": 2}\n  ],\n  "none": []\n}\n'),
    ],
)
def test_plain_formats(
    form: str, heading: str, cells: list[str | int], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV quotes as RFC 4180 says, Markdown and LaTeX escape their own signs, JSON has one object a line."""
    data = {"one": 1, "rows": iter([{"a": 1}, {"a": 2}]), "none": []}
    write(Answer((Column(heading, lambda row: row),), iter(cells), (), lambda: data), form)
    assert capsys.readouterr().out == text


def test_rows_that_come_one_by_one_are_drawn_in_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Headings again after 500 rows; the lines stand at the end, and are asked for when all rows are there."""
    seen: list[int] = []

    def lines() -> Iterator[Line]:
        yield Line("total", "rows", str(len(seen)))

    rows = (seen.append(row) or row for row in range(512))  # type: ignore[func-returns-value]  # to count them
    write(Answer((Column("n", lambda row: row),), rows, lines(), dict), "table")
    text = capsys.readouterr().out.splitlines()
    assert [line for line in text if line == "n"] == ["n", "n"]
    assert text[-1] == "rows  512"
