"""VGG-16's convolutions and pools, alone and as DeepLab's body."""

from collections.abc import Sequence
from itertools import count

from pyramidcalc.blocks._units import RELU, padded_conv
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.pooling import MaxPool2d

INPUT = (3, 224, 224)

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""(channels, convolutions) of each stage. Source: arXiv 1409.1556, table 1, configuration D."""


def vgg16(b: Builder, x: Value) -> Value:
    """VGG-16 without its classifier: 13 biased 3×3 convolutions with ReLU, and five 2×2 max pools.

    14,714,688 parameters; 3×224×224 gives 512×7×7. Layers are numbered as in torchvision's `features`.

    Source: Simonyan & Zisserman 2015, arXiv 1409.1556, table 1 D; torchvision.models.vgg16.
    """
    return vgg16_stages(b, x, [MaxPool2d(2)] * len(STAGES))["pool5"]


def vgg16_stages(b: Builder, x: Value, pools: Sequence[MaxPool2d], last_rate: int = 1) -> dict[str, Value]:
    """The maps `pool1` … `pool5`, with a pool for each stage and a rate for the convolutions of the last one."""
    maps: dict[str, Value] = {}
    numbers = count()
    with b.scope("features"):
        for stage, ((channels, convs), pool) in enumerate(zip(STAGES, pools, strict=True), 1):
            rate = last_rate if stage == len(STAGES) else 1
            for _ in range(convs):
                x = b.add(f"{next(numbers)}", padded_conv(x.width, channels, 3, rate=rate, bias=True), x)
                x = b.add(f"{next(numbers)}", RELU, x)
            x = b.add(f"{next(numbers)}", pool, x)
            maps[f"pool{stage}"] = x
    return maps
