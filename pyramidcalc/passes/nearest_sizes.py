"""Nearest sizes: the inputs around a failing one with which a graph works.

An operator acts on each axis separately, so one axis is searched after the other.
"""

from __future__ import annotations

from itertools import chain, islice, product
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import LARGEST
from pyramidcalc.layers.base import shape_text
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.shapes import Resolved

SPAN = 128
"""How far from the given size is searched."""
MAX_LAYERS = 100_000
"""How many layers are followed in all, some tenths of a second, before the search gives up."""


class OutOfTriesError(Exception):
    """The search has followed as many layers as it may."""


def advised(resolved: Resolved) -> Resolved:
    """The same, with the nearest sizes that work in the hint of its failure, where there are any."""
    sizes = [shape_text(shape[1:]) for shape in nearest_sizes(resolved)]
    if not sizes or resolved.failure is None:
        return resolved
    listed = " or ".join(filter(None, (", ".join(sizes[:-1]), sizes[-1])))
    hints = filter(None, (resolved.failure.hint, f"an input of {listed} works"))
    return resolved.replace(failure=resolved.failure.replace(hint="; ".join(hints)))


def nearest_sizes(resolved: Resolved) -> tuple[Shape, ...]:
    """The nearest smaller and larger inputs (C, *spatial) with which a failed graph works, smallest first.

    A size that is fine as it is stays. Empty where the graph has several inputs or a vector as input,
    where no size nearby works (channels that do not match, say), or where the search took too long.
    """
    name, shape = next(iter(resolved.inputs.items()))
    left = MAX_LAYERS

    def works(shape: Shape) -> bool:
        nonlocal left
        if left <= 0:
            raise OutOfTriesError
        attempt = shapes(resolved.graph, {name: shape}, resolved.batch)
        left -= len(attempt.layers) + 1
        return attempt.failure is None

    if len(resolved.inputs) != 1 or len(shape) < 2:
        return ()
    try:
        return search(works, shape)
    except OutOfTriesError:
        return ()


def search(works: Callable[[Shape], bool], shape: Shape) -> tuple[Shape, ...]:
    """The nearest inputs that work, where `shape` does not."""

    def around(beside: Shape, axis: int) -> tuple[int, ...]:
        """The size of an axis where it works beside the others' sizes, else the nearest below and above."""
        n = shape[axis]

        def at(m: int) -> bool:
            return works((*beside[:axis], m, *beside[axis + 1 :]))

        if at(n):
            return (n,)
        below = (m for m in range(n - 1, max(n - SPAN, 1) - 1, -1) if at(m))
        above = (m for m in range(n + 1, min(n + SPAN, LARGEST) + 1) if at(m))
        return (*islice(below, 1), *islice(above, 1))

    for axis in range(1, len(shape)):
        if sizes := around(shape, axis):
            return tuple((*shape[:axis], n, *shape[axis + 1 :]) for n in sizes)
    # Several are wrong. Sizes that are equal on all axes and work hold the others right while one is searched.
    alike = (shape[:1] + (n,) * (len(shape) - 1) for n in chain(*[nearby(n) for n in dict.fromkeys(shape[1:])]))
    beside = next((candidate for candidate in alike if works(candidate)), None)
    if beside is None:
        return ()
    return tuple((shape[0], *sizes) for sizes in product(*[around(beside, axis) for axis in range(1, len(shape))]))


def nearby(n: int, span: int = SPAN) -> Iterator[int]:
    """n and the numbers around it, nearest first."""
    yield n
    for distance in range(1, span + 1):
        if n > distance:
            yield n - distance
        if n + distance <= LARGEST:
            yield n + distance
