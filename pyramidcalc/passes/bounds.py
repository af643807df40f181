"""Exact bounds of what output positions read, as lazy periodic functions: f(i + period) = f(i) + shift.

Windows, resizes and bins move both ends of what is read along a straight line, rounded down, and several such lines in
a row are mostly one. Elsewhere (holes between taps, a line on steps of another, branches of which none reads farthest
at every position) a table takes its place, and of that only the positions that are asked for, each once: a period of
millions costs nothing where a map has a few hundred positions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import gcd, isqrt, lcm
from typing import TYPE_CHECKING

from pyramidcalc.passes.tables import MAX_POSITIONS, Table, TooManyPositionsError, both, hulls, work_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.indexmap.base import Ends
    from pyramidcalc.passes.tables import Column, Extent

    Offsets = tuple[int, int, int]
    """(low, high, unit): the first and the last path are centred low/unit and high/unit behind slope·i."""

PIXELS = (0, 0, 1)
"""The line of an input: index i is pixel i."""


class Bounds:
    """First and last index that each position reads.

    Position i reads from index low + scale·⌊(first + i·step)/divisor⌋ to high + scale·⌊(last + i·step)/divisor⌋ of the
    input, where `line` is (low, high, scale); with a table, from what its position ⌊(first + i·step)/divisor⌋ reads
    first to what its position ⌊(last + i·step)/divisor⌋ reads last. Step and divisor have no common factor. `offsets`
    say where paths are centred. `monotone`: every position reads something, and neither end falls behind that of the
    position before.
    """

    __slots__ = ("divisor", "first", "last", "line", "monotone", "offsets", "period", "shift", "step", "table")

    def __init__(
        self,
        table: Table | None = None,
        ends: Ends = (0, 0, 1, 1),
        line: tuple[int, int, int] = PIXELS,
        offsets: Offsets = (0, 0, 2),
    ) -> None:
        self.table = table
        self.first, self.last, self.step, self.divisor = ends
        self.line = line
        self.offsets = offsets
        if table is None:
            self.period, self.shift, self.monotone = self.divisor, line[2] * self.step, True
        else:
            turns = table.period // gcd(table.period, self.step)
            self.period = self.divisor * turns
            self.shift = table.shift * self.step * turns // table.period
            self.monotone = table.monotone

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift) if self.period == 1 else Fraction(self.shift, self.period)

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        """The first and the last offset of the paths: a path is centred at slope·i + offset, on average."""
        low, high, unit = self.offsets
        return Fraction(low, unit), Fraction(high, unit)

    @property
    def ends(self) -> Ends:
        """The rule of the positions of a table, or of the steps of a line."""
        return self.first, self.last, self.step, self.divisor

    def same(self, other: Bounds) -> bool:
        """Whether both surely read the same."""
        return self.table is other.table and self.line == other.line and self.ends == other.ends

    def column(self, readers: Sequence[int], befores: Sequence[int], behinds: Sequence[int]) -> Column:
        """What decides some readers, each of which reads from one position to another."""
        first, last, step, divisor = self.ends
        firsts = [(first + i * step) // divisor for i in befores]
        lasts = [(last + i * step) // divisor for i in behinds]
        if self.table is None:
            low, high, scale = self.line
            firsts, lasts = [low + scale * i for i in firsts], [high + scale * i for i in lasts]
        return self.table, readers, firsts, lasts

    def offsets_at(self, up: int, down: int) -> Offsets:
        """The offsets of paths that are centred up/down of these positions further on."""
        if not up:
            return self.offsets
        low, high, unit = self.offsets
        common = lcm(unit, self.period * down)
        scale, moved = common // unit, self.shift * up * (common // (self.period * down))
        return low * scale + moved, high * scale + moved, common

    def extent(self, i: int) -> Extent:
        """What position i reads: (first, last), or None."""
        return extents_of((self,), (i,))[0]

    def largest(self, m: int) -> int:
        """Largest extent over positions 0 … m-1, 0 where none reads anything."""
        return widest((self,), m)[0]

    def widest_of_line(self, m: int) -> tuple[int, tuple[int, int]]:
        """What `widest` gives, by arithmetic alone."""
        first, last, divisor = self.first, self.last, self.divisor
        low, high, scale = self.line
        start = low + scale * (first // divisor), high + scale * (last // divisor)
        if divisor == 1:
            return start[1] - start[0] + 1, start
        steps, rest = divmod(last - first, divisor)
        # One step more is read where rounding takes as much off the first end as the rest is short of a step.
        if rest and m < divisor:
            positions = range(min(m, MAX_POSITIONS))
            rest = any((first + i * self.step) % divisor + rest >= divisor for i in positions)
            if not rest and m > MAX_POSITIONS:
                raise TooManyPositionsError(f"what is read differs over {m} positions, more than {MAX_POSITIONS}")
        return high - low + 1 + scale * (steps + bool(rest)), start

    def contains(self, other: Bounds) -> bool:
        """Whether this surely reads all that another of equal slope does, both without a table."""
        (low, high, scale), (least, greatest, step) = self.line, other.line
        here, there = self.divisor, other.divisor
        # Rounding down takes at most divisor - 1 off.
        latest, earliest = low * here + scale * self.first, least * there + step * (other.first - there + 1)
        farthest, nearest = greatest * there + step * other.last, high * here + scale * (self.last - here + 1)
        return latest * there <= earliest * here and farthest * here <= nearest * there


INPUT = Bounds()
"""Each position of an input reads itself."""


class Mapped(Table):
    """What a map reads of other bounds: the least first and the greatest last over all its taps.

    A composed straight line would not be exact: what is read by the outer taps need not lie farthest out.
    """

    __slots__ = ("inner", "map", "n")

    def __init__(self, axis_map: IndexMap, n: int, inner: Bounds) -> None:
        p, q = axis_map.period(n)
        repeat = inner.period // gcd(inner.period, q)
        shift = inner.shift * q * repeat // inner.period
        super().__init__((inner.table,), p * repeat, shift, axis_map.ends(n) is not None and inner.monotone)
        self.map, self.n, self.inner = axis_map, n, inner

    def asks(self, places: Sequence[int]) -> Sequence[Column]:
        if self.monotone and (ends := self.map.ends(self.n)):
            first, last, step, divisor = ends
            befores = [(first + i * step) // divisor for i in places]
            return (self.inner.column(places, befores, [(last + i * step) // divisor for i in places]),)
        taps = [self.map.reads(self.n, i) for i in places]
        read = [(i, tap) for i, each in zip(places, map(self.ends_of, taps), strict=True) for tap in each]
        positions = [tap for _, tap in read]
        return (self.inner.column([i for i, _ in read], positions, positions),)

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
        super().__init__(
            (one.table, other.table), period, one.shift * period // one.period, one.monotone and other.monotone
        )
        self.one, self.other = one, other

    def asks(self, places: Sequence[int]) -> Sequence[Column]:
        return self.one.column(places, places, places), self.other.column(places, places, places)


def extents_of(parts: Sequence[Bounds], positions: Sequence[int]) -> list[Extent]:
    """What each position reads by any of some functions: (first, last), or None."""
    columns = [part.column(positions, positions, positions) for part in parts]
    work_out(columns)
    return list(hulls(positions, columns).values())


def through(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """What the outputs of a map read, from what its n inputs read."""
    ends = axis_map.ends(n)
    if ends is None or not inner.monotone:
        _, offset = axis_map.centre(n)
        return Bounds(Mapped(axis_map, n, inner), offsets=inner.offsets_at(*offset.as_integer_ratio()))
    if not inner.step:
        return inner
    first, last, step, divisor = ends if ends[3] == 1 else reduced(ends)
    offsets, table, line = inner.offsets_at(first + last + 1 - divisor, 2 * divisor), inner.table, inner.line
    if divisor == 1:
        ends = inner.first + first * inner.step, inner.last + last * inner.step, step * inner.step, inner.divisor
    elif inner.step == 1:
        ends = first + inner.first * divisor, last + inner.last * divisor, step, inner.divisor * divisor
    elif inner.divisor == 1 and table is None:
        # Whole steps of the line stand in the ends, so that equal functions have equal numbers.
        (before, low), (behind, high) = (divmod(index, inner.shift) for index in inner.widest_of_line(1)[1])
        ends, line = (first + before * divisor, last + behind * divisor, step, divisor), (low, high, inner.shift)
    else:
        return Bounds(Mapped(axis_map, n, inner), offsets=offsets)
    if inner.divisor > 1:
        ends = first, last, step, divisor = reduced(ends)
        if divisor == 1 and table is None:
            low, high, scale = line
            ends, line = (low + scale * first, high + scale * last, scale * step, 1), PIXELS
    return Bounds(table, ends, line, offsets)


def reduced(ends: Ends) -> Ends:
    """The same rule without a common factor of step and divisor."""
    first, last, step, divisor = ends
    shared = gcd(step, divisor)
    return first // shared, last // shared, step // shared, divisor // shared


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
    offsets = one.offsets
    if other.offsets != offsets:
        (low, high, unit), (least, greatest, other_unit) = one.offsets, other.offsets
        common = lcm(unit, other_unit)
        up, other_up = common // unit, common // other_unit
        offsets = min(low * up, least * other_up), max(high * up, greatest * other_up), common
    if one.monotone and one.table is other.table and one.line == other.line and one.step == other.step:
        ends = min(one.first, other.first), max(one.last, other.last), one.step, one.divisor
        return Bounds(one.table, ends, one.line, offsets)
    if one.table is None is other.table:
        for outer, inner in ((one, other), (other, one)):
            if outer.contains(inner):
                return Bounds(None, outer.ends, outer.line, offsets)
    return Bounds(Hull(one, other), offsets=offsets)


def widest(parts: Sequence[Bounds], m: int) -> tuple[int, Extent]:
    """Largest extent of the hull of functions over positions 0 … m-1, 0 where none reads anything, and the extent
    of position 0.

    Raises TooManyPositionsError where it would take too many positions to tell.
    """
    if len(parts) == 1 and parts[0].table is None:
        return parts[0].widest_of_line(m)
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
