"""Arguments of every layer family at random, mostly legal, for an input of any number of axes. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.activation import GELU, Elementwise, PReLU
from pyramidcalc.layers.convolution import Conv, ConvTranspose
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.normalization import ChannelNorm, GroupNorm, LayerNorm2d
from pyramidcalc.layers.padding import ConstantPad, PadLayer
from pyramidcalc.layers.pooling import AdaptivePool, AvgPool, MaxPool
from pyramidcalc.layers.resampling import ON_AXES, PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.sized import BinnedPool, SamePad2d, SpatialPyramidPool2d
from pyramidcalc.layers.slicing import ChannelShuffle, Slice, Split

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.layers.base import Layer, Shape
    from pyramidcalc.oracle.draw import Draw

    Kind = type[Any]
    """A class of layers."""
    Arguments = dict[str, Any]
    Rule = Callable[[Kind, Draw, Shape], Arguments]

PADDING_MODES = ("zeros", "zeros", "reflect", "replicate", "circular")
NUMBERS = (1e-5, 1e-5, 0.2, 1, True, 0, -0.5, None, "small")
SCALES = (0.5, 2.0, 3.0, 1.5, 0.6, 1.7, 0.37, 2.5, 1 / 3, 1.0, 2, True)
HUGE = (2**31 - 1, 2**31, 2**40)
"""About the largest integer of torch's pools and transposed convolutions."""


FAMILIES: dict[type[Layer], Rule] = {}
"""Base of a family of layers to how its arguments are drawn."""


def family(*bases: type[Layer]) -> Callable[[Rule], Rule]:
    """Enters a rule for the layers of some families."""

    def enter(rule: Rule) -> Rule:
        FAMILIES.update(dict.fromkeys(bases, rule))
        return rule

    return enter


