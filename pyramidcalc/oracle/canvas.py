"""Enlarged inputs on which a graph reads as if the image went on: no local path touches a border in any map.

One axis at a time. A canvas is of use to a node where every layer before it cuts its axis as it does on the real
input: windows keep their numbers, resizes and adaptive bins their ratio, slices their distances from both ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.indexmap import IDENTITY, AdaptiveBins, Resize
from pyramidcalc.layers.pooling import AdaptivePool
from pyramidcalc.layers.slicing import AlongOneAxis, Slice
from pyramidcalc.passes.reach import absorb
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer, Maps, Shape
    from pyramidcalc.passes.reach import Product
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

MAX_LENGTH = 20_000
"""Longest canvas that is tried, in input positions."""


class Canvas(Record):
    """One axis of a graph on other input sizes: sizes (None: no such axis), the layers and their maps on that axis.

    `cut` says of each node which inputs are read as a whole. Paths that nowhere do so are local: `local` are the names
    that one reaches, `local_changed` the nodes of which one reads otherwise than on the real input; `whole_changed`
    those of which another path does.
    """

    axis: int
    sizes: dict[str, int | None]
    layers: dict[str, Layer]
    maps: dict[str, tuple[IndexMap, ...]]
    cut: dict[str, list[bool]]
    local: frozenset[str]
    local_changed: frozenset[str]
    whole_changed: frozenset[str]

    def stays_inside(self, resolved: Resolved, node: str, places: range) -> bool:
        """Whether all that the local paths of some positions read in the maps on their way exists there."""
        wanted = {node: (places[0], places[-1])}
        for applied in reversed(resolved.layers):
            ends = wanted.pop(applied.name, None)
            if ends is None:
                continue
            branches = zip(applied.inputs, self.maps[applied.name], self.cut[applied.name], strict=True)
            for name, axis_map, cut in branches:
                n = self.sizes[name]
                hull = None if cut or n is None or name not in self.local else hull_of(axis_map, n, *ends)
                if hull is None:
                    continue
                if hull[0] < 0 or hull[1] >= (n or 1):
                    return False
                known = wanted.get(name, hull)
                wanted[name] = (min(known[0], hull[0]), max(known[1], hull[1]))
        return True

    def arrives(self, resolved: Resolved, node: str, channels: int, place: int) -> bool:
        """Whether a path that reads a whole axis comes from a position to an input, and does not end in padding."""
        # Products of channels and positions, of paths that have read a whole axis (True) and of others.
        wanted: dict[str, dict[bool, list[Product]]] = {node: {False: [(channels, 1 << place)]}}
        for applied in reversed(resolved.layers):
            reading = wanted.pop(applied.name, {})
            shapes = [moved(shape, self.axis, self.sizes[name]) for name, shape in inputs_of(applied)]
            for source, maps in self.layers[applied.name].terms(*shapes) if reading else ():
                n, axis_map = self.sizes[applied.inputs[source]] or 1, on_axis(maps, self.axis)
                known = wanted.setdefault(applied.inputs[source], {})
                for crossed, products in reading.items():
                    for outputs, places in products:
                        read = maps[0].gather(shapes[source][0], outputs), axis_map.gather(n, places)
                        if all(read):
                            absorb(known.setdefault(crossed or self.cut[applied.name][source], []), read)
        return any(wanted.get(name, {}).get(True) for name in resolved.inputs)


def make(resolved: Resolved, axis: int, inputs: Mapping[str, int | None]) -> Canvas | None:
    """The canvas for these input sizes; None where a layer refuses it."""
    sizes = dict(inputs)
    layers, maps, cut = {}, {}, {}
    local, whole = set(inputs), set[str]()
    local_changed, whole_changed = set[str](), set[str]()
    try:
        for applied in resolved.layers:
            name = applied.name
            given = [sizes[source] for source in applied.inputs]
            layer = layers[name] = enlarged(applied, axis, sizes)
            shapes = [moved(shape, axis, n) for shape, n in zip(applied.shapes, given, strict=True)]
            maps[name] = there = tuple(on_axis(each, axis) for each in layer.axes(*shapes))
            own = [on_axis(each, axis) for each in applied.axes]
            cut[name] = [axis_map.whole for axis_map in own]
            sizes[name] = output_size(applied, axis, there, given)
            for (source, shape), old, new, n in zip(inputs_of(applied), own, there, given, strict=True):
                if old.whole:
                    whole.add(name)
                    continue
                same = n is None or alike(old, shape[axis], new, n)
                for reached, changed in ((local, local_changed), (whole, whole_changed)):
                    if source in reached:
                        reached.add(name)
                        if source in changed or not same:
                            changed.add(name)
    except (ShapeError, LayerError):
        return None
    sets = [frozenset(names) for names in (local, local_changed, whole_changed)]
    return Canvas(axis, sizes, layers, maps, cut, *sets)


def inputs_of(applied: AppliedLayer) -> Iterator[tuple[str, Shape]]:
    """Name and real shape of each input."""
    return zip(applied.inputs, applied.shapes, strict=True)


def moved(shape: Shape, axis: int, n: int | None) -> Shape:
    """A shape with another size on one axis."""
    return shape if n is None else (*shape[:axis], n, *shape[axis + 1 :])


def on_axis(maps: Maps, axis: int) -> IndexMap:
    """The map of a spatial axis; a vector has none."""
    return maps[axis] if len(maps) > axis else IDENTITY


def output_size(
    applied: AppliedLayer, axis: int, maps: tuple[IndexMap, ...], given: Sequence[int | None]
) -> int | None:
    """Size of a node's output on the canvas. Raises ShapeError where branches differ."""
    sizes = {axis_map.size(n) for axis_map, n in zip(maps, given, strict=True) if n is not None}
    if len(applied.shape) <= axis or not sizes:
        return None
    if len(sizes) > 1:
        raise ShapeError(f"branches of {sorted(sizes)} do not merge")
    return sizes.pop()


