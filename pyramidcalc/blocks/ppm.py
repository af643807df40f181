"""PSPNet's pyramid pooling module."""

from pyramidcalc.blocks._units import cbr, labels, positive, several
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import ResizeTo

INPUT = (2048, 60, 60)


def ppm(b: Builder, x: Value, *, bins: tuple[int, ...] = (1, 2, 3, 6), channels: int | None = None) -> Value:
    """Pyramid pooling module (PSPNet): the map beside its own averages over n×n bins.

    Each level is an adaptive average pool to n×n, a 1×1 convolution with BatchNorm and ReLU, and a bilinear
    resize (align_corners) back to the map's size; all are concatenated, the map first. By default the levels
    together have as many channels as the map: 2048×60×60 gives 4096×60×60.

    Options:
        bins: bins per side of each level.
        channels: channels of each level; the input's, divided by the number of bins, where absent.

    Source: Zhao et al. 2017, arXiv 1612.01105, section 3.2.
    """
    bins = several("ppm", "bins", bins)
    if channels is None and x.width < len(bins):
        raise LayerError(
            f"ppm: {x.width} input channels over {len(bins)} bins leave ⌊{x.width}/{len(bins)}⌋ = 0 channels a level",
            hint=f"use at least {len(bins)} channels, fewer bins, or give `channels`",
        )
    width = x.width // len(bins) if channels is None else positive("ppm", "channels", channels)
    return pooled_levels(b, x, bins, width, align_corners=True)


def pooled_levels(b: Builder, x: Value, bins: tuple[int, ...], width: int, *, align_corners: bool) -> Value:
    """The map beside its averages over n×n bins, of so many channels each: (C, H, W) → (C + bins·width, H, W)."""
    levels = []
    for count, label in zip(bins, labels(bins), strict=True):
        with b.scope(f"bin{label}"):
            level = cbr(b, b.add("pool", AdaptiveAvgPool2d(count), x), width)
            levels.append(b.add("resize", ResizeTo("bilinear", align_corners), level, x))
    return b.add("concat", Concat(), x, *levels)
