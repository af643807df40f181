"""Exact bounds of what output positions read, as lazy periodic functions: f(i + period) = f(i) + shift.

Windows move the ends of what is read along a straight line, over the input or over a table of another function. Only
what resizes, bins and merges make takes a table, and of that only the positions that are asked for, each once: a
period of millions costs nothing where a map has a few hundred positions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import gcd, isqrt, lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyramidcalc.indexmap import IndexMap

    Extent = tuple[int, int] | None
    """First and last index; None where nothing is read."""
    Reading = tuple[tuple["Table | None", int, int], ...]
    """Tables (None: the input itself), and positions of theirs: of the first what it reads first, of the second last."""

MAX_POSITIONS = 1 << 14
"""Positions that are looked at one by one for one number: some hundredths of a second."""
MAX_LOOKS = 1 << 16
"""Positions of one layer before, wherever it is, that are looked at for one number: some tenths of a second."""


class TooManyPositionsError(Exception):
    """A number would take more positions to look at than MAX_POSITIONS or MAX_LOOKS."""


class Bounds:
    """First and last index that each position reads.

    `monotone`: every position reads something, and neither end falls behind that of the position before.
    """

    __slots__ = ("monotone", "period", "shift")

    period: int
    shift: int
    monotone: bool

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        """The first and the last offset of the paths: a path is centred at slope·i + offset, on average."""
        raise NotImplementedError

    def at(self, i: int) -> tuple[Table | None, int, int]:
        """The table that decides position i, and the positions there of its first and of its last index."""
        raise NotImplementedError

    def extents(self, positions: Iterable[int]) -> list[Extent]:
        """What each position reads: (first, last), or None."""
        return look_up([(self.at(i),) for i in positions])

    def extent(self, i: int) -> Extent:
        """What position i reads."""
        return self.extents((i,))[0]

    def largest(self, m: int) -> int | None:
        """Largest extent over positions 0 … m-1, or None where none reads anything."""
        count = min(m, self.period)
        if count > MAX_POSITIONS:
            raise TooManyPositionsError(f"what is read differs over {count} positions, more than {MAX_POSITIONS}")
        return max([e[1] - e[0] + 1 for e in self.extents(range(count)) if e], default=None)


class Line(Bounds):
    """Position i reads from what position first + i·step of a monotone table reads first, to what last + i·step does
    last; without a table these are the inputs themselves. What windows make.

    `middles` are twice the offsets of the first and the last path's centre, in positions of the table.
    """

    __slots__ = ("first", "last", "middles", "step", "table")

    def __init__(self, table: Table | None, first: int, last: int, step: int, middles: tuple[int, int]) -> None:
        self.table = table
        self.first = first
        self.last = last
        self.step = step
        self.middles = middles
        self.monotone = True
        if table is None:
            self.period, self.shift = 1, step
        else:
            self.period = table.period // gcd(table.period, step)
            self.shift = table.shift * step * self.period // table.period

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        low, high = (Fraction(middle, 2) for middle in self.middles)
        if self.table is None:
            return low, high
        slope, (first, last) = self.table.slope, self.table.centres
        return slope * low + first, slope * high + last

    def at(self, i: int) -> tuple[Table | None, int, int]:
        return self.table, self.first + i * self.step, self.last + i * self.step

    def numbers(self) -> tuple[object, ...]:
        """What tells two lines apart."""
        return self.table, self.first, self.last, self.step

    def largest(self, m: int) -> int | None:
        return self.last - self.first + 1 if self.table is None else super().largest(m)

    def moved(self, taps: range, step: int) -> Line:
        """What outputs read whose position 0 reads `taps` of these positions, `step` further on each."""
        first, last = self.step * taps[0], self.step * taps[-1]
        low, high = self.middles
        middles = (low + first + last, high + first + last)
        return Line(self.table, self.first + first, self.last + last, self.step * step, middles)


INPUT = Line(None, 0, 0, 1, (0, 0))
"""Each position of an input reads itself."""


class Table(Bounds):
    """Bounds whose positions are worked out one by one, modulo the period; `depth` is greater than that of all tables
    that they ask."""

    __slots__ = ("_centres", "depth", "known")

    def __init__(self, inner: Sequence[Bounds], period: int, shift: int, monotone: bool) -> None:
        tables = [bounds.at(0)[0] for bounds in inner]
        self.depth: int = 1 + max([table.depth for table in tables if table is not None], default=0)
        self.period = period
        self.shift = shift
        self.monotone = monotone
        self.known: dict[int, Extent] = {}

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        return self._centres

    def at(self, i: int) -> tuple[Table | None, int, int]:
        return self, i, i

    def asks(self, i: int) -> Reading:
        """What decides position i, for 0 ≤ i < period."""
        raise NotImplementedError


class Mapped(Table):
    """What a map reads of other bounds: the least first and the greatest last over all its taps.

    A composed straight line would not be exact: what is read by the outer taps need not lie farthest out.
    """

    __slots__ = ("inner", "map", "n")

    def __init__(self, axis_map: IndexMap, n: int, inner: Bounds) -> None:
        p, q = axis_map.period(n)
        repeat = inner.period // gcd(inner.period, q)
        shift = inner.shift * q * repeat // inner.period
        super().__init__((inner,), p * repeat, shift, axis_map.monotone and inner.monotone)
        self.map, self.n, self.inner = axis_map, n, inner
        _, offset = axis_map.centre(n)
        start = inner.slope * offset
        first, last = inner.centres
        self._centres = start + first, start + last

    def asks(self, i: int) -> Reading:
        taps, inner = self.map.reads(self.n, i), self.inner
        if self.monotone:
            return ((*inner.at(taps[0])[:2], inner.at(taps[-1])[2]),)
        # Taps a whole number of periods apart are in order, so one turn from either end decides.
        turn = inner.period // gcd(taps.step, inner.period)
        if taps[MAX_POSITIONS:] and turn > MAX_POSITIONS // 2:
            raise TooManyPositionsError(f"one position reads more than {MAX_POSITIONS} that differ")
        ends = (*taps[:turn], *taps[-turn:]) if taps[2 * turn :] else taps
        return tuple([inner.at(tap) for tap in ends])


class Hull(Table):
    """The hull of two functions of equal slope."""

    __slots__ = ("one", "other")

    def __init__(self, one: Bounds, other: Bounds) -> None:
        period = lcm(one.period, other.period)
        super().__init__((one, other), period, one.shift * period // one.period, one.monotone and other.monotone)
        self.one, self.other = one, other
        (low, high), (least, greatest) = one.centres, other.centres
        self._centres = min(low, least), max(high, greatest)

    def asks(self, i: int) -> Reading:
        return self.one.at(i), self.other.at(i)


def look_up(readings: Sequence[Reading]) -> list[Extent]:
    """The hull of what each reading reads; fills in the tables, without recursion however deep the graph."""
    missing: dict[Table, set[int]] = {}
    note_missing(readings, missing)
    order: list[tuple[Table, list[int], list[Reading]]] = []
    while missing:
        # Everything that asks something of the deepest table is deeper, and has been here before.
        table = max(missing, key=lambda table: table.depth)
        places = list(missing.pop(table))
        if len(places) > MAX_LOOKS:
            raise TooManyPositionsError(f"to tell would take more than {MAX_LOOKS} positions of a layer before")
        asked = [table.asks(i) for i in places]
        note_missing(asked, missing)
        order.append((table, places, asked))
    for table, places, asked in reversed(order):
        table.known.update(zip(places, map(hull_of, asked), strict=True))
    return [hull_of(reading) for reading in readings]


def note_missing(readings: Iterable[Reading], missing: dict[Table, set[int]]) -> None:
    """Adds the positions of tables that are not known yet."""
    for reading in readings:
        for table, first, last in reading:
            if table is not None:
                known, period = table.known, table.period
                for place in (first % period, last % period):
                    if place not in known:
                        missing.setdefault(table, set()).add(place)


def hull_of(reading: Reading) -> Extent:
    """First and last index of what is known of some tables; None where nothing is read."""
    extent: Extent = None
    for table, first, last in reading:
        if table is None:
            extent = both(extent, (first, last))
            continue
        turns, r = divmod(first, table.period)
        low = table.known[r]
        if low is None:
            continue
        start = low[0] + turns * table.shift
        turns, r = divmod(last, table.period)
        high = table.known[r]
        extent = both(extent, (start, high[1] + turns * table.shift)) if high else extent
    return extent


def both(one: Extent, other: Extent) -> Extent:
    """The hull of two extents, of which None is empty."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def line_over(table: Table) -> Bounds:
    """A table as a line over itself, which windows move along, where it is monotone."""
    return Line(table, 0, 0, 1, (0, 0)) if table.monotone else table


