"""A feature pyramid network on ResNet."""

from typing import Literal

from pyramidcalc.blocks.fpn import fpn
from pyramidcalc.graph import Builder, Value
from pyramidcalc.networks.resnet import resnet_stages

INPUT = (3, 800, 1088)


def fpn_resnet(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "resnet50",
    out_channels: int = 256,
) -> dict[str, Value]:
    """ResNet with a feature pyramid: four maps of one width, at strides 4, 8, 16 and 32.

    torchvision's ResNet; its stages C2 to C5 go through the fpn block, which gives P2 to P5. The extra pooled level
    that torchvision's detectors add is no part of it.

    Options:
        backbone: resnet18, resnet34, resnet50, resnet101 or resnet152.
        out_channels: channels of every output.

    Source: Lin et al. 2017, arXiv 1612.03144, section 3; torchvision's resnet_fpn_backbone.
    """
    with b.scope("backbone"):
        maps = resnet_stages(b, x, backbone, style="torchvision", output_stride=32)
    with b.scope("fpn"):
        return fpn(b, *[maps[f"layer{stage}"] for stage in (1, 2, 3, 4)], out_channels=out_channels)
