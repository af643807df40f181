"""Rates of an atrous pyramid for a receptive field: none degenerate, no gridding.

Gridding, after Wang et al., "Understanding Convolution for Semantic Segmentation" (hybrid dilated convolution),
arXiv 1702.08502, section 3.2: where all rates share a factor g, the map falls into g×g grids, and outputs on
different grids share no pixel. Rates leave none where every output is linked to every other through pixels that
both read. Of such rates those are best whose holes are smallest: the paper's M, the largest distance between
neighbouring taps, here of all branches and the 1×1 together.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import Window
from pyramidcalc.passes.pyramid_rates import PUBLISHED
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KERNEL = 3
MAX_SIDE = 4096
"""Rows and columns of a map: every output of one is followed, some seconds with 64 branches."""
PROPOSALS = 5
ROOMY = Fraction(1, 4)
"""Fewer positions than these with all taps inside are few: half the rows and half the columns."""


class Rates(Record):
    """What some rates do on a map.

    `degenerate`: the rates at which no position has all taps inside; `inside`: the share of positions where the
    largest rate has; `factor`: the greatest common divisor of all distances between taps; `distance`: the largest
    between neighbouring taps along an axis; `linked`: whether every output is linked to every other.
    """

    rates: tuple[int, ...]
    receptive_field: int
    degenerate: tuple[int, ...]
    inside: Fraction
    factor: int
    distance: int
    linked: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong with them, nothing for rates to propose."""
        reasons = []
        if len(self.degenerate) == 1:
            reasons.append(f"rate {self.degenerate[0]} is degenerate: no position has all its taps inside")
        elif self.degenerate:
            rates = " ".join(map(str, self.degenerate))
            reasons.append(f"rates {rates} are degenerate: no position has all their taps inside")
        if self.factor > 1:
            grids = f"{self.factor}×{self.factor} grids"
            reasons.append(f"gridding: the rates share the factor {self.factor}, so {grids} share no pixel")
        elif not self.linked:
            reasons.append("gridding: on this map some outputs share no pixel with the others")
        return tuple(reasons)


class Proposal(Record):
    """Rates up to `rate`, best first; well-known rates with something wrong.

    `asked` is the receptive field that was asked for; `roomy` the largest rate with all taps inside at a quarter of the
    positions or more, 1 where there is none.
    """

    asked: int | None
    rate: int
    roomy: int
    branches: int
    proposals: tuple[Rates, ...]
    others: tuple[Rates, ...]


