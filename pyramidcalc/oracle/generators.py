"""Arguments and input shapes of every layer kind at random, mostly legal. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.oracle.draws import Draw

    Drawn = tuple[dict[str, Any], list[tuple[int, ...]]]
    Generator = Callable[[Draw], Drawn]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
RESIZE_MODES = ("nearest", "nearest-exact", "bilinear", "bicubic", "area")
NUMBERS = (1e-5, 1e-5, 0.2, 1, True, 0, -0.5, None, "small")
SCALES = (0.5, 2.0, 3.0, 1.5, 0.6, 1.7, 0.37, 2.5, 1 / 3, 1.0)


def conv(d: Draw) -> Drawn:
    """Conv2d: every padding mode, now and then 'same' with a stride."""
    groups = d.one_of(1, 1, 1, 2, 3)
    inputs, outputs = groups * d.integer(1, 3), groups * d.integer(1, 3)
    padding = d.one_of("same", "valid") if d.chance(0.2) else d.spelt(0, 5)
    arguments = {
        "in_channels": inputs,
        "out_channels": outputs,
        "kernel_size": d.spelt(1, 5),
        "stride": d.spelt(1, 3) if padding != "same" or d.chance(0.1) else 1,
        "padding": padding,
        "dilation": d.spelt(1, 4),
        "groups": groups,
        "bias": d.one_of(True, False),
        "padding_mode": d.one_of("zeros", *PADDING_MODES),
    }
    return arguments, [d.shape(inputs)]


def conv_transpose(d: Draw) -> Drawn:
    """ConvTranspose2d, with output paddings on both sides of what is legal."""
    groups = d.one_of(1, 1, 1, 2, 3)
    inputs, outputs = groups * d.integer(1, 3), groups * d.integer(1, 3)
    arguments = {
        "in_channels": inputs,
        "out_channels": outputs,
        "kernel_size": d.spelt(1, 5),
        "stride": d.spelt(1, 4),
        "padding": d.spelt(0, 3),
        "output_padding": d.one_of(0, 0, d.spelt(0, 3)),
        "groups": groups,
        "bias": d.one_of(True, False),
        "dilation": d.spelt(1, 4),
        "padding_mode": "reflect" if d.chance(0.03) else "zeros",
    }
    return arguments, [d.shape(inputs, 1, 8)]


def pool(d: Draw) -> dict[str, Any]:
    """What sliding pools share, with paddings on both sides of half the kernel."""
    kernel = d.spelt(1, 6)
    half = min(kernel if isinstance(kernel, tuple) else (kernel,)) // 2
    return {
        "kernel_size": kernel,
        "stride": d.one_of(None, d.spelt(1, 4), d.spelt(1, 4), d.spelt(1, 4), ()),
        "padding": d.spelt(0, half) if d.chance(0.85) else d.spelt(0, 4),
        "ceil_mode": d.one_of(True, False),
    }


def max_pool(d: Draw) -> Drawn:
    """MaxPool2d, dilated and with ceil_mode."""
    return pool(d) | {"dilation": d.one_of(1, d.spelt(1, 3))}, [d.shape(d.integer(1, 3))]


def avg_pool(d: Draw) -> Drawn:
    """AvgPool2d, with ceil_mode and its divisor."""
    extra = {"count_include_pad": d.one_of(True, False), "divisor_override": d.one_of(None, None, None, 3, -2, 0)}
    return pool(d) | extra, [d.shape(d.integer(1, 3))]


def adaptive(d: Draw) -> Drawn:
    """Adaptive pools, axes kept as they are included."""
    size = d.one_of(d.spelt(1, 9), d.spelt(1, 15), (d.integer(1, 9), None), (None, d.integer(1, 9)))
    return {"output_size": size}, [d.shape(d.integer(1, 3))]


def pad(d: Draw, least: int = -3, most: int = 6) -> Drawn:
    """Pads and crops of four different sides."""
    count = d.one_of(*[4] * 12, 0, 2, 3)
    sides = d.integer(0, 4) if d.chance(0.2) else tuple(d.integer(least, most) for _ in range(count))
    return {"padding": sides}, [d.shape(d.integer(1, 3))]


def circular_pad(d: Draw) -> Drawn:
    """CircularPad2d, save where torch reads memory that it never wrote."""
    while not comparable("CircularPad2d", *(drawn := pad(d))):
        pass
    return drawn


def comparable(kind: str, arguments: dict[str, Any], shapes: list[tuple[int, ...]]) -> bool:
    """Whether torch's answer means something."""
    sides = arguments.get("padding")
    if kind == "Conv2d":
        # Given three numbers, a padding mode's pad goes on to the channels; no one means that.
        return not isinstance(sides, tuple) or len(sides) in (1, 2) or arguments["padding_mode"] == "zeros"
    if kind == "ConvTranspose2d":
        # A dilation of 0 is refused by torch's own code and taken by some of the libraries that it calls.
        dilation = arguments["dilation"]
        return 0 not in (dilation if isinstance(dilation, tuple) else (dilation,))
    if kind == "Flatten":
        # A part of the axes, or one with the batch's, leaves what is neither a map nor a vector.
        count = len(shapes[0]) + 1
        ends = [arguments[name] for name in ("start_dim", "end_dim")]
        start, end = (n + count if isinstance(n, int) and n < 0 else n for n in ends)
        return not 0 <= start < end < count or (start, end) == (1, count - 1)
    if kind != "CircularPad2d":
        return True
    # Where a crop leaves less than the other side is to wrap, torch hands out memory that it never wrote, and
    # what it reads changes from run to run; we refuse that.
    left, right, top, bottom = sides if isinstance(sides, tuple) and len(sides) == 4 else (0,) * 4
    axes = zip(shapes[0][1:], (top, left), (bottom, right), strict=False)
    return not any(min(lo, hi) < 0 and n + min(lo, 0) + min(hi, 0) < max(lo, hi) for n, lo, hi in axes)


