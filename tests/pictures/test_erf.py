"""The picture of an effective field: the more a pixel counts, the darker it is."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

import pyramidcalc as pc
from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.pictures.erf import erf
from tests.pictures.reading import WHITE, colours, drawn

if TYPE_CHECKING:
    from typing import Any

    from matplotlib.figure import Figure

    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.effective_field import EffectiveField


def field_of(graph: Graph, size: tuple[int, ...], node: str, position: tuple[int, ...]) -> EffectiveField:
    """The effective field on an input of one channel."""
    resolved = pc.analyze_graph(graph, {"input": (1, *size)}).resolved
    assert resolved is not None
    return effective_field(resolved, node, position)


def figure_of(field: EffectiveField) -> Figure:
    """The picture as the command draws it."""
    return drawn(lambda: erf(field, "How much counts", "a test"))


def stack() -> Graph:
    """Two convolutions, a dilated one behind a strided one."""
    b = Builder()
    x = b.add("first", Conv2d(1, 1, (3, 5), stride=(2, 1), padding=(1, 2)), b.input("input", 1))
    b.output("result", b.add("second", Conv2d(1, 1, 3, padding=(1, 2), dilation=(1, 2)), x))
    return b.build()


def ways(row: int, column: int) -> dict[tuple[int, int], int]:
    """By listing: the ways from each input pixel of 23×31 to one of `stack`; all of them weigh the same."""
    count: dict[tuple[int, int], int] = {}
    for y in (row - 1, row, row + 1):
        for x in (column - 2, column, column + 2):
            if 0 <= y < 12 and 0 <= x < 31:
                for r in range(2 * y - 1, 2 * y + 2):
                    for c in range(x - 2, x + 3):
                        if 0 <= r < 23 and 0 <= c < 31:
                            count[r, c] = count.get((r, c), 0) + 1
    return count


def darkness(colour: str) -> float:
    """How dark a colour is."""
    return 3 - sum(to_rgb(colour))


@pytest.mark.parametrize("position", [(6, 15), (0, 29)])
def test_the_more_a_pixel_counts_the_darker_it_is(position: tuple[int, int]) -> None:
    """Against listing: white where nothing is read, the same where as much is, darker where more is."""
    figure = figure_of(field_of(stack(), (23, 31), "second", position))
    for frame in [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]:
        frame.remove()
    figure.canvas.draw()
    seen, expected = colours(figure, figure.axes[0], 23, 31), ways(*position)
    by_count: dict[int, set[str]] = {}
    for row in range(23):
        for column in range(31):
            by_count.setdefault(expected.get((row, column), 0), set()).add(seen[row][column])
    assert len(by_count) > 3
    assert by_count.pop(0) == {WHITE}
    shades = [by_count[count] for count in sorted(by_count)]
    assert all(len(shade) == 1 for shade in shades)
    steps = [darkness(colour) for (colour,) in shades]
    assert steps == sorted(set(steps))
    assert steps[-1] > 2.2


def test_marginals_are_the_sums_of_columns_and_rows() -> None:
    """Above and on the right, as shares of the largest; a stair of pixels."""
    field, counts = field_of(stack(), (23, 31), "second", (6, 15)), ways(6, 15)
    figure = figure_of(field)
    stairs = {str(one.get_gid()): one for axes in figure.axes for one in axes.collections if one.get_gid()}
    for name, axis in (("rows", 0), ("columns", 1)):
        sums: dict[int, int] = {}
        for place, count in counts.items():
            sums[place[axis]] = sums.get(place[axis], 0) + count
        (path,) = stairs[name].get_paths()
        corners: Any = path.vertices
        drawn_sums = {(round(float(v[1 - axis]) * 2) / 2, round(float(v[axis]), 9)) for v in corners}
        largest = max(sums.values())
        for position, total in sums.items():
            height = round(total / largest, 9)
            assert {(position - 0.5, height), (position + 0.5, height)} <= drawn_sums


def test_frames_hold_half_and_nine_tenths() -> None:
    """Each pixel of them counted, and one less on each side holds less."""
    figure, counts = figure_of(field_of(stack(), (23, 31), "second", (6, 15))), ways(6, 15)
    total = sum(counts.values())
    frames = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert len(frames) == 2

    def held(frame: Rectangle, less: int) -> Fraction:
        left, top, wide, tall = frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()
        inside = [
            count
            for (row, column), count in counts.items()
            if left + less < column < left + wide - less and top + less < row < top + tall - less
        ]
        return Fraction(sum(inside), total)

    for frame, share in zip(frames, (Fraction(1, 2), Fraction(9, 10)), strict=True):
        assert held(frame, 0) >= share > held(frame, 1)


def test_a_sequence_is_a_curve_of_shares() -> None:
    """Its heights sum to one."""
    report = pc.analyze("conv", dims=1, kernel_size=3, dilation=4, out_channels=1, input=(1, 30))
    assert report.resolved is not None
    figure = figure_of(effective_field(report.resolved, report.layers[0].name, (9,)))
    (area,) = [one for one in figure.axes[0].collections if one.get_gid() == "weights"]
    (path,) = area.get_paths()
    corners: Any = path.vertices
    assert {(float(x), round(float(y), 9)) for x, y in corners if y > 0} == {
        (tap + side, round(1 / 3, 9)) for tap in (9, 13, 17) for side in (-0.5, 0.5)
    }


def test_a_volume_is_three_sums() -> None:
    """Of 3×5×1 taps along one axis each: all pixels that are read count as much."""
    report = pc.analyze("conv", dims=3, kernel_size=(3, 5, 1), out_channels=1, input=(1, 9, 10, 11))
    assert report.resolved is not None
    figure = figure_of(effective_field(report.resolved, report.layers[0].name, (2, 3, 4)))
    assert [text.get_text() for text in figure.texts][2:5] == [
        f"sums along the {side}s" for side in ("slice", "row", "column")
    ]
    sizes = ((10, 11), (9, 11), (9, 10))
    for axes, (rows, columns), count in zip(figure.axes[:3], sizes, (5, 3, 15), strict=True):
        seen = colours(figure, axes, rows, columns)
        assert sum(colour != WHITE for row in seen for colour in row) >= count


def test_there_must_be_something_to_draw() -> None:
    """A pixel that reads nothing has no picture."""
    report = pc.analyze("conv-transpose", kernel_size=1, stride=3, out_channels=1, input=(1, 5, 6))
    assert report.resolved is not None
    with pytest.raises(UsageError, match="nothing to draw"):
        figure_of(effective_field(report.resolved, report.layers[0].name, (1, 1)))
