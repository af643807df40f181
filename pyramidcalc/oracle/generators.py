"""Arguments of every layer family at random, mostly legal, for an input of any number of axes. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.activation import GELU, Pointwise, PReLU
from pyramidcalc.layers.convolution import Conv, ConvTranspose
from pyramidcalc.layers.linear import ChannelLinear, Flatten, Linear, Unflatten
from pyramidcalc.layers.merging import Combine, WeightedAdd
from pyramidcalc.layers.normalization import ChannelNorm, GroupNorm, LayerNorm2d, LocalResponseNorm
from pyramidcalc.layers.padding import ConstantPad, PadLayer
from pyramidcalc.layers.pooling import AdaptivePool, AvgPool, AvgPool1d, MaxPool
from pyramidcalc.layers.rearranging import Along, Expand, Part, Rearrange
from pyramidcalc.layers.resampling import ON_AXES, PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.sized import GridAvgPool2d, SamePad, SpatialPyramidPool2d
from pyramidcalc.layers.slicing import ChannelShuffle, Slice, Split
from pyramidcalc.layers.sliding import SlidingPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.layers.base import Layer, Shape
    from pyramidcalc.layers.rearranging import Factor
    from pyramidcalc.oracle.draw import Arguments, Draw

PADDING_MODES = ("zeros", "zeros", "reflect", "replicate", "circular")
NUMBERS = (1e-5, 1e-5, 0.2, 1, True, 0, -0.5, None, "small")
SCALES = (0.5, 2.0, 3.0, 1.5, 0.6, 1.7, 0.37, 2.5, 1 / 3, 1.0, 2, True)
HUGE = (2**31 - 1, 2**31, 2**40)
"""About the largest integer of torch's pools and transposed convolutions."""


def random_arguments(kind: type[Layer], d: Draw, shape: Shape) -> Arguments:
    """Arguments of a layer kind for an input shape (C, *spatial) or (F,), most of them legal on it."""
    for base in kind.__mro__:
        if base in ARGUMENTS:
            return ARGUMENTS[base](d, shape)
    # Activations and dropout take numbers.
    return {name: d.one_of(*NUMBERS) for name in kind().to_dict()}


def conv(d: Draw, shape: Shape) -> Arguments:
    """Every padding mode, now and then 'same' with a stride, or a crop in a mode that pads first."""
    padding = d.one_of("same", "valid") if d.chance(0.2) else d.per_axis(-1 if d.chance(0.1) else 0, 4)
    stride = d.per_axis(1, 3) if padding != "same" or d.chance(0.1) else 1
    return grouped(d, shape[0]) | {"stride": stride, "padding": padding, "padding_mode": d.one_of(*PADDING_MODES)}


def grouped(d: Draw, channels: int) -> Arguments:
    """What both convolutions share: channels in groups, and windows."""
    groups = d.divisor(channels)
    return {
        "in_channels": channels,
        "out_channels": groups * d.randint(1, 3),
        "groups": groups,
        "bias": d.flag(),
        "kernel_size": d.per_axis(1, 5 if d.rank < 3 else 3),
        "dilation": d.per_axis(1, 4 if d.rank < 3 else 2),
    }


def conv_transpose(d: Draw, shape: Shape) -> Arguments:
    """Output paddings on both sides of what is legal; of one tap no dilation makes the output larger."""
    values = grouped(d, shape[0]) | {
        "stride": d.per_axis(1, 4 if d.rank < 3 else 2),
        "padding": d.per_axis(0, 3),
        "output_padding": d.one_of(0, 0, d.per_axis(0, 3)),
        "padding_mode": "reflect" if d.chance(0.03) else "zeros",
    }
    return values | ({"kernel_size": 1, "dilation": HUGE[0]} if d.chance(0.04) else {})


