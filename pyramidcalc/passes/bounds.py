"""Exact bounds of what output positions read, as lazy periodic functions: f(i + period) = f(i) + shift.

Only the positions that are asked for are worked out, each once: a period of millions costs nothing where a
map has a few hundred positions.
"""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush
from math import gcd, lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyramidcalc.indexmap import IndexMap

    Extent = tuple[int, int] | None
    """First and last index; None where nothing is read."""
    Reading = Sequence[tuple["Bounds", Sequence[int]]]
    """Bounds, and positions of theirs."""

MAX_POSITIONS = 1 << 14
"""Positions that are looked at one by one for one number: some hundredths of a second."""
MAX_LOOKS = 1 << 18
"""Positions of inner bounds, all the way to the input, that are looked at for one number: some tenths of a second."""


class TooManyPositionsError(Exception):
    """A number would take more positions to look at than MAX_POSITIONS or MAX_LOOKS."""


class Bounds:
    """First and last index that each position reads. `depth` is greater than that of all bounds it is made of.

    `monotone`: every position reads something, and neither end falls behind that of the position before.
    """

    __slots__ = ("depth", "known", "monotone", "period", "shift")

    def __init__(self, period: int, shift: int, depth: int, monotone: bool) -> None:
        self.period = period
        self.shift = shift
        self.depth = depth
        self.monotone = monotone
        self.known: dict[int, Extent] = {}

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    def extent(self, i: int) -> Extent:
        """(first, last) of position i, or None where nothing is read."""
        turns, r = divmod(i, self.period)
        if r not in self.known:
            work_out(self, (r,))
        extent = self.known[r]
        return extent and (extent[0] + turns * self.shift, extent[1] + turns * self.shift)

    def largest(self, m: int) -> int | None:
        """Largest extent over positions 0 … m-1, or None where none reads anything."""
        count = min(m, self.period)
        if count > MAX_POSITIONS:
            raise TooManyPositionsError(f"what is read differs over {count} positions, more than {MAX_POSITIONS}")
        work_out(self, range(count))
        known = self.known
        return max([e[1] - e[0] + 1 for i in range(count) if (e := known[i])], default=None)

    def asks(self, i: int) -> Reading:
        """The inner bounds and positions that decide position i, for 0 ≤ i < period."""
        raise NotImplementedError


def work_out(bounds: Bounds, positions: Iterable[int]) -> None:
    """Fills in what is not known yet of some positions in 0 … period-1, without recursion however deep the graph."""
    missing = {bounds: {i for i in positions if i not in bounds.known}}
    waiting = [(-bounds.depth, id(bounds), bounds)]
    order, looks = [], 0
    while waiting:
        # Everything that asks something of these bounds is deeper, and has been here before.
        outer = heappop(waiting)[2]
        readings = [(i, outer.asks(i)) for i in missing[outer]]
        looks += sum([len(places) for _, reading in readings for _, places in reading])
        if looks > MAX_LOOKS:
            raise TooManyPositionsError(f"to tell would take more than {MAX_LOOKS} positions of the layers before")
        order.append((outer, readings))
        for _, reading in readings:
            for inner, places in reading:
                known, period = inner.known, inner.period
                for place in places:
                    r = place % period
                    if r not in known:
                        if inner not in missing:
                            missing[inner] = set()
                            heappush(waiting, (-inner.depth, id(inner), inner))
                        missing[inner].add(r)
    for outer, readings in reversed(order):
        for i, reading in readings:
            extents = [e for inner, places in reading for place in places if (e := inner.extent(place))]
            outer.known[i] = (min([e[0] for e in extents]), max([e[1] for e in extents])) if extents else None


class Line(Bounds):
    """All positions alike: position i reads first + i·shift … last + i·shift. What windows make."""

    __slots__ = ("first", "last")

    def __init__(self, first: int, last: int, shift: int) -> None:
        super().__init__(1, shift, 0, monotone=True)
        self.first = first
        self.last = last
        self.known[0] = (first, last)

    def largest(self, m: int) -> int:
        return self.last - self.first + 1


