"""Windows of ONNX as layers: Conv, ConvTranspose, the pools and Pad, one to three spatial axes.

Each rule gives the layers that one node stands for, in order. ONNX pads each side by its own number and has SAME;
torch.nn's layers take what they can, a pad layer before or after them the rest.
Source: https://onnx.ai/onnx/operators, the operators' text and their reference implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc import layers
from pyramidcalc.importing.layouts import NoRuleError
from pyramidcalc.importing.onnx_call import in_order
from pyramidcalc.indexmap import max_output_padding, max_pool_pad

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyramidcalc.importing.onnx_call import Call
    from pyramidcalc.layers.base import Layer, Shape

    Sides = list[tuple[int, int]]
    """What is padded before and after each spatial axis."""

SAME = ("SAME_UPPER", "SAME_LOWER")
PADS = {
    "constant": "ZeroPad",
    "reflect": "ReflectionPad",
    "edge": "ReplicationPad",
    "wrap": "CircularPad",
}


def layer(name: str, rank: int, *args: object, **fields: object) -> Layer:
    """torch.nn's layer of a family for so many spatial axes. Raises NoRuleError where there is none."""
    if not 1 <= rank <= 3:
        raise NoRuleError(f"{rank} spatial axes")
    of_rank: Layer = getattr(layers, f"{name}{rank}d")(*args, **fields)
    return of_rank


def per_axis(call: Call, name: str, rank: int, default: int) -> list[int]:
    """An attribute of one number a spatial axis."""
    numbers = call.attributes.get(name) or (default,) * rank
    if len(numbers) != rank:
        raise NoRuleError(f"{name} {tuple(numbers)} on {rank} spatial axes")
    return list(numbers)


def sides(call: Call, rank: int) -> Sides:
    """The `pads` of a node: all befores come first."""
    pads = per_axis(call, "pads", 2 * rank, 0) if call.get("auto_pad", "NOTSET") in ("NOTSET", "") else [0] * 2 * rank
    return list(zip(pads[:rank], pads[rank:], strict=True))


def padded(pads: Iterable[tuple[int, int]], family: str = "ZeroPad") -> list[Layer]:
    """The pad layer of these sides; none where nothing is padded."""
    pairs = list(pads)
    if not any(map(any, pairs)):
        return []
    return [layer(family, len(pairs), tuple([side for pair in reversed(pairs) for side in pair]))]


def same_padded(call: Call, kernel: list[int], stride: list[int], dilation: list[int]) -> list[Layer]:
    """The pad layer of SAME, which follows the input's size."""
    upper = call.get("auto_pad") == "SAME_UPPER"
    return [layer("SamePad", len(kernel), tuple(kernel), tuple(stride), tuple(dilation), odd_first=not upper)]


def centred(kernel: list[int], stride: list[int], dilation: list[int]) -> bool:
    """Whether SAME pads both sides of each axis alike, whatever its size."""
    return set(stride) == {1} and all(d * (k - 1) % 2 == 0 for k, d in zip(kernel, dilation, strict=True))


