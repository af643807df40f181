"""LR-ASPP on MobileNetV3-Large, as torchvision has it."""

from pyramidcalc.blocks._units import normed, padded_conv, positive
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Sigmoid
from pyramidcalc.layers.merging import Add, Multiply
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.networks._units import CLASSES
from pyramidcalc.networks.mobilenet_v3_large import mobilenet_stages

INPUT = (3, 520, 520)

INNER_CHANNELS = 128


def lraspp(b: Builder, x: Value, *, classes: int = CLASSES) -> dict[str, Value]:
    """LR-ASPP (MobileNetV3): a reduced ASPP of one 1×1 branch and one gate from the global average.

    MobileNetV3-Large at output stride 16; its last map through a 1×1 to 128 with BatchNorm and ReLU, times the
    sigmoid of a 1×1 of its global average; resized to index 4's map (stride 8); 1×1 to the classes from both,
    added; bilinear up to the image. Names are torchvision's.

    Options:
        classes: output channels.

    Source: Howard et al. 2019, arXiv 1905.02244, section 6.4; torchvision.models.segmentation.lraspp.
    """
    positive("lraspp", "classes", classes)
    with b.scope("backbone"):
        maps = mobilenet_stages(b, x, dilated=True)
    with b.scope("classifier"):
        low, high = maps["4"], maps["16"]
        with b.scope("cbr"):
            y = normed(b, high, padded_conv(high.width, INNER_CHANNELS), "0 1 2")
        with b.scope("scale"):
            gate = b.add("0", AdaptiveAvgPool2d(1), high)
            gate = b.add("1", padded_conv(high.width, INNER_CHANNELS), gate)
            gate = b.add("2", Sigmoid(), gate)
        y = b.add("multiply", Multiply(), y, gate)
        y = b.add("high.resize", ResizeTo("bilinear", False), y, low)
        fine = b.add("low_classifier", padded_conv(low.width, classes, bias=True), low)
        coarse = b.add("high_classifier", padded_conv(y.width, classes, bias=True), y)
        y = b.add("add", Add(), fine, coarse)
        return {"out": b.add("resize", ResizeTo("bilinear", False), y, x)}
