"""One transposed convolution."""

from typing import Literal

from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

KINDS = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}


def conv_transpose(
    b: Builder,
    x: Value,
    *,
    kernel_size: int | tuple[int, ...] = 4,
    stride: int | tuple[int, ...] = 2,
    padding: int | tuple[int, ...] = 1,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    out_channels: int | None = None,
    groups: int = 1,
    bias: bool = True,
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One transposed convolution: torch.nn.ConvTranspose2d.

    Its channels come from --input.

    Options:
        kernel_size (--kernel): kernel size.
        stride: stride.
        padding: padding that is cut off on both sides.
        output_padding: positions added at the end, fewer than the stride or the dilation.
        dilation: dilation rate.
        out_channels: output channels; as many as the input has where absent.
        groups: groups of channels.
        bias: a bias for each output channel.
        dims: number of spatial axes.

    Source: Dumoulin & Visin, arXiv 1603.07285, section 4.
    """
    outputs = x.width if out_channels is None else out_channels
    layer = KINDS[dims](x.width, outputs, kernel_size, stride, padding, output_padding, groups, bias, dilation)
    return b.add("conv-transpose", layer, x)
