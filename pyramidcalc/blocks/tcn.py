"""The temporal convolutional network: causal dilated convolutions over a sequence."""

from pyramidcalc.blocks._units import RELU, positive
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout
from pyramidcalc.layers.convolution import Conv1d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.padding import ZeroPad1d

INPUT = (1, 784)
"""MNIST pixel by pixel, the paper's first task (section 5.1)."""
MAX_LEVELS = 62
"""Rates are 64-bit integers in torch."""


def tcn(
    b: Builder, x: Value, *, kernel_size: int = 7, levels: int = 8, channels: int = 25, dropout: float = 0.05
) -> Value:
    """Temporal convolutional network: residual blocks of causal dilated convolutions, rates 1, 2, 4 ….

    Level i has two convolutions at rate 2^i, each padded by (k − 1)·2^i before the sequence alone, so that no output
    reads what comes after it, each with ReLU and dropout; the input, through a 1×1 where the channels differ, is added,
    and ReLU follows. The receptive field is 1 + 2(k − 1)(2^levels − 1). Weight normalisation, which is folded into
    the weights for inference, is left out; the paper pads both sides and chops the end off, which reads the same.

    Options:
        kernel_size (--kernel): kernel size of every convolution.
        levels: number of residual blocks.
        channels: channels of every block.
        dropout: probability of dropping a channel.

    Source: Bai, Kolter & Koltun 2018, arXiv 1803.01271, section 3 and table 2 (permuted MNIST: k 7, 8 levels of 25).
    """
    for name, value in (("kernel_size", kernel_size), ("levels", levels), ("channels", channels)):
        positive("tcn", name, value)
    if levels > MAX_LEVELS:
        raise LayerError(f"tcn: {levels} levels would end at rate 2^{levels - 1}", hint=f"use at most {MAX_LEVELS}")
    for level in range(levels):
        with b.scope(f"level{level}"):
            y = x
            for number in (1, 2):
                y = b.add(f"pad{number}", ZeroPad1d(((kernel_size - 1) * 2**level, 0)), y)
                y = b.add(f"conv{number}", Conv1d(y.width, channels, kernel_size, dilation=2**level), y)
                y = b.add(f"relu{number}", RELU, y)
                y = b.add(f"dropout{number}", Dropout(dropout), y)
            if x.width != channels:
                x = b.add("downsample", Conv1d(x.width, channels, 1), x)
            x = b.add("relu", RELU, b.add("add", Add(), y, x))
    return x
