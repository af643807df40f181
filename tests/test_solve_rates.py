"""Rates for a receptive field against the definitions of degenerate rates and gridding."""

from __future__ import annotations

from itertools import islice, product
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.request import analyze
from pyramidcalc.solve.rates import judge, propose, spread

Pixel = tuple[int, int]


def pixels(rates: tuple[int, ...], size: tuple[int, int]) -> dict[Pixel, set[Pixel]]:
    """What each output reads through 3×3 branches padded by their rate and the 1×1, by definition."""
    height, width = size
    taps = {(0, 0)} | {(row * rate, column * rate) for rate in rates for row, column in product((-1, 0, 1), repeat=2)}
    return {
        (row, column): {
            (row + down, column + right)
            for down, right in taps
            if 0 <= row + down < height and 0 <= column + right < width
        }
        for row, column in product(range(height), range(width))
    }


def groups(read: dict[Pixel, set[Pixel]]) -> int:
    """Number of groups of outputs between which no input pixel is shared."""
    left, count = dict(read), 0
    while left:
        count += 1
        seen = left.pop(next(iter(left)))
        while linked := [place for place, pixels in left.items() if pixels & seen]:
            seen = seen.union(*[left.pop(place) for place in linked])
    return count


@pytest.mark.parametrize(
    "rates", [(1, 2), (2, 4), (3, 6), (2, 3, 5), (3, 5), (2, 4, 5), (1, 4), (4,), (1,), (5, 6), (9,)]
)
@pytest.mark.parametrize("size", [(11, 14), (13, 12), (7, 10), (2, 5)])
def test_gridding_is_what_its_definition_says(rates: tuple[int, ...], size: tuple[int, int]) -> None:
    """Rates of which none is degenerate make g×g groups of outputs that share pixels, g their common factor."""
    judged = judge(rates, *size)
    if not judged.degenerate:
        assert groups(pixels(rates, size)) == judged.factor**2
        assert judged.linked == (judged.factor == 1)


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

    best = list(islice(spread(rate, branches), 20))
    assert all(sorted(set(rates)) == list(rates) and rates[-1] == rate and len(rates) == branches for rates in best)
    assert all(gcd(*rates) == 1 for rates in best)
    if branches == 1:
        assert bool(best) == (rate == 1)
    elif branches <= 3:
        inner = product(range(1, rate), repeat=branches - 1)
        others = [(*rates, rate) for rates in inner if list(rates) == sorted(set(rates)) and gcd(*rates, rate) == 1]
        assert {gap(rates) for rates in best} == {min(map(gap, others))}


def test_proposals_hold_what_they_promise() -> None:
    """On a map with room for it the receptive field is the one that was asked for."""
    proposal = propose(65, 97, 37, 3)
    assert proposal.proposals[0].rates == (5, 11, 18)
    assert all((rates.reasons, rates.receptive_field, rates.distance) == ((), 37, 7) for rates in proposal.proposals)
    assert [(rates.rates, rates.factor) for rates in proposal.published] == [((6, 12, 18), 6)]
    report = analyze("aspp", input=(2048, 65, 97), rate=proposal.proposals[0].rates)
    assert report["rate18.conv"].receptive_field is not None
    assert report["rate18.conv"].receptive_field.size == (37, 37)


def test_a_map_too_small_for_the_receptive_field_gives_the_largest_that_is_not_degenerate() -> None:
    """33×33 holds no 3×3 of 37; rate 16 has all taps inside at the middle alone."""
    proposal = propose(33, 33, 37, 3)
    assert proposal.rate == 16
    assert [rates.rates for rates in proposal.proposals] == [(5, 10, 16), (5, 11, 16), (6, 11, 16)]
    assert {rates.inside for rates in proposal.proposals} == {1 / 33**2}
    assert proposal.published[0].rates == (6, 12, 18)
    assert proposal.published[0].degenerate == (18,)


@pytest.mark.parametrize(
    ("size", "rate"),
    [((33, 33), 8), ((49, 49), 12), ((64, 128), 20), ((8, 8), 2), ((4, 9), 1), ((3, 3), 1), ((5, 40), 1)],
)
def test_without_a_receptive_field_a_quarter_of_the_positions_has_all_taps_inside(
    size: tuple[int, int], rate: int
) -> None:
    """The largest rate of which that holds, counted position by position, or 1; all published rates are judged."""

    def inside(rate: int) -> int:
        return max(0, size[0] - 2 * rate) * max(0, size[1] - 2 * rate)

    proposal = propose(*size, None, 3)
    assert (proposal.rate, proposal.roomy) == (rate, rate)
    assert 4 * inside(rate) >= size[0] * size[1] or rate == 1
    assert 4 * inside(rate + 1) < size[0] * size[1]
    assert {(6, 12, 18), (12, 24, 36)} <= {rates.rates for rates in proposal.published}


def test_a_map_of_any_size_takes_no_longer() -> None:
    """A quarter of the positions is a rate of a quarter of the side."""
    assert propose(10**17, 10**17, None, 3).rate == 10**17 // 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((33, 33, 36, 3), "ask for 37"),
        ((33, 33, 1, 3), "ask for 3"),
        ((2, 33, 37, 3), "every rate is degenerate.*; give a map of at least 3x3"),
        ((2, 4097, None, 3), "at least 3x3"),
    ],
)
def test_what_has_no_rates_is_refused(arguments: tuple[int, int, int | None, int], message: str) -> None:
    """One sentence each."""
    with pytest.raises(UsageError, match=message):
        propose(*arguments)