def propose(height: int, width: int, receptive_field: int | None, branches: int) -> Proposal:
    """Rates for an ASPP of some 3×3 branches on a map; the largest is as the receptive field asks and the map allows.

    Where no receptive field is asked for, it is the largest with all taps inside at a quarter of the positions.
    Raises UsageError for a receptive field that no rate has, a map on which all rates are degenerate, or one too
    large to follow.
    """
    wanted = None if receptive_field is None else rate_of(receptive_field)
    largest = Window(KERNEL).degenerate_rate(min(height, width)) - 1
    if largest < 1:
        raise UsageError(
            f"on {height}x{width} every rate is degenerate: no position has all taps of a 3×3 inside",
            hint=f"a 3×3 spans {KERNEL} at rate 1, so give a map of at least {KERNEL}x{KERNEL}",
        )
    if max(height, width) > MAX_SIDE:
        smaller = f"{min(height, MAX_SIDE)}x{min(width, MAX_SIDE)}"
        raise UsageError(
            f"a map of {height}x{width} is over the limit of {MAX_SIDE} rows or columns",
            hint=f"solve for {smaller}: rates without gridding there, none degenerate, are so on larger maps too",
        )
    roomy = max((rate for rate in range(1, largest + 1) if inside(rate, height, width) >= ROOMY), default=1)
    rate = min(wanted or roomy, largest)
    branches = min(branches, rate)
    tops = [top for top in (wanted or rate, rate) if not top % branches]
    even = [tuple(range(top // branches, top + 1, top // branches)) for top in tops]
    published = [rates for sets in PUBLISHED.values() for rates in sets if wanted in (None, rates[-1])]
    well_known = [judge(rates, height, width) for rates in dict.fromkeys([*even, *published])]
    best = (judge(rates, height, width) for rates in spread(rate, branches))
    return Proposal(
        receptive_field,
        rate,
        roomy,
        branches,
        tuple(islice((rates for rates in best if not rates.reasons), PROPOSALS)),
        tuple(rates for rates in well_known if rates.reasons),
    )


def span(rate: int) -> int:
    """The receptive field of a 3×3 at a rate."""
    return Window(KERNEL, 1, rate).span


def rate_of(receptive_field: int) -> int:
    """The rate at which a 3×3 spans the receptive field. Raises UsageError where there is none."""
    rate, odd = divmod(receptive_field - 1, KERNEL - 1)
    if odd or rate < 1:
        near = f"{receptive_field - 1} or {receptive_field + 1}" if rate > 1 else f"{KERNEL}"
        raise UsageError(
            f"no 3×3 has a receptive field of {receptive_field}: they are odd, from 3", hint=f"ask for {near}"
        )
    return rate


def map_side(side: int, output_stride: int) -> int:
    """Rows or columns of a backbone's map: the image's, halved and rounded up for each factor 2 of the stride."""
    for _ in range(output_stride.bit_length() - 1):
        side = Window(KERNEL, 2, 1, 1, 1).size(side)
    return side


def spread(rate: int, branches: int) -> Iterator[tuple[int, ...]]:
    """Rates up to `rate` without a common factor whose largest distance is the least there is, most even only."""
    return (tuple(accumulate(each)) for each in arrangements(distances(rate, branches)))


def distances(rate: int, branches: int) -> Counter[int]:
    """The distances between such rates, however ordered; none where a single rate above 1 is its own factor."""
    step, rest = divmod(rate, branches)
    if rest or step == 1:
        # Both `step` and `step + 1` are there, or all are 1: no common factor.
        return +Counter({step: branches - rest, step + 1: rest})
    if branches == 1:
        return Counter()
    # Equal steps share the factor `step`. Two of them moved apart by 1, or by 2 where both would be even, share none.
    apart = 2 if branches == 2 and step % 2 else 1
    return +Counter({step - apart: 1, step: branches - 2, step + apart: 1})


def arrangements(counts: Counter[int]) -> Iterator[tuple[int, ...]]:
    """Every order of some numbers once, smallest first."""
    for number in sorted(counts):
        rest = counts - Counter([number])
        if rest:
            yield from ((number, *others) for others in arrangements(rest))
        else:
            yield (number,)


def judge(rates: Sequence[int], height: int, width: int) -> Rates:
    """What some rates do on a map of height × width, beside a 1×1."""
    windows = [Window(KERNEL, 1, rate, rate, rate) for rate in rates]
    sides = {height, width}
    taps = [sorted({n // 2}.union(*(window.taps(n, n // 2) for window in windows))) for n in sides]
    between = [after - before for axis in taps for before, after in pairwise(axis)]
    return Rates(
        tuple(rates),
        span(max(rates)),
        tuple(rate for rate in rates if not inside(rate, height, width)),
        inside(max(rates), height, width),
        gcd(*between),
        max(between, default=0),
        all(linked(windows, n) for n in sides),
    )


def inside(rate: int, height: int, width: int) -> Fraction:
    """Share of the positions at which a 3×3 has all taps inside."""
    window = Window(KERNEL, 1, rate, rate, rate)
    return Fraction(window.full_windows(height) * window.full_windows(width), height * width)


def linked(windows: Sequence[Window], n: int) -> bool:
    """Whether one gets from the output in the middle to every other along an axis, by inputs that two outputs read.

    The 1×1 reads each output's own place, and centred windows read j from i where they read i from j: so the outputs
    that are linked to one directly or by a single other are those at the places that it reads, and so on from there.
    """
    reached, waiting = {n // 2}, [n // 2]
    while waiting:
        output = waiting.pop()
        read = {j for window in windows for j in window.taps(n, output)} - reached
        reached |= read
        waiting += read
    return len(reached) == n
