"""The picture of a reach: every pixel has the colour of what reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.colors import to_hex

import pyramidcalc as pc
from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv1d, Conv2d
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool1d
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.reach_by_branch import reach_by_branch
from pyramidcalc.pictures.pixels import MAX_PIXELS, boxes, fill
from pyramidcalc.pictures.reach import reach as picture
from pyramidcalc.pictures.sheet import COLOURS, TINT
from tests.pictures.reading import WHITE, branched, colours, drawn, read_naively

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.report import Report


def figure_of(resolved: Resolved, node: str, position: tuple[int, ...], *, split: bool = True) -> Figure:
    """The picture as the command draws it, or in one colour."""
    parts = reach_by_branch(resolved, node, position) if split else ()
    return drawn(lambda: picture(reach(resolved, node, position), parts, "What it reads", "a test"))


def resolved_of(report: Report) -> Resolved:
    """Its shapes."""
    assert report.resolved is not None
    return report.resolved


@pytest.mark.parametrize("position", [(5, 8), (1, 15)])
def test_every_pixel_has_the_colour_of_the_smallest_branch_that_reads_it(position: tuple[int, int]) -> None:
    """Against listing: taps cut at the border, the global branch as tint, the input's own pixel on top."""
    resolved = resolved_of(pc.analyze_graph(branched(), {"input": (1, 11, 17)}))
    figure = figure_of(resolved, "project", position)
    names = {"near.act": COLOURS[0], "far.conv": COLOURS[1], "pooling.resize": TINT, "input": COLOURS[3]}
    sets = {node: read_naively(resolved, node, position) for node in names}
    largest_first = sorted(names, key=lambda node: -len(sets[node]))
    expected = [[WHITE] * 17 for _ in range(11)]
    for node in largest_first:
        for row, column in sets[node]:
            expected[row][column] = to_hex(names[node])
    assert colours(figure, figure.axes[0], 11, 17) == expected
    assert len({colour for row in expected for colour in row}) == 4


def test_one_colour_shows_the_whole_set() -> None:
    """Without branches too, borders and holes included."""
    resolved = resolved_of(pc.analyze_graph(branched(), {"input": (1, 11, 17)}))
    figure = figure_of(resolved, "far.conv", (2, 9), split=False)
    seen = colours(figure, figure.axes[0], 11, 17)
    coloured = {(row, column) for row in range(11) for column in range(17) if seen[row][column] != WHITE}
    assert coloured == read_naively(resolved, "far.conv", (2, 9)) == {(r, c) for r in (2, 6) for c in (4, 9, 14)}


def test_gridding_of_dense_aspp_is_seen() -> None:
    """At its published rates one pixel reads every third row and column of 61×61: 441 pixels."""
    resolved = resolved_of(pc.analyze("dense-aspp", input=(64, 64)))
    figure = figure_of(resolved, "concat24", (32, 32))
    seen = colours(figure, figure.axes[0], 64, 64)
    assert sum(colour != WHITE for row in seen for colour in row) == 441
    assert "reads 441 pixels (11.9% of their hull, 61×61)" in " ".join(text.get_text() for text in figure.texts)


def test_a_sequence_has_a_strip_a_branch() -> None:
    """Causal convolutions: the deep branch reaches back, the skip less far."""
    resolved = resolved_of(pc.analyze("tcn", levels=2, kernel_size=3, input=(1, 40)))
    figure = figure_of(resolved, "level1.relu", (30,))
    strips = colours(figure, figure.axes[0], 2, 40)
    reads = [[column for column, colour in enumerate(strip) if colour != WHITE] for strip in strips]
    assert reads == [list(range(30 - 2 * 2 * 3, 31)), list(range(30 - 2 * 2, 31))]


def test_a_strip_that_is_read_whole_leaves_the_others_as_they_are() -> None:
    """The global branch tints its own strip alone."""
    b = Builder()
    x = b.input("input", 1)
    pooled = b.add("resize", Upsample((17,), None, "nearest"), b.add("pool", AdaptiveAvgPool1d(1), x))
    b.output("output", b.add("join", Concat(), b.add("conv", Conv1d(1, 1, 3, padding=1), x), pooled))
    figure = figure_of(resolved_of(pc.analyze_graph(b.build(), {"input": (1, 17)})), "join", (8,))
    near, whole = colours(figure, figure.axes[0], 2, 17)
    assert near == [to_hex(COLOURS[0]) if column in (7, 8, 9) else WHITE for column in range(17)]
    assert whole == [to_hex(TINT)] * 17


def test_branches_that_read_the_same_share_an_entry() -> None:
    """Only the last one's colour is seen."""
    b = Builder()
    x = b.input("input", 1)
    one, other = (b.add(name, Conv2d(1, 1, (3, 5), padding=(1, 2)), x) for name in ("one", "other"))
    b.output("output", b.add("join", Concat(), one, other, x))
    figure = figure_of(resolved_of(pc.analyze_graph(b.build(), {"input": (1, 9, 11)})), "join", (4, 5))
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["one, other: 3×5", "input: 1"]
    seen = {colour for row in colours(figure, figure.axes[0], 9, 11) for colour in row}
    assert seen - {WHITE} == {to_hex(patch.get_facecolor()) for patch in legend.get_patches()}


