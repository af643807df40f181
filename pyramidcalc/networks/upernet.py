"""UPerNet: pyramid pooling on top of a feature pyramid."""

from typing import Literal

from pyramidcalc.blocks._units import cbr, padded_conv, positive, several
from pyramidcalc.blocks.ppm import pooled_levels
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.networks._units import fcn_head, stem_of_3x3
from pyramidcalc.networks.resnet import resnet_layers, resnet_stages

INPUT = (3, 512, 512)

CLASSES = 150
"""ADE20K's."""
DROPOUT = Dropout(0.1)
UP = ResizeTo("bilinear", False)


def upernet(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "resnet50",
    stem: tuple[int, ...] | None = None,
    bins: tuple[int, ...] = (1, 2, 3, 6),
    channels: int = 512,
    aux: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """UPerNet: ResNet, pyramid pooling on its last map, a feature pyramid, and all levels fused at stride 4.

    The pooled map passes a 3×3; from it down, each level behind a 1×1 is added to the coarser merge, resized; a 3×3
    follows each merge; all four levels are resized to the finest, concatenated, and pass a 3×3, dropout, a 1×1 to the
    classes, and a resize to the image. Convolutions have BatchNorm and ReLU and no bias, but for the classes. Resizes
    are bilinear, not aligned at corners. Pooled maps pass their 1×1 before the resize, as in PSPNet and
    mmsegmentation; the authors' code resizes them first.

    Options:
        backbone: resnet18, resnet34, resnet50, resnet101 or resnet152.
        stem: channels of 3x3 convolutions in place of the 7x7, the first of stride 2; 32 32 64 in mmsegmentation.
        bins: bins per side of each pooled level.
        channels: channels of all maps behind the backbone.
        aux: the auxiliary classifier on layer3, as in mmsegmentation.
        classes: output channels.

    Source: Xiao et al. 2018, arXiv 1807.10221, section 3.1 and figure 4; mmsegmentation's UPerHead.
    """
    bins = several("upernet", "bins", bins)
    positive("upernet", "channels", channels)
    positive("upernet", "classes", classes)
    with b.scope("backbone"):
        maps = _stages(b, x, backbone, stem)
    with b.scope("ppm"):
        pooled = pooled_levels(b, maps["layer4"], bins, channels, align_corners=False)
        with b.scope("bottleneck"):
            pooled = cbr(b, pooled, channels, 3)
    with b.scope("fpn"):
        levels = _levels(b, [maps[f"layer{stage}"] for stage in (1, 2, 3)], pooled)
    with b.scope("fusion"):
        resized = [b.add(f"resize{number}", UP, level, levels[0]) for number, level in enumerate(levels[1:], 3)]
        y = cbr(b, b.add("concat", Concat(), levels[0], *resized), channels, 3)
    with b.scope("classifier"):
        y = b.add("conv", padded_conv(channels, classes, bias=True), b.add("dropout", DROPOUT, y))
        outputs = {"out": b.add("resize", UP, y, x)}
    if aux:
        with b.scope("aux"):
            outputs["aux"] = fcn_head(b, maps["layer3"], 256, classes, x, DROPOUT, align_corners=False)
    return outputs


def _stages(b: Builder, x: Value, backbone: str, stem: tuple[int, ...] | None) -> dict[str, Value]:
    """ResNet's maps `layer1` … `layer4` behind its own stem, or one of 3×3 convolutions of these channels."""
    if stem is None:
        return resnet_stages(b, x, backbone, style="torchvision", output_stride=32)
    with b.scope("stem"):
        x = stem_of_3x3(b, x, several("upernet", "stem", stem))
    x = b.add("maxpool", MaxPool2d(3, 2, 1), x)
    return resnet_layers(b, x, backbone, style="torchvision", output_stride=32)


def _levels(b: Builder, maps: list[Value], top: Value) -> list[Value]:
    """The pyramid's levels, finest first, the last of them `top` itself."""
    levels, merged = [top], top
    for number in reversed(range(len(maps))):
        with b.scope(f"lateral{number + 2}"):
            lateral = cbr(b, maps[number], top.width)
        with b.scope(f"topdown{number + 2}"):
            merged = b.add("add", Add(), lateral, b.add("resize", UP, merged, lateral))
        with b.scope(f"p{number + 2}"):
            levels.insert(0, cbr(b, merged, top.width, 3))
    return levels
