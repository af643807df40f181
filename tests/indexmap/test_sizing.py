"""Windows whose numbers follow the size, against the definitions that they come from."""

from __future__ import annotations

from math import ceil, floor

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import (
    AdaptiveBins,
    Pad,
    TransposedWindow,
    Window,
    grid_window,
    halved,
    pyramid_pad_window,
    pyramid_window,
    same_pad,
    tf_same_crop,
    tf_same_pad,
)

PAIRS = [(n, bins) for n in range(1, 33) for bins in range(1, 10)]


@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 1)])
def test_same_pad_keeps_every_size(k: int, d: int) -> None:
    """torch's padding='same' keeps the size at stride 1, with the odd position after."""
    lo, hi = same_pad(k, d)
    assert [Window(k, 1, d, lo, hi).size(n) for n in range(1, 9)] == list(range(1, 9))
    assert hi - lo == d * (k - 1) % 2


@pytest.mark.parametrize(("k", "s", "d"), [(1, 1, 1), (3, 2, 1), (2, 3, 1), (4, 2, 3), (7, 2, 1), (3, 1, 5), (1, 4, 1)])
def test_tf_same_pad_makes_as_many_outputs_as_strides_start(k: int, s: int, d: int) -> None:
    """TensorFlow's SAME makes ⌈n/s⌉ outputs for every n, by the least padding, the odd position after."""
    for n in range(1, 20):
        pad = tf_same_pad(n, k, s, d)
        starts = len(range(0, n, s))
        assert Window(k, s, d).size(pad.size(n)) == starts
        assert pad.hi - pad.lo in (0, 1)
        if pad.hi:
            assert (n + pad.lo + pad.hi - 1 - d * (k - 1) - 1) // s + 1 < starts


def test_tf_same_pad_depends_on_parity() -> None:
    """3×3 at stride 2: even sizes pad 0 before and 1 after, odd sizes 1 and 1."""
    assert (tf_same_pad(224, 3, 2), tf_same_pad(225, 3, 2)) == (Pad(0, 1), Pad(1, 1))


@pytest.mark.parametrize(("k", "s"), [(2, 2), (3, 2), (4, 2), (5, 3), (1, 1), (7, 4)])
def test_tf_same_crop_makes_stride_times_the_size(k: int, s: int) -> None:
    """A transposed window with TensorFlow's SAME makes n·s outputs."""
    for n in range(1, 9):
        assert tf_same_crop(k, s).size(TransposedWindow(k, s).size(n)) == n * s


def test_pyramid_pad_window_makes_the_bins_where_legal() -> None:
    """SPP by pad: k = s = ⌈n/b⌉ and p = ⌊(k·b − n + 1)/2⌋ make b bins wherever p ≤ ⌊k/2⌋."""
    for n, bins in PAIRS:
        k = ceil(n / bins)
        p = floor((k * bins - n + 1) / 2)
        if p <= k // 2:
            window = pyramid_pad_window(n, bins)
            assert window == Window(k, k, 1, p, p)
            assert window.size(n) == bins
        else:
            with pytest.raises(ShapeError, match="padding"):
                pyramid_pad_window(n, bins)


def test_pyramid_pad_window_with_bins_4_2_1_fails_at_five_sizes() -> None:
    """Write-up error 9: bins 4, 2, 1 are refused at 1, 2, 3, 5 and 9 only."""
    refused = set()
    for n in range(1, 400):
        for bins in (4, 2, 1):
            try:
                pyramid_pad_window(n, bins)
            except ShapeError:
                refused.add(n)
    assert refused == {1, 2, 3, 5, 9}


def test_pyramid_window_is_the_papers() -> None:
    """SPP by window: window ⌈n/b⌉, stride ⌊n/b⌋; fewer inputs than bins would be stride 0."""
    for n, bins in PAIRS:
        if n >= bins:
            assert pyramid_window(n, bins) == Window(ceil(n / bins), floor(n / bins))
        else:
            with pytest.raises(ShapeError, match=rf"stride ⌊{n}/{bins}⌋ = 0"):
                pyramid_window(n, bins)


def test_pyramid_window_may_make_another_number_of_bins() -> None:
    """10 inputs, 6 bins: 9 windows."""
    assert pyramid_window(10, 6).size(10) == 9


def test_three_pyramid_methods_read_different_windows() -> None:
    """13 inputs in 4 bins: by window and adaptive [0,4)[3,7)[6,10)[9,13), by pad [0,2)[2,6)[6,10)[10,13)."""

    def spans(axis_map: Window | AdaptiveBins) -> list[tuple[int, int]]:
        taps = [list(axis_map.taps(13, i)) for i in range(axis_map.size(13))]
        return [(row[0], row[-1] + 1) for row in taps]

    overlapping = [(0, 4), (3, 7), (6, 10), (9, 13)]
    assert spans(pyramid_window(13, 4)) == spans(AdaptiveBins(4)) == overlapping
    assert spans(pyramid_pad_window(13, 4)) == [(0, 2), (2, 6), (6, 10), (10, 13)]


def test_grid_window_makes_the_bins_exactly_where_the_rest_is_small() -> None:
    """DSPP's pool: window = stride = ⌊n/b⌋; the grid is b exactly when n mod b < ⌊n/b⌋."""
    for n, bins in PAIRS:
        if n < bins:
            with pytest.raises(ShapeError, match=rf"pool of ⌊{n}/{bins}⌋ = 0"):
                grid_window(n, bins)
            continue
        window = grid_window(n, bins)
        assert window == Window(floor(n / bins), floor(n / bins))
        assert (window.size(n) == bins) == (n % bins < n // bins)


@pytest.mark.parametrize(("bins", "grid"), [(2, (2, 2)), (4, (4, 4)), (6, (6, 8)), (8, (12, 8))])
def test_grid_of_dspp_on_12_by_16(bins: int, grid: tuple[int, int]) -> None:
    """Write-up error 3: bins 6 and 8 on 12×16 make 6×8 and 12×8."""
    assert tuple(grid_window(n, bins).size(n) for n in (12, 16)) == grid


@pytest.mark.parametrize("n", [1, 2, 3, 25, 100, 271])
def test_levels_of_a_feature_pyramid_round_up(n: int) -> None:
    """Each has half the positions of the one before, rounded up."""
    assert halved(0).at(n) == n
    for times in range(1, 10):
        assert halved(times).at(n) == -(-halved(times - 1).at(n) // 2)
