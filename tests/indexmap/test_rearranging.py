"""Broadcast, Whole, Grouped, Interleave and Slice against their definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import Broadcast, Grouped, IndexMap, Interleave, Slice, TransposedWindow, Whole

if TYPE_CHECKING:
    from tests import naive

HUGE = 10**12
ENDS = st.one_of(st.none(), st.integers(-12, 12))


def reads(axis_map: IndexMap, n: int) -> naive.Reads:
    """What each output reads by the map."""
    return [list(axis_map.taps(n, i)) for i in range(axis_map.size(n))]


@pytest.mark.parametrize("r", [1, 2, 5])
def test_shuffle_reads_each_input_r_times(r: int) -> None:
    """Pixel shuffle, a transposed window as wide as its stride: output i reads input ⌊i/r⌋."""
    assert reads(TransposedWindow(r, r), 3) == [[j] for j in range(3) for _ in range(r)]


def test_broadcast_reads_its_one_input() -> None:
    """All outputs of a broadcast read input 0."""
    assert reads(Broadcast(4), 1) == [[0]] * 4


def test_broadcast_of_more_than_one_is_refused() -> None:
    """Only size 1 broadcasts."""
    with pytest.raises(ShapeError, match="size 3 cannot stand for 4; only size 1 broadcasts"):
        Broadcast(4).size(3)


def test_whole_reads_all_inputs() -> None:
    """Each output of a dense layer reads every input."""
    assert reads(Whole(2), 5) == [[0, 1, 2, 3, 4]] * 2


def test_grouped_channels_read_their_group() -> None:
    """Six outputs in three groups over twelve inputs: two outputs share four inputs."""
    assert reads(Grouped(3, 6), 12) == [list(range(4 * g, 4 * g + 4)) for g in (0, 0, 1, 1, 2, 2)]


def test_interleaved_channels_are_dealt_out_in_turn() -> None:
    """Six channels in three groups: the first of each group, then the second of each."""
    assert reads(Interleave(3), 6) == [[0], [2], [4], [1], [3], [5]]


@given(st.integers(1, 5), st.integers(1, 5))
def test_interleaving_twice_the_other_way_gives_the_order_back(groups: int, each: int) -> None:
    """n channels in g groups, then in n/g groups."""
    n = groups * each
    once, back = Interleave(groups), Interleave(each)
    assert [list(once.taps(n, j)) for i in range(n) for j in back.taps(n, i)] == [[i] for i in range(n)]


@given(st.integers(1, 12), ENDS, ENDS, st.integers(1, 4))
def test_slices_read_what_pythons_slices_keep(n: int, start: int | None, stop: int | None, step: int) -> None:
    """Negative ends count from the last, ends beyond are the first and the last, and nothing left is refused."""
    kept = list(range(n))[start:stop:step]
    axis_map = Slice(start, stop, step)
    if kept:
        assert reads(axis_map, n) == [[j] for j in kept]
        return
    with pytest.raises(ShapeError, match=f"of {n} is empty"):
        axis_map.size(n)


@pytest.mark.parametrize(
    ("axis_map", "n", "i", "expected"),
    [
        (Slice(7, -5, 4), HUGE, 10**11, [4 * 10**11 + 7]),
        (Slice(-(2**65), None, 3), 2**64, 2**60, [3 * 2**60]),
        (Interleave(4), 4 * HUGE, 4 * HUGE - 1, [4 * HUGE - 1]),
    ],
)
def test_huge_sizes_cost_nothing(axis_map: IndexMap, n: int, i: int, expected: list[int]) -> None:
    """Sizes and taps are arithmetic."""
    assert i < axis_map.size(n)
    assert list(axis_map.taps(n, i)) == expected


@pytest.mark.parametrize(
    ("axis_map", "letters", "numbers"),
    [
        (Whole(7), "m", "7"),
        (Slice(2, -1, 3), "⌈(stop − start)/step⌉", "⌈(12 − 2)/3⌉ = 4"),
    ],
)
def test_formula_in_letters_and_numbers(axis_map: IndexMap, letters: str, numbers: str) -> None:
    """Each map says its size formula, and the same with the numbers put in."""
    assert axis_map.formula() == letters
    assert axis_map.with_numbers(13) == numbers
