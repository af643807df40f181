"""Exact bounds of what output positions read, as periodic functions: f(i + P) = f(i) + Q."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyramidcalc.indexmap import IndexMap


class Bounds:
    """First and last index that position i reads: f(i + period) = f(i) + shift.

    `steady` functions read something everywhere, and neither bound ever falls from one position to
    the next: then the first and the last tap of a window decide.
    """

    __slots__ = ("period", "shift")

    period: int
    shift: int

    @property
    def slope(self) -> Fraction:
        """Input pixels per output step."""
        return Fraction(self.shift, self.period)

    @property
    def steady(self) -> bool:
        """Whether ends of windows decide."""
        return True

    def firsts(self, positions: Sequence[int]) -> list[int]:
        """First index of each position; of steady functions only."""
        raise NotImplementedError

    def lasts(self, positions: Sequence[int]) -> list[int]:
        """Last index of each position; of steady functions only."""
        raise NotImplementedError

    @property
    def band(self) -> tuple[Fraction, Fraction]:
        """No first index lies below slope·i + the one, no last above slope·i + the other; of steady functions only."""
        raise NotImplementedError

    def extent(self, i: int) -> tuple[int, int] | None:
        """(first, last) of position i, or None where nothing is read."""
        return self.firsts((i,))[0], self.lasts((i,))[0]

    def largest(self, m: int) -> int | None:
        """Largest extent over positions 0 … m-1, or None where none reads anything."""
        positions = range(min(m, self.period))
        ends = zip(self.firsts(positions), self.lasts(positions), strict=True)
        return max([last - first for first, last in ends]) + 1


class Line(Bounds):
    """All positions alike: position i reads first + i·shift … last + i·shift. What windows make."""

    __slots__ = ("first", "last")

    def __init__(self, first: int, last: int, shift: int) -> None:
        self.period = 1
        self.shift = shift
        self.first = first
        self.last = last

    def firsts(self, positions: Sequence[int]) -> list[int]:
        first, shift = self.first, self.shift
        return [first + i * shift for i in positions]

    def lasts(self, positions: Sequence[int]) -> list[int]:
        last, shift = self.last, self.shift
        return [last + i * shift for i in positions]

    @property
    def band(self) -> tuple[Fraction, Fraction]:
        return Fraction(self.first), Fraction(self.last)

    def extent(self, i: int) -> tuple[int, int]:
        return self.first + i * self.shift, self.last + i * self.shift

    def largest(self, m: int) -> int:
        return self.last - self.first + 1


class Remembered(Bounds):
    """A steady function that is worked out where it is asked, once for each position.

    Branches that meet again and again would otherwise be walked once for every path.
    """

    __slots__ = ("_band", "_firsts", "_lasts")

    def __init__(self, period: int, shift: int) -> None:
        self.period = period
        self.shift = shift
        self._band: tuple[Fraction, Fraction] | None = None
        self._firsts: dict[int, int] = {}
        self._lasts: dict[int, int] = {}

    def firsts(self, positions: Sequence[int]) -> list[int]:
        known = self._firsts
        if new := [i for i in positions if i not in known]:
            known.update(zip(new, self.new_firsts(new), strict=True))
        return [known[i] for i in positions]

    def lasts(self, positions: Sequence[int]) -> list[int]:
        known = self._lasts
        if new := [i for i in positions if i not in known]:
            known.update(zip(new, self.new_lasts(new), strict=True))
        return [known[i] for i in positions]

    @property
    def band(self) -> tuple[Fraction, Fraction]:
        if self._band is None:
            self._band = self.new_band()
        return self._band

    def new_band(self) -> tuple[Fraction, Fraction]:
        """`band`, worked out."""
        raise NotImplementedError

    def new_firsts(self, positions: Sequence[int]) -> Iterable[int]:
        """`firsts`, worked out."""
        raise NotImplementedError

    def new_lasts(self, positions: Sequence[int]) -> Iterable[int]:
        """`lasts`, worked out."""
        raise NotImplementedError


class Mapped(Remembered):
    """What a map reads of a steady function by its first and last taps."""

    __slots__ = ("inner", "map", "n")

    def __init__(self, axis_map: IndexMap, n: int, inner: Bounds, period: int, shift: int) -> None:
        super().__init__(period, shift)
        self.map = axis_map
        self.n = n
        self.inner = inner

    def new_firsts(self, positions: Sequence[int]) -> Iterable[int]:
        return self.inner.firsts(self.map.heads(self.n, positions))

    def new_lasts(self, positions: Sequence[int]) -> Iterable[int]:
        return self.inner.lasts(self.map.tails(self.n, positions))

    def new_band(self) -> tuple[Fraction, Fraction]:
        # A tap strays from the map's centre line by less than what one output reads, and one.
        low, high = self.inner.band
        _, offset = self.map.centre(self.n)
        stray = self.map.longest(self.n, self.map.period(self.n)[0]) + 1
        return low + self.inner.slope * (offset - stray), high + self.inner.slope * (offset + stray)

    def largest(self, m: int) -> int | None:
        if isinstance(self.inner, Line):
            return self.inner.largest(1) + self.inner.shift * (self.map.longest(self.n, m) - 1)
        return super().largest(m)


class Hull(Remembered):
    """The hull of two steady functions of equal slope."""

    __slots__ = ("one", "other")

    def __init__(self, one: Bounds, other: Bounds, period: int) -> None:
        super().__init__(period, one.shift * period // one.period)
        self.one = one
        self.other = other

    def new_firsts(self, positions: Sequence[int]) -> Iterable[int]:
        return map(min, self.one.firsts(positions), self.other.firsts(positions))

    def new_lasts(self, positions: Sequence[int]) -> Iterable[int]:
        return map(max, self.one.lasts(positions), self.other.lasts(positions))

    def new_band(self) -> tuple[Fraction, Fraction]:
        (low, high), (lower, higher) = self.one.band, self.other.band
        return min(low, lower), max(high, higher)


class Table(Bounds):
    """The extents of one period, one by one; None where nothing is read."""

    __slots__ = ("_steady", "extents")

    def __init__(self, period: int, shift: int, extents: tuple[tuple[int, int] | None, ...]) -> None:
        self.period = period
        self.shift = shift
        self.extents = extents
        one_more = range(period + 1)
        self._steady = None not in extents and rising(self.firsts(one_more)) and rising(self.lasts(one_more))

    @property
    def steady(self) -> bool:
        return self._steady

    @property
    def band(self) -> tuple[Fraction, Fraction]:
        ends = [(e[0] - i * self.slope, e[1] - i * self.slope) for i, e in enumerate(self.extents) if e]
        return min(end[0] for end in ends), max(end[1] for end in ends)

    def firsts(self, positions: Sequence[int]) -> list[int]:
        found = [self.extent(i) for i in positions]
        return [e[0] for e in found if e]

    def lasts(self, positions: Sequence[int]) -> list[int]:
        found = [self.extent(i) for i in positions]
        return [e[1] for e in found if e]

    def extent(self, i: int) -> tuple[int, int] | None:
        turns, r = divmod(i, self.period)
        extent = self.extents[r]
        return extent and (extent[0] + turns * self.shift, extent[1] + turns * self.shift)

    def largest(self, m: int) -> int | None:
        return max((e[1] - e[0] + 1 for e in self.extents[:m] if e), default=None)


def rising(values: Sequence[int]) -> bool:
    """Whether no value is less than the one before."""
    return all(a <= b for a, b in pairwise(values))
