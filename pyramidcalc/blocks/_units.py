"""What blocks share: units of a few layers, numbered names, and checks of options.

The catalogue skips files whose name starts with an underscore, so this is no block.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import same_pad
from pyramidcalc.layers.activation import Dropout, ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.normalization import BatchNorm2d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.layers.base import Layer

RELU = ReLU()


@lru_cache(maxsize=1024)
def padded_conv(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 1,
    *,
    stride: int = 1,
    rate: int = 1,
    groups: int = 1,
    bias: bool = False,
) -> Conv2d:
    """A convolution padded by half its span on both sides; at stride 1 an odd kernel keeps the size.

    One object for equal numbers: networks repeat their layers.
    """
    padding = same_pad(kernel_size, rate)[0]
    return Conv2d(in_channels, out_channels, kernel_size, stride, padding, rate, groups, bias)


@lru_cache(maxsize=1024)
def batch_norm(channels: int, eps: float = 1e-5, momentum: float = 0.1) -> BatchNorm2d:
    """A BatchNorm2d; one object for equal numbers, as of convolutions."""
    return BatchNorm2d(channels, eps, momentum)


def cbr(
    b: Builder,
    x: Value,
    out_channels: int,
    kernel_size: int = 1,
    *,
    rate: int = 1,
    groups: int = 1,
    act: Layer = RELU,
) -> Value:
    """Adds `conv` without bias, `norm` (batch) and `act`: (C, H, W) → (out_channels, H, W)."""
    x = b.add("conv", padded_conv(x.width, out_channels, kernel_size, rate=rate, groups=groups), x)
    x = b.add("norm", batch_norm(out_channels), x)
    return b.add("act", act, x)


def biased(
    b: Builder,
    x: Value,
    out_channels: int,
    kernel_size: int = 1,
    *,
    rate: int = 1,
    act: Layer | None = RELU,
    dropout: float | None = None,
) -> Value:
    """Adds `conv` with bias, then `act` and `dropout` where given: (C, H, W) → (out_channels, H, W)."""
    x = b.add("conv", padded_conv(x.width, out_channels, kernel_size, rate=rate, bias=True), x)
    if act is not None:
        x = b.add("act", act, x)
    if dropout is not None:
        x = b.add("dropout", Dropout(dropout), x)
    return x


def separable(b: Builder, x: Value, out_channels: int, *, bias: bool) -> Value:
    """Adds `depthwise` 3×3 without bias and `pointwise` 1×1, with no norm between: (C, H, W) → (out_channels, H, W).

    The size is kept; Keras's SeparableConv2D has one bias, the pointwise convolution's.
    """
    x = b.add("depthwise", padded_conv(x.width, x.width, 3, groups=x.width), x)
    return b.add("pointwise", padded_conv(x.width, out_channels, bias=bias), x)


def separable_cbr(b: Builder, x: Value, out_channels: int, *, rate: int = 1) -> Value:
    """Adds `depthwise` 3×3 at the rate and `pointwise` 1×1, each as `cbr`: (C, H, W) → (out_channels, H, W).

    Source: DeepLab v3+'s separable convolution, arXiv 1802.02611, section 3.1.
    """
    with b.scope("depthwise"):
        x = cbr(b, x, x.width, 3, rate=rate, groups=x.width)
    with b.scope("pointwise"):
        return cbr(b, x, out_channels)


def labels(numbers: Sequence[int]) -> tuple[str, ...]:
    """The numbers as text, each once: 6, 12, 6 gives "6", "12", "6_2"."""
    seen: Counter[int] = Counter()
    names = []
    for number in numbers:
        seen[number] += 1
        names.append(f"{number}_{seen[number]}" if seen[number] > 1 else f"{number}")
    return tuple(names)


def positive(block: str, option: str, value: int) -> int:
    """An int of at least 1. Raises LayerError in the block's name."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise LayerError(f"{block}: `{option}` (={value!r}) must be an integer")
    if value < 1:
        raise LayerError(f"{block}: `{option}` (={value}) must be at least 1")
    return value


def several(block: str, option: str, values: Sequence[int]) -> tuple[int, ...]:
    """At least one int, each at least 1. Raises LayerError in the block's name."""
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise LayerError(f"{block}: `{option}` (={values!r}) must be a list of integers")
    if not len(values):
        raise LayerError(f"{block}: `{option}` is empty", hint="give at least one number")
    return tuple([positive(block, option, value) for value in values])


def foreign(block: str, wanted: str, **options: object) -> None:
    """Raises UsageError for options that are given (not None) but belong to another variant, `wanted`."""
    for option, value in options.items():
        if value is not None:
            raise UsageError(f"{block}: `{option}` (={value!r}) is for {wanted} only", hint=f"leave `{option}` out")