def window(call: Call, kernel: list[int]) -> tuple[list[int], list[int], Sides, list[Layer]]:
    """Stride, dilation and pads of a window, and the layer before it where SAME follows the input's size."""
    rank = len(kernel)
    stride, dilation = per_axis(call, "strides", rank, 1), per_axis(call, "dilations", rank, 1)
    if call.get("auto_pad") not in SAME:
        return stride, dilation, sides(call, rank), []
    if centred(kernel, stride, dilation):
        return stride, dilation, [(d * (k - 1) // 2,) * 2 for k, d in zip(kernel, dilation, strict=True)], []
    return stride, dilation, [(0, 0)] * rank, same_padded(call, kernel, stride, dilation)


def conv(call: Call, weight: Shape, bias: bool) -> list[Layer]:
    """Conv: weight (C_out, C_in/group, *kernel)."""
    kernel, groups = list(weight[2:]), call.get("group", 1)
    stride, dilation, pads, before = window(call, kernel)
    if any(lo != hi or lo < 0 for lo, hi in pads):
        before, pads = padded(pads), [(0, 0)] * len(kernel)
    padding = tuple([lo for lo, _ in pads])
    channels = (weight[1] * groups, weight[0])
    numbers = (tuple(kernel), tuple(stride), padding, tuple(dilation))
    return [*before, layer("Conv", len(kernel), *channels, *numbers, groups, bias)]


def conv_transpose(call: Call, weight: Shape, bias: bool, sizes: Shape) -> list[Layer]:
    """ConvTranspose: weight (C_in, C_out/group, *kernel), of a map of `sizes`."""
    kernel, groups, rank = list(weight[2:]), call.get("group", 1), len(weight) - 2
    stride, dilation = per_axis(call, "strides", rank, 1), per_axis(call, "dilations", rank, 1)
    extra = per_axis(call, "output_padding", rank, 0)
    pads = sides(call, rank)
    wanted = per_axis(call, "output_shape", rank, 0) if call.get("output_shape") else []
    if call.get("auto_pad") in SAME and not wanted:
        wanted = [n * s for n, s in zip(sizes, stride, strict=True)]
    if wanted:
        # What is over is cut off at both sides; the odd position after the map in SAME_UPPER, before it elsewhere.
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        over = [(n - 1) * s + span + more - m
                for n, s, span, more, m in zip(sizes, stride, spans, extra, wanted, strict=True)]  # fmt: skip
        pads = [(total // 2, total - total // 2) for total in over]
        pads = pads if call.get("auto_pad") == "SAME_UPPER" else [(hi, lo) for lo, hi in pads]
    # torch pads both sides alike and adds to the end: `more` behind lo on both sides.
    more = [op + lo - hi for op, (lo, hi) in zip(extra, pads, strict=True)]
    numbers = list(zip(pads, more, stride, dilation, strict=True))
    fits = all(lo >= 0 and 0 <= op <= max_output_padding(s, d) for (lo, _), op, s, d in numbers)
    after = [] if fits else padded([(-lo, op - hi) for (lo, hi), op in zip(pads, extra, strict=True)])
    transposed = layer(
        "ConvTranspose",
        rank,
        weight[0],
        weight[1] * groups,
        tuple(kernel),
        tuple(stride),
        tuple([lo for lo, _ in pads]) if fits else 0,
        tuple(more) if fits else 0,
        groups,
        bias,
        tuple(dilation),
    )
    return [transposed, *after]


def pool(call: Call) -> list[Layer]:
    """MaxPool, AveragePool and LpPool."""
    kernel = list(call.get("kernel_shape", ()))
    rank, ceil_mode = len(kernel), bool(call.get("ceil_mode", 0))
    stride, dilation, pads, before = window(call, kernel)
    ceil_mode = ceil_mode and call.get("auto_pad") not in SAME
    alike = all(lo == hi <= max_pool_pad(k) for (lo, hi), k in zip(pads, kernel, strict=True))
    numbers = (tuple(kernel), tuple(stride))
    if alike and call.op == "MaxPool":
        padding = tuple([lo for lo, _ in pads])
        return [*before, layer("MaxPool", rank, *numbers, padding, tuple(dilation), ceil_mode=ceil_mode)]
    if alike and call.op == "AveragePool" and set(dilation) == {1}:
        counted = bool(call.get("count_include_pad", 0))
        padding = tuple([lo for lo, _ in pads])
        return [*before, layer("AvgPool", rank, *numbers, padding, ceil_mode=ceil_mode, count_include_pad=counted)]
    befores, afters = ((0,) * rank, (0,) * rank) if before else zip(*pads, strict=True)
    return [*before, layers.SlidingPool(call.op, *numbers, tuple(dilation), befores, afters, ceil_mode)]


def pad(call: Call, rank: int) -> list[Layer]:
    """Pad of the spatial axes of a tensor of `rank` axes, its samples and channels included."""
    pads = call.integers(1, "pads") or []
    axes = call.integers(3, "axes")
    axes = list(range(rank)) if axes is None else in_order(axes, rank)
    if len(pads) != 2 * len(axes):
        raise NoRuleError(f"pads {pads} of axes {axes}")
    pairs = dict(zip(axes, zip(pads[: len(axes)], pads[len(axes) :], strict=True), strict=True))
    if any(map(any, [pairs.pop(axis, (0, 0)) for axis in (0, 1)])):
        raise NoRuleError("samples or channels padded")
    family = PADS.get(call.get("mode", "constant"))
    if family is None:
        raise NoRuleError(f"mode {call.get('mode')}")
    return padded([pairs.get(axis, (0, 0)) for axis in range(2, rank)], family)
