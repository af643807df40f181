"""One adaptive pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from pyramidcalc.operators._layers import default_input

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

__all__ = ["adaptive_pool", "default_input"]

KINDS: dict[str, dict[int, type[Layer]]] = {
    "avg": {1: AdaptiveAvgPool1d, 2: AdaptiveAvgPool2d, 3: AdaptiveAvgPool3d},
    "max": {1: AdaptiveMaxPool1d, 2: AdaptiveMaxPool2d, 3: AdaptiveMaxPool3d},
}


def adaptive_pool(
    b: Builder,
    x: Value,
    *,
    kind: Literal["avg", "max"] = "avg",
    output_size: int | tuple[int | None, ...] = 1,
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One adaptive pool: torch.nn.AdaptiveAvgPool1d, AdaptiveAvgPool2d or AdaptiveAvgPool3d, or AdaptiveMaxPool.

    Gives the same number of bins for every input size; they overlap where the one does not divide the other. Its
    channels come from --input.

    Options:
        kind: what a bin gives.
        output_size (--size): output size; none keeps an axis, as in nonex7.
        dims: number of spatial axes.
    """
    return b.add("adaptive-pool", KINDS[kind][dims](output_size), x)
