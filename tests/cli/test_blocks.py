"""Maps in a terminal: half blocks that are the set, within its width and height; none in a pipe."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

import pyramidcalc as pc
from pyramidcalc.cli.maps import BRANCHES, of_field, of_reach
from pyramidcalc.cli.render.blocks import GROUND, MARGIN, lines_of
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.reach_by_branch import reach_by_branch
from tests.cli.conftest import environment, process, read_all

if TYPE_CHECKING:
    from typing import Any

    from rich.text import Text

    from pyramidcalc.cli.maps import Drawing

HALVES = {" ": "  ", "▀": "# ", "▄": " #", "█": "##"}


def console(width: int = 80, height: int = 60, **settings: Any) -> Console:
    """A terminal of some size."""
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=True, **settings)


def reach_of(name: str, *, split: bool = False, at: tuple[int, ...] | None = None, **options: Any) -> Drawing:
    """What the middle of the main output reads."""
    report = pc.analyze(name, **options)
    assert report.resolved is not None
    assert report.main is not None
    at = at or tuple(n // 2 for n in report.main.output[1:])
    parts = reach_by_branch(report.resolved, report.main.name, at) if split else ()
    drawing = of_reach(reach(report.resolved, report.main.name, at), parts)
    assert drawing is not None
    return drawing


def map_lines(lines: list[Text], columns: int) -> list[str]:
    """The characters of the map alone."""
    rows = [line.plain for line in lines if re.match(rf"^ *\d* {{1,{MARGIN}}}", line.plain)]
    return [row[MARGIN : MARGIN + columns].ljust(columns) for row in rows[:-1]]


@pytest.mark.parametrize("settings", [{"color_system": None}, {"color_system": "truecolor", "no_color": True}])
def test_half_blocks_are_the_set(settings: dict[str, Any]) -> None:
    """A 3×3 kernel at rate 4, two rows a line, where the terminal has no colours, or NO_COLOR is set."""
    drawing = reach_of("conv", dilation=4, padding=4, out_channels=1, input=(1, 13, 17), at=(5, 8))
    lines = map_lines(list(lines_of(console(**settings), drawing)), 17)
    rows = ["".join(HALVES[sign][half] for sign in line) for line in lines for half in (0, 1)]
    read = {(row, column) for row, line in enumerate(rows) for column, sign in enumerate(line) if sign == "#"}
    assert read == {(row, column) for row in (1, 5, 9) for column in (4, 8, 12)}


def test_colours_are_the_branches() -> None:
    """The smallest branch on top, the ground where nothing is read."""
    drawing = reach_of("yolo-spp", split=True, input=(4, 21, 33))
    lines = list(lines_of(console(color_system="truecolor"), drawing))
    assert lines[1].plain == "■ pool13  ■ pool9  ■ pool5  ■ input"
    spans = [line.spans for line in lines[2:-1]]
    column = [style for line in spans for style in [line[1 + 16].style]]
    tops = [style.color.name for style in column]  # type: ignore[union-attr]
    ground, pool13, pool9, pool5, own = GROUND.lower(), *[BRANCHES[index].lower() for index in (3, 2, 1, 0)]
    # Rows 0, 2, 4, …: pool13 reads rows 4 to 16, pool9 6 to 14, pool5 8 to 12, the input row 10.
    assert tops == [ground] * 2 + [pool13] + [pool9] + [pool5] + [own] + [pool5] + [pool9] + [pool13] + [ground] * 2


def test_branches_that_read_the_same_stand_together() -> None:
    """At rate 20 of ASPP on 17×19 only the middle tap is left: it reads what the 1×1 does."""
    drawing = reach_of("aspp", split=True, rate=(2, 20), input=(4, 17, 19))
    lines = list(lines_of(console(color_system="truecolor"), drawing))
    assert lines[1].plain == "■ pooling  ■ rate2  ■ conv1x1, rate20"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 60), (30, 12), (200, 90)])
@pytest.mark.parametrize("size", [(64, 64), (300, 500), (7, 900), (900, 7)])
def test_a_map_fits_the_terminal(size: tuple[int, int], width: int, height: int) -> None:
    """As many pixels a cell as it takes; each cell that holds a read pixel shows one."""
    drawing = reach_of("conv", padding=1, out_channels=1, input=(1, *size))
    lines = list(lines_of(console(width, height, color_system=None), drawing))
    assert all(len(line.plain) <= width for line in lines)
    assert len(lines) <= height
    assert any(set(line.plain) & set("▀▄█") for line in lines)


def test_shades_are_the_weights() -> None:
    """Darker where a pixel counts more, in signs of ASCII where the terminal has no others."""
    report = pc.analyze("vgg16", input=(32, 48))
    assert report.resolved is not None
    field = effective_field(report.resolved, "features.2", (15, 20))
    drawing = of_field(field)
    assert drawing is not None
    share = drawing.layers[0].share
    columns = field.blocks["input"].axes[1]
    weights = {row: dict(zip(columns, line, strict=True)) for (row,), line in field.weights("input").items()}
    largest = max(max(line.values()) for line in weights.values())
    for row, column in ((15, 20), (14, 20), (13, 18), (20, 20)):
        expected = Fraction(weights.get(row, {}).get(column, 0), largest)
        assert share(range(row, row + 1), range(column, column + 1)) == pytest.approx(float(expected) ** 0.5)
    for colours in (None, "truecolor"):
        file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        plain = Console(file=file, width=80, height=60, color_system=colours, force_terminal=True)
        text = "\n".join(line.plain for line in lines_of(plain, drawing))
        assert text.isascii()
        assert {"@", "#"} <= set(text)


def test_a_pipe_gets_no_map() -> None:
    """What a program reads is the table alone."""
    assert not set(process("reach", "dense-aspp").stdout) & set("▀▄█")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_gets_one() -> None:
    """Below the table, in its colours."""
    import pty

    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "pyramidcalc", "reach", "dense-aspp"],
        stdout=theirs,
        env=environment(TERM="xterm-256color", COLORTERM="truecolor"),
    )
    os.close(theirs)
    text = read_all(ours)
    assert run.wait() == 0
    assert text.index("coverage") < text.index("■") < text.index("▀")
    assert "\x1b[38;2;" in text
