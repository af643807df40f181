"""PANet's path aggregation: a feature pyramid with a way back from fine to coarse."""

from pyramidcalc.blocks._units import RELU, backbone_levels, padded_conv
from pyramidcalc.blocks.fpn import fpn
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add

default_input, inputs = backbone_levels("panet", (256, 512, 1024, 2048), (200, 272))


def panet(b: Builder, *levels: Value, out_channels: int = 256) -> dict[str, Value]:
    """Path aggregation (PANet): a feature pyramid, and a bottom-up path that brings fine levels to the coarse ones.

    The levels pass the fpn block, which gives p2, p3, …. The finest, p2, is n2 as it is. From there up, a 3×3
    convolution of stride 2 halves n2, p3 is added, and a 3×3 convolution gives n3, and so on. Each convolution of the
    path has a bias and is followed by ReLU, as in the paper; ports leave out the ReLU, and halve the sum before the
    last 3×3, not the output after it. The pooling of regions from all levels is no part of it.

    Options:
        channels: channels of the levels, finest first.
        out_channels: channels of every output.

    Source: Liu et al. 2018, arXiv 1803.01534, section 3.1 and figure 1b.
    """
    with b.scope("fpn"):
        merged = fpn(b, *levels, out_channels=out_channels)
    (_, x), *coarser = merged.items()
    outputs = {"n2": x}
    for label, level in coarser:
        number = label.removeprefix("p")
        with b.scope(f"bottomup{number}"):
            x = b.add("down", padded_conv(out_channels, out_channels, 3, stride=2, bias=True), x)
            x = b.add("add", Add(), level, b.add("down_act", RELU, x))
            x = b.add("conv", padded_conv(out_channels, out_channels, 3, bias=True), x)
            outputs[f"n{number}"] = x = b.add("act", RELU, x)
    return outputs
