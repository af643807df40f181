"""Composes and joins exact bounds: what is read beyond a map, and where branches meet.

Composing takes the least and greatest over all taps of a map; a composed straight line would not
be exact.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import gcd, lcm
from typing import TYPE_CHECKING

from pyramidcalc.passes.bounds import Bounds, Hull, Line, Mapped, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap

LONGEST_PERIOD = 4096


class PeriodError(Exception):
    """A period grew over the limit."""


def follow(axis_map: IndexMap, n: int, inner: Bounds) -> Bounds:
    """What the outputs of a map read, from what its n inputs read."""
    p, q = axis_map.period(n)
    if p == 1 and isinstance(inner, Line):
        taps, shift = axis_map.reads(n, 0), inner.shift
        return Line(inner.first + shift * taps[0], inner.last + shift * taps[-1], shift * q)
    repeat = inner.period // gcd(inner.period, q)
    period, shift = p * repeat, inner.shift * q * repeat // inner.period
    check_period(period)
    if inner.steady and axis_map.steady:
        return Mapped(axis_map, n, inner, period, shift)
    return Table(period, shift, tuple([extent_of(axis_map.reads(n, i), inner) for i in range(period)]))


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
    if one.steady and other.steady:
        return Hull(one, other, period)
    shift = one.shift * period // one.period
    return Table(period, shift, tuple([both(one.extent(i), other.extent(i)) for i in range(period)]))


def both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The hull of two extents, of which None is empty."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def widest(parts: Sequence[Bounds], m: int) -> int | None:
    """Largest extent of the hull of functions over positions 0 … m-1, or None where none reads anything.

    Raises PeriodError where it would take too many positions to tell.
    """
    if len(parts) < 2:
        return parts[0].largest(m) if parts else None
    if not all(part.steady for part in parts):
        return Table(m, 0, tuple([hull_of(parts, i) for i in range(check_positions(m))])).largest(m)
    best = max([part.largest(m) or 0 for part in parts])
    if all(not_beyond(best, high, low, m) for high, low in permutations(parts, 2)):
        return best
    positions = range(check_positions(m))
    lasts: list[int] = [max(ends) for ends in zip(*[part.lasts(positions) for part in parts], strict=True)]
    firsts: list[int] = [min(ends) for ends in zip(*[part.firsts(positions) for part in parts], strict=True)]
    return max([last - first for last, first in zip(lasts, firsts, strict=True)]) + 1


def not_beyond(best: int, high: Bounds, low: Bounds, m: int) -> bool:
    """Whether no last index of one function can lie `best` or more after a first of another; by their bands alone."""
    drift = (high.slope - low.slope) * (m - 1)
    return high.band[1] - low.band[0] + 1 + max(drift, Fraction(0)) <= best


def hull_of(parts: Sequence[Bounds], i: int) -> tuple[int, int] | None:
    """What position i reads by any of some functions."""
    hull = None
    for part in parts:
        hull = both(hull, part.extent(i))
    return hull


def check_positions(count: int) -> int:
    """The number of positions to look at one by one. Raises PeriodError for too many."""
    if count > 2 * LONGEST_PERIOD:
        raise PeriodError(f"branches drift apart over {count} positions, over the limit of {2 * LONGEST_PERIOD}")
    return count
