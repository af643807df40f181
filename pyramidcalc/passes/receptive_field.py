"""Receptive fields: what each output position would read if the image went on past its borders.

Source of the terms: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES
from pyramidcalc.passes.bounds import MAX_POSITIONS, Line, TooManyPositionsError, extent_of, join, widest
from pyramidcalc.passes.bounds import through as bounds_through
from pyramidcalc.passes.channels import carried, merged, together
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.bounds import Bounds, Extent
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.shapes import Resolved

    Fields = tuple["AxisField", ...]
    """One field for each spatial axis of an input."""
    ByInput = dict[str, Fields]


class ReceptiveField(Record):
    """Receptive field of one node with respect to one input; tuples have one entry a spatial axis of the input.

    `size` in input pixels, None on a global axis; `local_size`, `stride` and `padding` are of the
    paths that are not global. `stride` in input pixels per output step, None where branches
    differ; `padding` is minus the first index that output 0 reads. `reasons` say why an axis is unknown.
    """

    size: tuple[int | None, ...]
    is_global: bool
    local_size: tuple[int | None, ...]
    stride: tuple[Fraction | None, ...]
    padding: tuple[int | None, ...]
    reasons: tuple[str | None, ...]

    @property
    def reason(self) -> str | None:
        """Why something is unknown, each axis named where they differ; None where nothing is."""
        given = [reason for reason in self.reasons if reason]
        if len(set(given)) < 2 and len(given) in (0, len(self.reasons)):
            return given[0] if given else None
        sides = SIDES[len(self.reasons)]
        return "; ".join(f"{side}: {reason}" for side, reason in zip(sides, self.reasons, strict=True) if reason)

    def to_dict(self) -> dict[str, object]:
        """The JSON form: whole strides are ints, others strings such as "1/2"."""
        fields: dict[str, object] = {
            "size": list(self.size),
            "global": self.is_global,
            "local_size": list(self.local_size),
            "stride": [s if s is None else (int(s) if s.denominator == 1 else str(s)) for s in self.stride],
            "padding": list(self.padding),
        }
        return fields | {"reason": self.reason} if self.reason else fields


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
        *,
        opaque: bool = False,
    ) -> None:
        self.parts = parts
        self.global_positions = global_positions
        self.unknown = unknown
        self.opaque = opaque

    def is_global(self, m: int) -> bool:
        """Whether one of the positions 0 … m-1 has a path that reads the whole axis."""
        return self.global_positions is not None and self.global_positions.largest(m) is not None

    def extent(self, i: int) -> Extent:
        """(first, last) that the local paths of position i read, as if the image went on; None if nothing."""
        return extent_of(self.parts, i)


EVERYWHERE = Line(0, 0, 0)
ITSELF = AxisField((Line(0, 0, 1),))
"""Each position of an input reads itself."""
GLOBAL = AxisField((), EVERYWHERE)
"""Every position reads the whole axis, and nothing else."""
MAX_PARTS = 32
"""Paths of more slopes than this are given up: side by side, pyramids of pyramids have some ten."""


def fields(resolved: Resolved) -> dict[str, Classes[ByInput]]:
    """Per node and class of channels, the fields by input; an input that is not read is absent."""
    start = {name: (ITSELF,) * (len(shape) - 1) for name, shape in resolved.inputs.items()}
    return carried(resolved, start, compose, merge_axis, alike, unknown, opaque)


def compose(axis_map: IndexMap, n: int, inner: AxisField) -> AxisField:
    """What the outputs of a map read, from what its n inputs read."""
    if inner is GLOBAL and not axis_map.skips:
        return GLOBAL
    try:
        positions = inner.global_positions
        if axis_map.whole:
            reads = bool(positions or (inner.unknown and not inner.opaque))
            reads = reads or any(reads_something(part) for part in inner.parts)
            if reads and not inner.unknown:
                return GLOBAL
            return AxisField((), EVERYWHERE if reads else None, inner.unknown, opaque=inner.opaque)
        if positions is not None and (axis_map.skips or positions is not EVERYWHERE):
            # A transposed window with holes can cut a path that reads everything off, at some positions or all.
            positions = simplified(bounds_through(axis_map, n, positions))
        parts = tuple([bounds_through(axis_map, n, part) for part in inner.parts])
        return AxisField(parts, positions, inner.unknown, opaque=inner.opaque)
    except TooManyPositionsError as error:
        return AxisField((), inner.global_positions, str(error))


def reads_something(part: Bounds) -> bool:
    """Whether some position reads something."""
    if part.monotone or any(part.extent(i) for i in range(min(part.period, MAX_POSITIONS))):
        return True
    return part.largest(part.period) is not None


def simplified(positions: Bounds) -> Bounds | None:
    """EVERYWHERE where all positions read something, None where none does."""
    if isinstance(positions, Line):
        return EVERYWHERE
    if positions.largest(positions.period) is None:
        return None
    return positions if None in positions.known.values() else EVERYWHERE


def merge(branches: Sequence[ByInput]) -> ByInput:
    """Branch by branch hull, for every input that any branch reads."""
    return merged(merge_axis, branches)


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
        return AxisField(tuple(parts), EVERYWHERE if positions else None, unknown, opaque=opaque)
    try:
        return AxisField(tuple(parts), simplified(positions[0]), unknown, opaque=opaque)
    except TooManyPositionsError as error:
        return AxisField(tuple(parts), positions[0], str(error))


def alike(one: AxisField, other: AxisField) -> bool:
    """Whether two fields of an axis surely read the same."""
    bounds = [field.global_positions is None or field.global_positions is EVERYWHERE for field in (one, other)]
    if not all(bounds) or one.global_positions is not other.global_positions or one.unknown != other.unknown:
        return False
    return len(one.parts) == len(other.parts) and all(
        a is b or (isinstance(a, Line) and isinstance(b, Line) and (a.known, a.shift) == (b.known, b.shift))
        for a, b in zip(one.parts, other.parts, strict=True)
    )


def unknown(field: AxisField, reason: str) -> AxisField:
    """Nothing is said of the local paths, for this reason."""
    return AxisField((), field.global_positions, reason)


def opaque(_: AxisField, reason: str) -> AxisField:
    """Nothing is said of what is read at all, for this reason."""
    return AxisField((), None, reason, opaque=True)


def summarise(field: AxisField, m: int) -> tuple[bool, int | None, Fraction | None, int | None, str | None]:
    """What is said of an axis with m positions: whether it is global, local size, stride, padding, reason."""
    if len(field.parts) == 1 and isinstance(line := field.parts[0], Line) and not field.global_positions:
        return False, line.largest(m), Fraction(line.shift), -line.first, None
    is_global = False
    stride, padding, size, reason = None, None, None, field.unknown
    try:
        is_global = field.is_global(m)
        if not reason:
            slopes = {part.slope for part in field.parts}
            stride = slopes.pop() if len(slopes) == 1 else None
            start = field.extent(0)
            padding = None if start is None else -start[0]
            size = widest(field.parts, m)
            reason = None if size is not None or is_global else "no position reads the input"
    except TooManyPositionsError as error:
        reason = str(error)
    return is_global, size, stride, padding, reason


def describe(fields: Fields, shape: Shape) -> ReceptiveField:
    """The receptive field of a node of this shape."""
    sizes = shape[1:] if len(shape) == 1 + len(fields) else (1,) * len(fields)
    axes: list[tuple[Any, ...]] = []
    for field, m in zip(fields, sizes, strict=True):
        axes.append(axes[0] if axes and field is fields[0] and m == sizes[0] else summarise(field, m))
    everywhere, local, stride, padding, reasons = zip(*axes, strict=True) if axes else ((),) * 5
    size = tuple([None if is_global else n for is_global, n in zip(everywhere, local, strict=True)])
    return ReceptiveField(size, any(everywhere), local, stride, padding, reasons)


def receptive_fields(resolved: Resolved, known: Mapping[str, Classes[ByInput]]) -> dict[str, dict[str, ReceptiveField]]:
    """Per node and input, the receptive field over all channels; an input that is not read is absent.

    `known` is the result of `fields`.
    """
    # Nodes that share classes and size share the result; `known` keeps the classes alive, so their ids stay valid.
    described: dict[tuple[int, Shape], dict[str, ReceptiveField]] = {}
    result = {}
    for applied in resolved.layers:
        classes = known[applied.name]
        key = (id(classes), applied.shape[1:])
        if key not in described:
            by_input = together(classes, merge)
            described[key] = {name: describe(fields, applied.shape) for name, fields in by_input.items()}
        result[applied.name] = described[key]
    return result
