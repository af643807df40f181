"""Enlarged inputs on which a graph reads as if the image went on: no path touches a border in any map.

One axis at a time. A canvas is of use to a node where every layer before it cuts its axis as it
does on the real input: windows keep their numbers, resizes and adaptive bins their ratio. Layers
that follow the size are the resolved ones, enlarged in proportion.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.indexmap import bits_of
from pyramidcalc.layers.pooling import AdaptivePool
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.oracle.reading import Part
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.shapes import Resolved, Step

LONGEST = 20_000
"""Longest canvas that is tried, in input positions."""


class Canvas(Record):
    """Sizes of one axis (None: vectors), the layers and their maps on it, and the nodes that read otherwise there."""

    axis: int
    inputs: dict[str, int]
    sizes: dict[str, int | None]
    layers: dict[str, Layer]
    maps: dict[str, tuple[IndexMap, ...]]
    changed: frozenset[str]

    def parts(self, resolved: Resolved, *, cut: bool) -> list[Part]:
        """The graph for a twin; with `cut`, paths that read everything lead nowhere."""
        return [
            Part(
                step.name,
                self.layers[step.name],
                step.inputs,
                step.shapes,
                tuple(cut and axis_map.whole for axis_map in self.maps[step.name]),
            )
            for step in resolved.steps
        ]


def make(resolved: Resolved, axis: int, inputs: Mapping[str, int]) -> Canvas | None:
    """The canvas for these input sizes; None where a layer refuses it."""
    sizes: dict[str, int | None] = dict(inputs)
    layers, maps, changed, local = {}, {}, set(), set(inputs)
    try:
        for step in resolved.steps:
            given = [sizes[name] for name in step.inputs]
            layer = layers[step.name] = enlarged(step, axis, sizes)
            own = step.layer.axes(*step.shapes)
            shapes = tuple(moved(shape, axis, n) for shape, n in zip(step.shapes, given, strict=True))
            there = maps[step.name] = tuple(maps_of[1 + axis] for maps_of in layer.axes(*shapes))
            sizes[step.name] = output_size(step, there, given)
            for name, old, new, shape, n in zip(step.inputs, own, there, step.shapes, given, strict=True):
                if new.whole or n is None or name not in local:
                    continue
                local.add(step.name)
                if name in changed or not alike(old[1 + axis], shape[1 + axis], new, n):
                    changed.add(step.name)
    except (ShapeError, LayerError):
        return None
    return Canvas(axis, dict(inputs), sizes, layers, maps, frozenset(changed))


def moved(shape: tuple[int, ...], axis: int, n: int | None) -> tuple[int, ...]:
    """A shape with another size on one axis."""
    if n is None or len(shape) != 3:
        return shape
    return (*shape[: 1 + axis], n, *shape[2 + axis :])


def output_size(step: Step, maps: tuple[IndexMap, ...], given: list[int | None]) -> int | None:
    """Size of a step's output on the canvas. Raises ShapeError where branches differ."""
    found = {axis_map.size(n) for axis_map, n in zip(maps, given, strict=True) if n is not None}
    if len(step.shape) != 3 or not found:
        return None
    if len(found) > 1:
        raise ShapeError(f"branches of {sorted(found)} do not merge")
    return found.pop()


def alike(old: IndexMap, n: int, new: IndexMap, m: int) -> bool:
    """Whether two maps read alike but for the number of positions."""
    return type(old) is type(new) and old.period(n) == new.period(m) and old.centre(n) == new.centre(m)


def enlarged(step: Step, axis: int, sizes: Mapping[str, int | None]) -> Layer:
    """The resolved layer; sizes that it holds grow with its input, or are those of the map that it follows."""
    layer, n, shape = step.layer, sizes[step.inputs[0]], step.shapes[0]
    if n is None or len(shape) != 3:
        return layer
    values = layer.attributes()
    if isinstance(layer, Upsample) and values["size"] is not None:
        aligned = bool(values["align_corners"])
        m = proportion(n, shape[1 + axis], values["size"][axis], int(aligned))
        if len(step.node.inputs) > len(step.inputs):
            m = sizes[step.node.inputs[1]]
        return replaced(layer, "size", axis, m)
    if isinstance(layer, AdaptivePool) and values["output_size"][axis] not in (None, 1):
        m = proportion(n, shape[1 + axis], values["output_size"][axis], 0)
        return replaced(layer, "output_size", axis, m)
    return layer


