"""PSPNet, as in its authors' PyTorch code."""

from typing import Literal

from pyramidcalc.blocks._units import positive
from pyramidcalc.blocks.ppm import ppm
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout2d
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.networks._units import CLASSES, fcn_head, stem_of_3x3
from pyramidcalc.networks.resnet import resnet_layers

INPUT = (3, 473, 473)

STEM = (64, 64, 128)
"""Channels of the stem's 3×3 convolutions."""


def pspnet(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["resnet50", "resnet101", "resnet152"] = "resnet50",
    aux: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """PSPNet: a dilated ResNet, pyramid pooling, and a classifier.

    A stem of three 3×3, then ResNet's stages at output stride 8, every 3×3 of layer3 at rate 2 and of layer4 at rate
    4; pyramid pooling with bins 1 2 3 6; 3×3 to 512, dropout, 1×1 to the classes, bilinear up (align_corners). The
    authors take sizes 8k + 1, such as 473. Layers have the names of their code.

    Options:
        backbone: resnet50, resnet101 or resnet152.
        aux: the auxiliary classifier on layer3, brought up to the image as in training.
        classes: output channels.

    Source: Zhao et al. 2017, arXiv 1612.01105, sections 3.2 and 3.3; the authors' PyTorch code (semseg).
    """
    positive("pspnet", "classes", classes)
    with b.scope("layer0"):
        y = b.add("9", MaxPool2d(3, 2, 1), stem_of_3x3(b, x, STEM))
    maps = resnet_layers(b, y, backbone, style="semseg", output_stride=8)
    with b.scope("ppm"):
        y = ppm(b, maps["layer4"])
    dropout = Dropout2d(0.1)
    with b.scope("cls"):
        outputs = {"out": fcn_head(b, y, 512, classes, x, dropout, align_corners=True)}
    if aux:
        with b.scope("aux"):
            outputs["aux"] = fcn_head(b, maps["layer3"], 256, classes, x, dropout, align_corners=True)
    return outputs
