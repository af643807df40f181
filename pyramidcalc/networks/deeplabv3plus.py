"""DeepLab v3+: DeepLab v3 as an encoder, and a decoder on low-level features."""

from typing import Literal

from pyramidcalc.blocks._units import cbr, positive, separable_cbr
from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.networks._units import CLASSES, scored
from pyramidcalc.networks.deeplabv3 import MULTI_GRID
from pyramidcalc.networks.resnet import resnet_stages
from pyramidcalc.networks.xception import xception_stages

INPUT = (3, 513, 513)

LOW_LEVEL_CHANNELS = 48
DECODER_CHANNELS = 256
"""Source: arXiv 1802.02611, section 4.1."""


def deeplabv3plus(
    b: Builder,
    x: Value,
    *,
    backbone: Literal["resnet50", "resnet101", "xception"] = "resnet101",
    output_stride: Literal[16, 8] = 16,
    rate: tuple[int, ...] | None = None,
    separable: bool = False,
    classes: int = CLASSES,
) -> dict[str, Value]:
    """DeepLab v3+: ASPP's map is brought to stride 4 and refined with low-level features.

    The encoder is DeepLab v3 without its classifier: TensorFlow's ResNet with multi-grid 1 2 4, or Xception-65, and
    ASPP with the rates of the output stride. The decoder resizes ASPP's map to the size of the low-level features
    (256 channels at stride 4, brought to 48 by a 1×1), concatenates both, ASPP first, and applies two 3×3 of 256; then
    1×1 to the classes and bilinear up (align_corners).

    Options:
        backbone: resnet50, resnet101 or xception.
        output_stride: input pixels per step of the backbone's last map.
        rate: dilation rates of ASPP, instead of those of the output stride.
        separable: depthwise 3x3 and 1x1 for every 3x3 of ASPP and the decoder.
        classes: output channels.

    Source: Chen et al. 2018, arXiv 1802.02611, sections 3.1 and 4.1; tensorflow/models, research/deeplab.
    """
    positive("deeplabv3plus", "classes", classes)
    with b.scope("backbone"):
        if backbone == "xception":
            maps = xception_stages(b, x, output_stride)
            last = maps["exit2"]
        else:
            maps = resnet_stages(b, x, backbone, style="slim", output_stride=output_stride, multi_grid=MULTI_GRID)
            last = maps["layer4"]
    with b.scope("aspp"):
        y = aspp(b, last, variant="separable" if separable else "v3", rate=rate, output_stride=output_stride)
    with b.scope("decoder"):
        with b.scope("low_level"):
            low = cbr(b, maps["low_level"], LOW_LEVEL_CHANNELS)
        y = b.add("concat", Concat(), b.add("resize", ResizeTo("bilinear", True), y, low), low)
        for number in (1, 2):
            with b.scope(f"conv{number}"):
                y = separable_cbr(b, y, DECODER_CHANNELS) if separable else cbr(b, y, DECODER_CHANNELS, 3)
    with b.scope("classifier"):
        return {"out": scored(b, y, classes, x)}
