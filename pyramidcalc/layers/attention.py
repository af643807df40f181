"""Attention: products of queries, keys and values over the positions of a map."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, Whole
from pyramidcalc.layers.base import Layer, shape_text
from pyramidcalc.layers.rearranging import checked, digits_of

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.layers.rearranging import Factor


class Attention(Layer, arity=3, ranks=(1, 2, 3)):
    """softmax(q·kᵀ)·v of queries, keys and values (C, *spatial): each position reads all of its window of k and v.

    `factors` (axis, stride, size) are the window's, -1 for a whole axis; `heads` split the channels of all three.
    Vaswani et al., arXiv 1706.03762.
    """

    factors: tuple[Factor, ...]
    heads: int = 1

    def _normalise(self) -> dict[str, Any]:
        self.integer("heads", self.heads, 1)
        return {"factors": checked(self, "factors", self.factors)}

    def channels(self, *channels: int | None) -> int | None:
        return channels[2]

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        query, key, value = shapes
        for shape in shapes:
            self.check_input(shape)
        if key[1:] != value[1:] or query[0] != key[0] or query[0] % self.heads or value[0] % self.heads:
            self.refuse(f"queries {shape_text(query)}, keys {shape_text(key)}, values {shape_text(value)} do not fit")
        self.axes(*shapes)
        return (value[0], *query[1:])

    def _map(self, axis: int, m: int, n: int) -> IndexMap:
        """What a position of m queries reads of n keys."""
        for other, stride, size in self.factors:
            if other == axis and size not in (-1, n):
                if m != n or n % (stride * size):
                    self.refuse(f"windows of {size} over {m} queries and {n} keys")
                return digits_of(n, stride, size, ((0, size),), free=(stride, size))
            if other == axis:
                return Whole(m)
        if m != n:
            self.refuse(f"{m} queries over {n} keys")
        return IDENTITY

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        query, key, value = shapes
        spatial = [self._map(axis, m, n) for axis, (m, n) in enumerate(zip(query[1:], key[1:], strict=True), 1)]
        channels = Whole(value[0])
        return (channels, *[IDENTITY] * len(spatial)), (channels, *spatial), (channels, *spatial)

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        sizes = [shapes[1][axis] if size == -1 else size for axis, _, size in self.factors]
        return prod(sizes) * (prod(shapes[0]) + prod(output))
