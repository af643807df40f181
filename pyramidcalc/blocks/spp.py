"""Spatial pyramid pooling: a vector of one length from maps of every size."""

from typing import Literal

from pyramidcalc.blocks._units import labels, several
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.sized import SpatialPyramidPool2d

INPUT = (256, 13, 13)


def spp(
    b: Builder, x: Value, *, bins: tuple[int, ...] = (4, 2, 1), method: Literal["pad", "window", "adaptive"] = "pad"
) -> Value:
    """Spatial pyramid pooling (SPP-net): max pools to n×n bins per level, flattened and concatenated.

    The vector has C·Σn² features: 256 channels and bins 4 2 1 give 256·21 = 5376. On a map of size a
    a level of n bins pools by one of three methods, because the literature has three. pad: window =
    stride = ⌈a/n⌉, padding ⌊(⌈a/n⌉·n − a + 1)/2⌋; always n bins, but torch refuses a padding over half
    the window (bins 4 2 1 fail at a = 1, 2, 3, 5, 9). window: window ⌈a/n⌉, stride ⌊a/n⌋; it may give
    another number of bins than n, and may leave a tail unread. adaptive: AdaptiveMaxPool2d(n), right for
    every size. Not to be mistaken for YOLO's SPP, which keeps the map's size: see yolo-spp.

    Options:
        bins: bins per side of each level, in the order of the vector.
        method: pad (Caffe's SPPLayer and the PyTorch ports), window (the paper's text) or adaptive.

    Source: He, Zhang, Ren, Sun 2015, arXiv 1406.4729, sections 2.2 and 2.3.
    """
    bins = several("spp", "bins", bins)
    levels = []
    for count, label in zip(bins, labels(bins), strict=True):
        with b.scope(f"bin{label}"):
            level = b.add("pool", SpatialPyramidPool2d(count, method), x)
            levels.append(b.add("flatten", Flatten(), level))
    return b.add("concat", Concat(), *levels)
