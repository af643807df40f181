"""Aligned Xception-65, DeepLab v3+'s backbone."""

from typing import Literal, NamedTuple

from pyramidcalc.blocks._units import RELU, normed, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add
from pyramidcalc.networks._units import strides_and_rates

INPUT = (3, 299, 299)

STEM_STRIDE = 2


class Module(NamedTuple):
    """Three separable convolutions: their channels, the stride of the third, and what is added to them.

    `skip` is "conv", "sum" or "none"; ReLUs stand before each depthwise convolution, or, with `post`, after
    both convolutions.
    """

    name: str
    channels: tuple[int, int, int]
    stride: int
    skip: str
    post: bool = False


MODULES = (
    Module("entry1", (128, 128, 128), 2, "conv"),
    Module("entry2", (256, 256, 256), 2, "conv"),
    Module("entry3", (728, 728, 728), 2, "conv"),
    *(Module(f"middle.{number}", (728, 728, 728), 1, "sum") for number in range(1, 17)),
    Module("exit1", (728, 1024, 1024), 2, "conv"),
    Module("exit2", (1536, 1536, 2048), 1, "none", post=True),
)


def xception(b: Builder, x: Value, *, output_stride: Literal[32, 16, 8] = 32) -> Value:
    """Aligned Xception-65 without its classifier: DeepLab v3+'s backbone of separable convolutions.

    A stem of two 3×3, then 21 modules of three separable convolutions (depthwise 3×3 with padding = rate,
    BatchNorm, 1×1, BatchNorm), the stride on the third. Below output stride 32 a module that loses its stride
    keeps the rate before, and all modules after it have twice that. 37,867,312 parameters.

    Options:
        output_stride: input pixels per step of the last map.

    Source: Chen et al. 2018, arXiv 1802.02611, section 3.2 and figure 4; tensorflow/models, deeplab/core/xception.py.
    """
    return xception_stages(b, x, output_stride)["exit2"]


def xception_stages(b: Builder, x: Value, output_stride: int) -> dict[str, Value]:
    """The maps `entry1` … `exit2` by module, and `low_level`.

    `low_level` is entry2's second separable convolution: 256 channels at stride 4, what DeepLab v3+ reads.
    """
    with b.scope("stem"):
        for number, (channels, stride) in enumerate(((32, 2), (64, 1)), 1):
            conv = padded_conv(x.width, channels, 3, stride=stride)
            x = normed(b, x, conv, f"conv{number} norm{number} act{number}")
    maps: dict[str, Value] = {}
    plan = strides_and_rates([module.stride for module in MODULES], STEM_STRIDE, output_stride)
    for module, (stride, rate) in zip(MODULES, plan, strict=True):
        with b.scope(module.name):
            y = x
            for number, channels in enumerate(module.channels, 1):
                with b.scope(f"separable{number}"):
                    y = _separable(b, y, channels, stride if number == 3 else 1, rate, post=module.post)
                if (module.name, number) == ("entry2", 2):
                    maps["low_level"] = y
            if module.skip == "conv":
                x = normed(b, x, padded_conv(x.width, y.width, stride=stride), "shortcut.conv shortcut.norm")
            x = y if module.skip == "none" else b.add("add", Add(), y, x)
        maps[module.name] = x
    return maps


def _separable(b: Builder, x: Value, channels: int, stride: int, rate: int, *, post: bool) -> Value:
    """(C, H, W) → (channels, H/stride, W/stride), by a depthwise 3×3 and a 1×1."""
    if not post:
        x = b.add("act", RELU, x)
    for name, conv in (
        ("depthwise", padded_conv(x.width, x.width, 3, stride=stride, rate=rate, groups=x.width)),
        ("pointwise", padded_conv(x.width, channels)),
    ):
        x = normed(b, x, conv, f"{name} {name}_norm {name}_act" if post else f"{name} {name}_norm")
    return x