def through(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """What the outputs of a map read, from what its n inputs read."""
    p, q = axis_map.period(n)
    if p == 1 and isinstance(inner, Line):
        return inner.moved(axis_map.reads(n, 0), q)
    return line_over(Mapped(axis_map, n, inner))


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
    if isinstance(one, Line) and isinstance(other, Line) and one.table is other.table and one.step == other.step:
        (low, high), (least, greatest) = one.middles, other.middles
        middles = min(low, least), max(high, greatest)
        return Line(one.table, min(one.first, other.first), max(one.last, other.last), one.step, middles)
    return line_over(Hull(one, other))


def extents_of(parts: Sequence[Bounds], positions: Iterable[int]) -> list[Extent]:
    """What each position reads by any of some functions."""
    return look_up([tuple([part.at(i) for part in parts]) for i in positions])


def widest(parts: Sequence[Bounds], m: int) -> int | None:
    """Largest extent of the hull of functions over positions 0 … m-1, or None where none reads anything.

    Raises TooManyPositionsError where it would take too many positions to tell.
    """
    if len(parts) < 2:
        return parts[0].largest(m) if parts else None
    if m > MAX_POSITIONS:
        raise TooManyPositionsError(f"branches drift apart over {m} positions, more than {MAX_POSITIONS}")
    if not all(part.monotone for part in parts):
        return max([e[1] - e[0] + 1 for e in extents_of(parts, range(m)) if e], default=None)
    # Between two positions nothing lies before what the one reads first, nor behind what the other reads last.
    grid = [*range(0, m - 1, isqrt(m)), m - 1]
    ends = [e for e in extents_of(parts, grid) if e]
    size = max([last - first + 1 for first, last in ends])
    between: list[int] = []
    for (before, (first, _)), (behind, (_, last)) in pairwise(zip(grid, ends, strict=True)):
        if last - first + 1 > size:
            between += range(before + 1, behind)
    return max([size, *[e[1] - e[0] + 1 for e in extents_of(parts, between) if e]])
