"""Atrous spatial pyramid pooling, as DeepLab v2, v3 and v3+ have it."""

from typing import Literal

from pyramidcalc.blocks._units import cbr, fc6_fc7, foreign, labels, padded_conv, positive, separable_cbr, several
from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import ResizeTo

INPUT = {"v3": (2048, 33, 33), "separable": (2048, 33, 33), "v2": (2048, 41, 41), "v2-vgg": (512, 41, 41)}
"""The map at the end of the paper's backbone, by variant."""
RATES = {16: (6, 12, 18), 8: (12, 24, 36)}
"""v3's and v3+'s rates at each output stride. Source: arXiv 1706.05587, section 3.3."""
RATES_V2 = (6, 12, 18, 24)
"""ASPP-L of v2, whose networks have output stride 8. Source: arXiv 1606.00915, section 4.1.2."""


def aspp(
    b: Builder,
    x: Value,
    *,
    variant: Literal["v3", "v2", "v2-vgg", "separable"] = "v3",
    rate: tuple[int, ...] | None = None,
    output_stride: Literal[16, 8] | None = None,
    channels: int | None = None,
    classes: int | None = None,
    hidden: int | None = None,
    dropout: bool = True,
) -> Value:
    """Atrous spatial pyramid pooling (DeepLab): parallel 3×3 convolutions at several dilation rates.

    v3: a 1×1, a 3×3 at each rate (padding = rate) and the global average, each with BatchNorm and ReLU, are
    concatenated (five branches, not four) and projected by a 1×1. separable (v3+): the same with depthwise
    3×3 and 1×1, each with BatchNorm and ReLU, for every 3×3. v2: a biased 3×3 to the classes at each rate,
    summed. v2-vgg: 3×3, 1×1 and 1×1 to the classes at each rate, with ReLU and dropout between, summed. A 3×3 at
    rate r has all its taps inside an H×W map at (H − 2r)/H · (W − 2r)/W of the positions, and is a 1×1 where
    r ≥ H and W.

    Options:
        variant: v3, separable (v3+), v2 (on a ResNet) or v2-vgg (on VGG-16).
        rate: dilation rates, used as given; where absent 6 12 18, at output stride 8 12 24 36, in v2 6 12 18 24.
        output_stride: stride of the backbone, which sets the rates where --rate is absent; 16, in v2 8, if absent.
        channels: channels of each branch and of the output in v3 and separable; 256 where absent.
        classes: output channels in v2 and v2-vgg; 21 where absent.
        hidden: channels between the convolutions of v2-vgg; 1024 where absent.
        dropout: dropout 0.5 at the end of v3 and separable, and between the convolutions of v2-vgg.

    Source: Chen et al., arXiv 1706.05587 section 3.3 (v3), 1802.02611 section 3.1 (v3+), 1606.00915 section 3.2 (v2).
    """
    rates = _rates(variant, rate, output_stride)
    if variant in ("v3", "separable"):
        foreign("aspp", "variants v2 and v2-vgg", classes=classes, hidden=hidden)
        width = positive("aspp", "channels", 256 if channels is None else channels)
        y = _concatenated(b, x, rates, width, separable=variant == "separable")
        with b.scope("project"):
            y = cbr(b, y, width)
            return b.add("dropout", Dropout(0.5), y) if dropout else y
    foreign("aspp", "variants v3 and separable", channels=channels)
    classes = positive("aspp", "classes", 21 if classes is None else classes)
    if variant == "v2-vgg":
        hidden = positive("aspp", "hidden", 1024 if hidden is None else hidden)
    else:
        foreign("aspp", "variant v2-vgg", hidden=hidden)
    return _summed(b, x, rates, classes, hidden, dropout=dropout)


def _rates(variant: str, rate: tuple[int, ...] | None, output_stride: int | None) -> tuple[int, ...]:
    """The rates as given, or those of the variant at the output stride."""
    if variant not in INPUT:
        raise UsageError(f"aspp: `variant` (={variant!r}) must be one of {', '.join(INPUT)}")
    if output_stride not in (None, *RATES):
        raise UsageError(f"aspp: `output_stride` (={output_stride!r}) must be one of {', '.join(map(str, RATES))}")
    if rate is not None:
        return several("aspp", "rate", rate)
    if variant in ("v3", "separable"):
        return RATES[output_stride or 16]
    if output_stride == 16:
        raise UsageError(
            f"aspp: {variant} has published rates for output stride 8 only, not for `output_stride` (=16)",
            hint="give the rates themselves as `rate`",
        )
    return RATES_V2


def _concatenated(b: Builder, x: Value, rates: tuple[int, ...], channels: int, *, separable: bool) -> Value:
    """v3 and v3+: (C, H, W) → (channels, H, W)."""
    with b.scope("conv1x1"):
        branches = [cbr(b, x, channels)]
    for dilation, label in zip(rates, labels(rates), strict=True):
        with b.scope(f"rate{label}"):
            branch = separable_cbr(b, x, channels, dilation) if separable else cbr(b, x, channels, 3, rate=dilation)
            branches.append(branch)
    with b.scope("pooling"):
        pooled = cbr(b, b.add("pool", AdaptiveAvgPool2d(1), x), channels)
        # From 1×1 every convention of corners gives the same map.
        branches.append(b.add("resize", ResizeTo("bilinear", True), pooled, x))
    return b.add("concat", Concat(), *branches)


def _summed(b: Builder, x: Value, rates: tuple[int, ...], classes: int, hidden: int | None, *, dropout: bool) -> Value:
    """v2 (hidden None) and v2-vgg: (C, H, W) → (classes, H, W)."""
    branches = []
    for dilation, label in zip(rates, labels(rates), strict=True):
        with b.scope(f"rate{label}"):
            if hidden is None:
                branches.append(b.add("conv", padded_conv(x.width, classes, 3, rate=dilation, bias=True), x))
            else:
                y = fc6_fc7(b, x, hidden, 3, dilation, dropout=dropout)
                branches.append(b.add("fc8.conv", padded_conv(hidden, classes, bias=True), y))
    return b.add("sum", Add(), *branches)
