"""Branches: which nodes join in one, where nothing but the joining lies between them and it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved


def branches(resolved: Resolved, node: str) -> tuple[str, ...]:
    """The nodes that join in `node`: what the last merge before it reads, position by position.

    Between that merge and the node each pixel reads its own place alone. Empty where there is no such merge.
    """
    layers = {applied.name: applied for applied in resolved.layers}
    while node in layers:
        applied = layers[node]
        terms = applied.layer.terms(*applied.shapes)
        if any(axis_map is not IDENTITY for _, maps in terms for axis_map in maps[1:]):
            return ()
        if len(applied.inputs) > 1:
            return tuple(dict.fromkeys(applied.inputs))
        node = applied.inputs[0]
    return ()
