"""Layers as sums of what they read: positive weights, zero biases, so that no gradient cancels.

The gradient of such a layer is above zero exactly where it reads. `wide` keeps the real channels;
else every map has one channel and every vector one value, and a concatenation is a sum. With an
`axis` a map is thin: that axis of the layer stands where rows are, and columns are 1 wide.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.layers.activation import Elementwise
from pyramidcalc.oracle.build import add, concat, twin
from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Layer

    Operation = Callable[[list[Tensor]], Tensor]

NEUTRAL = {
    "kernel_size": 1,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "output_padding": 0,
    "output_size": 1,
    "size": 1,
    "scale_factor": 1.0,
}
"""What a thin layer has across its axis."""

WIDEST_MATRIX = 1 << 22
SMALLEST_WEIGHT = 1e-9


class NotComparableError(Exception):
    """Something that torch cannot be asked in this way; the text says why."""


class Style:
    """How a layer is rewritten: with the real channels (`wide`), or thin along one axis."""

    __slots__ = ("axis", "skipped", "wide")

    def __init__(self, *, wide: bool = False, axis: int | None = None) -> None:
        self.wide = wide
        self.axis = axis
        self.skipped = 0
        """Positions of nearest resizes left out of the comparison, for torch rounds there in float32."""


def thin(layer: Layer, axis: int) -> Layer:
    """The same layer along one axis, with nothing happening across it."""
    values = layer.attributes()
    changed: dict[str, Any] = {}
    for name, neutral in NEUTRAL.items():
        given = values.get(name)
        if isinstance(given, tuple) and len(given) == 4:
            left, right, top, bottom = given
            changed[name] = (0, 0, *((left, right) if axis else (top, bottom)))
        elif isinstance(given, tuple):
            changed[name] = (given[axis], neutral)
    return layer.replace(**changed) if changed else layer


def operation(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """The layer, rewritten; `shapes` are its inputs' real shapes. Raises NotComparableError or OracleError."""
    if isinstance(layer, Elementwise):
        return first
    if layer.name not in MAKERS:
        raise OracleError(f"the oracle has no positive twin of {layer.name}")
    if style.axis is not None:
        layer = thin(layer, style.axis)
    return MAKERS[layer.name](layer, shapes, style)


def first(inputs: list[Tensor]) -> Tensor:
    """The first input as it is."""
    return inputs[0]


