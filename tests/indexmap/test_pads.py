"""Pad: sizes and taps against the padded list, and what is refused."""

from __future__ import annotations

from itertools import product

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import PADDING_MODES, Pad
from tests import naive

HUGE = 10**12


def reads(pad: Pad, n: int) -> naive.Reads:
    """What each output reads by the map."""
    return [list(pad.taps(n, i)) for i in range(pad.size(n))]


def takes(mode: str, n: int, lo: int, hi: int) -> bool:
    """Whether torch pads n inputs so: what is left, what there is to mirror, what there is to wrap."""
    left = n - max(-lo, 0) - max(-hi, 0)
    if n + lo + hi < 1:
        return False
    return {
        "zeros": left >= 0,
        "replicate": True,
        "reflect": max(lo, hi) < n,
        "circular": max(lo, hi) <= n and left >= max(lo, hi, 1),
    }[mode]


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_pad_reads_the_padded_list(mode: str) -> None:
    """Size and taps are those of the padded and cropped list, wherever the pad is legal."""
    for n, lo, hi in product(range(1, 8), range(-6, 9), range(-6, 9)):
        if takes(mode, n, lo, hi):
            expected = naive.padded(n, lo, hi, mode)
            assert reads(Pad(lo, hi, mode), n) == [naive.tidy([j]) for j in expected], (n, lo, hi)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_pad_refuses_what_it_cannot_fill(mode: str) -> None:
    """An empty result, too much to mirror or to wrap, and a crop of more than there is are refused."""
    for n, lo, hi in product(range(1, 8), range(-9, 10), range(-9, 10)):
        if not takes(mode, n, lo, hi):
            with pytest.raises(ShapeError):
                Pad(lo, hi, mode).size(n)


@pytest.mark.parametrize(
    ("mode", "lo", "hi", "expected"),
    [
        ("zeros", 2, 1, [[], [], [0], [1], [2], []]),
        ("replicate", 2, 1, [[0], [0], [0], [1], [2], [2]]),
        ("reflect", 2, 1, [[2], [1], [0], [1], [2], [1]]),
        ("circular", 2, 1, [[1], [2], [0], [1], [2], [0]]),
        ("zeros", -1, 2, [[1], [2], [], []]),
        ("circular", -1, 2, [[1], [2], [1], [2]]),
        ("reflect", -1, 2, [[1], [2], [1], [0]]),
    ],
)
def test_pad_by_example(mode: str, lo: int, hi: int, expected: naive.Reads) -> None:
    """Three inputs under each mode, padded and cropped; a circular pad wraps what the crop leaves."""
    assert reads(Pad(lo, hi, mode), 3) == expected


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_huge_pad_costs_nothing(mode: str) -> None:
    """Size and taps of 10**12 inputs are arithmetic."""
    pad = Pad(HUGE - 1, -5, mode)
    assert pad.size(HUGE) == 2 * HUGE - 6 if mode != "circular" else True
    assert list(Pad(3, 4, mode).taps(HUGE, 10)) == [7]


@pytest.mark.parametrize(
    ("pad", "text"),
    [
        (
            Pad(7, 2, "reflect"),
            "reflect padding (7, 2) can mirror at most 6 of 7 positions; pad less than 7, or use zeros or replicate",
        ),
        (
            Pad(3, 8, "circular"),
            "circular padding (3, 8) can wrap at most 7 of 7 positions; pad at most 7, or use zeros or replicate",
        ),
        (Pad(-4, -3), "padding (-4, -3) leaves 0 of 7 positions to pad, size 0; crop fewer than 7 positions in all"),
    ],
)
def test_refused_pad_names_values_rule_and_way_out(pad: Pad, text: str) -> None:
    """Each refusal says what was asked, how much there is, and what to do."""
    with pytest.raises(ShapeError) as caught:
        pad.size(7)
    assert str(caught.value) == text


def test_pad_formula_in_letters_and_numbers() -> None:
    """The formula is a sum, in letters and in numbers."""
    assert Pad(2, -3).formula() == "n + lo + hi"
    assert Pad(2, -3).with_numbers(9) == "9 + 2 + -3 = 8"
