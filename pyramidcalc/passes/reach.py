"""Reach: the exact set of input pixels that one output pixel reads, borders and dilation holes included.

The set is a union of products, channel set × one position set a spatial axis, one per path; each set is an int
whose bits are positions. One reverse sweep over the graph.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import positions_of
from pyramidcalc.layers.base import shape_text
from pyramidcalc.passes.channels import PART_OF_A_VECTOR, spatial, takes_apart
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Product = tuple[int, ...]
    """Bit sets of the channels and of each spatial axis."""

MAX_PRODUCTS = 1024
"""More products than this take seconds to keep apart."""
MAX_AXIS = 1 << 16
"""A mask of an input of two such axes takes half a gigabyte."""


class Reach(Record):
    """What one output pixel, all its channels together, reads of each input.

    `products` holds bit sets (channels, then one a spatial axis) for each input; their union is the reach.
    `unknown` says why there is none.
    """

    node: str
    position: tuple[int, ...]
    inputs: dict[str, Shape]
    products: dict[str, tuple[Product, ...]]
    unknown: str | None = None

    def __repr__(self) -> str:
        reason = self.unknown and f"unknown, {self.unknown}"
        read = ", ".join(f"{self.pixels(name)} pixels of {name}" for name in self.products)
        return f"<Reach of {self.node} at {self.position}: {reason or read}>"

    def mask(self, name: str) -> dict[tuple[int, ...], int]:
        """Position on all spatial axes but the last to the bit set of the last one's, read in any channel: rows of
        an image, whose bits are columns. Only what is read is in it, in ascending order."""
        lines: dict[tuple[int, ...], int] = {}
        for _, *axes in self.products[name]:
            *outer, last = axes or [1]
            for place in product(*map(positions_of, outer)):
                lines[place] = lines.get(place, 0) | last
        return dict(sorted(lines.items()))

    def pixels(self, name: str) -> int:
        """Number of input pixels that are read."""
        return sum(line.bit_count() for line in self.mask(name).values())

    def positions(self, name: str) -> tuple[int, ...]:
        """For each spatial axis, the bit set of the positions of which some pixel is read."""
        rank = len(self.inputs[name]) - 1
        sets = [0] * rank
        for _, *axes in self.products[name]:
            sets = [known | axis for known, axis in zip(sets, axes, strict=True)]
        return tuple(sets)

    def hull(self, name: str) -> tuple[tuple[int, int], ...] | None:
        """First and last position that is read on each spatial axis; None where nothing is."""
        if not self.products[name]:
            return None
        return tuple([((axis & -axis).bit_length() - 1, axis.bit_length() - 1) for axis in self.positions(name)])

    def hull_pixels(self, name: str) -> int | None:
        """Number of pixels of the hull; None where nothing is read."""
        hull = self.hull(name)
        return None if hull is None else prod(last - first + 1 for first, last in hull)

    def coverage(self, name: str) -> float | None:
        """Pixels that are read over pixels of their hull; None when nothing is read."""
        around = self.hull_pixels(name)
        return None if around is None else self.pixels(name) / around


def reach(resolved: Resolved, node: str, position: Sequence[int]) -> Reach:
    """What the pixel at `position`, one index a spatial axis, of a node reads of every input.

    Raises UsageError where there is no such node or pixel.
    """
    layers, position = asked(resolved, node, position, "reach")
    if reason := too_long(resolved):
        return Reach(node, position, resolved.inputs, {}, reason)
    start = ((1 << layers[-1].shape[0]) - 1, *[1 << i for i in position])
    read, reason = sweep(layers, {node: [start]})
    if reason is not None:
        return Reach(node, position, resolved.inputs, {}, reason)
    return Reach(node, position, resolved.inputs, {name: tuple(read.get(name, ())) for name in resolved.inputs})


def position_of(at: Sequence[int] | str | None, shape: Sequence[int]) -> tuple[int, ...]:
    """The position of a pixel of a layer of this shape; "corner" is the first, "centre" or None the middle.

    Raises UsageError for another word.
    """
    if at is not None and not isinstance(at, str):
        return tuple(at)
    if at not in (None, "centre", "corner"):
        raise UsageError(f"position {at!r} must be centre, corner, or one index a spatial axis from 0")
    return tuple([0 if at == "corner" else n // 2 for n in shape[1:]])


def asked(
    resolved: Resolved, node: str, position: Sequence[int], question: str
) -> tuple[tuple[AppliedLayer, ...], tuple[int, ...]]:
    """The layers up to a node, and the position of one of its pixels; raises UsageError where there is no such one."""
    names = [applied.name for applied in resolved.layers]
    if node not in names:
        raise UsageError(f"no layer `{node}` to ask the {question} of", hint=f"layers are {', '.join(names[:8])} …")
    layers = resolved.layers[: names.index(node) + 1]
    sizes = layers[-1].shape[1:]
    position = tuple(position)
    if len(position) != len(sizes) or not all(0 <= i < n for i, n in zip(position, sizes, strict=True)):
        at, size = ",".join(map(str, position)), shape_text(sizes) or "a vector"
        raise UsageError(f"`{node}` is {size}, so it has no position {at or 'without a number'}")
    return layers, position


def too_long(resolved: Resolved) -> str | None:
    """Why a graph is too large to follow every position; None where it is not."""
    longest = max(max(shape) for shape in resolved.shapes.values())
    return f"an axis of {longest} positions is over the limit of {MAX_AXIS}" if longest > MAX_AXIS else None


def sweep(
    layers: Sequence[AppliedLayer], wanted: dict[str, list[Product]]
) -> tuple[dict[str, list[Product]], str | None]:
    """Carries products from outputs to inputs; gives what is wanted of each name, or why it is unknown."""
    for applied in reversed(layers):
        products = wanted.pop(applied.name, None)
        if not products:
            continue
        if applied.layer.opaque:
            return {}, f"`{applied.name}`: {applied.layer.reason}"
        for source, maps in applied.layer.terms(*applied.shapes):
            name, shape = applied.inputs[source], applied.shapes[source]
            reached = wanted.setdefault(name, [])
            for outputs in products:
                if takes_apart(applied) and outputs[0] + 1 != 1 << applied.shape[0]:
                    return {}, PART_OF_A_VECTOR.format(applied.name)
                # A vector is one position of every axis before and behind it.
                axes, sizes = (*outputs, *[1] * (len(maps) - len(outputs))), (shape[0], *spatial(shape, maps))
                read = tuple([m.gather(n, bits) for m, n, bits in zip(maps, sizes, axes, strict=True)])
                if all(read):
                    absorb(reached, read[: len(shape)])
            if len(reached) > MAX_PRODUCTS:
                return {}, f"`{name}` is read in more than {MAX_PRODUCTS} separate blocks"
    return wanted, None


def absorb(products: list[Product], new: Product) -> None:
    """Adds a product unless one contains it; drops those that it contains."""
    if any(contains(product, new) for product in products):
        return
    products[:] = [product for product in products if not contains(new, product)]
    products.append(new)


def contains(outer: Product, inner: Product) -> bool:
    """Whether every pixel of `inner` is one of `outer`."""
    return all(small & ~large == 0 for large, small in zip(outer, inner, strict=True))
