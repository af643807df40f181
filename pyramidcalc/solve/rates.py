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

from pyramidcalc.catalog import find
from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import Window, positions_of
from pyramidcalc.passes.pyramid_rates import PUBLISHED
from pyramidcalc.passes.reach import reach, sweep
from pyramidcalc.passes.receptive_field import fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.passes.shapes import Resolved

KERNEL = 3
LARGEST = 4096
"""Maps up to so many rows or columns are looked at; every output of one is followed."""
PROPOSALS = 5


class Judged(Record):
    """What some rates do on a map, read off the block itself.

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
    def good(self) -> bool:
        """Whether no rate is degenerate and no gridding is left."""
        return not self.degenerate and self.linked

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong with them."""
        made = [f"rate {rate} is degenerate: no position has all its taps inside" for rate in self.degenerate]
        if self.factor > 1:
            grids = f"{self.factor}×{self.factor} grids"
            made.append(f"gridding: the rates share the factor {self.factor}, so {grids} share no pixel")
        elif not self.linked:
            made.append("gridding: on this map some outputs share no pixel with the others")
        return tuple(made)


class Answer(Record):
    """Proposals, best first; well-known rates and what is wrong with them; what was asked and what can be had."""

    asked: int
    receptive_field: int
    branches: int
    proposals: tuple[Judged, ...]
    others: tuple[Judged, ...]

    @property
    def rate(self) -> int:
        """The largest rate."""
        return largest_rate(self.receptive_field)


def largest_rate(receptive_field: int) -> int:
    """The rate at which a 3×3 spans the receptive field. Raises UsageError where there is none."""
    rate, odd = divmod(receptive_field - 1, KERNEL - 1)
    if odd or rate < 1:
        near = f"{receptive_field - 1} or {receptive_field + 1}" if rate > 1 else f"{KERNEL}"
        raise UsageError(
            f"no 3×3 has a receptive field of {receptive_field}: they are odd, from 3", hint=f"ask for {near}"
        )
    return rate


def propose(height: int, width: int, receptive_field: int, branches: int) -> Answer:
    """Rates for an ASPP of some 3×3 branches on a map, the largest as the receptive field asks, or as the map allows.

    Raises UsageError for a receptive field that no rate has, a map on which all rates are degenerate, or one too
    large to follow.
    """
    rate = largest_rate(receptive_field)
    most = Window(KERNEL).degenerate_rate(min(height, width)) - 1
    if most < 1:
        raise UsageError(
            f"on {height}x{width} every rate is degenerate: no position has all taps of a 3×3 inside",
            hint=f"a 3×3 spans {KERNEL} at rate 1, so give a map of at least {KERNEL}x{KERNEL}",
        )
    if max(height, width) > LARGEST:
        smaller = f"{min(height, LARGEST)}x{min(width, LARGEST)}"
        raise UsageError(
            f"a map of {height}x{width} is over the limit of {LARGEST} rows or columns",
            hint=f"solve for {smaller}: rates without gridding there, none degenerate, are so on larger maps too",
        )
    rate = min(rate, most)
    branches = min(branches, rate)
    candidates = (judge(rates, height, width) for rates in spread(rate, branches))
    proposals = tuple(islice((found for found in candidates if found.good), PROPOSALS))
    wanted = largest_rate(receptive_field)
    published = [rates for sets in PUBLISHED.values() for rates in sets if rates[-1] == wanted]
    known = dict.fromkeys([*even(wanted, branches), *even(rate, branches), *published])
    taken = {found.rates for found in proposals}
    others = tuple(judge(rates, height, width) for rates in known if rates not in taken)
    span = Window(KERNEL, 1, rate).span
    return Answer(receptive_field, span, branches, proposals, tuple(found for found in others if not found.good))


def even(rate: int, branches: int) -> Iterator[tuple[int, ...]]:
    """Evenly spaced rates up to `rate`, where they are whole numbers."""
    step, rest = divmod(rate, branches)
    if not rest:
        yield tuple(range(step, rate + 1, step))


def spread(rate: int, branches: int) -> Iterator[tuple[int, ...]]:
    """Rates up to `rate` without a common factor whose largest distance is the least there is, most even only."""
    for each in arrangements(distances(rate, branches)):
        yield tuple(accumulate(each))


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
    left = sorted(number for number, count in counts.items() if count > 0)
    for number in left:
        rest = counts - Counter([number])
        if not rest:
            yield (number,)
        else:
            yield from ((number, *others) for others in arrangements(rest))


def least_branches(rate: int, distance: int) -> int:
    """How many rates up to `rate` it takes for taps no further apart than `distance`, without a common factor."""
    counts = range(1, rate + 1)
    return next(count for count in counts if 0 < max(distances(rate, count), default=0) <= distance)


def judge(rates: Sequence[int], height: int, width: int) -> Judged:
    """What some rates do on a map of height × width."""
    block = find("aspp")
    graph = block.build({"input": 1}, block.checked({"rate": tuple(rates), "channels": 1}))
    resolved = shapes(graph, {"input": (1, height, width)})
    inside = {rate: full_share(rate, height, width) for rate in rates}
    names = branches_of(resolved)
    between = [b - a for axis in taps_at_centre(resolved, names) for a, b in pairwise(axis)]
    return Judged(
        tuple(rates),
        Window(KERNEL, 1, max(rates)).span,
        tuple(rate for rate in rates if not inside[rate]),
        inside[max(rates)],
        gcd(*between),
        max(between, default=0),
        all(linked(resolved, names, axis) for axis in (0, 1)),
    )


def full_share(rate: int, height: int, width: int) -> Fraction:
    """Share of the positions at which a 3×3 has all taps inside."""
    window = Window(KERNEL, 1, rate, rate, rate)
    return Fraction(window.full_windows(height) * window.full_windows(width), height * width)


def branches_of(resolved: Resolved) -> list[str]:
    """What the pyramid joins, less the branches that read the whole map."""
    known = fields(resolved)
    joined = next(step for step in resolved.steps if len(step.layer.axes(*step.shapes)) > 1 and len(step.inputs) > 2)
    return [name for name in joined.inputs if not known[name]["input"][0].whole]


def taps_at_centre(resolved: Resolved, names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Rows and columns that the output in the middle reads through any branch."""
    _, height, width = resolved.inputs["input"]
    rows = columns = 0
    for name in names:
        for _, row_set, column_set in reach(resolved, name, height // 2, width // 2).products["input"]:
            rows |= row_set
            columns |= column_set
    return list(positions_of(rows)), list(positions_of(columns))


def linked(resolved: Resolved, names: Sequence[str], axis: int) -> bool:
    """Whether from the output in the middle one gets to every other along an axis, by pixels that two outputs read."""
    sizes = resolved.inputs["input"][1:]
    n, middle = sizes[axis], 1 << sizes[1 - axis] // 2
    found, before = 1 << n // 2, 0
    while found != before:
        before = found
        # What is read, then who else reads it: odd windows padded alike read j from i where they read i from j.
        for _ in range(2):
            pair = (found, middle) if axis == 0 else (middle, found)
            products, _unknown = sweep(resolved.steps, {name: [(1, *pair)] for name in names})
            for product in products["input"]:
                if product[2 - axis] & middle:
                    found |= product[1 + axis]
    return found.bit_count() == n