def same(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """Statistics of normalisation layers are not counted as reading."""
    return first


def ones(layer: Layer) -> Operation:
    """torch's own layer in float64, all weights 1."""
    module = twin(layer).double().requires_grad_(requires_grad=False)
    for values in module.parameters():
        values.fill_(1.0)
    return lambda inputs: module.to(inputs[0].device)(inputs[0])


def plain(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """Layers whose weights are never negative already."""
    return ones(layer)


def convolution(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """All weights 1, no bias."""
    if style.wide:
        return ones(layer.replace(bias=False))
    return ones(layer.replace(in_channels=1, out_channels=1, groups=1, bias=False))


def max_pool(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """A depthwise convolution of ones after an explicit pad that gives torch's own number of outputs."""
    module = twin(layer)
    values = layer.attributes()

    def run(inputs: list[Tensor]) -> Tensor:
        x = inputs[0]
        channels = x.shape[1]
        sizes = module(torch.zeros_like(x[:1])).shape[2:]
        pads: list[int] = []
        for axis in (1, 0):
            k, s, d, lo = (values[name][axis] for name in ("kernel_size", "stride", "dilation", "padding"))
            pads += [lo, (sizes[axis] - 1) * s + d * (k - 1) + 1 - x.shape[2 + axis] - lo]
        kernel = torch.ones(channels, 1, *values["kernel_size"], dtype=x.dtype, device=x.device)
        padded = torch.nn.functional.pad(x, pads)
        return torch.nn.functional.conv2d(
            padded, kernel, stride=values["stride"], dilation=values["dilation"], groups=channels
        )

    return run


def adaptive_max(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """torch cuts the bins of both adaptive pools in the same way."""
    return ones_of(torch.nn.AdaptiveAvgPool2d(layer.attributes()["output_size"]))


def ones_of(module: torch.nn.Module) -> Operation:
    """A module without parameters."""
    return lambda inputs: module(inputs[0])


def upsample(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """torch's own resize; nearest by the indices that torch takes, bicubic by the size of its weights."""
    values = layer.attributes()
    if values["mode"] == "bicubic":
        return lambda inputs: bicubic(twin(layer), inputs[0])
    if values["mode"].startswith("nearest"):
        return lambda inputs: nearest(layer, inputs[0], style)
    return ones(layer)


def nearest(layer: Layer, x: Tensor, style: Style) -> Tensor:
    """Takes the samples that torch takes, but where its float32 rounding decides, the exact ones."""
    module = twin(layer)
    indices = []
    for axis, n in enumerate(x.shape[2:]):
        line = [1, 1]
        line[axis] = n
        ramp = torch.arange(n, dtype=torch.float64, device=x.device).reshape(line)
        taken = module(ramp.expand(1, 1, *x.shape[2:])).select(3 - axis, 0).flatten().long()
        indices.append(decided(layer, taken, n, axis, style))
    return x.index_select(2, indices[0]).index_select(3, indices[1])


def decided(layer: Layer, taken: Tensor, n: int, axis: int, style: Style) -> Tensor:
    """torch's indices, with the exact one put where the source coordinate is a whole number but for rounding."""
    values = layer.attributes()
    half = Fraction(1, 2) if values["mode"] == "nearest-exact" else Fraction(0)
    if values["scale_factor"] is not None and not values["recompute_scale_factor"]:
        ratio = 1 / simplest(values["scale_factor"][axis])
    else:
        ratio = Fraction(n, len(taken))
    indices = taken.tolist()
    for i, index in enumerate(indices):
        source = (i + half) * ratio
        exact = min(source.numerator // source.denominator, n - 1)
        if index != exact and abs(source - round(source)) * (1 << 20) <= max(source, Fraction(1)):
            indices[i] = exact
            style.skipped += 1
    return torch.tensor(indices, device=taken.device)


def simplest(value: float) -> Fraction:
    """The fraction that a user meant by a double: 3/5 for 0.6."""
    short = Fraction(value).limit_denominator(10**6)
    return short if float(short) == value else Fraction(value)


def bicubic(module: torch.nn.Module, x: Tensor) -> Tensor:
    """Bicubic with the size of each weight: the signs could cancel what is read."""
    rows, columns = (absolute_weights(module, x, axis) for axis in (0, 1))
    resized: Tensor = torch.tensordot(torch.tensordot(x, rows, ([2], [0])), columns, ([2], [0]))
    return resized


def absolute_weights(module: torch.nn.Module, x: Tensor, axis: int) -> Tensor:
    """Of one axis, the size of the weight of each input in each output."""
    n = x.shape[2 + axis]
    if n * n > WIDEST_MATRIX:
        raise NotComparableError(f"bicubic on {n} positions: its signed weights would take a matrix of {n}x{n}")
    shape = [n, 1, 1, 1]
    shape[2 + axis] = n
    across = [-1, -1, -1, -1]
    across[3 - axis] = x.shape[3 - axis]
    # Constant across the other axis, the value stays there, for bicubic weights sum to 1.
    each = torch.eye(n, dtype=x.dtype, device=x.device).reshape(shape).expand(across)
    weights: Tensor = module(each).select(3 - axis, 0).reshape(n, -1).abs()
    return weights * (weights > SMALLEST_WEIGHT)


def pixel_shuffle(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """Real channels, or one channel that stands for all r² of them."""
    r = layer.attributes()["upscale_factor"]
    if style.wide:
        return ones(layer)
    if style.axis is not None:
        return lambda inputs: inputs[0].repeat_interleave(r, 2)
    module = twin(layer)
    return lambda inputs: module(inputs[0].expand(-1, r * r, -1, -1))


def flatten(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """A vector is one position that holds everything."""
    if style.wide:
        return ones(layer)
    return lambda inputs: inputs[0].flatten(1).sum(1, keepdim=True)


def linear(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """All weights 1; on a map it mixes columns, on a vector of one value there is nothing to mix."""
    if style.wide or (style.axis is None and len(shapes[0]) == 3):
        return ones(layer.replace(bias=False))
    if style.axis != 1 or len(shapes[0]) == 1:
        return first
    wanted = layer.attributes()["out_features"]
    return lambda inputs: inputs[0].sum(2, keepdim=True).expand(-1, -1, wanted, -1)


def merge(layer: Layer, shapes: tuple[tuple[int, ...], ...], style: Style) -> Operation:
    """A sum: of branches that are one channel wide a concatenation reads the same pixels."""
    if style.wide and layer.name == "Concat":
        return lambda inputs: concat(tuple(inputs))
    return lambda inputs: add(tuple(inputs))


MAKERS: dict[str, Callable[[Layer, tuple[tuple[int, ...], ...], Style], Operation]] = {
    "Conv2d": convolution,
    "ConvTranspose2d": convolution,
    "MaxPool2d": max_pool,
    "AvgPool2d": plain,
    "AdaptiveAvgPool2d": plain,
    "AdaptiveMaxPool2d": adaptive_max,
    "ZeroPad2d": plain,
    "ReflectionPad2d": plain,
    "ReplicationPad2d": plain,
    "CircularPad2d": plain,
    "Upsample": upsample,
    "PixelShuffle": pixel_shuffle,
    "BatchNorm2d": same,
    "GroupNorm": same,
    "LayerNorm2d": same,
    "Flatten": flatten,
    "Linear": linear,
    "Concat": merge,
    "Add": merge,
    "Multiply": merge,
}
