"""Exact bounds of what output positions read, as lazy periodic functions: f(i + period) = f(i) + shift.

Windows move the ends of what is read along a straight line, over the input or over a table of another function. Only
what resizes, bins and merges make takes a table, and of that only the positions that are asked for, each once: a
period of millions costs nothing where a map has a few hundred positions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, pairwise
from math import gcd, isqrt, lcm
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pyramidcalc.indexmap import IndexMap

    Extent = tuple[int, int] | None
    """First and last index; None where nothing is read."""
    Column = tuple["Table | None", Sequence[int], Sequence[int], Sequence[int]]
    """Readers, and for each the positions of a table (None: the input itself) from whose first index to whose last
    index it reads."""

MAX_POSITIONS = 1 << 14
"""Positions that are looked at one by one for one number: some hundredths of a second."""
MAX_LOOKS = 1 << 16
"""Positions of one layer before, wherever it is, that are looked at for one number: some tenths of a second."""


class TooManyPositionsError(Exception):
    """A number would take more positions to look at than MAX_POSITIONS or MAX_LOOKS."""


class Bounds:
    """First and last index that each position reads.

    Position i reads from the first index of position first + i·step of a table to the last index of position
    last + i·step; without a table, these are the inputs themselves. `middles` are twice the offsets, in positions of
    the table, where the first and the last path are centred. `monotone`: every position reads something, and neither
    end falls behind that of the position before.
    """

    __slots__ = ("first", "last", "middles", "monotone", "period", "shift", "step", "table")

    def __init__(
        self,
        table: Table | None = None,
        first: int = 0,
        last: int = 0,
        step: int = 1,
        middles: tuple[int, int] = (0, 0),
    ) -> None:
        self.table = table
        self.first = first
        self.last = last
        self.step = step
        self.middles = middles
        if table is None:
            self.period, self.shift, self.monotone = 1, step, True
        else:
            self.period = table.period // gcd(table.period, step)
            self.shift = table.shift * step * self.period // table.period
            self.monotone = table.monotone

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        """The first and the last offset of the paths: a path is centred at slope·i + offset, on average."""
        table, (low, high) = self.table, self.middles
        shift, period, first, last = (table.shift, table.period, *table.centres) if table else (1, 1, ZERO, ZERO)
        start = Fraction(shift * low, 2 * period) + first if low else first
        return start, start if low == high and first is last else Fraction(shift * high, 2 * period) + last

    def column(self, readers: Sequence[int], positions: Sequence[int]) -> Column:
        """What decides some positions, each for the reader at its place."""
        first, last, step = self.first, self.last, self.step
        return self.table, readers, [first + i * step for i in positions], [last + i * step for i in positions]

    def moved(self, taps: range, step: int) -> Bounds:
        """What outputs read whose position 0 reads `taps` of these positions, and each other one `step` further on."""
        first, last = self.step * taps[0], self.step * taps[-1]
        low, high = self.middles
        middles = (low + first + last, high + first + last)
        return Bounds(self.table, self.first + first, self.last + last, self.step * step, middles)

    def extent(self, i: int) -> Extent:
        """What position i reads: (first, last), or None."""
        return extents_of((self,), (i,))[0]

    def largest(self, m: int) -> int:
        """Largest extent over positions 0 … m-1, 0 where none reads anything."""
        return widest((self,), m)[0]


INPUT = Bounds()
"""Each position of an input reads itself."""


class Table:
    """What is read, position by position, modulo the period; `depth` is greater than that of all tables it asks.

    `centres` are those of the bounds over it. They are worked out when made: asking all the way down would be as deep
    as the graph.
    """

    __slots__ = ("centres", "depth", "known", "monotone", "period", "shift")

    centres: tuple[Fraction, Fraction]

    def __init__(self, inner: Sequence[Bounds], period: int, shift: int, monotone: bool) -> None:
        self.depth: int = 1 + max([bounds.table.depth for bounds in inner if bounds.table], default=0)
        self.period = period
        self.shift = shift
        self.monotone = monotone
        self.known: dict[int, Extent] = {}

    def asks(self, places: Sequence[int]) -> Sequence[Column]:
        """What decides some positions, all in 0 … period-1."""
        raise NotImplementedError

    def values(self, places: Sequence[int], end: int) -> Sequence[Any]:
        """The first index (`end` 0) or the last (1) of positions that are known; None where nothing is read."""
        known, period, shift = self.known, self.period, self.shift
        return [(e := known[i % period]) and e[end] + i // period * shift for i in places]


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
        first, last = inner.centres
        if offset:
            offset *= inner.slope
            first, last = (first + offset,) * 2 if first is last else (first + offset, last + offset)
        self.centres = first, last

    def asks(self, places: Sequence[int]) -> Sequence[Column]:
        taps = [self.map.reads(self.n, i) for i in places]
        if self.monotone:
            inner, step = self.inner, self.inner.step
            firsts = [inner.first + each[0] * step for each in taps]
            return ((inner.table, places, firsts, [inner.last + each[-1] * step for each in taps]),)
        read = [(i, tap) for i, each in zip(places, map(self.ends_of, taps), strict=True) for tap in each]
        return (self.inner.column([i for i, _ in read], [tap for _, tap in read]),)

    def ends_of(self, taps: range) -> Sequence[int]:
        """The taps that can lie farthest out."""
        # Taps a whole number of periods apart are in order, so one turn from either end decides.
        turn = self.inner.period // gcd(taps.step, self.inner.period)
        if taps[MAX_POSITIONS:] and turn > MAX_POSITIONS // 2:
            raise TooManyPositionsError(f"one position reads more than {MAX_POSITIONS} that differ")
        return (*taps[:turn], *taps[-turn:]) if taps[2 * turn :] else taps


class Hull(Table):
    """The hull of two functions of equal slope."""

    __slots__ = ("one", "other")

    def __init__(self, one: Bounds, other: Bounds) -> None:
        period = lcm(one.period, other.period)
        super().__init__((one, other), period, one.shift * period // one.period, one.monotone and other.monotone)
        self.one, self.other = one, other
        (low, high), (least, greatest) = one.centres, other.centres
        self.centres = (low, low) if low == high == least == greatest else (min(low, least), max(high, greatest))

    def asks(self, places: Sequence[int]) -> Sequence[Column]:
        return self.one.column(places, places), self.other.column(places, places)


def extents_of(parts: Sequence[Bounds], positions: Sequence[int]) -> list[Extent]:
    """What each position reads by any of some functions: (first, last), or None."""
    columns = [part.column(positions, positions) for part in parts]
    work_out(columns)
    return list(hulls(positions, columns).values())


def work_out(columns: Sequence[Column]) -> None:
    """Fills in the tables where they are asked for, without recursion however deep the graph."""
    missing: dict[Table, set[int]] = {}
    note_missing(columns, missing)
    order: list[tuple[Table, list[int], Sequence[Column]]] = []
    while missing:
        # Everything that asks something of the deepest table is deeper, and has been here before.
        table = max(missing, key=lambda table: table.depth)
        places = list(missing.pop(table))
        if len(places) > MAX_LOOKS:
            raise TooManyPositionsError(f"to tell would take more than {MAX_LOOKS} positions of a layer before")
        asked = table.asks(places)
        note_missing(asked, missing)
        order.append((table, places, asked))
    for table, places, asked in reversed(order):
        table.known.update(hulls(places, asked))


def note_missing(columns: Iterable[Column], missing: dict[Table, set[int]]) -> None:
    """Adds the positions of tables that are not known yet."""
    for table, _, firsts, lasts in columns:
        if table is not None:
            period = table.period
            if unknown := {i % period for i in chain(firsts, lasts)}.difference(table.known):
                missing.setdefault(table, set()).update(unknown)


def hulls(readers: Sequence[int], columns: Sequence[Column]) -> dict[int, Extent]:
    """First and last index that each reader reads, all columns together; None where nothing is read."""
    extents: dict[int, Extent] = dict.fromkeys(readers)
    for table, owners, places, others in columns:
        firsts, lasts = (places, others) if table is None else (table.values(places, 0), table.values(others, 1))
        if len(columns) == 1 and owners is readers and (table is None or table.monotone):
            return dict(zip(readers, zip(firsts, lasts, strict=True), strict=True))
        for reader, first, last in zip(owners, firsts, lasts, strict=True):
            if first is not None and last is not None:
                before = extents[reader]
                extents[reader] = (first, last) if before is None else both(before, (first, last))
    return extents


def both(one: Extent, other: Extent) -> Extent:
    """The hull of two extents, of which None is empty."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def through(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """What the outputs of a map read, from what its n inputs read."""
    p, q = axis_map.period(n)
    if p == 1 and inner.monotone:
        return inner.moved(axis_map.reads(n, 0), q)
    return Bounds(Mapped(axis_map, n, inner))


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
    if one.monotone and one.table is other.table and one.step == other.step:
        (low, high), (least, greatest) = one.middles, other.middles
        middles = min(low, least), max(high, greatest)
        return Bounds(one.table, min(one.first, other.first), max(one.last, other.last), one.step, middles)
    return Bounds(Hull(one, other))


def widest(parts: Sequence[Bounds], m: int) -> tuple[int, Extent]:
    """Largest extent of the hull of functions over positions 0 … m-1, 0 where none reads anything, and the extent
    of position 0.

    Raises TooManyPositionsError where it would take too many positions to tell.
    """
    count = min(m, parts[0].period) if len(parts) == 1 else m
    if count > MAX_POSITIONS:
        what = "what is read differs" if len(parts) == 1 else "branches drift apart"
        raise TooManyPositionsError(f"{what} over {count} positions, more than {MAX_POSITIONS}")
    drifting = len(parts) > 1 and all(part.monotone for part in parts)
    grid = [*range(0, m - 1, isqrt(m)), m - 1] if drifting else range(count)
    extents = extents_of(parts, grid)
    size, between = largest(extents), list[int]()
    ends = zip(grid, extents, strict=True) if drifting else ()
    for (before, first), (behind, last) in pairwise(ends):
        # Between two positions nothing lies before what the one reads first, nor behind what the other reads last.
        if largest([both(first, last)]) > size:
            between += range(before + 1, behind)
    return max(size, largest(extents_of(parts, between)) if between else 0), extents[0]


def largest(extents: Iterable[Extent]) -> int:
    """The largest of some extents, 0 where nothing is read."""
    return max([e[1] - e[0] + 1 for e in extents if e], default=0)
