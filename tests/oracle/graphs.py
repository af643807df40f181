"""Small graphs for the oracle's tests, and what torch says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyramidcalc as pc
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.oracle.results import Check, Verification


def chain(*layers: Layer, channels: int = 3) -> Graph:
    """Layer after layer, called a, b, c …"""
    b = Builder()
    x = b.input("input", channels)
    for name, layer in zip("abcdefgh", layers, strict=False):
        x = b.add(name, layer, x)
    b.output("result", x)
    return b.build()


def check(graph: Graph, *, batch: int = 1, **inputs: tuple[int, ...]) -> Verification:
    """Verifies a graph on shapes by input name."""
    result: Verification = pc.oracle.verify(shapes(graph, inputs, batch), "cpu")
    return result


def of_architecture(name: str, *size: int) -> Verification:
    """Verifies an architecture on an input."""
    resolved = pc.analyze(name, input=size).resolved
    assert resolved is not None
    result: Verification = pc.oracle.verify(resolved, "cpu")
    return result


def only(result: Verification, layer: str, quantity: str) -> Check:
    """The one check of a layer and quantity."""
    return next(c for c in result.checks if (c.layer, c.quantity) == (layer, quantity))
