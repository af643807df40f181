"""What the positions of one axis read of one axis of an input: by local paths, and by paths that read all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.passes.bounds import INPUT, Bounds, extents_of, join
from pyramidcalc.passes.bounds import through as bounds_through
from pyramidcalc.passes.tables import MAX_POSITIONS, TooManyPositionsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.tables import Extent

MAX_PARTS = 32
"""Paths of more slopes than this are given up: side by side, pyramids of pyramids have some ten."""


class AxisField:
    """One axis of a node with respect to one axis of an input.

    `parts` are the bounds of its local paths, one for each slope. `global_positions` says which positions have a
    path that reads the whole axis (None: none has); its indices mean nothing. `unknown` is the reason where nothing
    can be said of the local paths; `opaque` says that they may read nothing at all.
    """

    __slots__ = ("global_positions", "opaque", "parts", "unknown")

    def __init__(
        self,
        parts: tuple[Bounds, ...],
        global_positions: Bounds | None = None,
        unknown: str | None = None,
        opaque: bool = False,
    ) -> None:
        self.parts = parts
        self.global_positions = global_positions
        self.unknown = unknown
        self.opaque = opaque

    def is_global(self, m: int) -> bool:
        """Whether one of the positions 0 … m-1 has a path that reads the whole axis."""
        positions = self.global_positions
        return positions is EVERYWHERE or (positions is not None and positions.largest(m) > 0)

    def extent(self, i: int) -> Extent:
        """(first, last) that the local paths of position i read, as if the image went on; None if nothing."""
        return extents_of(self.parts, (i,))[0]


EVERYWHERE = Bounds(None, (0, 0, 0, 1))
ITSELF = AxisField((INPUT,))
"""Each position of an input reads itself."""
GLOBAL = AxisField((), EVERYWHERE)
"""Every position reads the whole axis, and nothing else."""
NOTHING = AxisField(())


def compose(axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
    """What the outputs of a map read, from what its n inputs read."""
    positions, reason, is_opaque = inner.global_positions, inner.unknown, inner.opaque
    try:
        if axis_map.whole:
            reads = bool(positions or (reason and not is_opaque) or any(map(reads_something, inner.parts)))
            if reads and not reason:
                return GLOBAL
            return AxisField((), EVERYWHERE if reads else None, reason, is_opaque)
        if positions is not None and (axis_map.skips or positions is not EVERYWHERE):
            # A transposed window with holes can cut a path that reads everything off, at some positions or all.
            positions = simplified(bounds_through(axis_map, n, positions))
        parts = tuple([bounds_through(axis_map, n, part) for part in inner.parts])
        return AxisField(parts, positions, reason, is_opaque)
    except TooManyPositionsError as error:
        return AxisField((), inner.global_positions, str(error))


def reads_something(part: Bounds) -> bool:
    """Whether some position reads something."""
    if part.monotone or any(part.extent(i) for i in range(min(part.period, MAX_POSITIONS))):
        return True
    return part.largest(part.period) > 0


def simplified(positions: Bounds) -> Bounds | None:
    """EVERYWHERE where all positions read something, None where none does."""
    if positions.monotone:
        return EVERYWHERE
    if not positions.largest(positions.period):
        return None
    return positions if None in extents_of((positions,), range(positions.period)) else EVERYWHERE


def merge_axis(fields: Sequence[AxisField]) -> AxisField:
    """The hull over branches, position by position; different slopes stay apart."""
    parts: list[Bounds] = []
    positions: list[Bounds] = []
    unknown = next((field.unknown for field in fields if field.unknown), None)
    for field in fields:
        for part in field.parts:
            join(parts, part)
        if field.global_positions is not None:
            join(positions, field.global_positions)
        if len(parts) > MAX_PARTS:
            parts, unknown = [], f"its paths step in more than {MAX_PARTS} different ways"
    opaque = any(field.opaque for field in fields)
    if not positions or EVERYWHERE in [field.global_positions for field in fields]:
        return AxisField(tuple(parts), EVERYWHERE if positions else None, unknown, opaque)
    try:
        return AxisField(tuple(parts), simplified(positions[0]), unknown, opaque)
    except TooManyPositionsError as error:
        return AxisField(tuple(parts), positions[0], str(error))


def alike(one: AxisField, other: AxisField) -> bool:
    """Whether two fields of an axis surely read the same."""
    bounds = [field.global_positions is None or field.global_positions is EVERYWHERE for field in (one, other)]
    if not all(bounds) or one.global_positions is not other.global_positions or one.unknown != other.unknown:
        return False
    return len(one.parts) == len(other.parts) and all(map(Bounds.same, one.parts, other.parts))
