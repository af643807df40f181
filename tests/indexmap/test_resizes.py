"""Resize and AdaptiveBins against their definitions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import AdaptiveBins, IndexMap, Resize
from tests import naive

HUGE = 10**12


def reads(axis_map: IndexMap, n: int) -> naive.Reads:
    """What each output reads by the map."""
    return [list(axis_map.taps(n, i)) for i in range(axis_map.size(n))]


@pytest.mark.parametrize("m", range(1, 20))
def test_adaptive_bins_are_the_cells_that_overlap(m: int) -> None:
    """Bin i of m over n reads every input whose cell overlaps [i·n/m, (i + 1)·n/m)."""
    for n in range(1, 30):
        assert reads(AdaptiveBins(m), n) == naive.adaptive(n, m)


def test_adaptive_bins_overlap_where_they_do_not_divide() -> None:
    """13 inputs in 4 bins: neighbours share an input."""
    assert [(row[0], row[-1] + 1) for row in reads(AdaptiveBins(4), 13)] == [(0, 4), (3, 7), (6, 10), (9, 13)]


@pytest.mark.parametrize("m", [1, 2, 7])
def test_only_one_bin_reads_the_whole_axis(m: int) -> None:
    """AdaptiveBins is whole, whatever the size, for one bin only."""
    assert AdaptiveBins(m).whole == (m == 1)


@pytest.mark.parametrize(
    ("mode", "align_corners"),
    [
        ("nearest", False),
        ("nearest-exact", False),
        ("linear", False),
        ("linear", True),
        ("cubic", False),
        ("cubic", True),
    ],
)
def test_resize_to_a_size_reads_the_samples_of_weight(mode: str, align_corners: bool) -> None:
    """Each output reads the samples that its kernel weighs, and the edge sample for those beyond."""
    for n, m in product(range(1, 11), range(1, 14)):
        assert reads(Resize(mode, align_corners, m), n) == naive.resize(n, m, mode, align_corners), (n, m)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "cubic"])
@pytest.mark.parametrize("scale", ["0.25", "0.4", "0.75", "1.3", "2.2", "2.5", "1/3"])
def test_resize_by_a_scale_steps_by_its_inverse(mode: str, scale: str) -> None:
    """With a scale, m = ⌊n·scale⌋ and a step is 1/scale, not n/m; 2.2 stands for 11/5."""
    for n in range(5, 14):
        given, ratio = float(Fraction(scale)), 1 / Fraction(scale)
        m = floor(n * given)
        if m != n and (m != 2 * n or mode != "nearest"):
            assert reads(Resize(mode, scale=given), n) == naive.resize(n, m, mode, ratio=ratio), n


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resize_by_a_scale_that_keeps_the_size_copies(mode: str) -> None:
    """1.2 on 4 makes 4: torch copies, though a step of 1/1.2 would not."""
    assert reads(Resize(mode, scale=1.2), 4) == [[0], [1], [2], [3]]


def test_nearest_by_a_scale_that_doubles_the_size_repeats() -> None:
    """2.2 on 3 makes 6: torch repeats each sample twice, though a step of 1/2.2 would not."""
    assert reads(Resize("nearest", scale=2.2), 3) == [[0], [0], [1], [1], [2], [2]]


def test_resize_by_a_scale_without_a_simple_fraction_is_exact() -> None:
    """A double that no simple fraction stands for is taken as the exact number it is."""
    assert Resize("cubic", scale=0.7853981633974483).ratio(10) == 1 / Fraction(0.7853981633974483)


def test_resize_with_aligned_corners_keeps_both_ends() -> None:
    """Write-up error 10: 28 to 224 with aligned corners scales by 223/27, 41 to 321 by exactly 8."""
    assert Resize("linear", True, 224).ratio(28) == Fraction(27, 223)
    assert Resize("linear", True, 321).ratio(41) == Fraction(1, 8)
    assert [list(Resize("linear", True, 224).taps(28, i)) for i in (0, 223)] == [[0], [27]]


def test_resize_of_one_pixel_reads_it_everywhere() -> None:
    """Image pooling upsamples one pixel: every output reads it, corners aligned or not."""
    for align_corners in (False, True):
        assert reads(Resize("linear", align_corners, 5), 1) == [[0]] * 5


def test_resize_scale_that_empties_names_the_least_scale() -> None:
    """A scale that makes no output is refused with the least that makes one."""
    with pytest.raises(ShapeError) as caught:
        Resize("nearest", scale=0.1).size(7)
    assert Resize("nearest", scale=1 / 7).size(7) == 1
    assert str(caught.value) == f"scale 0.1 makes size 0 from 7; use a scale of at least {1 / 7}, or give the size"


def test_resize_scale_beyond_torchs_integers_is_refused() -> None:
    """Sizes are 64-bit in torch; a scale that makes a larger one is refused, infinite products included."""
    for scale in (1e19, 1.7e308):
        with pytest.raises(ShapeError, match="torch's largest") as caught:
            Resize("nearest", scale=scale).size(7)
        assert caught.value.code == "size-too-large"


@pytest.mark.parametrize(
    ("n", "m", "i", "ideal", "torchs"),
    [(3, 123, 82, 2, 1), (3, 123, 81, 1, 1), (7, 82, 70, 5, 5), (30, 41, 41 - 1, 29, 29)],
)
def test_nearest_taps_follow_single_precision(n: int, m: int, i: int, ideal: int, torchs: int) -> None:
    """82·3/123 is 2, which torch rounds to just below; reads stay ideal."""
    resize = Resize("nearest", m=m)
    assert list(resize.reads(n, i)) == [ideal]
    assert list(resize.taps(n, i)) == [torchs]


def test_one_bin_of_a_size_by_a_factor_is_not_the_whole_axis() -> None:
    """A factor of 1/5 makes 1 of 5, and 2 of 10: it reads 5 of them, whatever the size."""
    assert not AdaptiveBins(1, scaled=True).whole
    assert AdaptiveBins(1).whole


@pytest.mark.parametrize(
    ("axis_map", "i", "expected"),
    [
        (AdaptiveBins(6), 3, (HUGE // 2, HUGE * 4 // 6 + 1)),
        (Resize("linear", False, 2 * HUGE), 2 * HUGE - 1, (HUGE - 1, HUGE)),
        (Resize("nearest", scale=0.5), 7, (14, 15)),
    ],
)
def test_huge_sizes_cost_nothing(axis_map: IndexMap, i: int, expected: tuple[int, int]) -> None:
    """Sizes and taps of 10**12 inputs are arithmetic."""
    axis_map.size(HUGE)
    taps = axis_map.taps(HUGE, i)
    assert isinstance(taps, range | tuple)
    assert (taps[0], taps[-1] + 1) == expected


@pytest.mark.parametrize(
    ("axis_map", "letters", "numbers"),
    [
        (AdaptiveBins(4), "m; bin i is ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1", "4 bins over 13, 3 to 4 wide"),
        (AdaptiveBins(4), "m; bin i is ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1", "4 bins over 12, 3 wide"),
        (Resize("nearest", scale=1.5), "⌊n·scale⌋", "⌊13·1.5⌋ = 19"),
        (Resize("linear", True, 25), "m, as given", "25, as given; 13 → 25 steps by 1/2"),
    ],
)
def test_formula_in_letters_and_numbers(axis_map: IndexMap, letters: str, numbers: str) -> None:
    """Each map says its size formula, and the same with the numbers put in."""
    assert axis_map.formula() == letters
    assert axis_map.with_numbers(12 if "12" in numbers else 13) == numbers
