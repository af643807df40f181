"""DeepLab v1: VGG-16 made dense, with a large field of view."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pyramidcalc.blocks._units import biased, padded_conv, positive
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout, ReLU
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.networks._units import CLASSES, scored
from pyramidcalc.networks.vgg16 import vgg16_stages

INPUT = (3, 321, 321)

DROPOUT = 0.5


class FieldOfView(NamedTuple):
    """fc6 as a convolution: kernel, rate and channels; the padding keeps the size."""

    kernel: int
    rate: int
    channels: int


FIELDS = {
    "large": FieldOfView(3, 12, 1024),
    "7x7-r4": FieldOfView(7, 4, 4096),
    "4x4-r4": FieldOfView(4, 4, 4096),
    "4x4-r8": FieldOfView(4, 8, 4096),
}
"""Source: arXiv 1412.7062, table 2."""
MULTI_SCALE = (("image", 8), ("pool1", 4), ("pool2", 2), ("pool3", 1), ("pool4", 1))
"""MSc: the maps that are read besides fc7's, and the strides that bring them to its size."""
MULTI_SCALE_CHANNELS = 128


def deeplabv1(
    b: Builder,
    x: Value,
    *,
    fov: Literal["large", "7x7-r4", "4x4-r4", "4x4-r8"] = "large",
    msc: bool = False,
    ceil_mode: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """DeepLab v1 (LargeFOV): VGG-16 at output stride 8, its classifier as dilated convolutions.

    VGG-16's convolutions, numbered as in torchvision, with 3×3 max pools of stride 2, 2, 2, 1, 1 and rate 2 in the
    last stage; an average pool, fc6 and fc7 with ReLU and dropout, 1×1 to the classes, bilinear up to the image
    (align_corners). Sizes 8k + 1 come back exactly: 321 → 41 → 321. The dense CRF changes no shape and is no layer.

    Options:
        fov: kernel and rate of fc6: large (3x3 at rate 12, 1024 channels), or the paper's three heads of 4096.
        msc: read the image and pools 1 to 4 too, each through 3x3 and 1x1 of 128 channels (multi-scale features).
        ceil_mode: pools round up, as Caffe's do.
        classes: output channels.

    Source: Chen et al. 2015, arXiv 1412.7062, table 2 and section 4.3.
    """
    positive("deeplabv1", "classes", classes)
    maps = dilated_vgg16(b, x, ceil_mode=ceil_mode)
    y = b.add("pool5a", AvgPool2d(3, 1, 1), maps["pool5"])
    view = FIELDS[fov]
    with b.scope("fc6"):
        y = biased(b, y, view.channels, view.kernel, rate=view.rate, dropout=DROPOUT)
    with b.scope("fc7"):
        y = biased(b, y, view.channels, dropout=DROPOUT)
    if msc:
        y = _multi_scale(b, y, maps | {"image": x})
    with b.scope("fc8"):
        return {"out": scored(b, y, classes, x, align_corners=True)}


def dilated_vgg16(
    b: Builder, x: Value, *, early_pool: MaxPool2d | None = None, ceil_mode: bool = False
) -> dict[str, Value]:
    """VGG-16 at output stride 8, as DeepLab v1 and v2 change it: the maps `pool1` … `pool5`.

    `early_pool` replaces the 3×3 pools 1 to 3.
    """
    pool = early_pool or MaxPool2d(3, 2, 1, ceil_mode=ceil_mode)
    late = MaxPool2d(3, 1, 1, ceil_mode=ceil_mode)
    with b.scope("features"):
        return vgg16_stages(b, x, early_pool=pool, late_pool=late, last_rate=2)


def _multi_scale(b: Builder, x: Value, maps: dict[str, Value]) -> Value:
    """fc7's map beside those of the image and the first four pools: (C, H, W) → (C + 5·128, H, W)."""
    branches = [x]
    for name, stride in MULTI_SCALE:
        with b.scope(f"msc_{name}"):
            y = maps[name]
            conv = padded_conv(y.width, MULTI_SCALE_CHANNELS, 3, stride=stride, bias=True)
            y = b.add("conv1", conv, y)
            y = b.add("act1", ReLU(), y)
            y = b.add("dropout1", Dropout(DROPOUT), y)
            y = b.add("conv2", padded_conv(y.width, MULTI_SCALE_CHANNELS, bias=True), y)
            y = b.add("act2", ReLU(), y)
            branches.append(b.add("dropout2", Dropout(DROPOUT), y))
    return b.add("concat", Concat(), *branches)
