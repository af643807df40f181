"""MobileNetV3-Large as torchvision has it, without the classifier."""

from itertools import count
from typing import NamedTuple

from pyramidcalc.blocks._units import RELU, normed, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Hardsigmoid, Hardswish
from pyramidcalc.layers.base import Layer
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Add, Multiply
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d

INPUT = (3, 224, 224)

HARDSWISH = Hardswish()
MOMENTS = {"eps": 0.001, "momentum": 0.01}
"""torchvision's BatchNorm here."""
DILATED_FROM = 13


class Inverted(NamedTuple):
    """One inverted residual: kernel, channels inside and out, channels of squeeze-excitation (or None)."""

    kernel: int
    expand: int
    out: int
    squeeze: int | None
    act: Layer
    stride: int


BLOCKS = (
    Inverted(3, 16, 16, None, RELU, 1),
    Inverted(3, 64, 24, None, RELU, 2),
    Inverted(3, 72, 24, None, RELU, 1),
    Inverted(5, 72, 40, 24, RELU, 2),
    Inverted(5, 120, 40, 32, RELU, 1),
    Inverted(5, 120, 40, 32, RELU, 1),
    Inverted(3, 240, 80, None, HARDSWISH, 2),
    Inverted(3, 200, 80, None, HARDSWISH, 1),
    Inverted(3, 184, 80, None, HARDSWISH, 1),
    Inverted(3, 184, 80, None, HARDSWISH, 1),
    Inverted(3, 480, 112, 120, HARDSWISH, 1),
    Inverted(3, 672, 112, 168, HARDSWISH, 1),
    Inverted(5, 672, 160, 168, HARDSWISH, 2),
    Inverted(5, 960, 160, 240, HARDSWISH, 1),
    Inverted(5, 960, 160, 240, HARDSWISH, 1),
)
"""Indices 1 to 15. Source: arXiv 1905.02244, table 1; torchvision rounds the squeezed channels to multiples of 8."""


def mobilenet_v3_large(b: Builder, x: Value, *, dilated: bool = False) -> Value:
    """MobileNetV3-Large without its classifier: inverted residuals, some with squeeze-excitation.

    Indices 0 to 16 are those of torchvision's `features`. Dilated, indices 13 to 15 have stride 1 and rate 2, the
    first of them too, and the output stride is 16 instead of 32. 2,971,952 parameters.

    Options:
        dilated: output stride 16, as in torchvision's segmentation networks.

    Source: Howard et al. 2019, arXiv 1905.02244, table 1; torchvision.models.mobilenet_v3_large.
    """
    with b.scope("features"):
        return mobilenet_stages(b, x, dilated=dilated)["16"]


def mobilenet_stages(b: Builder, x: Value, *, dilated: bool) -> dict[str, Value]:
    """The maps `0` … `16` by torchvision's index, in the current scope."""
    x = _unit(b, "0", x, padded_conv(x.width, 16, 3, stride=2), HARDSWISH)
    maps = {"0": x}
    for index, settings in enumerate(BLOCKS, 1):
        with b.scope(f"{index}"):
            x = _inverted(b, x, settings, 2 if dilated and index >= DILATED_FROM else 1)
        maps[f"{index}"] = x
    maps["16"] = _unit(b, "16", x, padded_conv(x.width, 960), HARDSWISH)
    return maps


def _unit(b: Builder, name: str, x: Value, conv: Conv2d, act: Layer) -> Value:
    """Convolution, BatchNorm and activation in a scope."""
    with b.scope(name):
        return normed(b, x, conv, "0 1 2", act, **MOMENTS)


def _inverted(b: Builder, x: Value, settings: Inverted, rate: int) -> Value:
    """1×1 to more channels, depthwise k×k, squeeze-excitation, 1×1 to few: (C, H, W) → (out, H/stride, W/stride).

    A rate over 1 replaces the stride; the input is added where the stride in the table is 1 all the same.
    """
    y, number, inside = x, count(), settings.expand
    with b.scope("block"):
        if inside != x.channels:
            y = _unit(b, f"{next(number)}", y, padded_conv(y.width, inside), settings.act)
        stride = settings.stride if rate == 1 else 1
        depthwise = padded_conv(inside, inside, settings.kernel, stride=stride, rate=rate, groups=inside)
        y = _unit(b, f"{next(number)}", y, depthwise, settings.act)
        if settings.squeeze is not None:
            with b.scope(f"{next(number)}"):
                y = _squeeze_excitation(b, y, settings.squeeze)
        with b.scope(f"{next(number)}"):
            y = normed(b, y, padded_conv(inside, settings.out), "0 1", RELU, **MOMENTS)
    return b.add("add", Add(), y, x) if settings.stride == 1 and y.channels == x.channels else y


def _squeeze_excitation(b: Builder, x: Value, squeezed: int) -> Value:
    """Each channel times a factor from the global average: (C, H, W) → (C, H, W). Source: arXiv 1709.01507."""
    y = b.add("avgpool", AdaptiveAvgPool2d(1), x)
    y = b.add("fc1", padded_conv(x.width, squeezed, bias=True), y)
    y = b.add("activation", RELU, y)
    y = b.add("fc2", padded_conv(squeezed, x.width, bias=True), y)
    y = b.add("scale_activation", Hardsigmoid(), y)
    return b.add("multiply", Multiply(), y, x)
