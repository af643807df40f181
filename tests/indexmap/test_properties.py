"""What holds for every index map: period, centre line, gather, taps inside the input."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.indexmap import Resize, bits_of, clipped, positions_of
from tests.strategies import MAPS


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), i=st.integers(-6, 20))
def test_reads_repeat_with_the_period(kind: str, data: st.DataObject, i: int) -> None:
    """Output i + p reads what output i reads, shifted by q."""
    axis_map, n = data.draw(MAPS[kind])
    p, q = axis_map.period(n)
    assert list(axis_map.reads(n, i + p)) == [j + q for j in axis_map.reads(n, i)]


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), start=st.integers(-5, 9))
def test_centre_is_the_average_midpoint_over_a_period(kind: str, data: st.DataObject, start: int) -> None:
    """Over one period, the midpoints of what is read lie on the centre line on average."""
    axis_map, n = data.draw(MAPS[kind])
    stride, offset = axis_map.centre(n)
    distances = [
        Fraction(taps[0] + taps[-1], 2) - (stride * i + offset)
        for i in range(start, start + axis_map.period(n)[0])
        if (taps := axis_map.reads(n, i))
    ]
    assert sum(distances) == 0


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), start=st.integers(-5, 9))
def test_ends_of_steady_maps_never_fall(kind: str, data: st.DataObject, start: int) -> None:
    """Every output reads something, from heads to tails, and both only rise."""
    axis_map, n = data.draw(MAPS[kind])
    if not axis_map.steady:
        return
    outputs = range(start, start + axis_map.period(n)[0] + 2)
    heads, tails = axis_map.heads(n, outputs), axis_map.tails(n, outputs)
    assert [(r[0], r[-1]) for r in (axis_map.reads(n, i) for i in outputs)] == list(zip(heads, tails, strict=True))
    assert heads == sorted(heads)
    assert tails == sorted(tails)


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), m=st.integers(1, 12))
def test_longest_is_the_widest_of_the_first_outputs(kind: str, data: st.DataObject, m: int) -> None:
    """Whatever shortcut a map takes."""
    axis_map, n = data.draw(MAPS[kind])
    spans = [r[-1] - r[0] + 1 for r in (axis_map.reads(n, i) for i in range(m)) if r]
    assert axis_map.longest(n, m) == max(spans, default=0)


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_centres_stride_is_the_slope_of_the_period(kind: str, data: st.DataObject) -> None:
    """p outputs move by q inputs."""
    axis_map, n = data.draw(MAPS[kind])
    p, q = axis_map.period(n)
    assert axis_map.centre(n)[0] == Fraction(q, p)


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), outputs=st.integers(0, 2**64 - 1))
def test_gather_is_the_union_of_taps(kind: str, data: st.DataObject, outputs: int) -> None:
    """The bit set that a bit set of outputs reads is the union of what each reads."""
    axis_map, n = data.draw(MAPS[kind])
    outputs &= (1 << axis_map.size(n)) - 1
    union = {j for i in positions_of(outputs) for j in axis_map.taps(n, i)}
    assert set(positions_of(axis_map.gather(n, outputs))) == union


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_gather_of_all_outputs_is_what_is_read_at_all(kind: str, data: st.DataObject) -> None:
    """The run of all outputs, the fast case, reads what each of them reads."""
    axis_map, n = data.draw(MAPS[kind])
    m = axis_map.size(n)
    union = {j for i in range(m) for j in axis_map.taps(n, i)}
    assert axis_map.gather(n, (1 << m) - 1) == bits_of(union)


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_taps_are_ascending_distinct_and_inside(kind: str, data: st.DataObject) -> None:
    """Taps are among 0 … n − 1, each once, in order."""
    axis_map, n = data.draw(MAPS[kind])
    for i in range(axis_map.size(n)):
        taps = list(axis_map.taps(n, i))
        assert taps == sorted(set(taps))
        assert all(0 <= j < n for j in taps)


@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_taps_are_the_reads_away_from_the_border(kind: str, data: st.DataObject) -> None:
    """Where nothing read lies beyond the border, taps are the reads."""
    axis_map, n = data.draw(MAPS[kind])
    for i in range(axis_map.size(n)):
        inside = list(axis_map.reads(n, i))
        modes = isinstance(axis_map, Resize) or getattr(axis_map, "mode", "zeros") == "zeros"
        if modes and all(0 <= j < n for j in inside):
            assert list(axis_map.taps(n, i)) == inside


@given(st.integers(-60, 60), st.integers(-60, 60), st.integers(1, 7), st.integers(1, 40))
def test_clipped_is_the_part_inside(start: int, stop: int, step: int, n: int) -> None:
    """clipped keeps exactly the positions of a range in 0 … n − 1."""
    assert list(clipped(range(start, stop, step), n)) == [j for j in range(start, stop, step) if 0 <= j < n]


def test_clipped_costs_nothing_on_huge_ranges() -> None:
    """A range of 10**15 positions is clipped by arithmetic."""
    assert clipped(range(-7 * 10**15 - 1, 10**15, 7), 10) == range(6, 10, 7)


@given(st.sets(st.integers(0, 200)))
def test_bit_sets_hold_their_positions(positions: set[int]) -> None:
    """positions_of undoes bits_of, in ascending order."""
    assert list(positions_of(bits_of(positions))) == sorted(positions)


@given(st.integers(0, 50), st.integers(0, 90), st.integers(1, 4))
def test_bits_of_a_range_are_those_of_its_positions(start: int, stop: int, step: int) -> None:
    """A plain run takes a shortcut to the same bits."""
    run = range(start, stop, step)
    assert bits_of(run) == sum(1 << position for position in run)
