"""What networks share: convolutions with strides, rates in place of strides, and the last layers of segmentation.

The catalogue skips files whose name starts with an underscore, so this is no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.blocks._units import RELU, batch_norm, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.resampling import ResizeTo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.layers.convolution import Conv2d

CLASSES = 21
"""PASCAL VOC's 20 classes and the background."""


def strides_and_rates(strides: Sequence[int], reached: int, output_stride: int) -> tuple[tuple[int, int], ...]:
    """(stride, rate) of each unit in a row, so that the row ends at the output stride and not beyond.

    `reached` is the stride before the first unit. Once the output stride is reached, a unit that should have a
    stride keeps stride 1 and its rate, and the rates of all units after it are multiplied by the stride.
    Source: Chen et al., arXiv 1706.05587, section 3.1; the order is that of slim's `stack_blocks_dense`.
    """
    made, rate = [], 1
    for stride in strides:
        if stride > 1 and reached >= output_stride:
            made.append((1, rate))
            rate *= stride
        else:
            made.append((stride, rate))
            reached *= stride
    return tuple(made)


def numbered(
    b: Builder,
    x: Value,
    conv: Conv2d,
    *,
    act: Layer | None = RELU,
    eps: float = 1e-5,
    momentum: float = 0.1,
    first: int = 0,
) -> Value:
    """Adds the convolution, BatchNorm and the activation, if any, under numbers from `first`: a torch Sequential."""
    x = b.add(f"{first}", conv, x)
    x = b.add(f"{first + 1}", batch_norm(conv.out_channels, eps, momentum), x)
    return x if act is None else b.add(f"{first + 2}", act, x)


def upsampled(b: Builder, x: Value, like: Value, *, align_corners: bool) -> Value:
    """Adds `resize`: bilinear to the height and width of `like`."""
    return b.add("resize", ResizeTo("bilinear", align_corners), x, like)


def scored(b: Builder, x: Value, classes: int, image: Value, *, align_corners: bool) -> Value:
    """Adds `conv`, a biased 1×1 to the classes, and `resize` to the image: (C, h, w) → (classes, H, W)."""
    x = b.add("conv", padded_conv(x.width, classes, bias=True), x)
    return upsampled(b, x, image, align_corners=align_corners)


def fcn_head(
    b: Builder, x: Value, channels: int, classes: int, image: Value, dropout: Layer, *, align_corners: bool
) -> Value:
    """Adds `0` … `4` (3×3, BatchNorm, ReLU, dropout, biased 1×1 to the classes) and `resize` to the image.

    The head of torchvision's FCN, its auxiliary heads, and PSPNet's.
    """
    x = numbered(b, x, padded_conv(x.width, channels, 3))
    x = b.add("3", dropout, x)
    x = b.add("4", padded_conv(channels, classes, bias=True), x)
    return upsampled(b, x, image, align_corners=align_corners)
