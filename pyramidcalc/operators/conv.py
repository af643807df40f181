"""One convolution."""

from typing import Literal

from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d

KINDS = {1: Conv1d, 2: Conv2d, 3: Conv3d}


def conv(
    b: Builder,
    x: Value,
    *,
    kernel_size: int | tuple[int, ...] = 3,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | Literal["same", "valid"] = 0,
    dilation: int | tuple[int, ...] = 1,
    out_channels: int | None = None,
    groups: int = 1,
    bias: bool = True,
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One convolution: torch.nn.Conv2d.

    Its channels come from --input.

    Options:
        kernel_size (--kernel): kernel size.
        stride: stride.
        padding: padding on both sides; a negative one crops where the padding mode is not zeros.
        dilation: dilation rate, d − 1 zeros between taps.
        out_channels: output channels; as many as the input has where absent.
        groups: groups of channels.
        bias: a bias for each output channel.
        padding_mode: what padding holds.
        dims: number of spatial axes.

    Source: Dumoulin & Visin, arXiv 1603.07285.
    """
    outputs = x.width if out_channels is None else out_channels
    layer = KINDS[dims](x.width, outputs, kernel_size, stride, padding, dilation, groups, bias, padding_mode)
    return b.add("conv", layer, x)
