"""One axis of a node: what its paths read, how they are centred, and how maps and merges change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, ONE, ZERO, Fixed
from pyramidcalc.passes.bounds import Bounds, Line
from pyramidcalc.passes.composition import PeriodError, follow, join

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from pyramidcalc.indexmap import IndexMap

MOST_CENTRES = 64
"""More centre lines than this are kept as the outermost of each stride."""


class AxisField:
    """One axis of a node: bounds of its local paths, one for each slope, and whether a path reads all.

    `mixed` says of a merge's own field that centre lines of its branches differ, `straight` that all bounds are
    lines, which take next to no memory.
    `centres` are the centre lines (stride, offset) of the local paths, each composed map by map.
    `alive` says which positions have a path that reads all (None: none has); the indices in it mean nothing.
    """

    __slots__ = ("alive", "centres", "mixed", "parts", "straight", "unknown")

    def __init__(
        self,
        parts: tuple[Bounds, ...],
        centres: frozenset[tuple[Fraction, Fraction]] = frozenset(),
        alive: Bounds | None = None,
        unknown: str | None = None,
        mixed: bool = False,
    ) -> None:
        self.parts = parts
        self.centres = centres
        self.alive = alive
        self.unknown = unknown
        self.mixed = mixed
        self.straight = alive is None or type(alive) is Line
        for part in parts:
            self.straight = self.straight and type(part) is Line

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
GLOBAL = AxisField((), frozenset(), EVERYWHERE)
"""Every position reads the whole axis, and nothing else."""


class Composer:
    """Composes and merges fields, each combination of a map that no size changes, or of branches, once.

    Shared by runs, it makes equal fields one object. What it holds keeps the identities that it goes by. Only fields
    of straight lines are kept, what windows alone make: others hold tables, follow the size, and hardly come again.
    """

    def __init__(self) -> None:
        self._composed: dict[tuple[int, int], tuple[IndexMap, AxisField, AxisField]] = {}
        self._merged: dict[tuple[int, ...], tuple[list[AxisField], AxisField]] = {}

    def __len__(self) -> int:
        return len(self._composed) + len(self._merged)

    def compose(self, axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
        """`compose`, looked up where it was done before."""
        if not isinstance(axis_map, Fixed) or not inner.straight:
            return compose(axis_map, n, inner)
        key = (id(axis_map), id(inner))
        if key not in self._composed:
            self._composed[key] = (axis_map, inner, compose(axis_map, n, inner))
        return self._composed[key][2]

    def merge(self, fields: list[AxisField]) -> AxisField:
        """`merge`, looked up where it was done before."""
        key = tuple([id(field) for field in fields if field.straight])
        if len(key) < len(fields):
            return merge(fields)
        if key not in self._merged:
            self._merged[key] = (fields, merge(fields))
        return self._merged[key][1]


def compose(axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
    """What the outputs of a map read, from what its n inputs read."""
    if axis_map is IDENTITY:
        return inner
    if inner is GLOBAL and not axis_map.skips:
        return GLOBAL
    if axis_map.whole:
        reads = inner.whole or reads_something(inner)
        if reads and not inner.unknown:
            return GLOBAL
        return AxisField((), frozenset(), EVERYWHERE if reads else None, inner.unknown)
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
    centres, mixed = first.centres, False
    if any(field.centres is not centres for field in fields):
        mixed = len({field.centres for field in fields if field.centres}) > 1
        centres = outermost(centres.union(*[field.centres for field in fields]))
    return AxisField(tuple(parts), centres, simplified(alive[0]) if alive else None, unknown, mixed)
