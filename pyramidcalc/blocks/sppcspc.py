"""YOLOv7's spatial pyramid pooling, beside a way around it."""

from pyramidcalc.blocks._units import cbr, labels, positive
from pyramidcalc.blocks.yolo_spp import odd_kernels
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import same_pad
from pyramidcalc.layers.activation import SiLU
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import MaxPool2d

INPUT = (1024, 20, 20)
"""The coarsest map of YOLOv7 at 640×640."""

SWISH = SiLU()


def sppcspc(b: Builder, x: Value, *, kernel: tuple[int, ...] = (5, 9, 13), out_channels: int = 512) -> Value:
    """YOLOv7's SPPCSPC: max pools of 5, 9 and 13 at stride 1 between convolutions, beside a 1×1 around them all.

    One branch is 1×1, 3×3, 1×1, the pools concatenated with their input, 1×1, 3×3; the other is one 1×1; both are
    concatenated and a last 1×1 follows. Every convolution has BatchNorm, SiLU, no bias and as many outputs as the
    block. The size is kept: 1024×20×20 gives 512×20×20. Convolutions have the names of the authors' code.

    Options:
        kernel: pool kernels, odd numbers.
        out_channels: output channels, and those inside.

    Source: Wang, Bochkovskiy & Liao 2023, arXiv 2207.02696; the authors' code (WongKinYiu/yolov7).
    """
    kernels = odd_kernels("sppcspc", kernel)
    positive("sppcspc", "out_channels", out_channels)

    def conv(name: str, y: Value, kernel_size: int = 1) -> Value:
        with b.scope(name):
            return cbr(b, y, out_channels, kernel_size, act=SWISH)

    y = conv("cv4", conv("cv3", conv("cv1", x), 3))
    pools = [
        b.add(f"pool{label}", MaxPool2d(k, 1, same_pad(k, 1)[0]), y)
        for k, label in zip(kernels, labels(kernels), strict=True)
    ]
    y = conv("cv6", conv("cv5", b.add("pools", Concat(), y, *pools)), 3)
    return conv("cv7", b.add("concat", Concat(), y, conv("cv2", x)))
