"""The front that DSPP and MDSPP share: grid pools, separable convolutions and resizes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.blocks._units import labels, separable
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.layers.sized import GridAvgPool2d

if TYPE_CHECKING:
    from collections.abc import Sequence


def grid_branches(b: Builder, x: Value, bins: Sequence[int], filters: int, *, bias: bool) -> list[Value]:
    """One branch a bin: pool (C, H, W) to its grid, separable 3×3 to `filters`, bilinear back to (filters, H, W)."""
    branches = []
    for bin_count, label in zip(bins, labels(bins), strict=True):
        with b.scope(f"bin{label}"):
            branch = b.add("pool", GridAvgPool2d(bin_count), x)
            branch = separable(b, branch, filters, bias=bias)
            branches.append(b.add("resize", ResizeTo("bilinear", False), branch, x))
    return branches
