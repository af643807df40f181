"""Small graphs for the oracle's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.graph import Builder, Graph

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer


def chain(*layers: Layer, channels: int = 3) -> Graph:
    """Layer after layer, called a, b, c …"""
    b = Builder()
    x = b.input("input", channels)
    for name, layer in zip("abcdefgh", layers, strict=False):
        x = b.add(name, layer, x)
    b.output("result", x)
    return b.build()
