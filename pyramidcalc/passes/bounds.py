"""Exact bounds of what output positions read: periodic functions, composed with index maps.

f(i) are the first and last index that position i reads, with f(i + P) = f(i) + Q. Composing takes
the least and greatest over all taps of a map; a composed straight line would not be exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap

LONGEST_PERIOD = 4096
MOST_CENTRES = 64
"""More centre lines than this are kept as the outermost of each stride."""


class Bounds:
    """First and last index that position i reads: f(i + period) = f(i) + shift."""

    __slots__ = ("period", "shift")

    period: int
    shift: int

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    def extent(self, i: int) -> tuple[int, int] | None:
        """(first, last) of position i, or None where nothing is read."""
        raise NotImplementedError

    def largest(self, m: int) -> int | None:
        """Largest extent over positions 0 … m-1, or None where none reads anything."""
        raise NotImplementedError


class Line(Bounds):
    """All positions alike: position i reads first + i·shift … last + i·shift. What windows make."""

    __slots__ = ("first", "last")

    def __init__(self, first: int, last: int, shift: int) -> None:
        self.period = 1
        self.shift = shift
        self.first = first
        self.last = last

    def extent(self, i: int) -> tuple[int, int]:
        return self.first + i * self.shift, self.last + i * self.shift

    def largest(self, m: int) -> int:
        return self.last - self.first + 1


class Mapped(Bounds):
    """What a periodic map reads of a line, worked out when asked: its period may be long."""

    __slots__ = ("inner", "map", "n")

    def __init__(self, axis_map: IndexMap, n: int, inner: Line) -> None:
        self.period, q = axis_map.period(n)
        self.shift = inner.shift * q
        self.map = axis_map
        self.n = n
        self.inner = inner

    def extent(self, i: int) -> tuple[int, int] | None:
        taps = self.map.reads(self.n, i)
        return (self.inner.extent(taps[0])[0], self.inner.extent(taps[-1])[1]) if taps else None

    def largest(self, m: int) -> int | None:
        span = self.map.longest(self.n, m)
        return self.inner.largest(1) + self.inner.shift * (span - 1) if span else None


class Table(Bounds):
    """The extents of one period, one by one."""

    __slots__ = ("extents",)

    def __init__(self, period: int, shift: int, extents: tuple[tuple[int, int] | None, ...]) -> None:
        self.period = period
        self.shift = shift
        self.extents = extents

    def extent(self, i: int) -> tuple[int, int] | None:
        turns, r = divmod(i, self.period)
        extent = self.extents[r]
        return extent and (extent[0] + turns * self.shift, extent[1] + turns * self.shift)

    def largest(self, m: int) -> int | None:
        return max((e[1] - e[0] + 1 for e in self.extents[:m] if e), default=None)


class AxisField:
    """One axis of a node: bounds of its local paths, one for each slope, and whether a path reads all.

    `centres` are the centre lines (stride, offset) of the local paths, each composed map by map.
    `alive` says which positions have a path that reads all (None: none has); the indices in it mean nothing.
    """

    __slots__ = ("alive", "centres", "parts", "unknown")

    def __init__(
        self,
        parts: tuple[Bounds, ...],
        centres: frozenset[tuple[Fraction, Fraction]] = frozenset(),
        alive: Bounds | None = None,
        unknown: str | None = None,
    ) -> None:
        self.parts = parts
        self.centres = centres
        self.alive = alive
        self.unknown = unknown

    @property
    def whole(self) -> bool:
        """Whether some position has a path that reads the whole axis."""
        return self.alive is not None

    def whole_on(self, m: int) -> bool:
        """Whether one of the positions 0 … m-1 has a path that reads the whole axis."""
        return self.alive is not None and self.alive.largest(m) is not None

    def extent(self, i: int) -> tuple[int, int] | None:
        """(first, last) that the local paths of position i read, as if the image went on; None if nothing."""
        found = [e for e in (part.extent(i) for part in self.parts) if e is not None]
        return (min(e[0] for e in found), max(e[1] for e in found)) if found else None


START = AxisField((Line(0, 0, 1),), frozenset([(ONE, ZERO)]))
EVERYWHERE = Line(0, 0, 0)


class PeriodError(Exception):
    """A period grew over the limit."""


def compose(axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
    """What the outputs of a map read, from what its n inputs read."""
    if axis_map is IDENTITY:
        return inner
    if axis_map.whole:
        return AxisField((), frozenset(), EVERYWHERE if inner.whole or reads_something(inner) else None, inner.unknown)
    alive, centres = inner.alive, centred(axis_map, n, inner.centres)
    try:
        if alive is not None and (axis_map.skips or alive is not EVERYWHERE):
            # A transposed window with holes can cut a path that reads everything off, at some positions or all.
            alive = simplified(follow(axis_map, n, alive))
        return AxisField(tuple([follow(axis_map, n, part) for part in inner.parts]), centres, alive, inner.unknown)
    except PeriodError as error:
        return AxisField((), centres, alive, str(error))


def centred(
    axis_map: IndexMap, n: int, centres: frozenset[tuple[Fraction, Fraction]]
) -> frozenset[tuple[Fraction, Fraction]]:
    """Centre lines beyond a map."""
    stride, offset = axis_map.centre(n)
    if stride is ONE and offset is ZERO:
        return centres
    return frozenset([(slope * stride, slope * offset + start) for slope, start in centres])


def outermost(centres: frozenset[tuple[Fraction, Fraction]]) -> frozenset[tuple[Fraction, Fraction]]:
    """The first and last offset of each stride, where there are too many lines to keep."""
    if len(centres) <= MOST_CENTRES:
        return centres
    offsets: dict[Fraction, list[Fraction]] = {}
    for stride, offset in centres:
        offsets.setdefault(stride, []).append(offset)
    return frozenset((stride, end) for stride, found in offsets.items() for end in (min(found), max(found)))


def reads_something(field: AxisField) -> bool:
    """Whether any position has a local path; taken for granted where that is unknown."""
    return bool(field.unknown) or any(part.largest(part.period) is not None for part in field.parts)


def simplified(alive: Bounds) -> Bounds | None:
    """EVERYWHERE where all positions read something, None where none does."""
    if isinstance(alive, Line):
        return EVERYWHERE
    extents = [alive.extent(i) for i in range(alive.period)]
    if None not in extents:
        return EVERYWHERE
    return alive if any(extents) else None


def follow(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """`compose` for one function."""
    p, q = axis_map.period(n)
    if isinstance(inner, Line):
        if p == 1:
            taps, shift = axis_map.reads(n, 0), inner.shift
            return Line(inner.first + shift * taps[0], inner.last + shift * taps[-1], shift * q)
        check_period(p)
        return Mapped(axis_map, n, inner)
    repeat = inner.period // gcd(inner.period, q)
    check_period(p * repeat)
    extents = [extent_of(axis_map.reads(n, i), inner) for i in range(p * repeat)]
    return Table(p * repeat, inner.shift * q * repeat // inner.period, tuple(extents))


def check_period(period: int) -> None:
    """Refuses a period over the limit."""
    if period > LONGEST_PERIOD:
        raise PeriodError(f"what is read repeats only every {period} positions, over the limit of {LONGEST_PERIOD}")


def extent_of(taps: range, inner: Bounds) -> tuple[int, int] | None:
    """Least first and greatest last over all taps; bounded by the period, however many taps there are."""
    step = taps.step
    count = (taps.stop - taps.start + step - 1) // step
    # Taps a whole number of periods apart are in order, so one turn from either end decides.
    turn = min(count, inner.period // gcd(step, inner.period))
    head = [e[0] for t in range(turn) if (e := inner.extent(taps.start + t * step))]
    tail = [e[1] for t in range(count - turn, count) if (e := inner.extent(taps.start + t * step))]
    return (min(head), max(tail)) if head else None


def merge(fields: Sequence[AxisField]) -> AxisField:
    """The hull over branches, position by position; different slopes stay apart."""
    first = fields[0]
    if all(field is first for field in fields):
        return first
    parts: list[Bounds] = []
    alive: list[Bounds] = []
    unknown = next((field.unknown for field in fields if field.unknown), None)
    try:
        for field in fields:
            for part in field.parts:
                join(parts, part)
            if field.alive is not None:
                join(alive, field.alive)
    except PeriodError as error:
        parts, unknown = [], str(error)
    centres = first.centres
    if any(field.centres is not centres for field in fields):
        centres = outermost(centres.union(*[field.centres for field in fields]))
    return AxisField(tuple(parts), centres, simplified(alive[0]) if alive else None, unknown)


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
    period = lcm(one.period, other.period)
    check_period(period)
    field = AxisField((one, other))
    return Table(period, one.shift * period // one.period, tuple([field.extent(i) for i in range(period)]))
