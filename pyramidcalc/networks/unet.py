"""U-Net, with valid convolutions as in the paper or padded ones as in most ports."""

from typing import Literal

from pyramidcalc.blocks._units import RELU, conv2d, conv_transpose2d, padded_conv, positive, zero_pad2d
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import MaxPool2d

INPUT = {"valid": (1, 572, 572), "same": (1, 512, 512)}
"""A grey tile of the paper's, or one that padded convolutions take."""
LEVELS = 4
"""Steps down, and up."""
HALF = MaxPool2d(2)
DROPOUT = Dropout(0.5)


def unet(
    b: Builder, x: Value, *, padding: Literal["valid", "same"] = "valid", channels: int = 64, classes: int = 2
) -> dict[str, Value]:
    """U-Net: four steps down and four up, each map of the way down copied to the way up.

    A step is two 3×3 convolutions with ReLU. Down: a 2×2 max pool between steps, and twice the channels. Up: a 2×2
    transposed convolution of stride 2 to half the channels, concatenated behind the copied map. With valid
    convolutions, as in the paper, a copy is cropped by what they lose: 4, 16, 40 and 88 pixels a side; 572×572 gives
    388×388, and tiles are 16k + 12, so that every pool has an even size. With same ones the size is kept, and is a
    multiple of 16. Dropout 0.5 ends the way down. The last layer is a 1×1 to the classes.

    Options:
        padding: valid, as in the paper, or same: 3x3 convolutions that keep the size.
        channels: channels of the first step.
        classes: output channels.

    Source: Ronneberger, Fischer & Brox 2015, arXiv 1505.04597, section 2, figure 1 and section 3.1.
    """
    positive("unet", "classes", classes)
    positive("unet", "channels", channels)
    copies: list[Value] = []
    for level in range(LEVELS):
        with b.scope(f"down{level + 1}"):
            x = _convolutions(b, x, channels << level, padding)
            if level == LEVELS - 1:
                x = b.add("dropout", DROPOUT, x)
        copies.append(x)
        x = b.add(f"pool{level + 1}", HALF, x)
    with b.scope("bottom"):
        x = _convolutions(b, x, channels << LEVELS, padding)
        x = b.add("dropout", DROPOUT, x)
    lost = 2  # pixels a side: so many go with two valid convolutions
    for level in reversed(range(LEVELS)):
        lost *= 2
        with b.scope(f"up{level + 1}"):
            x = b.add("transposed", conv_transpose2d(x.width, channels << level, 2, 2), x)
            copy = copies[level]
            if padding == "valid":
                copy = b.add("crop", zero_pad2d(-lost), copy)
            x = _convolutions(b, b.add("concat", Concat(), copy, x), channels << level, padding)
        lost += 2 + 2  # this step up's convolutions, and those of the step down from the next copy
    return {"out": b.add("classes", padded_conv(x.width, classes, bias=True), x)}


def _convolutions(b: Builder, x: Value, channels: int, padding: str) -> Value:
    """Two 3×3 with ReLU: (C, H, W) → (channels, H − 4, W − 4), or of the same size."""
    for number in (1, 2):
        x = b.add(f"conv{number}", conv2d(x.width, channels, 3, padding=1 if padding == "same" else 0), x)
        x = b.add(f"relu{number}", RELU, x)
    return x
