"""SPEED's modified depthwise spatial pyramid pooling."""

from pyramidcalc.blocks._units import RELU, positive, separable, several
from pyramidcalc.blocks.dspp import grid_branches
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Concat

INPUT = (64, 12, 16)


def mdspp(b: Builder, x: Value, *, bins: tuple[int, ...] = (2, 4, 6, 8), filters: int = 64) -> Value:
    """Modified DSPP (SPEED's decoder): DSPP's four branches, joined two by two, beside the map.

    The branches are DSPP's with ⌊filters/4⌋ channels and no biases. Branches 1 and 3 are concatenated, then
    ReLU, a separable 3×3 to filters/2 (no bias) and ReLU; branches 2 and 4 likewise; the output is both and the
    map. It has filters + C channels, which doubles C only where filters = C: 64×12×16 gives 128×12×16.

    Options:
        bins: bins of the four branches, at most the height and the width of the map.
        filters: channels added to the map's; even, at least 4.

    Source: Papa et al., SPEED: Separable Pyramidal Pooling EncodEr-Decoder, IEEE Access 2022.
    """
    if len(several("mdspp", "bins", bins)) != 4:
        given = " ".join(map(str, bins))
        raise LayerError(
            f"mdspp: `bins` ({given}) are {len(bins)}, and the branches are joined two by two: it takes exactly four",
            hint="give four bins, such as 2 4 6 8, or use dspp, which takes any number",
        )
    if positive("mdspp", "filters", filters) < 4:
        raise LayerError(
            f"mdspp: `filters` (={filters}) shared by four branches leaves ⌊{filters}/4⌋ = 0 channels each",
            hint="use at least 4",
        )
    if filters % 2:
        raise LayerError(
            f"mdspp: `filters` (={filters}) must be even: each pair of branches gives half of them",
            hint=f"use {filters - 1} or {filters + 1}",
        )
    branches = grid_branches(b, x, bins, filters // 4, bias=False)
    pairs = []
    for name, pair in (("first", branches[::2]), ("second", branches[1::2])):
        with b.scope(name):
            y = b.add("concat", Concat(), *pair)
            y = b.add("concat_act", RELU, y)
            y = separable(b, y, filters // 2, bias=False)
            pairs.append(b.add("act", RELU, y))
    return b.add("concat", Concat(), *pairs, x)
