"""What holds for every index map: period, centre line, gather, taps inside the input."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramidcalc.indexmap import Interleave, Slice, bits_of, clipped, positions_of
from tests.strategies import MAPS as OTHERS
from tests.strategies import on_a_size

MAPS = OTHERS | {
    "slice": on_a_size(
        st.builds(Slice, st.integers(-9, 9), st.one_of(st.none(), st.integers(-9, 9)), st.integers(1, 4))
    ),
    "interleave": st.builds(lambda groups, each: (Interleave(groups), groups * each), *[st.integers(1, 6)] * 2),
}
FEWER = settings(max_examples=settings().max_examples // 4)
"""Each property is asked of every kind of map."""


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), i=st.integers(-6, 20))
def test_reads_repeat_with_the_period(kind: str, data: st.DataObject, i: int) -> None:
    """Output i + p reads what output i reads, shifted by q."""
    axis_map, n = data.draw(MAPS[kind])
    p, q = axis_map.period(n)
    assert list(axis_map.reads(n, i + p)) == [j + q for j in axis_map.reads(n, i)]


@FEWER
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


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), start=st.integers(-5, 9))
def test_ends_are_those_of_what_is_read(kind: str, data: st.DataObject, start: int) -> None:
    """Every output reads something, and from and to where the rule says, if there is one."""
    axis_map, n = data.draw(MAPS[kind])
    if ends := axis_map.ends(n):
        first, last, step, divisor = ends
        for i in range(start, start + axis_map.period(n)[0] + 2):
            reads = axis_map.reads(n, i)
            assert (reads[0], reads[-1]) == ((first + i * step) // divisor, (last + i * step) // divisor)


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_only_maps_that_skip_have_outputs_that_read_nothing(kind: str, data: st.DataObject) -> None:
    """Over one period, wherever that lies."""
    axis_map, n = data.draw(MAPS[kind])
    if not axis_map.skips:
        assert all(axis_map.reads(n, i) for i in range(-3, axis_map.period(n)[0]))


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_centres_stride_is_the_slope_of_the_period(kind: str, data: st.DataObject) -> None:
    """p outputs move by q inputs."""
    axis_map, n = data.draw(MAPS[kind])
    p, q = axis_map.period(n)
    assert axis_map.centre(n)[0] == Fraction(q, p)


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), outputs=st.integers(0, 2**64 - 1))
def test_gather_is_the_union_of_taps(kind: str, data: st.DataObject, outputs: int) -> None:
    """The bit set that a bit set of outputs reads is the union of what each reads."""
    axis_map, n = data.draw(MAPS[kind])
    outputs &= (1 << axis_map.size(n)) - 1
    union = {j for i in positions_of(outputs) for j in axis_map.taps(n, i)}
    assert set(positions_of(axis_map.gather(n, outputs))) == union


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_gather_of_all_outputs_is_what_is_read_at_all(kind: str, data: st.DataObject) -> None:
    """The run of all outputs, the fast case, reads what each of them reads."""
    axis_map, n = data.draw(MAPS[kind])
    m = axis_map.size(n)
    union = {j for i in range(m) for j in axis_map.taps(n, i)}
    assert axis_map.gather(n, (1 << m) - 1) == bits_of(union)


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data(), inputs=st.integers(0, 2**64 - 1))
def test_spread_is_gather_turned_round(kind: str, data: st.DataObject, inputs: int) -> None:
    """The outputs that read any of a bit set of inputs."""
    axis_map, n = data.draw(MAPS[kind])
    inputs &= (1 << n) - 1
    reading = {i for i in range(axis_map.size(n)) if any(inputs >> j & 1 for j in axis_map.taps(n, i))}
    assert set(positions_of(axis_map.spread(n, inputs))) == reading


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_taps_are_ascending_distinct_and_inside(kind: str, data: st.DataObject) -> None:
    """Taps are among 0 … n − 1, each once, in order."""
    axis_map, n = data.draw(MAPS[kind])
    for i in range(axis_map.size(n)):
        taps = list(axis_map.taps(n, i))
        assert taps == sorted(set(taps))
        assert all(0 <= j < n for j in taps)


@FEWER
@pytest.mark.parametrize("kind", MAPS)
@given(data=st.data())
def test_taps_are_the_reads_away_from_the_border(kind: str, data: st.DataObject) -> None:
    """Where nothing read lies beyond the border, taps are the reads, but for the rounding of nearest resizes."""
    axis_map, n = data.draw(MAPS[kind])
    for i in range(axis_map.size(n)):
        inside = list(axis_map.reads(n, i))
        if getattr(axis_map, "mode", "zeros") in ("zeros", "linear", "cubic") and all(0 <= j < n for j in inside):
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
