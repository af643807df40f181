"""Residual units: the two of ResNet, with torchvision's names.

Source: He et al., arXiv 1512.03385, section 3.3 and figure 5.
"""

from __future__ import annotations

from typing import NamedTuple

from pyramidcalc.blocks._units import RELU, batch_norm, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.pooling import MaxPool2d

ADD = Add()
EXPANSION = 4
"""Output channels of a bottleneck per channel of its 3×3."""


class Residual(NamedTuple):
    """A unit's branch before the addition, and its output."""

    branch: Value
    output: Value


def bottleneck(
    b: Builder, x: Value, width: int, *, stride: int = 1, rate: int = 1, stride_first: bool = False
) -> Residual:
    """1×1, 3×3 at the rate, 1×1: (C, H, W) → (4·width, H/stride, W/stride).

    The stride is the 3×3's, or the first 1×1's (as in Caffe) with `stride_first`.
    """
    first, second = (stride, 1) if stride_first else (1, stride)
    y = unit_conv(b, x, width, 1, "1", stride=first)
    y = b.add("relu1", RELU, y)
    y = unit_conv(b, y, width, 3, "2", stride=second, rate=rate)
    y = b.add("relu2", RELU, y)
    y = unit_conv(b, y, EXPANSION * width, 1, "3")
    return Residual(y, joined(b, x, y, stride))


def basic(b: Builder, x: Value, width: int, *, stride: int = 1) -> Residual:
    """Two 3×3, the first with the stride: (C, H, W) → (width, H/stride, W/stride)."""
    y = unit_conv(b, x, width, 3, "1", stride=stride)
    y = b.add("relu1", RELU, y)
    y = unit_conv(b, y, width, 3, "2")
    return Residual(y, joined(b, x, y, stride))


def unit_conv(
    b: Builder, x: Value, channels: int, kernel_size: int, number: str, *, stride: int = 1, rate: int = 1
) -> Value:
    """Adds `conv<number>` without bias and `bn<number>`."""
    x = b.add(f"conv{number}", padded_conv(x.width, channels, kernel_size, stride=stride, rate=rate), x)
    return b.add(f"bn{number}", batch_norm(channels), x)


def joined(b: Builder, x: Value, y: Value, stride: int) -> Value:
    """The branch y plus the unit's input, projected where the channels change, and ReLU.

    Where only the stride changes (in slim) the input is subsampled, by a 1×1 max pool.
    """
    if x.channels != y.channels:
        with b.scope("downsample"):
            x = b.add("0", padded_conv(x.width, y.width, stride=stride), x)
            x = b.add("1", batch_norm(y.width), x)
    elif stride > 1:
        x = b.add("shortcut", MaxPool2d(1, stride), x)
    return b.add("relu", RELU, b.add("add", ADD, y, x))