def replaced(layer: Layer, field: str, axis: int, m: int | None) -> Layer:
    """The layer with another size on one axis."""
    if m is None:
        return layer
    size = list(layer.attributes()[field])
    size[axis] = m
    return layer.replace(**{field: tuple(size)})


def proportion(n: int, old: int, m: int, ends: int) -> int | None:
    """m in proportion, from `old` to `n` positions; between the end positions where `ends` is 1."""
    if old in (n, ends):
        return m
    found, odd = divmod((n - ends) * (m - ends), old - ends)
    return None if odd else found + ends


def candidates(resolved: Resolved, axis: int, needed: int, step: int) -> Iterator[dict[str, int]]:
    """Input sizes to try: those of about `needed` and more first, then smaller ones."""
    sizes = {name: shape[1 + axis] if len(shape) == 3 else 1 for name, shape in resolved.inputs.items()}
    longest = max(sizes.values())
    tried: dict[int, dict[str, int]] = {longest: dict(sizes)}
    if len(sizes) == 1:
        name = next(iter(sizes))
        least = max(0, needed - longest) // step
        for more in [least + extra for extra in (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 64)] + list(range(1, 9)):
            tried[longest + more * step] = {name: longest + more * step}
        for factor in factors(needed, longest - 1):
            tried[(longest - 1) * factor + 1] = {name: (longest - 1) * factor + 1}
    for factor in factors(needed, longest):
        tried[longest * factor] = {name: n * factor for name, n in sizes.items()}
    limit = max(LONGEST, longest)
    for size in sorted((n for n in tried if n <= limit), key=lambda n: (n < needed, n)):
        yield tried[size]


def factors(needed: int, size: int) -> list[int]:
    """How many times a size is worth trying."""
    least = max(2, -(-needed // max(size, 1)))
    return sorted({2, 3, 4, 6, 8, *range(least, least + 5), 2 * least, 4 * least})


def stays_inside(canvas: Canvas, resolved: Resolved, node: str, first: int, last: int) -> bool:
    """Whether everything that positions first … last of a node read, on local paths, lies inside every map."""
    wanted = {node: (first, last)}
    for step in reversed(resolved.steps):
        ends = wanted.pop(step.name, None)
        if ends is None:
            continue
        for name, axis_map in zip(step.inputs, canvas.maps[step.name], strict=True):
            n = canvas.sizes[name]
            if axis_map.whole or n is None:
                continue
            hull = span(axis_map, n, *ends)
            if hull is None:
                continue
            if hull[0] < 0 or hull[1] >= n:
                return False
            known = wanted.get(name, hull)
            wanted[name] = (min(known[0], hull[0]), max(known[1], hull[1]))
    return True


def lost_in_padding(canvas: Canvas, resolved: Resolved, node: str, places: range) -> bool:
    """Whether positions have paths that read everything, none of which arrives: windows over padding alone."""
    before = {node}
    local, whole = {node: bits_of(places)}, {node: 0}
    crossed = False
    for step in reversed(resolved.steps):
        if step.name not in before:
            continue
        for name, axis_map in zip(step.inputs, canvas.maps[step.name], strict=True):
            n = canvas.sizes[name] or 1
            before.add(name)
            crossed = crossed or axis_map.whole
            near, far = local.get(step.name, 0), whole.get(step.name, 0)
            if axis_map.whole:
                near, far = 0, near | far
            local[name] = local.get(name, 0) | axis_map.gather(n, near)
            whole[name] = whole.get(name, 0) | axis_map.gather(n, far)
    return crossed and not any(whole.get(name) for name in resolved.inputs)


def span(axis_map: IndexMap, n: int, first: int, last: int) -> tuple[int, int] | None:
    """First and last index that positions first … last of one map read."""
    period, _ = axis_map.period(n)
    positions = {*range(first, min(first + period, last + 1)), *range(max(last - period + 1, first), last + 1)}
    taps = [axis_map.reads(n, i) for i in positions]
    ends = [(found[0], found[-1]) for found in taps if found]
    return (min(end[0] for end in ends), max(end[1] for end in ends)) if ends else None


def period_of(field: AxisField) -> int:
    """After how many positions the field of all parts repeats."""
    return lcm(*(part.period for part in field.parts))
