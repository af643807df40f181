"""One adaptive pool."""

from typing import Literal

from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers import pooling


def adaptive_pool(
    b: Builder,
    x: Value,
    *,
    kind: Literal["avg", "max"] = "avg",
    output_size: int | tuple[int | None, ...] = 1,
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One adaptive pool: torch.nn.AdaptiveAvgPool2d or AdaptiveMaxPool2d.

    Gives the same number of bins for every input size; they overlap where the one does not divide the other. Its
    channels come from --input.

    Options:
        kind: what a bin gives.
        output_size (--size): output size; none keeps an axis, as in nonex7.
        dims: number of spatial axes.
    """
    return b.add("adaptive-pool", getattr(pooling, f"Adaptive{kind.title()}Pool{dims}d")(output_size), x)
