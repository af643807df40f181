"""What blocks share: units of a few layers, numbered names, and checks of options.

The catalogue skips files whose name starts with an underscore, so this is no block.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import FloorForm, halved, same_pad
from pyramidcalc.layers.activation import Dropout, ReLU
from pyramidcalc.layers.base import Layer
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.padding import ZeroPad2d

RELU = ReLU()
# One object for equal numbers: networks repeat their layers.
conv2d = lru_cache(maxsize=1024)(Conv2d)
conv_transpose2d = lru_cache(maxsize=1024)(ConvTranspose2d)
batch_norm = lru_cache(maxsize=1024)(BatchNorm2d)
zero_pad2d = lru_cache(maxsize=1024)(ZeroPad2d)


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
    """A convolution padded by half its span on both sides; at stride 1 an odd kernel keeps the size."""
    padding = same_pad(kernel_size, rate)[0]
    return conv2d(in_channels, out_channels, kernel_size, stride, padding, rate, groups, bias)


def normed(
    b: Builder, x: Value, conv: Conv2d, names: str = "conv norm act", act: Layer = RELU, **moments: float
) -> Value:
    """Adds the convolution, its BatchNorm and the activation by these names; no activation where there are two.

    `moments` are eps and momentum of the BatchNorm.
    """
    layers = (conv, batch_norm(conv.out_channels, **moments), act)
    for name, layer in zip(names.split(), layers, strict=False):
        x = b.add(name, layer, x)
    return x


def cbr(b: Builder, x: Value, out_channels: int, kernel_size: int = 1, *, rate: int = 1, act: Layer = RELU) -> Value:
    """Adds `conv` without bias, `norm` (batch) and `act`: (C, H, W) → (out_channels, H, W)."""
    return normed(b, x, padded_conv(x.width, out_channels, kernel_size, rate=rate), act=act)


def fc6_fc7(b: Builder, x: Value, channels: int, kernel_size: int, rate: int, *, dropout: bool) -> Value:
    """VGG-16's hidden linear layers as convolutions with bias, ReLU and dropout: (C, H, W) → (channels, H, W).

    `fc6` has the kernel and the rate, `fc7` is a 1×1.
    """
    convs = {
        "fc6": padded_conv(x.width, channels, kernel_size, rate=rate, bias=True),
        "fc7": padded_conv(channels, channels, bias=True),
    }
    for name, conv in convs.items():
        with b.scope(name):
            x = b.add("act", RELU, b.add("conv", conv, x))
            if dropout:
                x = b.add("dropout", Dropout(0.5), x)
    return x


def separable(b: Builder, x: Value, out_channels: int, *, bias: bool) -> Value:
    """Adds `depthwise` 3×3 without bias and `pointwise` 1×1, with no norm between: (C, H, W) → (out_channels, H, W).

    The size is kept; Keras's SeparableConv2D has one bias, the pointwise convolution's.
    """
    x = b.add("depthwise", padded_conv(x.width, x.width, 3, groups=x.width), x)
    return b.add("pointwise", padded_conv(x.width, out_channels, bias=bias), x)


def separable_cbr(b: Builder, x: Value, out_channels: int, rate: int = 1) -> Value:
    """Adds `depthwise` 3×3 at the rate and `pointwise` 1×1, each as `cbr`: (C, H, W) → (out_channels, H, W).

    Source: DeepLab v3+'s separable convolution, arXiv 1802.02611, section 3.1.
    """
    with b.scope("depthwise"):
        x = normed(b, x, padded_conv(x.width, x.width, 3, rate=rate, groups=x.width))
    with b.scope("pointwise"):
        return cbr(b, x, out_channels)


def backbone_levels(
    block: str, channels: tuple[int, ...], size: tuple[int, int], first: int = 2
) -> tuple[Callable[..., tuple[int, int, int]], Callable[..., dict[str, tuple[int, FloorForm]]]]:
    """`default_input` and `inputs` of a block on levels c2, c3, … (or from `first` on), each half the size of the one
    before, rounded up.

    `channels` are the levels' where the option of that name is absent, `size` is the finest level's. `inputs` raises
    UsageError where the channels that are given are not the finest level's.
    """
    usual = channels

    def default_input(options: dict[str, Any]) -> tuple[int, int, int]:
        return (several(block, "channels", options["channels"])[0], *size)

    def inputs(finest: int, *, channels: tuple[int, ...] = usual) -> dict[str, tuple[int, FloorForm]]:
        channels = several(block, "channels", channels)
        if finest != channels[0]:
            raise UsageError(
                f"{block}: the input has {finest} channels, the first of `channels` is {channels[0]}",
                hint="give the input as HxW, and the channels of all levels as `channels`",
            )
        return {f"c{level + first}": (count, halved(level)) for level, count in enumerate(channels)}

    return default_input, inputs


def labels(numbers: tuple[int, ...]) -> tuple[str, ...]:
    """The numbers as text, each once: 6, 12, 6 gives "6", "12", "6_2"."""
    counts = [numbers[: index + 1].count(number) for index, number in enumerate(numbers)]
    return tuple([f"{n}_{count}" if count > 1 else f"{n}" for n, count in zip(numbers, counts, strict=True)])


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