def pool(d: Draw, huge: bool) -> Arguments:
    """What sliding pools share, now and then with a `huge` stride, and with paddings on both sides of half a kernel."""
    kernel = d.per_axis(1, 6 if d.rank < 3 else 3)
    half = min(kernel if isinstance(kernel, tuple) else (kernel,)) // 2
    return {
        "kernel_size": kernel,
        "stride": d.one_of(*HUGE) if huge and d.chance(0.04) else d.one_of(None, (), *[d.per_axis(1, 4)] * 4),
        "padding": d.per_axis(0, half) if d.chance(0.85) else d.per_axis(0, 4),
        "ceil_mode": d.flag(),
    }


def max_pool(d: Draw, shape: Shape) -> Arguments:
    """Dilated and with ceil_mode; of sequences torch has several kernels that do not agree on huge numbers."""
    huge = d.rank > 1
    values = pool(d, huge) | {"dilation": d.one_of(1, d.per_axis(1, 3 if d.rank < 3 else 2))}
    return values | ({"kernel_size": 1, "padding": 0, "dilation": d.one_of(*HUGE)} if huge and d.chance(0.04) else {})


def avg_pool_1d(d: Draw, shape: Shape) -> Arguments:
    """An average over a sequence has no divisor of its own."""
    return pool(d, huge=True) | {"count_include_pad": d.flag()}


def adaptive_pool(d: Draw, shape: Shape) -> Arguments:
    """To fewer bins and more, some axes kept."""
    size = d.per_axis(1, d.one_of(4, 9, 15 if d.rank < 3 else 9))
    if d.rank > 1 and isinstance(size, tuple) and d.chance(0.3):
        size = tuple(d.one_of(None, m, m) for m in size)
    return {"output_size": size}


def pad(d: Draw, shape: Shape) -> Arguments:
    """Pads and crops of sides that differ."""
    count = 2 * d.rank - d.one_of(*[0] * 12, 1, 2, 4)
    least, most = d.one_of(0, 0, -2), (6, 4, 2)[d.rank - 1]
    return {"padding": d.randint(0, most) if d.chance(0.2) else tuple(d.randint(least, most) for _ in range(count))}


def resize(d: Draw, shape: Shape) -> Arguments:
    """A mode that the map has, with corners where the mode has them; now and then one that it has not."""
    mode = d.one_of(*[mode for mode, ranks in ON_AXES.items() if d.rank in ranks or d.chance(0.05)])
    corners = d.one_of(None, True, False) if mode.endswith(("linear", "cubic")) or d.chance(0.05) else None
    return {"mode": mode, "align_corners": corners}


def upsample(d: Draw, shape: Shape) -> Arguments:
    """To a size or by a factor, in every mode."""
    values = resize(d, shape)
    if d.chance(0.5):
        values["size"] = d.per_axis(1, (40, 20, 9)[d.rank - 1])
    if "size" not in values or d.chance(0.04):
        values["scale_factor"] = d.one_of(d.one_of(*SCALES), tuple(d.one_of(*SCALES) for _ in range(d.rank)))
        values["recompute_scale_factor"] = d.one_of(None, None, True, False)
    return values


def channel_norm(d: Draw, shape: Shape) -> Arguments:
    """Batch and instance norms, with and without weights and moving averages."""
    eps, momentum = d.one_of(1e-5, d.one_of(*NUMBERS)), d.one_of(0.1, None, d.one_of(*NUMBERS))
    norm = {"num_features": shape[0], "eps": eps, "momentum": momentum}
    return norm | {"affine": d.flag(), "track_running_stats": d.flag()}


def group_norm(d: Draw, shape: Shape) -> Arguments:
    """Groups that divide the channels."""
    groups = {"num_groups": d.divisor(shape[0]), "num_channels": shape[0]}
    return groups | {"eps": d.one_of(*NUMBERS), "affine": d.flag()}


def flatten(d: Draw, shape: Shape) -> Arguments:
    """From and to axes counted from either end."""
    count = len(shape)
    return {"start_dim": d.one_of(1, 1, 1, True, -count, -1), "end_dim": d.one_of(-1, -1, -1, True, count, 1)}


