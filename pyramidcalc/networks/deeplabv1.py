"""DeepLab v1: VGG-16 made dense, with a large field of view."""

from typing import Literal

from pyramidcalc.blocks._units import RELU, fc6_fc7, padded_conv, positive
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.networks._units import CLASSES, scored
from pyramidcalc.networks.vgg16 import vgg16_stages

INPUT = (3, 321, 321)

FIELDS = {"large": (3, 12, 1024), "7x7-r4": (7, 4, 4096), "4x4-r4": (4, 4, 4096), "4x4-r8": (4, 8, 4096)}
"""fc6 as a convolution: kernel, rate and channels. Source: arXiv 1412.7062, table 2."""
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
    early, late = MaxPool2d(3, 2, 1, ceil_mode=ceil_mode), MaxPool2d(3, 1, 1, ceil_mode=ceil_mode)
    maps = vgg16_stages(b, x, [early] * 3 + [late] * 2, last_rate=2)
    y = b.add("pool5a", AvgPool2d(3, 1, 1), maps["pool5"])
    kernel_size, rate, channels = FIELDS[fov]
    y = fc6_fc7(b, y, channels, kernel_size, rate, dropout=True)
    if msc:
        y = _multi_scale(b, y, maps | {"image": x})
    with b.scope("fc8"):
        return {"out": scored(b, y, classes, x)}


def _multi_scale(b: Builder, x: Value, maps: dict[str, Value]) -> Value:
    """fc7's map beside those of the image and the first four pools: (C, H, W) → (C + 5·128, H, W)."""
    branches = [x]
    for name, stride in MULTI_SCALE:
        with b.scope(f"msc_{name}"):
            y = maps[name]
            for number, (kernel_size, step) in enumerate(((3, stride), (1, 1)), 1):
                conv = padded_conv(y.width, MULTI_SCALE_CHANNELS, kernel_size, stride=step, bias=True)
                y = b.add(f"conv{number}", conv, y)
                y = b.add(f"act{number}", RELU, y)
                y = b.add(f"dropout{number}", Dropout(0.5), y)
            branches.append(y)
    return b.add("concat", Concat(), *branches)
