"""What networks share: rates in place of strides, and the last layers of segmentation."""

from collections.abc import Sequence

from pyramidcalc.blocks._units import normed, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.base import Layer
from pyramidcalc.layers.resampling import ResizeTo

CLASSES = 21
"""PASCAL VOC's 20 classes and the background."""


def strides_and_rates(strides: Sequence[int], reached: int, output_stride: int) -> tuple[tuple[int, int], ...]:
    """(stride, rate) of each unit in a row, so that the row ends at the output stride and not beyond.

    `reached` is the stride before the first unit. Once the output stride is reached, a unit that should have a
    stride keeps stride 1 and its rate, and the rates of all units after it are multiplied by the stride.
    Source: Chen et al., arXiv 1706.05587, section 3.1; the order is that of slim's `stack_blocks_dense`.
    """
    plan, rate = [], 1
    for stride in strides:
        if stride > 1 and reached >= output_stride:
            plan.append((1, rate))
            rate *= stride
        else:
            plan.append((stride, rate))
            reached *= stride
    return tuple(plan)


def stem_of_3x3(b: Builder, x: Value, channels: Sequence[int]) -> Value:
    """Adds 3×3 convolutions, the first of stride 2, with BatchNorm and ReLU; layers are named by their number."""
    for number, width in enumerate(channels):
        conv = padded_conv(x.width, width, 3, stride=1 if number else 2)
        x = normed(b, x, conv, f"{3 * number} {3 * number + 1} {3 * number + 2}")
    return x


def scored(b: Builder, x: Value, classes: int, image: Value) -> Value:
    """Adds `conv`, a biased 1×1 to the classes, and `resize` with align_corners: (C, h, w) → (classes, H, W)."""
    x = b.add("conv", padded_conv(x.width, classes, bias=True), x)
    return b.add("resize", ResizeTo("bilinear", True), x, image)


def fcn_head(
    b: Builder, x: Value, channels: int, classes: int, image: Value, dropout: Layer, *, align_corners: bool
) -> Value:
    """Adds `0` … `4` (3×3, BatchNorm, ReLU, dropout, biased 1×1 to the classes) and `resize` to the image.

    The head of torchvision's FCN, its auxiliary heads, and PSPNet's.
    """
    x = normed(b, x, padded_conv(x.width, channels, 3), "0 1 2")
    x = b.add("3", dropout, x)
    x = b.add("4", padded_conv(channels, classes, bias=True), x)
    return b.add("resize", ResizeTo("bilinear", align_corners), x, image)
