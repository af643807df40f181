"""DeepLab v3, as the paper has it and as torchvision has it."""

from typing import Literal

from pyramidcalc.blocks._units import foreign, normed, padded_conv, positive
from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.networks._units import CLASSES, fcn_head, scored
from pyramidcalc.networks.mobilenet_v3_large import mobilenet_stages
from pyramidcalc.networks.resnet import resnet_stages

INPUT = {"paper": (3, 513, 513), "torchvision": (3, 520, 520)}
"""The crop that the style's authors evaluate."""
MULTI_GRID = (1, 2, 4)
"""Source: arXiv 1706.05587, section 4.2."""
TORCHVISION_RATES = (12, 24, 36)
HEAD_CHANNELS = 256


def deeplabv3(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["resnet50", "resnet101", "mobilenet-v3-large"] = "resnet101",
    style: Literal["paper", "torchvision"] = "paper",
    output_stride: Literal[16, 8] | None = None,
    multi_grid: tuple[int, ...] | None = None,
    rate: tuple[int, ...] | None = None,
    aux: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """DeepLab v3: a dilated backbone, ASPP with image pooling, and a classifier.

    paper: TensorFlow's ResNet at output stride 16 or 8, with multi-grid 1 2 4 in its last stage, ASPP with the rates
    of that output stride (6 12 18 at 16, 12 24 36 at 8), 1×1 to the classes, bilinear up (align_corners).
    torchvision: its own ResNet at output stride 8 or MobileNetV3-Large at 16, rates 12 24 36 with both, another
    3×3, 1×1 to the classes, bilinear up. The backbone's layers have torchvision's names in both.

    Options:
        backbone: resnet50, resnet101 or, in torchvision's style, mobilenet-v3-large.
        style: paper or torchvision.
        output_stride: input pixels per step of the backbone's map, in the paper's style; 16 where absent.
        multi_grid: factors on the rates of layer4's three units, in the paper's style; 1 2 4 where absent.
        rate: dilation rates of ASPP, instead of the style's own.
        aux: torchvision's auxiliary classifier, on layer3 or on MobileNet's index 4.
        classes: output channels.

    Source: Chen et al. 2017, arXiv 1706.05587, sections 3 and 4; torchvision.models.segmentation.deeplabv3.
    """
    positive("deeplabv3", "classes", classes)
    if style == "torchvision":
        foreign("deeplabv3", "style paper", output_stride=output_stride, multi_grid=multi_grid)
        return _torchvision(b, x, backbone, rate or TORCHVISION_RATES, classes, aux=aux)
    foreign("deeplabv3", "style torchvision", aux=aux or None)
    if backbone == "mobilenet-v3-large":
        raise UsageError(
            f"deeplabv3: `backbone` (={backbone!r}) is torchvision's; the paper has ResNets only",
            hint="use style torchvision, or backbone resnet50 or resnet101",
        )
    stride = output_stride or 16
    with b.scope("backbone"):
        grid = multi_grid or MULTI_GRID
        y = resnet_stages(b, x, backbone, style="slim", output_stride=stride, multi_grid=grid)["layer4"]
    with b.scope("aspp"):
        y = aspp(b, y, rate=rate, output_stride=stride)
    with b.scope("classifier"):
        return {"out": scored(b, y, classes, x)}


def _torchvision(
    b: Builder, x: Value, backbone: str, rates: tuple[int, ...], classes: int, *, aux: bool
) -> dict[str, Value]:
    """torchvision's DeepLab v3: out, and aux where asked for."""
    with b.scope("backbone"):
        if backbone == "mobilenet-v3-large":
            maps = mobilenet_stages(b, x, dilated=True)
            last, between = maps["16"], maps["4"]
        else:
            maps = resnet_stages(b, x, backbone, style="torchvision", output_stride=8)
            last, between = maps["layer4"], maps["layer3"]
    with b.scope("aspp"):
        y = aspp(b, last, rate=rates)
    with b.scope("classifier"):
        y = normed(b, y, padded_conv(y.width, HEAD_CHANNELS, 3), "1 2 3")
        y = b.add("4", padded_conv(HEAD_CHANNELS, classes, bias=True), y)
        outputs = {"out": b.add("resize", ResizeTo("bilinear", False), y, x)}
    if aux:
        with b.scope("aux_classifier"):
            side = fcn_head(b, between, between.width // 4, classes, x, Dropout(0.1), align_corners=False)
            outputs["aux"] = side
    return outputs
