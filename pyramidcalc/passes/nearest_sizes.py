"""Nearest sizes: the input heights and widths around a failing one with which a graph works.

An operator acts on rows and on columns separately, so height and width are searched one after the other.
"""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import LARGEST
from pyramidcalc.passes.size_sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.shapes import Resolved

SPAN = 128
"""How far from the given size is searched."""
LAYERS_LOOKED_AT = 100_000
"""How many layers are followed in all, some tenths of a second, before the search gives up."""


class OutOfTriesError(Exception):
    """The search has followed as many layers as it may."""


def advised(resolved: Resolved) -> Resolved:
    """The same, with the nearest sizes that work in the hint of its failure, where they are found."""
    sizes = [f"{height}x{width}" for height, width in nearest_sizes(resolved)]
    if not sizes or resolved.failure is None:
        return resolved
    listed = f"{', '.join(sizes[:-1])} or {sizes[-1]}" if len(sizes) > 1 else sizes[0]
    way_out = f"an input of {listed} works"
    hint = f"{resolved.failure.hint}; {way_out}" if resolved.failure.hint else way_out
    return resolved.replace(failure=resolved.failure.replace(hint=hint))


def nearest_sizes(resolved: Resolved) -> tuple[tuple[int, int], ...]:
    """(H, W) of the nearest smaller and larger inputs with which a failed graph works, smallest first.

    A height or width that is fine as it is stays. Empty where the graph has several inputs or a vector as input,
    where no size nearby works (channels that do not match, say), or where the search took too long.
    """
    graph = resolved.graph
    shape = resolved.inputs[graph.inputs[0][0]]
    if len(graph.inputs) != 1 or len(shape) != 3:
        return ()
    works = limited(graph, resolved.batch, LAYERS_LOOKED_AT)
    try:
        return search(works, shape[1], shape[2])
    except OutOfTriesError:
        return ()


def limited(graph: Graph, batch: int, layers: int) -> Callable[[int, int], bool]:
    """Whether the graph works on H×W; OutOfTriesError once so many layers were followed."""
    ((name, channels),) = graph.inputs
    sweep = Sweep(graph, 1, batch)
    left = layers

    def works(height: int, width: int) -> bool:
        nonlocal left
        if left <= 0:
            raise OutOfTriesError
        left -= len(graph.nodes) + 1
        return max(height, width) <= LARGEST and sweep.legal({name: (channels, height, width)})

    return works


def search(works: Callable[[int, int], bool], height: int, width: int) -> tuple[tuple[int, int], ...]:
    """The nearest pairs that work, where `works(height, width)` does not."""
    heights = around(height, lambda h: works(h, width))
    if heights:
        return tuple((h, width) for h in heights)
    widths = around(width, lambda w: works(height, w))
    if widths:
        return tuple((height, w) for w in widths)
    # Both are wrong. A square that works holds one axis right while the other is searched.
    side = next((n for n in chain(nearby(height), nearby(width)) if works(n, n)), None)
    if side is None:
        return ()
    heights = around(height, lambda h: works(h, side))
    widths = around(width, lambda w: works(side, w))
    return tuple(product(heights, widths))


def around(n: int, works: Callable[[int], bool]) -> tuple[int, ...]:
    """The nearest smaller and the nearest larger number that works, where there are any."""
    below = (m for m in range(n - 1, max(n - SPAN, 1) - 1, -1) if works(m))
    above = (m for m in range(n + 1, n + SPAN + 1) if works(m))
    return tuple(m for m in (next(below, None), next(above, None)) if m is not None)


def nearby(n: int, span: int = SPAN) -> Iterator[int]:
    """n and the numbers around it, nearest first."""
    yield n
    for distance in range(1, span + 1):
        if n > distance:
            yield n - distance
        yield n + distance
