"""Rates of an atrous pyramid for a receptive field: none degenerate, no gridding.

Gridding, after Wang et al., "Understanding Convolution for Semantic Segmentation" (hybrid dilated convolution),
arXiv 1702.08502, section 3.2: where all rates share a factor g, the map falls into g×g grids, and outputs on
different grids share no pixel. Rates without a common factor of which none is degenerate leave no grids: such a map
has 2r + 1 positions or more, and steps p and q link p + q − gcd(p, q) positions into gcd(p, q) groups (Fine & Wilf,
1965). Best are those with the smallest holes: the paper's M, the largest distance between neighbouring taps of all
branches.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import Window
from pyramidcalc.passes.pyramid_rates import PUBLISHED
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

KERNEL = 3
MAX_PROPOSALS = 5
ROOMY = Fraction(1, 4)
"""Fewer positions than these with all taps inside are few: half the rows and half the columns."""


class Rates(Record):
    """What some rates do on a map.

    `degenerate`: the rates at which no position has all taps inside; `inside`: the share of positions where the
    largest rate has; `factor`: the greatest common divisor; `distance`: the largest between neighbouring taps along
    an axis; `linked`: whether every output is linked to every other by pixels that both read; `reasons`: what is
    wrong with them.
    """

    rates: tuple[int, ...]
    receptive_field: int
    degenerate: tuple[int, ...]
    inside: float
    factor: int
    distance: int
    linked: bool
    reasons: tuple[str, ...]


class Proposal(Record):
    """Rates up to `rate`, best first, and published ones.

    `roomy` is the largest rate with all taps inside at a quarter of the positions or more, 1 where there is none.
    """

    rate: int
    roomy: int
    branches: int
    proposals: tuple[Rates, ...]
    published: tuple[Rates, ...]


def propose(height: int, width: int, receptive_field: int | None, branches: int) -> Proposal:
    """Rates for an ASPP of some 3×3 branches on a map; the largest is as the receptive field asks and the map allows.

    Where no receptive field is asked for, it is the largest with all taps inside at a quarter of the positions.
    Raises UsageError for a receptive field that no rate has, and a map on which all rates are degenerate.
    """
    wanted = None if receptive_field is None else rate_of(receptive_field)
    largest = Window(KERNEL).degenerate_rate(min(height, width)) - 1
    if largest < 1:
        problem = f"on {height}x{width} every rate is degenerate: no position has all taps of a 3×3 inside"
        raise UsageError(problem, hint=f"give a map of at least {KERNEL}x{KERNEL}")
    roomy = bisect_right(range(1, largest + 1), -ROOMY, key=lambda rate: -inside(rate, height, width)) or 1
    rate = min(wanted or roomy, largest)
    branches = min(branches, rate)
    published = [rates for sets in PUBLISHED.values() for rates in sets if wanted in (None, rates[-1])]
    proposals, judged = (
        tuple(judge(rates, height, width) for rates in each)
        for each in (islice(spread(rate, branches), MAX_PROPOSALS), published)
    )
    return Proposal(rate, roomy, branches, proposals, judged)


def span(rate: int) -> int:
    """The receptive field of a 3×3 at a rate."""
    return Window(KERNEL, 1, rate).span


def rate_of(receptive_field: int) -> int:
    """The rate at which a 3×3 spans the receptive field. Raises UsageError where there is none."""
    rate = (receptive_field - 1) // (KERNEL - 1)
    if rate < 1 or span(rate) != receptive_field:
        problem = f"no 3×3 has a receptive field of {receptive_field}: they are odd, from {KERNEL}"
        raise UsageError(problem, hint=f"ask for {span(rate + 1)}")
    return rate


def spread(rate: int, branches: int) -> Iterator[tuple[int, ...]]:
    """Rates up to `rate` without a common factor whose largest distance is the least there is, most even only."""
    step, rest = divmod(rate, branches)
    # Steps of which some are one longer share no factor. Equal ones share theirs, unless two are moved apart by 1, or
    # by 2 where both would be even; a single rate above 1 is its own factor.
    steps = [step] * (branches - rest) + [step + 1] * rest
    if step > 1 and not rest:
        if branches == 1:
            return
        apart = 2 if branches == 2 and step % 2 else 1
        steps = [step - apart, *steps[2:], step + apart]
    yield from (tuple(accumulate(each)) for each in arrangements(steps))


def arrangements(numbers: list[int]) -> Iterator[tuple[int, ...]]:
    """Every order of some numbers once, smallest first."""
    if not numbers:
        yield ()
    for number in sorted(set(numbers)):
        others = numbers.copy()
        others.remove(number)
        yield from ((number, *rest) for rest in arrangements(others))


def judge(rates: tuple[int, ...], height: int, width: int) -> Rates:
    """What some ascending rates do on a map of height × width, beside a 1×1."""
    degenerate = tuple(rate for rate in rates if not inside(rate, height, width))
    factor, distance = gcd(*rates), max(after - before for before, after in pairwise((0, *rates)))
    reasons = []
    if degenerate:
        reasons.append(f"degenerate at rate {' '.join(map(str, degenerate))}: no position has all taps inside")
    if factor > 1:
        reasons.append(f"gridding: the rates share the factor {factor}, so {factor}×{factor} grids share no pixel")
    full = float(inside(rates[-1], height, width))
    return Rates(rates, span(rates[-1]), degenerate, full, factor, distance, not reasons, tuple(reasons))


def inside(rate: int, height: int, width: int) -> Fraction:
    """Share of the positions at which a 3×3 has all taps inside."""
    window = Window(KERNEL, 1, rate, rate, rate)
    return Fraction(window.full_windows(height) * window.full_windows(width), height * width)
