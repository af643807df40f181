"""The picture of bins: every pixel by the number of bins that read it."""

from __future__ import annotations

from itertools import product

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.colors import to_hex

from pyramidcalc.errors import UsageError
from pyramidcalc.passes.bins import AxisBins, Bins
from pyramidcalc.pictures.bins import MAX_PANELS, PADDING, SHADES, bins
from tests import naive
from tests.pictures.reading import colours, drawn


def pool(*axes: tuple[int, list[list[int]]]) -> Bins:
    """A pool over some positions of each axis, whose bins read these."""
    return Bins("pool", tuple(AxisBins(n, tuple((reads[0], reads[-1]) for reads in bins)) for n, bins in axes))


def test_pixels_are_shaded_by_the_bins_that_read_them() -> None:
    """Adaptive bins of 11×17 overlap: 1, 2 and 4 bins read a pixel; counted one by one."""
    rows, columns = naive.adaptive(11, 4), naive.adaptive(17, 5)
    figure = drawn(lambda: bins([pool((11, rows), (17, columns))], "What the bins read", "a test"))
    seen = colours(figure, figure.axes[0], 11, 17)
    counts = set()
    for row, column in product(range(11), range(17)):
        count = sum(row in some and column in others for some, others in product(rows, columns))
        counts.add(count)
        assert seen[row][column] == SHADES[count - 1].lower()
    assert counts == {1, 2, 4}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "read by 1 bin",
        "read by 2 bins",
        "read by 4 bins",
        "bin",
    ]


def test_tails_and_padding_are_told_apart() -> None:
    """Windows of 5 with stride 5 from −2 on: rows 13 and 14 are read by none, and the axes show the padding."""
    rows = [list(range(start, start + 5)) for start in (-2, 3, 8)]
    columns = [list(range(start, start + 4)) for start in (0, 4)]
    figure = drawn(lambda: bins([pool((15, rows), (8, columns))], "What the bins read", "a test"))
    axes = figure.axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 7.5), (14.5, -2.5))
    tails = {colour for line in colours(figure, axes, 15, 8)[13:] for colour in line}
    assert SHADES[0].lower() not in tails
    assert {colour for line in colours(figure, axes, 13, 8) for colour in line} == {SHADES[0].lower()}
    assert to_hex(axes.get_facecolor()) == PADDING.lower()
    assert [text.get_text() for text in figure.legends[0].get_texts()][1:3] == ["read by none", "padding"]


def test_every_bin_has_a_frame() -> None:
    """Its corners lie on pixel borders."""
    rows, columns = naive.adaptive(7, 2), naive.adaptive(9, 3)
    figure = drawn(lambda: bins([pool((7, rows), (9, columns))], "What the bins read", "a test"))
    (frames,) = [patch for patch in figure.axes[0].patches if str(patch.get_gid()).endswith("frames")]
    corners = frames.get_path().vertices.tolist()  # type: ignore[union-attr]
    expected = [
        (some[0] - 0.5, some[-1] + 0.5, others[0] - 0.5, others[-1] + 0.5) for some, others in product(rows, columns)
    ]
    assert len(corners) == 5 * len(expected)
    for index, (top, bottom, left, right) in enumerate(expected):
        assert {tuple(corner) for corner in corners[5 * index : 5 * index + 5]} == set(
            product((left, right), (top, bottom))
        )


def test_sequences_and_volumes_are_strips() -> None:
    """An axis each."""
    volume = pool(*[(n, naive.adaptive(n, m)) for n, m in ((6, 2), (9, 3), (7, 3))])
    figure = drawn(lambda: bins([volume], "What the bins read", "a test"))
    assert [axes.get_xlabel() for axes in figure.axes] == ["slice", "row", "column"]
    assert [axes.get_xlim() for axes in figure.axes] == [(-0.5, 5.5), (-0.5, 8.5), (-0.5, 6.5)]


def test_what_no_sheet_holds_is_refused() -> None:
    """No levels, and hundreds of them."""
    one = pool((1, [[0]]), (1, [[0]]))
    with pytest.raises(UsageError, match="no pool cuts"):
        bins([], "What the bins read", "a test")
    with pytest.raises(UsageError, match="over the limit of 24"):
        bins([one] * (MAX_PANELS + 1), "What the bins read", "a test")


def test_too_many_bins_are_refused() -> None:
    """Where the pass looks at none, there is nothing to draw."""
    with pytest.raises(UsageError, match="too many bins"):
        bins([Bins("pool", (AxisBins(1 << 20, None),))], "What the bins read", "a test")