def random_arguments(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Arguments for an input shape (C, *spatial) or (F,), most of them legal on it; none where a layer takes none."""
    rule = next((FAMILIES[base] for base in kind.__mro__ if base in FAMILIES), None)
    return {} if rule is None else rule(kind, d, shape)


@family(Elementwise)
def elementwise(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """What activations and dropouts take are numbers."""
    return {name: d.one_of(*NUMBERS) for name in kind().to_dict()}


@family(Conv)
def conv(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Every padding mode, now and then 'same' with a stride, or a crop in a mode that pads first."""
    padding = d.one_of("same", "valid") if d.chance(0.2) else d.per_axis(-1 if d.chance(0.1) else 0, 4)
    stride = d.per_axis(1, 3) if padding != "same" or d.chance(0.1) else 1
    return grouped(d, shape[0]) | {"stride": stride, "padding": padding, "padding_mode": d.one_of(*PADDING_MODES)}


def grouped(d: Draw, channels: int) -> Arguments:
    """What both convolutions share: channels in groups, and windows."""
    groups = d.divisor(channels)
    return {
        "in_channels": channels,
        "out_channels": groups * d.integer(1, 3),
        "groups": groups,
        "bias": d.one_of(True, False),
        "kernel_size": d.per_axis(1, 5 if d.rank < 3 else 3),
        "dilation": d.per_axis(1, 4 if d.rank < 3 else 2),
    }


@family(ConvTranspose)
def conv_transpose(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Output paddings on both sides of what is legal; of one tap no dilation makes the output larger."""
    values = grouped(d, shape[0]) | {
        "stride": d.per_axis(1, 4 if d.rank < 3 else 2),
        "padding": d.per_axis(0, 3),
        "output_padding": d.one_of(0, 0, d.per_axis(0, 3)),
        "padding_mode": "reflect" if d.chance(0.03) else "zeros",
    }
    return values | ({"kernel_size": 1, "dilation": HUGE[0]} if d.chance(0.04) else {})


@family(MaxPool)
def max_pool(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Dilated and with ceil_mode; of sequences torch has several kernels that do not agree on huge numbers."""
    huge = d.rank > 1
    return pool(d, huge) | {"dilation": d.one_of(*HUGE) if huge and d.chance(0.04) else d.one_of(1, d.per_axis(1, 3))}


@family(AvgPool)
def avg_pool(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """With ceil_mode and, but for sequences, a divisor."""
    values = pool(d, huge=True) | {"count_include_pad": d.one_of(True, False)}
    if "divisor_override" in kind._fields:
        values["divisor_override"] = d.one_of(None, None, None, 3, -2, 0, True)
    return values


def pool(d: Draw, huge: bool) -> Arguments:
    """What sliding pools share, now and then with a `huge` stride, and with paddings on both sides of half a kernel."""
    kernel = d.per_axis(1, 6 if d.rank < 3 else 3)
    half = min(kernel if isinstance(kernel, tuple) else (kernel,)) // 2
    return {
        "kernel_size": kernel,
        "stride": d.one_of(*HUGE) if huge and d.chance(0.04) else d.one_of(None, (), *[d.per_axis(1, 4)] * 4),
        "padding": d.per_axis(0, half) if d.chance(0.85) else d.per_axis(0, 4),
        "ceil_mode": d.one_of(True, False),
    }


@family(AdaptivePool)
def adaptive_pool(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """To fewer bins and more, some axes kept."""
    size = d.per_axis(1, d.one_of(4, 9, 15 if d.rank < 3 else 9))
    if d.rank > 1 and isinstance(size, tuple) and d.chance(0.3):
        size = tuple(d.one_of(None, m, m) for m in size)
    return {"output_size": size}


@family(PadLayer)
def pad(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Pads and crops of sides that differ."""
    count = 2 * d.rank - d.one_of(*[0] * 12, 1, 2, 4)
    least, most = d.one_of(0, 0, -2), (6, 4, 2)[d.rank - 1]
    return {"padding": d.integer(0, most) if d.chance(0.2) else tuple(d.integer(least, most) for _ in range(count))}


@family(ConstantPad)
def constant_pad(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Pads of one number."""
    return pad(kind, d, shape) | {"value": d.one_of(2.5, d.one_of(*NUMBERS))}


@family(ResizeTo)
def resize(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """A mode that the map has, with corners where the mode has them; now and then one that it has not."""
    mode = d.one_of(*[mode for mode, ranks in ON_AXES.items() if d.rank in ranks or d.chance(0.05)])
    corners = d.one_of(None, True, False) if mode.endswith(("linear", "cubic")) or d.chance(0.05) else None
    return {"mode": mode, "align_corners": corners}


@family(Upsample)
def upsample(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """To a size or by a factor, in every mode."""
    values = resize(kind, d, shape)
    if d.chance(0.5):
        values["size"] = d.per_axis(1, (40, 20, 9)[d.rank - 1])
    if "size" not in values or d.chance(0.04):
        values["scale_factor"] = d.one_of(d.one_of(*SCALES), tuple(d.one_of(*SCALES) for _ in range(d.rank)))
        values["recompute_scale_factor"] = d.one_of(None, None, True, False)
    return values


@family(PixelShuffle)
def pixel_shuffle(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Factors whose squares divide the channels, or not."""
    return {"upscale_factor": d.one_of(*[r for r in (1, 2, 3) if shape[0] % (r * r) == 0 or d.chance(0.1)])}


@family(ChannelNorm)
def channel_norm(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Batch and instance norms, with and without weights and moving averages."""
    return {
        "num_features": shape[0],
        "affine": d.one_of(True, False),
        "track_running_stats": d.one_of(True, False),
        "eps": d.one_of(1e-5, d.one_of(*NUMBERS)),
        "momentum": d.one_of(0.1, None, d.one_of(*NUMBERS)),
    }


@family(GroupNorm)
def group_norm(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Groups that divide the channels."""
    values = {"num_groups": d.divisor(shape[0]), "num_channels": shape[0], "affine": d.one_of(True, False)}
    return values | {"eps": d.one_of(*NUMBERS)}


@family(LayerNorm2d)
def layer_norm(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """With and without weights."""
    return {"num_channels": shape[0], "elementwise_affine": d.one_of(True, False), "bias": d.one_of(True, False)}


@family(Flatten)
def flatten(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """From and to axes counted from either end."""
    count = len(shape)
    return {"start_dim": d.one_of(1, 1, 1, True, -count, -1), "end_dim": d.one_of(-1, -1, -1, True, count, 1)}


@family(Linear)
def linear(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Over the last axis."""
    return {"in_features": shape[-1], "out_features": d.integer(1, 9), "bias": d.one_of(True, False)}


def an_axis(d: Draw, shape: Shape) -> tuple[int, int]:
    """(a `dim` of a batch of such shapes, the size of that axis), channels as often as all others."""
    axis = d.one_of(0, d.integer(0, len(shape) - 1))
    return d.one_of(axis + 1, axis - len(shape)), shape[axis]


@family(Slice)
def slice_(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Ends counted from either side, within the axis and outside."""
    dim, n = an_axis(d, shape)
    start, end = (d.one_of(None, d.integer(0, n), -d.integer(1, n), d.integer(-n - 2, n + 2)) for _ in range(2))
    return {"dim": dim, "start": start, "end": end, "step": d.one_of(1, 1, 2, 3)}


@family(Split)
def split(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Pieces of one size, and of sizes that add up to the axis or not."""
    dim, n = an_axis(d, shape)
    first = d.integer(0, n)
    sizes = d.one_of(d.integer(1, n + 1), d.integer(1, n + 1), (first, n - first), (n - first, first, d.integer(0, 1)))
    return {"split_size": sizes, "index": d.one_of(0, 1, d.integer(0, 2)), "dim": dim}


@family(ChannelShuffle)
def channel_shuffle(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Groups that divide the channels."""
    return {"groups": d.divisor(shape[0])}


@family(BinnedPool)
def binned_pool(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Bins on both sides of the size."""
    method = {"method": d.one_of("pad", "window", "adaptive")} if issubclass(kind, SpatialPyramidPool2d) else {}
    return {"bins": d.integer(1, 7)} | method


@family(SamePad2d)
def same_pad(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Before windows of every stride."""
    return {"kernel_size": d.per_axis(1, 6), "stride": d.per_axis(1, 4), "dilation": d.per_axis(1, 3)}


@family(PReLU)
def prelu(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """One slope or one a channel."""
    count = d.one_of(1, shape[0], d.integer(1, 4))
    return {"num_parameters": d.one_of(count, count, (count,), [count]), "init": d.one_of(*NUMBERS)}


@family(GELU)
def gelu(kind: Kind, d: Draw, shape: Shape) -> Arguments:
    """Approximations, one of which there is not."""
    return {"approximate": d.one_of("none", "tanh", "erf")}
