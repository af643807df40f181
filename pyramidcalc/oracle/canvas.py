"""Enlarged inputs on which a graph reads as if the image went on: no local path touches a border in any map.

One axis at a time. A canvas is of use to a node where every layer before it cuts its axis as it does on the real
input: windows keep their numbers, resizes and adaptive bins their ratio, slices their distances from both ends.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Node
from pyramidcalc.indexmap import IDENTITY, AdaptiveBins, Resize, bits_of, positions_of
from pyramidcalc.layers.linear import Linear
from pyramidcalc.layers.pooling import AdaptivePool
from pyramidcalc.layers.slicing import AlongOneAxis, Slice
from pyramidcalc.passes.reach import absorb
from pyramidcalc.passes.shapes import AppliedLayer, Resolved
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer, Maps, Shape
    from pyramidcalc.passes.reach import Product

MAX_LENGTH = 20_000
"""Longest canvas that is tried, in input positions."""


class Canvas(Record):
    """A graph on inputs that are enlarged along one axis, counted from 1.

    `local` are the names that a path reaches which nowhere reads a whole axis, and whether all of these read as they do
    on the real input; `whole` those of other paths.
    """

    axis: int
    resolved: Resolved
    local: dict[str, bool]
    whole: dict[str, bool]

    def stays_inside(self, node: str, places: range) -> bool:
        """Whether all that the local paths of some positions read in the maps on their way exists there."""
        wanted = {node: (places[0], places[-1])}
        for applied in reversed(self.resolved.layers):
            first, last = wanted.pop(applied.name, (0, -1))
            for name, maps, shape in zip(applied.inputs, applied.axes, applied.shapes, strict=True):
                axis_map, n = on_axis(maps, shape, self.axis)
                hull = None if axis_map.whole or name not in self.local else hull_of(axis_map, n, first, last)
                if hull is None:
                    continue
                if hull[0] < 0 or hull[1] >= n:
                    return False
                known = wanted.get(name, hull)
                wanted[name] = (min(known[0], hull[0]), max(known[1], hull[1]))
        return True

    def decided_by_padding(self, node: str, channels: int, place: int, *, arrives: bool) -> bool:
        """Whether paths that read a whole axis come to a node, and padding alone decides about this position.

        Where torch's `arrives` at an input, by copies that padding holds alone; else by none, whatever padding holds.
        """
        # Products of channels and positions, of paths that have read a whole axis (True) and of others.
        wanted: dict[str, dict[bool, list[Product]]] = {node: {False: [(channels, 1 << place)]}}
        for applied in reversed(self.resolved.layers):
            reading = wanted.pop(applied.name, {})
            for source, maps in applied.layer.terms(*applied.shapes) if reading else ():
                shape, known = applied.shapes[source], wanted.setdefault(applied.inputs[source], {})
                axis_map, n = on_axis(maps, shape, self.axis)
                for crossed, products in reading.items():
                    for outputs, places in products:
                        read = maps[0].gather(shape[0], outputs), taken(axis_map, n, places, copies=not arrives)
                        if all(read):
                            absorb(known.setdefault(crossed or axis_map.whole, []), read)
        return node in self.whole and not any(wanted.get(name, {}).get(True) for name in self.resolved.inputs)


def taken(axis_map: IndexMap, n: int, places: int, *, copies: bool) -> int:
    """Bit set of the n inputs that some outputs read, with or without the `copies` of them that padding holds."""
    if copies:
        return axis_map.gather(n, places)
    return bits_of(j for i in positions_of(places) for j in axis_map.reads(n, i) if 0 <= j < n)


def make(resolved: Resolved, axis: int, inputs: Mapping[str, Shape]) -> Canvas | None:
    """The canvas for these inputs; None where a layer refuses it."""
    shapes, layers = dict(inputs), []
    local, whole = dict.fromkeys(inputs, True), dict[str, bool]()
    try:
        for applied in resolved.layers:
            name, sources = applied.name, applied.node.inputs
            # What follows the size of another map does so here, other layers stay what they are on the real input.
            follows = len(sources) > len(applied.inputs)
            layer = applied.node.layer if follows else enlarged(applied, axis, shapes[sources[0]])
            given = tuple(shapes[source] for source in sources)
            there = AppliedLayer(Node(name, layer, sources), given, resolved.batch)
            layers.append(there)
            shapes[name] = there.shape
            branches = zip(applied.inputs, applied.axes, applied.shapes, there.axes, strict=True)
            for source, maps, shape, new_maps in branches:
                own, new = on_axis(maps, shape, axis), on_axis(new_maps, shapes[source], axis)
                if own[0].whole and new[0].whole:
                    whole.setdefault(name, True)
                    continue
                same = alike(own, new)
                for paths in (local, whole):
                    if source in paths:
                        paths[name] = same and paths[source] and paths.get(name, True)
    except (ShapeError, LayerError):
        return None
    return Canvas(
        axis, Resolved(resolved.graph, resolved.batch, dict(inputs), tuple(layers), shapes, None), local, whole
    )


def on_axis(maps: Maps, shape: Shape, axis: int) -> tuple[IndexMap, int]:
    """The map and size of a spatial axis; a vector, which has none, is one position."""
    return maps[axis] if len(maps) > axis else IDENTITY, shape[axis] if len(shape) > axis else 1


def alike(old: tuple[IndexMap, int], new: tuple[IndexMap, int]) -> bool:
    """Whether two maps on their sizes read alike but for the number of positions, and torch rounds no new sample."""
    (one, n), (other, m) = old, new
    if type(one) is not type(other) or one.whole != other.whole:
        return False
    same = (one.period(n), one.centre(n)) == (other.period(m), other.centre(m))
    return same and not rounds(other, m)


def rounds(axis_map: IndexMap, n: int) -> bool:
    """Whether torch takes another sample somewhere than exact arithmetic has it (nearest resizes)."""
    if not isinstance(axis_map, Resize) or not axis_map.mode.startswith("nearest"):
        return False
    return any([*axis_map.taps(n, i)] != [min(axis_map.reads(n, i)[0], n - 1)] for i in range(axis_map.size(n)))


def enlarged(applied: AppliedLayer, axis: int, given: Shape) -> Layer:
    """The resolved layer on another first input; sizes that it holds grow with it."""
    layer, shape = applied.layer, applied.shapes[0]
    if isinstance(layer, Linear):
        return layer.replace(in_features=given[-1])
    if len(shape) <= axis:
        return layer
    own, n = applied.axes[0][axis], shape[axis]
    if isinstance(layer, AlongOneAxis) and layer.axis_of_dim(shape) == axis:
        first, last = (own.reads(n, i)[0] for i in (0, applied.shape[axis] - 1))
        return Slice(axis + 1, first, last + 1 - n or None, own.period(n)[1])
    if own.whole or not (isinstance(own, AdaptiveBins) or (isinstance(own, Resize) and own.scale is None)):
        return layer
    # Between the end positions where corners are aligned, else in proportion to all.
    ends = int(isinstance(own, Resize) and own.align_corners)
    m, rest = divmod((given[axis] - ends) * (applied.shape[axis] - ends), max(n - ends, 1))
    if rest or n == ends:
        return layer
    size = with_size(applied.shape, axis, m + ends)[1:]
    if isinstance(layer, AdaptivePool):
        return layer.replace(output_size=size)
    return layer.replace(size=size, scale_factor=None, recompute_scale_factor=None)


def with_size(shape: Shape, axis: int, n: int) -> Shape:
    """A shape with another size on one axis."""
    return (*shape[:axis], n, *shape[axis + 1 :])


def candidates(inputs: Mapping[str, Shape], axis: int, needed: int, step: int) -> Iterator[dict[str, Shape]]:
    """Inputs to try: those of about `needed` positions and more first, then smaller ones."""
    longest = max(shape[axis] for shape in inputs.values() if len(shape) > axis)
    around = max(2, -(-needed // longest))
    factors = {1, 2, 3, 4, 6, 8, *range(around, around + 5), 2 * around, 4 * around}
    tried = {longest * factor: Fraction(factor) for factor in factors}
    if len(inputs) == 1:
        steps = max(0, needed - longest) // step
        grown = [longest + (steps + more) * step for more in (*range(9), 12, 16, 32, 64)]
        grown += [longest + more * step for more in range(1, 9)] + [(longest - 1) * factor + 1 for factor in factors]
        tried |= {size: Fraction(size, longest) for size in grown}
    for size in sorted(tried, key=lambda n: (n < needed, n)):
        if size <= max(MAX_LENGTH, longest):
            grow = tried[size]
            yield {
                name: with_size(shape, axis, int(grow * shape[axis])) if len(shape) > axis else shape
                for name, shape in inputs.items()
            }


def hull_of(axis_map: IndexMap, n: int, first: int, last: int) -> tuple[int, int] | None:
    """First and last index that positions first … last of one map read."""
    period, _ = axis_map.period(n)
    positions = {*range(first, min(first + period, last + 1)), *range(max(last - period + 1, first), last + 1)}
    taps = [reads for i in positions if (reads := axis_map.reads(n, i))]
    return (min(reads[0] for reads in taps), max(reads[-1] for reads in taps)) if taps else None