def test_a_volume_has_three_sections() -> None:
    """Each through the middle of the hull, with the slices, rows or columns that it leaves out in its heading."""
    resolved = resolved_of(
        pc.analyze("conv", dims=3, kernel_size=(3, 1, 2), dilation=(2, 1, 4), out_channels=1, input=(1, 8, 9, 10))
    )
    figure = figure_of(resolved, resolved.layers[0].name, (1, 4, 2))
    headings = [text.get_text() for text in figure.texts][2:]
    assert headings == ["slice 3", "row 4", "column 4"]
    first, second, third = figure.axes
    read = {(d, 4, c) for d in (1, 3, 5) for c in (2, 6)}
    for axes, sizes, points in (
        (first, (9, 10), {(r, c) for d, r, c in read if d == 3}),
        (second, (8, 10), {(d, c) for d, r, c in read if r == 4}),
        (third, (8, 9), {(d, r) for d, r, c in read if c == 4}),
    ):
        seen = colours(figure, axes, *sizes)
        assert {(r, c) for r in range(sizes[0]) for c in range(sizes[1]) if seen[r][c] != WHITE} == points


def test_every_input_that_is_read_has_its_map() -> None:
    """An FPN's level reads all inputs above it, each with its own size."""
    resolved = resolved_of(pc.analyze("fpn", input=(24, 32)))
    figure = figure_of(resolved, "p3", (3, 5))
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes] == [
        ((-0.5, columns - 0.5), (rows - 0.5, -0.5)) for rows, columns in ((12, 16), (6, 8), (3, 4))
    ]
    assert [text.get_text() for text in figure.texts][2:] == ["c3", "c4", "c5"]


def test_the_legend_names_the_input_that_a_branch_reads() -> None:
    """A branch that reads the second input alone is not said to read the first."""
    b = Builder()
    one, other = b.input("one", 1), b.input("other", 1)
    wide = b.add("wide", Conv2d(1, 1, (3, 5), padding=(1, 2)), one)
    b.output("output", b.add("joined", Concat(), wide, b.add("narrow", Conv2d(1, 1, (3, 1), padding=(1, 0)), other)))
    resolved = resolved_of(pc.analyze_graph(b.build(), {"one": (1, 9, 11), "other": (1, 9, 11)}))
    legend = figure_of(resolved, "joined", (4, 5)).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["wide: 3×5 of one", "narrow: 3×1 of other"]


def test_a_small_set_on_a_large_map_is_drawn_with_its_surroundings() -> None:
    """Which rows and columns these are stands above; at the map's border there are fewer."""
    resolved = resolved_of(pc.analyze("conv", kernel_size=(5, 3), padding=(2, 1), input=(1, 70, 90)))
    figure = figure_of(resolved, "conv", (30, 88))
    assert [text.get_text() for text in figure.texts][2:] == ["rows 26–34, columns 85–89 of 70×90"]
    (axes,) = figure.axes
    assert (axes.get_xlim(), axes.get_ylim()) == ((84.5, 89.5), (34.5, 25.5))


@pytest.mark.parametrize("sizes", [(64, 20), (15, 61), (33, 33)])
def test_pixels_are_square_and_axes_are_pixels(sizes: tuple[int, int]) -> None:
    """Row 0 on top, a half pixel around, sides alike to a thousandth of an inch."""
    axes = figure_of(resolved_of(pc.analyze("aspp", input=sizes)), "project.act", (0, 0)).axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, sizes[1] - 0.5), (sizes[0] - 0.5, -0.5))
    frame = axes.get_window_extent()
    assert frame.width / sizes[1] == pytest.approx(frame.height / sizes[0], abs=0.2 / max(sizes))


@given(st.lists(st.integers(0, 2**19 - 1), max_size=11))
def test_boxes_tile_a_set(rows: list[int]) -> None:
    """Each pixel once, and no other."""
    mask = {row: bits for row, bits in enumerate(rows) if bits}
    tiled = [(y, x) for t, l, h, w in boxes(mask) for y in range(t, t + h) for x in range(l, l + w)]  # noqa: E741
    assert sorted(tiled) == [(row, x) for row, bits in mask.items() for x in range(19) if bits >> x & 1]


def test_too_large_a_picture_is_refused() -> None:
    """Neither millions of pixels nor a set in thousands of pieces costs the machine's memory."""
    resolved = resolved_of(pc.analyze("adaptive-pool", output_size=1, input=(1, MAX_PIXELS // 4000, 4001)))
    with pytest.raises(UsageError, match=r"pixels is over the limit of 16,777,216; ask on a smaller input"):
        figure_of(resolved, resolved.layers[0].name, (0, 0))
    checkered = {row: int("10" * 250 if row % 2 else "01" * 250, 2) for row in range(500)}
    axes = drawn(picture_of_a_pixel).axes[0]
    with pytest.raises(UsageError, match="over 100,000 pieces"):
        fill(axes, checkered)


def picture_of_a_pixel() -> Figure:
    """Some axes to draw on."""
    resolved = resolved_of(pc.analyze("conv", input=(1, 7, 9)))
    return picture(reach(resolved, resolved.layers[0].name, (3, 3)), (), "a pixel", "a test")