def upsample(d: Draw) -> Drawn:
    """Upsample to a size or by a factor, in every mode."""
    mode = d.one_of(*RESIZE_MODES)
    corners = d.one_of(None, True, False) if mode in ("bilinear", "bicubic") or d.chance(0.05) else None
    arguments: dict[str, Any] = {"mode": mode, "align_corners": corners}
    if d.chance(0.5):
        arguments["size"] = d.spelt(1, 20)
    else:
        arguments["scale_factor"] = d.one_of(d.one_of(*SCALES), (d.one_of(*SCALES), d.one_of(*SCALES)))
        arguments["recompute_scale_factor"] = d.one_of(None, None, True, False)
    if d.chance(0.04):
        arguments |= {"size": 3, "scale_factor": 2.0}
    return arguments, [d.shape(d.integer(1, 3))]


def resize_to(d: Draw) -> Drawn:
    """ResizeTo, with the map that it follows."""
    mode = d.one_of(*RESIZE_MODES)
    corners = d.one_of(None, True, False) if mode in ("bilinear", "bicubic") or d.chance(0.05) else None
    return {"mode": mode, "align_corners": corners}, [d.shape(d.integer(1, 3)), d.shape(d.integer(1, 3))]


def pixel_shuffle(d: Draw) -> Drawn:
    """PixelShuffle, on channels that its square divides or not."""
    r = d.integer(1, 3)
    return {"upscale_factor": r}, [d.shape(r * r * d.integer(1, 2) + d.chance(0.15), 1, 7)]


def batch_norm(d: Draw) -> Drawn:
    """BatchNorm2d, with and without weights and moving averages."""
    channels = d.integer(1, 6)
    arguments = {
        "num_features": channels,
        "affine": d.one_of(True, False),
        "track_running_stats": d.one_of(True, True, False),
        "eps": d.one_of(*NUMBERS),
        "momentum": d.one_of(None, *NUMBERS),
    }
    return arguments, [(channels, 1, 1) if d.chance(0.2) else d.shape(channels)]


def group_norm(d: Draw) -> Drawn:
    """GroupNorm, on maps and vectors."""
    groups = d.integer(1, 3)
    channels = groups * d.integer(1, 3) + d.chance(0.1)
    shape = d.one_of(d.shape(channels), d.shape(channels), (channels,), (channels, 1, 1))
    arguments = {"num_groups": groups, "num_channels": channels, "eps": d.one_of(*NUMBERS)}
    return arguments | {"affine": d.one_of(True, False)}, [shape]


def layer_norm(d: Draw) -> Drawn:
    """LayerNorm2d, with and without weights."""
    channels = d.integer(1, 6)
    arguments = {"num_channels": channels, "elementwise_affine": d.one_of(True, False), "bias": d.one_of(True, False)}
    return arguments, [d.shape(channels)]


def flatten(d: Draw) -> Drawn:
    """Flatten, of maps and vectors, from and to axes counted from either end."""
    while True:
        arguments = {"start_dim": d.one_of(1, 1, 1, -3, -2, 2), "end_dim": d.one_of(-1, -1, -1, 3, 2, 1)}
        shape = d.anything()
        if comparable("Flatten", arguments, [shape]):
            return arguments, [shape]