def an_axis(d: Draw, shape: Shape) -> tuple[int, int]:
    """(a `dim` of a batch of such shapes, the size of that axis), channels as often as all others."""
    axis = d.one_of(0, d.randint(0, len(shape) - 1))
    return d.one_of(axis + 1, axis - len(shape)), shape[axis]


def slice_(d: Draw, shape: Shape) -> Arguments:
    """Ends counted from either side, within the axis and outside."""
    dim, n = an_axis(d, shape)
    start, end = (d.one_of(None, d.randint(0, n), -d.randint(1, n), d.randint(-n - 2, n + 2)) for _ in range(2))
    return {"dim": dim, "start": start, "end": end, "step": d.one_of(1, 1, 2, 3)}


def split(d: Draw, shape: Shape) -> Arguments:
    """Pieces of one size, and of sizes that add up to the axis or not."""
    dim, n = an_axis(d, shape)
    first = d.randint(0, n)
    sizes = d.one_of(d.randint(1, n + 1), d.randint(1, n + 1), (first, n - first), (n - first, first, d.randint(0, 1)))
    return {"split_size": sizes, "index": d.one_of(0, 1, d.randint(0, 2)), "dim": dim}


def same_pad(d: Draw, shape: Shape) -> Arguments:
    """The odd zero on either side."""
    windows = {name: d.per_axis(1, 5) for name in ("kernel_size", "stride", "dilation")}
    return windows | {"odd_first": d.flag()}


def prelu(d: Draw, shape: Shape) -> Arguments:
    """One slope or one a channel."""
    count = d.one_of(1, shape[0], d.randint(1, 4))
    return {"num_parameters": d.one_of(count, count, (count,), [count]), "init": d.one_of(*NUMBERS)}


def sliding_pool(d: Draw, shape: Shape) -> Arguments:
    """Of any dilation, padded differently before and after."""
    kernel, dilation = d.different(1, 4 if d.rank < 3 else 3), d.different(1, 3 if d.rank < 3 else 2)
    spans = [step * (k - 1) for k, step in zip(kernel, dilation, strict=True)]
    return {
        "op": d.one_of("MaxPool", "LpPool"),
        "kernel_size": kernel,
        "stride": d.different(1, 3),
        "dilation": dilation,
        "before": tuple([d.randint(0, span) for span in spans]),
        "after": tuple([d.randint(0, span) for span in spans]),
        "ceil_mode": d.flag(),
    }


def factors_of(d: Draw, axis: int, n: int, parts: int) -> list[Factor]:
    """An axis as digits, the outermost first, now and then of a size that follows."""
    result: list[Factor] = []
    stride = 1
    for left in range(parts, 0, -1):
        size = n // stride if left == 1 else d.divisor(n // stride)
        result.insert(0, (axis, stride, -1 if left == 1 and d.flag() else size))
        stride *= size
    return result


def rearrange(d: Draw, shape: Shape) -> Arguments:
    """Parts of the channels in another order, some on the axes; or a part of an axis among the channels."""
    channels, *axes = [factors_of(d, axis, n, d.randint(1, 3 if not axis else 2)) for axis, n in enumerate(shape)]
    if d.flag():
        d.shuffle(channels)
    for axis in axes:
        if d.chance(0.4):
            channels.insert(d.randint(0, len(channels)), axis.pop(d.randint(0, len(axis) - 1)))
        elif d.chance(0.4) and channels and channels[-1][0] == 0:
            axis.insert(d.randint(0, len(axis)), channels.pop())
        elif d.chance(0.2):
            axis.append((axis[0][0], 0, d.randint(2, 3)))
    return {"factors": tuple([tuple(parts) for parts in (channels, *axes)])}


def along(d: Draw, shape: Shape) -> Arguments:
    """Over digits of different axes."""
    axes = d.sample(range(len(shape)), d.randint(1, len(shape)))
    factors = tuple([d.one_of(*factors_of(d, axis, shape[axis], d.randint(1, 3))) for axis in axes])
    return {"op": "mean", "factors": factors, "keeps_size": d.flag()}


