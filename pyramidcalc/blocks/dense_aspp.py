"""DenseASPP: dilated convolutions, each on everything before it."""

from pyramidcalc.blocks._units import RELU, batch_norm, labels, padded_conv, positive, several
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import Dropout2d
from pyramidcalc.layers.merging import Concat

INPUT = (512, 64, 64)


def dense_aspp(
    b: Builder,
    x: Value,
    *,
    rate: tuple[int, ...] = (3, 6, 12, 18, 24),
    hidden: int = 128,
    channels: int = 64,
    dropout: bool = True,
) -> Value:
    """DenseASPP: dilated 3×3 convolutions in sequence, each reading the input and all outputs before it.

    A layer is BatchNorm (not in the first), ReLU, 1×1 convolution to `hidden`, BatchNorm, ReLU, 3×3 to
    `channels` at its rate (padding = rate) and dropout 0.1, with biases; its output is concatenated, newest
    first, with all that came before: 512 → 576 → 640 → 704 → 768 → 832 channels. The classifier is no part of it.

    Options:
        rate: dilation rate of each layer, in order.
        hidden: channels between the 1x1 and the 3x3 convolution of a layer.
        channels: channels that each layer adds.
        dropout: dropout 0.1 after each layer.

    Source: Yang et al., DenseASPP for Semantic Segmentation in Street Scenes, CVPR 2018, section 3, and its code.
    """
    rates = several("dense-aspp", "rate", rate)
    positive("dense-aspp", "hidden", hidden)
    positive("dense-aspp", "channels", channels)
    for number, (dilation, label) in enumerate(zip(rates, labels(rates), strict=True)):
        with b.scope(f"rate{label}"):
            with b.scope("reduce"):
                new = b.add("norm", batch_norm(x.width), x) if number else x
                new = b.add("act", RELU, new)
                new = b.add("conv", padded_conv(x.width, hidden, bias=True), new)
            new = b.add("norm", batch_norm(hidden), new)
            new = b.add("act", RELU, new)
            new = b.add("conv", padded_conv(hidden, channels, 3, rate=dilation, bias=True), new)
            if dropout:
                new = b.add("dropout", Dropout2d(0.1), new)
        x = b.add(f"concat{label}", Concat(), new, x)
    return x
