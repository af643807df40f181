"""Exact bounds of what output positions read: periodic functions, composed with index maps.

f(i) are the first and last index that position i reads, with f(i + P) = f(i) + Q. Composing takes
the least and greatest over all taps of a map; a composed straight line would not be exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap

LONGEST_PERIOD = 4096


class Bounds:
    """First and last index read by position i: f(i + period) = f(i) + shift; None where nothing is read."""

    __slots__ = ("firsts", "lasts", "period", "shift")

    def __init__(self, period: int, shift: int, firsts: tuple[int | None, ...], lasts: tuple[int | None, ...]) -> None:
        self.period = period
        self.shift = shift
        self.firsts = firsts
        self.lasts = lasts

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    def extent(self, i: int) -> tuple[int, int] | None:
        """(first, last) of position i, or None."""
        turns, r = divmod(i, self.period)
        first, last = self.firsts[r], self.lasts[r]
        if first is None or last is None:
            return None
        return first + turns * self.shift, last + turns * self.shift

    @property
    def centre(self) -> Fraction | None:
        """Mean over a period of the middle of what position i reads, less slope·i."""
        if self.period == 1:
            first, last = self.firsts[0], self.lasts[0]
            return None if first is None or last is None else Fraction(first + last, 2)
        extents = [(i, self.extent(i)) for i in range(self.period)]
        doubled = [e[0] + e[1] - 2 * self.slope * i for i, e in extents if e is not None]
        return sum(doubled, Fraction(0)) / (2 * len(doubled)) if doubled else None

    def same_as(self, other: Bounds) -> bool:
        """Whether both are the same function, written with the same period."""
        return self is other or (
            self.period == other.period
            and self.shift == other.shift
            and self.firsts == other.firsts
            and self.lasts == other.lasts
        )


class AxisField:
    """One axis of a node: bounds of its local paths, one for each slope, and whether a path reads all."""

    __slots__ = ("parts", "unknown", "whole")

    def __init__(self, parts: tuple[Bounds, ...], whole: bool = False, unknown: str | None = None) -> None:
        self.parts = parts
        self.whole = whole
        self.unknown = unknown

    def extent(self, i: int) -> tuple[int, int] | None:
        """(first, last) that the local paths of position i read, as if the image went on; None if nothing."""
        found = [e for e in (part.extent(i) for part in self.parts) if e is not None]
        return (min(e[0] for e in found), max(e[1] for e in found)) if found else None

    def lines(self) -> frozenset[tuple[Fraction, Fraction | None]]:
        """Centre lines (stride, offset) of the local paths."""
        return frozenset((part.slope, part.centre) for part in self.parts)


START = AxisField((Bounds(1, 1, (0,), (0,)),))


class PeriodError(Exception):
    """A period grew over the limit."""


def compose(axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
    """What the outputs of a map read, from what its n inputs read."""
    if axis_map is IDENTITY:
        return inner
    if axis_map.whole:
        return AxisField((), True, inner.unknown)
    try:
        return AxisField(tuple([follow(axis_map, n, part) for part in inner.parts]), inner.whole, inner.unknown)
    except PeriodError as error:
        return AxisField((), inner.whole, str(error))


def follow(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """`compose` for one function."""
    p, q = axis_map.period(n)
    if p == inner.period == 1:
        first, last = bounds_of(axis_map.reads(n, 0), inner)
        return Bounds(1, inner.shift * q, (first,), (last,))
    repeat = inner.period // gcd(inner.period, q)
    check_period(p * repeat)
    extents = [bounds_of(axis_map.reads(n, i), inner) for i in range(p * repeat)]
    return Bounds(
        p * repeat,
        inner.shift * q * repeat // inner.period,
        tuple([e[0] for e in extents]),
        tuple([e[1] for e in extents]),
    )


def check_period(period: int) -> None:
    """Refuses a period over the limit."""
    if period > LONGEST_PERIOD:
        raise PeriodError(f"what is read repeats only every {period} positions, over the limit of {LONGEST_PERIOD}")


def bounds_of(taps: range, inner: Bounds) -> tuple[int, int] | tuple[None, None]:
    """Least first and greatest last over all taps; bounded by the period, however many taps there are."""
    step = taps.step
    count = (taps.stop - taps.start + step - 1) // step
    if count <= 0:
        return None, None
    if inner.period == 1:
        first, last = inner.firsts[0], inner.lasts[0]
        if first is None or last is None:
            return None, None
        return first + inner.shift * taps.start, last + inner.shift * (taps.start + (count - 1) * step)
    # Taps a whole number of periods apart are in order, so one turn from either end decides.
    turn = min(count, inner.period // gcd(step, inner.period))
    head = [e[0] for t in range(turn) if (e := inner.extent(taps.start + t * step))]
    tail = [e[1] for t in range(count - turn, count) if (e := inner.extent(taps.start + t * step))]
    return (min(head), max(tail)) if head else (None, None)


def merge(fields: Sequence[AxisField]) -> AxisField:
    """The hull over branches, position by position; different slopes stay apart."""
    first = fields[0]
    if all(field is first for field in fields):
        return first
    parts: list[Bounds] = []
    unknown = next((field.unknown for field in fields if field.unknown), None)
    try:
        for field in fields:
            for part in field.parts:
                join(parts, part)
    except PeriodError as error:
        parts, unknown = [], str(error)
    return AxisField(tuple(parts), any(field.whole for field in fields), unknown)


def join(parts: list[Bounds], new: Bounds) -> None:
    """Adds `new` to `parts`, into the one of equal slope where there is one."""
    for index, part in enumerate(parts):
        if part.same_as(new):
            return
        if part.shift * new.period == new.shift * part.period:
            parts[index] = hull(part, new)
            return
    parts.append(new)


def hull(one: Bounds, other: Bounds) -> Bounds:
    """The hull of two functions of equal slope, over the common period."""
    if one.period == other.period == 1:
        a, b, c, d = one.firsts[0], one.lasts[0], other.firsts[0], other.lasts[0]
        if a is not None and b is not None and c is not None and d is not None:
            return Bounds(1, one.shift, (min(a, c),), (max(b, d),))
    period = lcm(one.period, other.period)
    check_period(period)
    field = AxisField((one, other))
    extents = [field.extent(i) or (None, None) for i in range(period)]
    return Bounds(period, one.shift * period // one.period, tuple(e[0] for e in extents), tuple(e[1] for e in extents))
