"""DeepLab v2: atrous spatial pyramid pooling on VGG-16 or ResNet-101."""

from typing import Literal

from pyramidcalc.blocks._units import foreign, positive
from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.networks._units import CLASSES
from pyramidcalc.networks.resnet import resnet_stages
from pyramidcalc.networks.vgg16 import vgg16_stages

INPUT = (3, 321, 321)


def deeplabv2(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["vgg16", "resnet101"] = "vgg16",
    pool: Literal["3x3", "2x2"] | None = None,
    hidden: int | None = None,
    dropout: bool = True,
    upsample: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """DeepLab v2: a backbone at output stride 8, and one classifier per dilation rate, summed.

    On VGG-16 (DeepLab v1's, without its average pool) each rate of 6 12 18 24 has 3×3, 1×1 and 1×1 to the classes;
    on ResNet-101 (Caffe's, where every 3×3 of a dilated stage has its rate) one 3×3 to the classes. The output has
    an eighth of the image's size; the dense CRF changes no shape and is no layer.

    Options:
        backbone: vgg16 or resnet101.
        pool: pools 1 to 3 of VGG-16; 3x3 as published where absent, 2x2 as in some PyTorch ports.
        hidden: channels of fc6 and fc7 on VGG-16; 1024 where absent.
        dropout: dropout 0.5 behind fc6 and fc7 on VGG-16.
        upsample: bring the output back to the image's size, bilinearly (align_corners).
        classes: output channels.

    Source: Chen et al. 2017, arXiv 1606.00915, sections 3.2 and 4.1.2.
    """
    positive("deeplabv2", "classes", classes)
    if backbone == "vgg16":
        early = MaxPool2d(2) if pool == "2x2" else MaxPool2d(3, 2, 1)
        y = vgg16_stages(b, x, [early] * 3 + [MaxPool2d(3, 1, 1)] * 2, last_rate=2)["pool5"]
        with b.scope("aspp"):
            y = aspp(b, y, variant="v2-vgg", classes=classes, hidden=hidden, dropout=dropout)
    else:
        foreign("deeplabv2", "backbone vgg16", pool=pool, hidden=hidden, dropout=None if dropout else False)
        with b.scope("backbone"):
            y = resnet_stages(b, x, "resnet101", style="deeplab", output_stride=8)["layer4"]
        with b.scope("aspp"):
            y = aspp(b, y, variant="v2", classes=classes)
    return {"out": b.add("resize", ResizeTo("bilinear", True), y, x) if upsample else y}
