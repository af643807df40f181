"""SPEED's depthwise spatial pyramid pooling."""

from __future__ import annotations

from pyramidcalc.blocks._grid import grid_branches
from pyramidcalc.blocks._units import positive, several
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Concat

INPUT = (512, 12, 16)


def dspp(b: Builder, x: Value, *, bins: tuple[int, ...] = (2, 4, 6, 8), filters: int = 128) -> Value:
    """Depthwise spatial pyramid pooling (SPEED): average pools, separable convolutions, and the map itself.

    A branch of b bins pools with window = stride = (⌊H/b⌋, ⌊W/b⌋), applies a depthwise 3×3 (no bias) and a
    1×1 (bias) that keep the grid's size, and resizes bilinearly (half-pixel) back to H×W; all are concatenated,
    the map first: 512×12×16 gives 1024×12×16. The grid is ⌊H/⌊H/b⌋⌋ rows, not always b: bins 6 and 8 on 12×16
    give 6×8 and 12×8.

    Options:
        bins: bins of each branch, at most the height and the width of the map.
        filters: channels of each branch.

    Source: Papa et al., SPEED: Separable Pyramidal Pooling EncodEr-Decoder, IEEE Access 2022.
    """
    bins = several("dspp", "bins", bins)
    branches = grid_branches(b, x, bins, positive("dspp", "filters", filters), bias=True)
    return b.add("concat", Concat(), x, *branches)
