"""SPEED's depthwise spatial pyramid pooling."""

from pyramidcalc.blocks._units import labels, positive, separable, several
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.layers.sized import GridAvgPool2d

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


def grid_branches(b: Builder, x: Value, bins: tuple[int, ...], filters: int, *, bias: bool) -> list[Value]:
    """One branch a bin: pool (C, H, W) to its grid, separable 3×3 to `filters`, bilinear back to (filters, H, W)."""
    branches = []
    for count, label in zip(bins, labels(bins), strict=True):
        with b.scope(f"bin{label}"):
            branch = separable(b, b.add("pool", GridAvgPool2d(count), x), filters, bias=bias)
            branches.append(b.add("resize", ResizeTo("bilinear", False), branch, x))
    return branches