class Mapped(Bounds):
    """What a map reads of other bounds: the least first and the greatest last over all its taps.

    A composed straight line would not be exact: what is read by the outer taps need not lie farthest out.
    """

    __slots__ = ("inner", "map", "n")

    def __init__(self, axis_map: IndexMap, n: int, inner: Bounds) -> None:
        p, q = axis_map.period(n)
        repeat = inner.period // gcd(inner.period, q)
        shift, monotone = inner.shift * q * repeat // inner.period, axis_map.monotone and inner.monotone
        super().__init__(p * repeat, shift, inner.depth + 1, monotone)
        self.map, self.n, self.inner = axis_map, n, inner

    def asks(self, i: int) -> Reading:
        taps = self.map.reads(self.n, i)
        if self.map.monotone and self.inner.monotone:
            return ((self.inner, (taps[0], taps[-1])),)
        # Taps a whole number of periods apart are in order, so one turn from either end decides.
        turn = self.inner.period // gcd(taps.step, self.inner.period)
        ends = ((self.inner, taps[:turn]), (self.inner, taps[-turn:])) if taps[2 * turn :] else ((self.inner, taps),)
        if taps[MAX_POSITIONS:] and turn > MAX_POSITIONS // 2:
            raise TooManyPositionsError(f"one position reads more than {MAX_POSITIONS} that differ")
        return ends


class Hull(Bounds):
    """The hull of two functions of equal slope."""

    __slots__ = ("one", "other")

    def __init__(self, one: Bounds, other: Bounds) -> None:
        period = lcm(one.period, other.period)
        shift, depth = one.shift * period // one.period, max(one.depth, other.depth) + 1
        super().__init__(period, shift, depth, one.monotone and other.monotone)
        self.one, self.other = one, other

    def asks(self, i: int) -> Reading:
        return (self.one, (i,)), (self.other, (i,))


def both(one: Extent, other: Extent) -> Extent:
    """The hull of two extents, of which None is empty."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def through(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """What the outputs of a map read, from what its n inputs read."""
    p, q = axis_map.period(n)
    if p == 1 and isinstance(inner, Line):
        taps, shift = axis_map.reads(n, 0), inner.shift
        return Line(inner.first + shift * taps[0], inner.last + shift * taps[-1], shift * q)
    return Mapped(axis_map, n, inner)


def join(parts: list[Bounds], new: Bounds) -> None:
    """Adds `new` to `parts`, into the one of equal slope where there is one."""
    for index, part in enumerate(parts):
        if part is new:
            return
        if part.shift * new.period == new.shift * part.period:
            parts[index] = hull(part, new)
            return
    parts.append(new)


def hull(one: Bounds, other: Bounds) -> Bounds:
    """The hull of two functions of equal slope, over the common period."""
    if isinstance(one, Line) and isinstance(other, Line):
        return Line(min(one.first, other.first), max(one.last, other.last), one.shift)
    return Hull(one, other)


def extent_of(parts: Sequence[Bounds], i: int) -> Extent:
    """What position i reads by any of some functions."""
    extent: Extent = None
    for part in parts:
        extent = both(extent, part.extent(i))
    return extent


def widest(parts: Sequence[Bounds], m: int) -> int | None:
    """Largest extent of the hull of functions over positions 0 … m-1, or None where none reads anything.

    Raises TooManyPositionsError where it would take too many positions to tell.
    """
    if len(parts) < 2:
        return parts[0].largest(m) if parts else None
    if m > MAX_POSITIONS:
        raise TooManyPositionsError(f"branches drift apart over {m} positions, more than {MAX_POSITIONS}")
    for part in parts:
        work_out(part, range(min(m, part.period)))
    return max([e[1] - e[0] + 1 for i in range(m) if (e := extent_of(parts, i))], default=None)
