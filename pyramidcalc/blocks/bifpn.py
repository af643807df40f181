"""EfficientDet's feature pyramid, with ways down and up and learned weights of what is added."""

from pyramidcalc.blocks._units import backbone_levels, batch_norm, padded_conv, positive, separable
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import SiLU
from pyramidcalc.layers.merging import WeightedAdd
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo

FIRST = 3
"""The finest level is c3, of stride 8."""
SWISH = SiLU()
HALF = MaxPool2d(3, 2, 1)
MOMENTS = {"eps": 0.001, "momentum": 0.01}
"""The BatchNorm of EfficientDet's code."""


default_input, inputs = backbone_levels("bifpn", (40, 112, 320), (64, 96), FIRST)
"""The levels of a 512×768 image."""


def bifpn(
    b: Builder, *levels: Value, out_channels: int = 64, repeats: int = 3, extra_levels: int = 2
) -> dict[str, Value]:
    """Bidirectional feature pyramid (EfficientDet): levels are merged on a way down and a way up, again and again.

    Coarser levels follow from the last by max pools of 3 at stride 2, the first of them behind a 1×1. In each of the
    repeated cells, from the coarsest down, a level and the next coarser one (resized, nearest) are merged; then, from
    the finest up, a level, its merge on the way down, and the next finer one (max pool of 3 at stride 2). A merge is a
    sum with one learned weight an input, divided by the sum of the weights (fast normalised fusion): so many
    parameters as inputs. Swish, a depthwise separable 3×3 and BatchNorm follow. In the first cell every reading of a
    level passes a 1×1 and BatchNorm of its own where its channels differ. The pools pad one on every side, as in
    PyTorch; TensorFlow pads an even size at its end alone.

    Options:
        channels: channels of the levels, finest first; EfficientNet-B0's where absent.
        out_channels: channels of every output; EfficientDet-D0 to D7 have 64, 88, 112, 160, 224, 288, 384, 384.
        repeats: number of cells; EfficientDet-D0 to D7 have 3, 4, 5, 6, 7, 7, 8, 8.
        extra_levels: coarser levels beside those given.

    Source: Tan, Pang & Le 2020, arXiv 1911.09070, sections 3.2, 3.3 and table 1; the authors' code (google/automl).
    """
    for name, value in (("out_channels", out_channels), ("repeats", repeats)):
        positive("bifpn", name, value)
    if extra_levels < 0:
        raise LayerError(f"bifpn: `extra_levels` (={extra_levels}) must be at least 0")
    maps = list(levels)
    for _ in range(extra_levels):
        with b.scope(f"c{FIRST + len(maps)}"):
            reduced = _reduced(b, maps[-1], out_channels)
            maps.append(b.add("pool", HALF, reduced))
    if len(maps) < 2:
        raise LayerError("bifpn: one level has nothing to merge", hint="give more `channels`, or more `extra_levels`")
    for number in range(1, repeats + 1):
        with b.scope(f"cell{number}"):
            maps = _cell(b, maps, out_channels)
    return {f"p{FIRST + index}": level for index, level in enumerate(maps)}


def _cell(b: Builder, levels: list[Value], channels: int) -> list[Value]:
    """One way down and one way up over levels, finest first: a map of these channels a level, of its size."""
    down = [levels[-1]]
    for index in reversed(range(len(levels) - 1)):
        with b.scope(f"p{FIRST + index}_down"):
            level = _reduced(b, levels[index], channels)
            coarser = _reduced(b, down[0], channels, "coarser")
            down.insert(0, _merged(b, level, b.add("resize", ResizeTo("nearest"), coarser, level)))
    up = [down[0]]
    for index in range(1, len(levels)):
        with b.scope(f"p{FIRST + index}"):
            own = [_reduced(b, levels[index], channels)]
            between = [down[index]] if index < len(levels) - 1 else []
            up.append(_merged(b, *own, *between, b.add("pool", HALF, up[-1])))
    return up


def _reduced(b: Builder, x: Value, channels: int, scope: str = "reduce") -> Value:
    """The map with these channels: itself, or behind a biased 1×1 and BatchNorm."""
    if x.width == channels:
        return x
    with b.scope(scope):
        x = b.add("conv", padded_conv(x.width, channels, bias=True), x)
        return b.add("norm", batch_norm(channels, **MOMENTS), x)


def _merged(b: Builder, *maps: Value) -> Value:
    """The weighted sum of maps of one shape, Swish, a separable 3×3 and BatchNorm."""
    x = b.add("act", SWISH, b.add("add", WeightedAdd(len(maps)), *maps))
    return b.add("norm", batch_norm(x.width, **MOMENTS), separable(b, x, x.width, bias=True))
