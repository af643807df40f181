"""Rates for a receptive field against the definitions of degenerate rates and gridding."""

from __future__ import annotations

from itertools import product
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.report import analyze, build
from pyramidcalc.solve.rates import LARGEST, Judged, distances, judge, least_branches, propose, spread


def pixels(rates: tuple[int, ...], size: tuple[int, int]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """What each output reads through the branches and the 1×1, pixel by pixel from `reach`."""
    resolved = shapes(build("aspp", in_channels=1, rate=rates, channels=1), {"input": (1, *size)})
    names = ["conv1x1.conv", *[f"rate{rate}.conv" for rate in rates]]
    read: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for row, column in product(range(size[0]), range(size[1])):
        here = read.setdefault((row, column), set())
        for name in names:
            mask = reach(resolved, name, row, column).mask("input")
            here |= {(r, c) for r, bits in enumerate(mask) for c in range(size[1]) if bits >> c & 1}
    return read


def groups(read: dict[tuple[int, int], set[tuple[int, int]]]) -> int:
    """Number of groups of outputs between which no input pixel is shared."""
    left, count = dict(read), 0
    while left:
        count += 1
        seen = left.pop(next(iter(left)))
        while found := [place for place, pixels in left.items() if pixels & seen]:
            seen = seen.union(*[left.pop(place) for place in found])
    return count


@pytest.mark.parametrize("rates", [(1, 2), (2, 4), (3, 6), (2, 3, 5), (3, 5), (2, 4, 5), (1, 4), (4,), (1,), (5, 6)])
@pytest.mark.parametrize("size", [(11, 14), (13, 12)])
def test_gridding_is_what_its_definition_says(rates: tuple[int, ...], size: tuple[int, int]) -> None:
    """Linked: all outputs in one group by shared pixels; a common factor g makes g×g groups."""
    found = judge(rates, *size)
    number = groups(pixels(rates, size))
    assert found.linked == (number == 1)
    assert found.factor == gcd(*rates)
    if all(2 * rate < min(size) for rate in rates):
        assert number == gcd(*rates) ** 2


@pytest.mark.parametrize(
    ("rates", "size"), [((2, 6), (13, 17)), ((3, 8), (33, 17)), ((8, 9), (17, 40)), ((6, 12, 18), (33, 33))]
)
def test_degenerate_is_what_the_table_warns_of(rates: tuple[int, ...], size: tuple[int, int]) -> None:
    """The same layers as the diagnostic of the command."""
    report = analyze("aspp", input=(8, *size), rate=rates)
    warned = {note.layer for note in report.diagnostics if note.code == "degenerate-rate"}
    assert {f"rate{rate}.conv" for rate in judge(rates, *size).degenerate} == warned


@given(st.integers(1, 40), st.integers(1, 5))
def test_spread_rates_share_no_factor_and_leave_the_smallest_holes(rate: int, branches: int) -> None:
    """No other rates up to the same one without a common factor have a smaller largest distance."""
    branches = min(branches, rate)

    def gap(rates: tuple[int, ...]) -> int:
        return max(b - a for a, b in zip((0, *rates), rates, strict=False))

    found = [rates for rates, _ in zip(spread(rate, branches), range(20), strict=False)]
    assert all(sorted(set(rates)) == list(rates) and rates[-1] == rate and len(rates) == branches for rates in found)
    assert all(gcd(*rates) == 1 for rates in found)
    if branches == 1:
        assert bool(found) == (rate == 1)
    elif branches <= 3:
        inner = product(range(1, rate), repeat=branches - 1)
        others = [(*rates, rate) for rates in inner if list(rates) == sorted(set(rates)) and gcd(*rates, rate) == 1]
        assert {gap(rates) for rates in found} == {min(map(gap, others))}


def test_as_many_branches_as_a_distance_takes() -> None:
    """Seven rates up to 18 leave taps at most 3 apart; six would share the factor 3."""
    assert least_branches(18, 3) == 7
    assert max(distances(18, 6)) == 4
    assert least_branches(16, 3) == 6
    assert least_branches(1, 3) == 1


def test_proposals_hold_what_they_promise() -> None:
    """On a map with room for it the receptive field is the one that was asked for."""
    answer = propose(65, 97, 37, 3)
    assert answer.proposals[0].rates == (5, 11, 18)
    assert all(found.good and found.receptive_field == 37 and found.distance == 7 for found in answer.proposals)
    assert [(found.rates, found.factor) for found in answer.others] == [((6, 12, 18), 6)]
    report = analyze("aspp", input=(2048, 65, 97), rate=answer.proposals[0].rates)
    assert report["rate18.conv"].receptive_field is not None
    assert report["rate18.conv"].receptive_field.size == (37, 37)


def test_rates_of_the_largest_map_hold_on_a_larger_one() -> None:
    """The way out of a map over the limit: what leaves no gridding on the largest leaves none on one larger still."""
    for small, large in [((33, LARGEST), (33, LARGEST + 500)), ((33, 47), (40, 60))]:
        for found in propose(*small, 37, 3).proposals:
            assert judge(found.rates, *large).good


def test_a_map_too_small_for_the_receptive_field_gives_the_largest_that_is_not_degenerate() -> None:
    """33×33 holds no 3×3 of 37; rate 16 has all taps inside at the middle alone."""
    answer = propose(33, 33, 37, 3)
    assert (answer.receptive_field, answer.rate) == (33, 16)
    assert [found.rates for found in answer.proposals] == [(5, 10, 16), (5, 11, 16), (6, 11, 16)]
    assert all(found.inside.numerator == 1 for found in answer.proposals)
    rejected: tuple[Judged, ...] = answer.others
    assert rejected[0].rates == (6, 12, 18)
    assert rejected[0].degenerate == (18,)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((33, 33, 36, 3), "35 or 37"),
        ((33, 33, 1, 3), "ask for 3"),
        ((2, 33, 37, 3), "every rate is degenerate.*; a 3×3 spans 3 at rate 1, so give a map of at least 3x3"),
        ((2, 4097, 37, 3), "at least 3x3"),
        ((33, 4097, 37, 3), "over the limit of 4096 rows or columns; solve for 33x4096"),
    ],
)
def test_what_has_no_rates_is_refused(arguments: tuple[int, int, int, int], told: str) -> None:
    """One sentence each."""
    with pytest.raises(UsageError, match=told):
        propose(*arguments)