def part(d: Draw, shape: Shape) -> Arguments:
    """Some values of a digit, in steps."""
    axis = d.one_of(0, d.randint(0, len(shape) - 1))
    factor = d.one_of(*factors_of(d, axis, shape[axis], d.randint(1, 3)))
    n = shape[axis] // factor[1] if factor[2] == -1 else factor[2]
    start, step = d.randint(0, n - 1), d.randint(1, 3)
    return {"factor": factor, "start": start, "count": d.randint(1, -(-(n - start) // step)), "step": step}


def unflatten(d: Draw, shape: Shape) -> Arguments:
    """A vector as channels and axes whose sizes multiply to its own."""
    sizes = [size for _, _, size in factors_of(d, 0, shape[0], d.rank + 1)]
    return {"dim": d.one_of(1, -1), "unflattened_size": tuple(sizes)}


def local_response_norm(d: Draw, shape: Shape) -> Arguments:
    """Over any number of channels, with effects that show."""
    return {
        "size": d.randint(1, 6),
        "alpha": d.one_of(0.1, 0.5),
        "beta": d.one_of(0.75, 2.0),
        "k": d.one_of(1.0, 2.5, True),
    }


IMPORTED: dict[type, Callable[[Draw, Shape], Arguments]] = {
    SlidingPool: sliding_pool,
    Rearrange: rearrange,
    Along: along,
    Part: part,
    Expand: lambda d, shape: {"sizes_wanted": tuple([d.one_of(None, d.randint(1, 5) if n == 1 else n) for n in shape])},
    Unflatten: unflatten,
    LocalResponseNorm: local_response_norm,
    ChannelLinear: lambda d, shape: {"in_features": shape[0], "out_features": d.randint(1, 9), "bias": d.flag()},
    Pointwise: lambda *_: {"op": "erf"},
    Combine: lambda *_: {"op": "maximum"},
}
"""Of layers that imported networks alone are made of."""
ARGUMENTS: dict[type, Callable[[Draw, Shape], Arguments]] = {
    **IMPORTED,
    Conv: conv,
    ConvTranspose: conv_transpose,
    MaxPool: max_pool,
    AvgPool1d: avg_pool_1d,
    AvgPool: lambda d, s: avg_pool_1d(d, s) | {"divisor_override": d.one_of(None, None, None, 3, -2, 0, True)},
    AdaptivePool: adaptive_pool,
    ConstantPad: lambda d, shape: pad(d, shape) | {"value": d.one_of(2.5, d.one_of(*NUMBERS))},
    PadLayer: pad,
    ResizeTo: resize,
    Upsample: upsample,
    PixelShuffle: lambda d, s: {
        "upscale_factor": d.one_of(*[r for r in (1, 2, 3) if s[0] % r**2 == 0], d.randint(1, 3))
    },
    ChannelNorm: channel_norm,
    GroupNorm: group_norm,
    LayerNorm2d: lambda d, shape: {"num_channels": shape[0], "elementwise_affine": d.flag(), "bias": d.flag()},
    Flatten: flatten,
    Linear: lambda d, shape: {"in_features": shape[-1], "out_features": d.randint(1, 9), "bias": d.flag()},
    Slice: slice_,
    Split: split,
    ChannelShuffle: lambda d, shape: {"groups": d.divisor(shape[0])},
    GridAvgPool2d: lambda d, _: {"bins": d.randint(1, 7)},
    SpatialPyramidPool2d: lambda d, _: {"bins": d.randint(1, 7), "method": d.one_of("pad", "window", "adaptive")},
    SamePad: same_pad,
    PReLU: prelu,
    WeightedAdd: lambda d, _: {"count": d.randint(1, 4), "eps": d.one_of(1e-4, 1e-4, 0.2, None)},
    GELU: lambda d, _: {"approximate": d.one_of("none", "tanh", "erf")},
}
"""By families of layers; activations, dropouts and other merges need nothing here."""