def linear(d: Draw) -> Drawn:
    """Linear, on vectors and on the last axis of maps."""
    shape = d.anything()
    return {"in_features": shape[-1], "out_features": d.integer(1, 9), "bias": d.one_of(True, False)}, [shape]


def concat(d: Draw) -> Drawn:
    """Concat of one to four inputs, whose sizes may differ."""
    first = d.anything()
    shapes = [first] + [(d.integer(1, 4), *first[1:]) for _ in range(d.integer(0, 3))]
    return {}, unequal(d, shapes, from_axis=1)


def broadcasting(d: Draw) -> Drawn:
    """Add and Multiply, with sizes of 1 that broadcast."""
    first = d.anything()
    shapes = [first] + [tuple(1 if d.chance(0.25) else n for n in first) for _ in range(d.integer(0, 3))]
    return {}, unequal(d, shapes, from_axis=0)


def unequal(d: Draw, shapes: list[tuple[int, ...]], from_axis: int) -> list[tuple[int, ...]]:
    """Now and then one shape differs in one size, or is a vector among maps."""
    if d.chance(0.25):
        index = d.integer(0, len(shapes) - 1)
        shape = list(shapes[index])
        axis = d.integer(min(from_axis, len(shape) - 1), len(shape) - 1)
        shape[axis] += d.integer(1, 2)
        shapes[index] = tuple(shape)
    if d.chance(0.05):
        shapes[d.integer(0, len(shapes) - 1)] = (d.integer(1, 9),)
    return shapes


def pyramid_pool(d: Draw) -> Drawn:
    """SpatialPyramidPool2d, by every method."""
    return {"bins": d.integer(1, 7), "method": d.one_of("pad", "window", "adaptive")}, [d.shape(d.integer(1, 3), 1, 20)]


def grid_pool(d: Draw) -> Drawn:
    """GridAvgPool2d, with bins on both sides of the size."""
    return {"bins": d.integer(1, 7)}, [d.shape(d.integer(1, 3), 1, 20)]


def same_pad(d: Draw) -> Drawn:
    """SamePad2d, before windows of every stride."""
    arguments = {"kernel_size": d.pair(1, 6), "stride": d.pair(1, 4), "dilation": d.pair(1, 3)}
    return arguments, [d.shape(d.integer(1, 3))]


def dropout(d: Draw) -> Drawn:
    """Dropout, with probabilities on both sides of what is legal."""
    return {"p": d.one_of(0.0, 0.1, 0.5, 1.0, 1, True, -0.1, 1.5, None, "half")}, [d.anything()]


def prelu(d: Draw) -> Drawn:
    """PReLU, with one slope or one a channel."""
    shape = d.anything()
    return {"num_parameters": d.one_of(1, shape[0], d.integer(1, 4)), "init": d.one_of(*NUMBERS)}, [shape]


def number(field: str, *choices: object) -> Generator:
    """An element-wise layer with one argument."""
    return lambda d: ({field: d.one_of(*choices)}, [d.anything()])


def bare(d: Draw) -> Drawn:
    """An element-wise layer without arguments."""
    return {}, [d.anything()]


GENERATORS: dict[str, Generator] = {
    "Conv2d": conv,
    "ConvTranspose2d": conv_transpose,
    "MaxPool2d": max_pool,
    "AvgPool2d": avg_pool,
    "AdaptiveAvgPool2d": adaptive,
    "AdaptiveMaxPool2d": adaptive,
    "ZeroPad2d": pad,
    "ReflectionPad2d": pad,
    "ReplicationPad2d": pad,
    "CircularPad2d": circular_pad,
    "Upsample": upsample,
    "ResizeTo": resize_to,
    "PixelShuffle": pixel_shuffle,
    "BatchNorm2d": batch_norm,
    "GroupNorm": group_norm,
    "LayerNorm2d": layer_norm,
    "Flatten": flatten,
    "Linear": linear,
    "Concat": concat,
    "Add": broadcasting,
    "Multiply": broadcasting,
    "SpatialPyramidPool2d": pyramid_pool,
    "GridAvgPool2d": grid_pool,
    "SamePad2d": same_pad,
    "Dropout": dropout,
    "Dropout2d": dropout,
    "PReLU": prelu,
    "GELU": number("approximate", "none", "tanh", "erf"),
    "ELU": number("alpha", *NUMBERS),
    "LeakyReLU": number("negative_slope", *NUMBERS),
    **dict.fromkeys(("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "Identity"), bare),
}
