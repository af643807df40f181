"""Hybrid dilated convolution: rates in a row that leave no holes."""

from pyramidcalc.blocks._units import RELU, cbr, labels, normed, padded_conv, positive, several
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add

INPUT = (512, 64, 64)

EXPANSION = 4
"""Channels of a bottleneck unit, by those inside."""


def hdc(
    b: Builder, x: Value, *, rate: tuple[int, ...] = (1, 2, 5), channels: int | None = None, bottleneck: bool = False
) -> Value:
    """Hybrid dilated convolution: 3×3 convolutions in a row whose rates rise like a saw's teeth, 1 2 5.

    Equal rates (2 2 2) read every second pixel only: gridding. Rates r of which, from the last back,
    M_i = max(M_{i+1} − 2·r_i, 2·r_i − M_{i+1}, r_i) with M_n = r_n ends at M_2 <= 3, and that start at 1, leave no
    hole: 1 2 5 does, 1 2 9 does not. Each convolution (padding = rate) has no bias, BatchNorm and ReLU, or stands in a
    residual unit of ResNet. The size is kept.

    Options:
        rate: dilation rate of each 3x3, in order; the paper has 1 2 3, and 1 2 5 9 in its bigger variant.
        channels: output channels; the input's where absent.
        bottleneck: residual units of 1x1 to a quarter of the channels, 3x3 at the rate, and 1x1, as in ResNet-101.

    Source: Wang et al. 2018, arXiv 1702.08502, section 3.2 and equation 2; the units: section 4.2.
    """
    rates = several("hdc", "rate", rate)
    width = x.width if channels is None else positive("hdc", "channels", channels)
    if bottleneck and width % EXPANSION:
        raise LayerError(
            f"hdc: `bottleneck` has a quarter of its channels inside, and {width} is not divisible by {EXPANSION}",
            hint=f"use {width - width % EXPANSION or EXPANSION} channels",
        )
    for dilation, label in zip(rates, labels(rates), strict=True):
        with b.scope(f"rate{label}"):
            x = _unit(b, x, width, dilation) if bottleneck else cbr(b, x, width, 3, rate=dilation)
    return x


def _unit(b: Builder, x: Value, width: int, rate: int) -> Value:
    """ResNet's unit with its 3×3 at the rate: (C, H, W) → (width, H, W)."""
    y = normed(b, x, padded_conv(x.width, width // EXPANSION), "conv1 bn1 relu1")
    y = normed(b, y, padded_conv(y.width, y.width, 3, rate=rate), "conv2 bn2 relu2")
    y = normed(b, y, padded_conv(y.width, width), "conv3 bn3")
    if x.width != width:
        x = normed(b, x, padded_conv(x.width, width), "downsample.0 downsample.1")
    return b.add("relu", RELU, b.add("add", Add(), y, x))
