"""Networks with a published receptive field, written out layer by layer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.graph import Builder, Graph, Node, Value
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.sized import SamePad2d

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer


def chain(*layers: Layer, channels: int = 3) -> Graph:
    """Layers one after the other, whether their channels fit or not."""
    names = ["input", *[f"layer{index}" for index in range(len(layers))]]
    nodes = [Node(name, layer, (source,)) for source, name, layer in zip(names, names[1:], layers, strict=False)]
    return Graph((("input", channels),), tuple(nodes), (("output", names[-1]),))


def alexnet_v2() -> Graph:
    """The convolutions and pools of AlexNet v2 up to its last pool."""
    pool = MaxPool2d(3, 2)
    return chain(
        Conv2d(3, 64, 11, 4),
        pool,
        Conv2d(64, 192, 5, padding=2),
        pool,
        Conv2d(192, 384, 3, padding=1),
        Conv2d(384, 384, 3, padding=1),
        Conv2d(384, 256, 3, padding=1),
        pool,
    )


def vgg_16() -> Graph:
    """The 13 convolutions and 5 pools of VGG-16."""
    layers: list[Layer] = []
    before = 3
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers.append(Conv2d(before, channels, 3, padding=1))
            before = channels
        layers.append(MaxPool2d(2))
    return chain(*layers)


def patchgan_70() -> Graph:
    """The 70×70 PatchGAN discriminator of pix2pix (arXiv 1611.07004, section 6.1.2)."""
    widths = (3, 64, 128, 256, 512)
    layers = [Conv2d(a, b, 4, 2 if b < 512 else 1, 1) for a, b in pairwise(widths)]
    return chain(*layers, Conv2d(512, 1, 4, 1, 1))


def resnet_v1(units: tuple[int, int, int, int], slim: bool = True) -> Graph:
    """ResNet v1 of bottlenecks: slim strides in a stage's last unit, torchvision in its first."""
    b = Builder()
    x = b.add("conv1", Conv2d(3, 64, 7, 2, 3), b.input("input", 3))
    if slim:
        x = b.add("pool", MaxPool2d(3, 2), b.add("pad", SamePad2d(3, 2), x))
    else:
        x = b.add("pool", MaxPool2d(3, 2, 1), x)
    for stage, count in enumerate(units):
        for unit in range(count):
            last, first = unit == count - 1 and stage < 3, unit == 0 and stage > 0
            stride = 2 if (last if slim else first) else 1
            with b.scope(f"layer{stage + 1}.{unit}"):
                x = bottleneck(b, x, 64 * 2**stage, stride, slim)
    b.output("output", x)
    return b.build()


def bottleneck(b: Builder, x: Value, width: int, stride: int, slim: bool) -> Value:
    """1×1, 3×3 with the stride, 1×1, plus the input."""
    y = b.add("conv1", Conv2d(x.width, width, 1), x)
    y = b.add("conv2", Conv2d(width, width, 3, stride, 1), y)
    y = b.add("conv3", Conv2d(width, 4 * width, 1), y)
    if x.width != 4 * width:
        x = b.add("projection", Conv2d(x.width, 4 * width, 1, 1 if slim else stride), x)
    if slim and stride > 1:
        x = b.add("shortcut", MaxPool2d(1, stride), x)
    return b.add("relu", ReLU(), b.add("add", Add(), y, x))
