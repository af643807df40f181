"""The feature pyramid network on four levels of a backbone."""

from pyramidcalc.blocks._units import backbone_levels, padded_conv, positive
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.resampling import ResizeTo

default_input, inputs = backbone_levels("fpn", (256, 512, 1024, 2048), (200, 272))


def fpn(b: Builder, *levels: Value, out_channels: int = 256) -> dict[str, Value]:
    """Feature pyramid network: every level of a backbone with the semantics of the coarser ones.

    Each level (finest first) passes a 1×1 convolution; from the coarsest down, the merged map is resized (nearest)
    to the next finer level's size and added to it; a 3×3 convolution on each merged map gives the outputs
    p2, p3, …, one a level, of that level's size. All convolutions have biases. As a command the levels are c2 … c5
    of a ResNet, at sizes n, ⌈n/2⌉, ⌈n/4⌉, ⌈n/8⌉ of the given input.

    Options:
        channels: channels of the levels, finest first.
        out_channels: channels of every output.

    Source: Lin et al. 2017, arXiv 1612.03144, section 3; torchvision.ops.FeaturePyramidNetwork.
    """
    if not levels:
        raise LayerError("fpn: there are no levels", hint="give at least one map, the finest first")
    positive("fpn", "out_channels", out_channels)
    outputs: dict[str, Value] = {}
    merged: Value | None = None
    for number, level in reversed(list(enumerate(levels, 2))):
        lateral = b.add(f"lateral{number}", padded_conv(level.width, out_channels, bias=True), level)
        if merged is None:
            merged = lateral
        else:
            with b.scope(f"topdown{number}"):
                merged = b.add("add", Add(), lateral, b.add("resize", ResizeTo("nearest"), merged, lateral))
        outputs[f"p{number}"] = b.add(f"p{number}", padded_conv(out_channels, out_channels, 3, bias=True), merged)
    return dict(reversed(outputs.items()))
