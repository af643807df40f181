"""SPEED: depth from one image, with separable pyramids in encoder and decoder."""

from typing import Literal

from pyramidcalc.blocks._units import (
    RELU,
    batch_norm,
    conv2d,
    conv_transpose2d,
    normed,
    padded_conv,
    positive,
    separable,
    zero_pad2d,
)
from pyramidcalc.blocks.dspp import dspp
from pyramidcalc.blocks.mdspp import mdspp
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import tf_same_crop
from pyramidcalc.layers.activation import ReLU6
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.sized import SamePad2d

INPUT = (3, 192, 256)

STEM_CHANNELS = 32
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1))
"""(channels, stride) of the depthwise blocks 1 to 7, before DSPP."""
LAST_BLOCKS = ((1024, 2), (256, 1))
"""Blocks 8 and 9, behind DSPP."""
UPS = ((128, "block6"), (64, "block4"), (32, "block2"))
"""(channels, block whose depthwise convolution is the skip) of up1 to up3."""
RELU6 = ReLU6()
MOMENTS = {"eps": 0.001, "momentum": 0.01}
"""Keras's BatchNormalization; its momentum 0.99 is torch's 0.01."""


def speed(
    b: Builder, x: Value, *, part: Literal["encoder", "all"] = "all", alpha: float = 1.0, depth_multiplier: int = 1
) -> dict[str, Value]:
    """SPEED: depth estimation with a MobileNet encoder, DSPP, and a decoder with MDSPP.

    The encoder is a convolution, seven depthwise blocks, DSPP with bins 2 4 6 8, and two more blocks: 3×192×256 gives
    256×6×8. Each step up of the decoder is a transposed convolution of stride 2, a concatenation with a skip (the raw
    depthwise output of blocks 6, 4 and 2) and a separable 3×3; the second and third begin with MDSPP. The output has
    a quarter of the image's size: 1×48×64. Paddings are TensorFlow's. Skips must match in size, so not every input
    works: multiples of 32 do, from 128 up.

    Options:
        part: encoder or all.
        alpha: factor on the channels of the encoder's convolutions; depthwise ones, DSPP and decoder are not scaled.
        depth_multiplier: factor on the channels of the encoder's depthwise convolutions, and so of the skips.

    Source: Papa et al., SPEED: Separable Pyramidal Pooling EncodEr-Decoder, IEEE Access 2022.
    """
    encoded, skips = _encoder(b, x, alpha, positive("speed", "depth_multiplier", depth_multiplier))
    return {"out": encoded if part == "encoder" else _decoder(b, encoded, skips)}


def _encoder(b: Builder, x: Value, alpha: float, depth_multiplier: int) -> tuple[Value, dict[str, Value]]:
    """(3, H, W) → (256·alpha, H/32, W/32), and the raw depthwise output of each block."""
    with b.scope("stem"):
        x = b.add("pad", SamePad2d(3, 2), x)
        conv = conv2d(x.width, _scaled(STEM_CHANNELS, alpha), 3, 2, bias=False)
        x = normed(b, x, conv, "conv norm act", RELU6, **MOMENTS)
    skips: dict[str, Value] = {}
    for number, (channels, stride) in enumerate((*BLOCKS, *LAST_BLOCKS), 1):
        if number == len(BLOCKS) + 1:
            with b.scope("dspp"):
                x = dspp(b, x)
        with b.scope(f"block{number}"):
            outputs = _scaled(channels, alpha)
            x, skips[f"block{number}"] = _depthwise_block(b, x, x.width * depth_multiplier, outputs, stride)
    return x, skips


def _scaled(channels: int, alpha: float) -> int:
    """⌊channels·alpha⌋. Raises LayerError where that is nothing."""
    scaled = int(channels * alpha)
    if scaled < 1:
        raise LayerError(
            f"speed: `alpha` (={alpha:g}) leaves int({channels}·{alpha:g}) = {scaled} channels",
            hint=f"use at least {1 / STEM_CHANNELS:g}",
        )
    return scaled


def _depthwise_block(b: Builder, x: Value, inside: int, channels: int, stride: int) -> tuple[Value, Value]:
    """MobileNet's block: its output, (channels, H/stride, W/stride), and its raw depthwise output of `inside` channels.

    At stride 2 the pad is one row below and one column to the right at every parity, as in Keras's MobileNet.
    """
    if stride == 2:
        x = b.add("pad", zero_pad2d((0, 1, 0, 1)), x)
    padding = 1 if stride == 1 else 0
    raw = b.add("depthwise", conv2d(x.width, inside, 3, stride, padding, groups=x.width, bias=False), x)
    x = b.add("depthwise_norm", batch_norm(inside, **MOMENTS), raw)
    x = b.add("depthwise_act", RELU6, x)
    names = "pointwise pointwise_norm pointwise_act"
    return normed(b, x, padded_conv(inside, channels), names, RELU6, **MOMENTS), raw


def _decoder(b: Builder, x: Value, skips: dict[str, Value]) -> Value:
    """(256, h, w) → (1, 8h, 8w)."""
    crop = tf_same_crop(3, 2)
    x = b.add("reduce", padded_conv(x.width, 256, bias=True), x)
    for number, (channels, skip) in enumerate(UPS, 1):
        with b.scope(f"up{number}"):
            if number > 1:
                with b.scope("mdspp"):
                    x = mdspp(b, x, filters=channels)
            x = b.add("transposed", conv_transpose2d(x.width, channels, 3, 2, bias=False), x)
            x = b.add("crop", zero_pad2d((crop.lo, crop.hi, crop.lo, crop.hi)), x)
            x = b.add("concat", Concat(), x, skips[skip])
            x = b.add("concat_act", RELU, x)
            # The largest power of two up to a quarter of the channels.
            x = separable(b, x, 1 << (x.width // 4).bit_length() - 1, bias=False)
            x = b.add("act", RELU, x)
    return b.add("depth", padded_conv(x.width, 1, 3, bias=True), x)