def alike(old: IndexMap, n: int, new: IndexMap, m: int) -> bool:
    """Whether two maps read alike but for the number of positions, and torch rounds no sample of the new one."""
    if type(old) is not type(new) or (old.period(n), old.centre(n)) != (new.period(m), new.centre(m)):
        return False
    return not rounds(new, m)


def rounds(axis_map: IndexMap, n: int) -> bool:
    """Whether torch takes another sample somewhere than exact arithmetic has it (nearest resizes)."""
    if not isinstance(axis_map, Resize) or not axis_map.mode.startswith("nearest"):
        return False
    return any([*axis_map.taps(n, i)] != [min(axis_map.reads(n, i)[0], n - 1)] for i in range(axis_map.size(n)))


def enlarged(applied: AppliedLayer, axis: int, sizes: Mapping[str, int | None]) -> Layer:
    """The resolved layer; sizes that it holds grow with its input, or are those of the map that it follows."""
    layer, shape, n = applied.layer, applied.shapes[0], sizes[applied.inputs[0]]
    if n is None:
        return layer
    own = applied.axes[0][axis]
    if isinstance(layer, AlongOneAxis) and layer.axis_of_dim(shape) == axis:
        first, last = (own.reads(shape[axis], i)[0] for i in (0, applied.shape[axis] - 1))
        return Slice(axis + 1, first, last + 1 - shape[axis] or None, own.period(shape[axis])[1])
    if own.whole or not (isinstance(own, AdaptiveBins) or (isinstance(own, Resize) and own.scale is None)):
        return layer
    followed = applied.node.inputs[len(applied.inputs) :]
    aligned = isinstance(own, Resize) and own.align_corners
    m = sizes[followed[0]] if followed else proportion(n, shape[axis], applied.shape[axis], int(aligned))
    if m is None:
        return layer
    size = moved(applied.shape, axis, m)[1:]
    if isinstance(layer, AdaptivePool):
        return layer.replace(output_size=size)
    return layer.replace(size=size, scale_factor=None, recompute_scale_factor=None)


def proportion(n: int, old: int, m: int, ends: int) -> int | None:
    """m in proportion, from `old` to `n` positions; between the end positions where `ends` is 1."""
    if old in (n, ends):
        return m
    grown, rest = divmod((n - ends) * (m - ends), old - ends)
    return None if rest else grown + ends


def candidates(resolved: Resolved, axis: int, needed: int, step: int) -> Iterator[dict[str, int | None]]:
    """Input sizes to try: those of about `needed` and more first, then smaller ones."""
    sizes = {name: shape[axis] if len(shape) > axis else None for name, shape in resolved.inputs.items()}
    longest = max(filter(None, sizes.values()))
    tried: dict[int, dict[str, int | None]] = {longest: dict(sizes)}
    if len(sizes) == 1:
        name = next(iter(sizes))
        least = max(0, needed - longest) // step
        for more in [least + extra for extra in (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 64)] + list(range(1, 9)):
            tried[longest + more * step] = {name: longest + more * step}
        for factor in factors(needed, longest - 1):
            tried[(longest - 1) * factor + 1] = {name: (longest - 1) * factor + 1}
    for factor in factors(needed, longest):
        tried[longest * factor] = {name: n and n * factor for name, n in sizes.items()}
    limit = max(MAX_LENGTH, longest)
    for size in sorted((n for n in tried if n <= limit), key=lambda n: (n < needed, n)):
        yield tried[size]


def factors(needed: int, size: int) -> list[int]:
    """How many times a size is worth trying."""
    least = max(2, -(-needed // max(size, 1)))
    return sorted({2, 3, 4, 6, 8, *range(least, least + 5), 2 * least, 4 * least})


def hull_of(axis_map: IndexMap, n: int, first: int, last: int) -> tuple[int, int] | None:
    """First and last index that positions first … last of one map read."""
    period, _ = axis_map.period(n)
    positions = {*range(first, min(first + period, last + 1)), *range(max(last - period + 1, first), last + 1)}
    taps = [reads for i in positions if (reads := axis_map.reads(n, i))]
    return (min(reads[0] for reads in taps), max(reads[-1] for reads in taps)) if taps else None
