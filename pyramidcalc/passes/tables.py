"""What is read, position by position, where no straight line tells it: looked up as it is asked for, each position
once, modulo the period of a function f(i + period) = f(i) + shift.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

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


class Table:
    """What is read, position by position, modulo the period; `depth` is greater than that of all tables it asks."""

    __slots__ = ("depth", "known", "monotone", "period", "shift")

    def __init__(self, inner: Sequence[Table | None], period: int, shift: int, monotone: bool) -> None:
        self.depth: int = 1 + max([table.depth for table in inner if table], default=0)
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
    for table, owners, befores, behinds in columns:
        firsts, lasts = (befores, behinds) if table is None else (table.values(befores, 0), table.values(behinds, 1))
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
