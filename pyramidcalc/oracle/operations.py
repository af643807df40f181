"""Layers as sums of what they read, for autograd.

With positive weights no gradient cancels, and it is above zero exactly where a layer reads. A layer is torch's own
with weights of 1, which is a sum already where it convolves, averages, pads or resizes in linear modes. Rewritten are
maxima, products, cubic weights of both signs, and nearest samples, which are those that torch takes on a CPU.
"""

from __future__ import annotations

from functools import partial, singledispatch
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.layers.linear import Flatten, Linear, Unflatten
from pyramidcalc.layers.merging import Concat, Merge
from pyramidcalc.layers.normalization import LocalResponseNorm
from pyramidcalc.layers.pooling import AdaptiveMaxPool, MaxPool
from pyramidcalc.layers.rearranging import Along, Expand, Part, Rearrange
from pyramidcalc.layers.resampling import PixelShuffle, Upsample
from pyramidcalc.layers.slicing import AlongOneAxis, ChannelShuffle
from pyramidcalc.layers.unknown import Unknown
from pyramidcalc.oracle.build import module_of, module_of_layer
from pyramidcalc.oracle.device import torch
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Layer, Shape

    Operation = Callable[..., Tensor]

functional = torch.nn.functional
CHANNELS = ("in_channels", "out_channels", "groups", "in_features", "out_features")
NEUTRAL = {"padding": 0, "before": 0, "after": 0, "output_padding": 0, "scale_factor": 1.0} | dict.fromkeys(
    ("kernel_size", "stride", "dilation", "output_size", "size"), 1
)
"""What a thin layer has across its axis."""


class Style(Record):
    """How layers are rewritten.

    `wide`: with the real channels; else every map has one channel, every vector one value, and a concatenation is a
    sum. With an `axis` (counted from 1), maps are thin: 1 wide across it.
    """

    wide: bool
    axis: int | None = None

    def shape(self, shape: Shape) -> Shape:
        """A shape as it is in this style."""
        spatial = [n if self.axis in (None, axis) else 1 for axis, n in enumerate(shape[1:], 1)]
        return (shape[0] if self.wide else 1, *spatial)

    def applied(self, layer: Layer, shape: Shape) -> Layer:
        """The layer with its real channels or one, and with nothing happening across the axis of a thin map."""
        values, rank = layer.attributes(), len(shape) - 1
        changed: dict[str, Any] = {}
        if not self.wide:
            changed |= {name: 1 for name in CHANNELS if name in values}
        for name, neutral in NEUTRAL.items():
            given = values.get(name)
            if self.axis and isinstance(given, tuple):
                # A pad has two numbers an axis, the last axis first.
                here = [self.axis - 1] if len(given) == rank else [2 * (rank - self.axis), 2 * (rank - self.axis) + 1]
                changed[name] = tuple([value if i in here else neutral for i, value in enumerate(given)])
        return layer.replace(**changed) if changed else layer


@singledispatch
def operation(layer: Layer, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """The layer as a sum of what it reads; `shapes` are its inputs' real shapes. By default torch's own, weights 1.

    Statistics of normalisation layers are not counted as reading.
    """
    return first if layer.elementwise else with_ones(style.applied(layer, shapes[0]))


def with_ones(layer: Layer) -> Operation:
    """torch's own layer in float64, all weights 1, and no divisor that may be negative."""
    plain = layer.replace(divisor_override=None) if "divisor_override" in layer.attributes() else layer
    module = module_of_layer(plain).double().requires_grad_(requires_grad=False)
    for values in module.parameters():
        values.fill_(1.0)
    return lambda *inputs: module.to(inputs[0].device)(*inputs)


def first(x: Tensor, *_: Any, **__: Any) -> Tensor:
    """The first input as it is: what a norm does but for statistics, or a slope a channel."""
    return x


@operation.register(MaxPool)
def max_pool(layer: MaxPool, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """The sum of each window."""
    values = style.applied(layer, shapes[0]).attributes()
    return partial(window_sums, **{name: value for name, value in values.items() if name != "return_indices"})


def window_sums(
    x: Tensor,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    *,
    edge: float = 0.0,
) -> Tensor:
    """The sum of each window of torch's max pool, in whose padding `edge` stands: a depthwise convolution of ones.

    An explicit pad gives torch's own number of outputs; what a last window has behind the padding is 0.
    """
    rank = x.dim() - 2
    given = kernel_size, stride or kernel_size, padding, dilation
    numbers = [[value] * rank if isinstance(value, int) else [*value] * (rank // len(value)) for value in given]
    pooled = getattr(functional, f"max_pool{rank}d")(x[:1].detach(), *numbers, ceil_mode)
    sides, behind = list[int](), list[int]()
    for n, m, k, s, p, d in zip(x.shape[2:], pooled.shape[2:], *numbers, strict=True):
        sides = [p, p, *sides]
        behind = [0, (m - 1) * s + d * (k - 1) + 1 - n - 2 * p, *behind]
    padded = functional.pad(functional.pad(x, sides, value=edge), behind)
    kernel, strides, _, dilations = numbers
    ones = x.new_ones(x.shape[1], 1, *kernel)
    convolution = getattr(functional, f"conv{rank}d")
    sums: Tensor = convolution(padded, ones, stride=strides, dilation=dilations, groups=x.shape[1])
    return sums


@operation.register(AdaptiveMaxPool)
def adaptive_max_pool(layer: AdaptiveMaxPool, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch cuts the bins of both adaptive pools in the same way."""
    size = style.applied(layer, shapes[0]).attributes()["output_size"]
    return module_of(layer.name.replace("Max", "Avg"), {"output_size": size})


@operation.register(Upsample)
def upsample(layer: Upsample, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own resize; nearest by the samples that torch takes, bicubic by the size of its weights."""
    thin = style.applied(layer, shapes[0])
    if layer.mode.startswith("nearest"):
        return lambda x: nearest(module_of_layer(thin), x)
    return (lambda x: cubic(module_of_layer(thin), x)) if layer.mode == "bicubic" else with_ones(thin)


def nearest(module: torch.nn.Module, x: Tensor) -> Tensor:
    """Takes the samples that torch takes in single precision on a CPU: its backward pass rounds otherwise."""
    result = x
    for axis, n in enumerate(x.shape[2:], 2):
        line = torch.arange(n, dtype=torch.float32).reshape([-1 if other == axis else 1 for other in range(x.dim())])
        taken = module(line.expand(1, 1, *x.shape[2:])).movedim(axis, 0).flatten(1)[:, 0]
        result = result.index_select(axis, taken.long().to(x.device))
    return result


def cubic(module: torch.nn.Module, x: Tensor) -> Tensor:
    """A resize with the size of each weight: of four samples side by side each is resized by itself."""
    combs = [torch.arange(n, device=x.device) % 4 for n in x.shape[2:]]
    total = torch.zeros((), dtype=x.dtype, device=x.device)
    for rows, columns in product(range(4), repeat=2):
        kept = (combs[0] == rows)[:, None] & (combs[1] == columns)
        total = total + module(x * kept).abs() if kept.any() else total
    return total


@operation.register(PixelShuffle)
def pixel_shuffle(layer: PixelShuffle, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own; one channel stands for all r² of them, and what comes to lie across a thin map is added up."""
    module, square = module_of_layer(layer), layer.upscale_factor**2

    def run(x: Tensor) -> Tensor:
        shuffled: Tensor = module(x if style.wide else x.expand(-1, square, -1, -1))
        return shuffled if style.axis is None else shuffled.sum(4 - style.axis, keepdim=True)

    return run


@operation.register(Flatten)
def flatten(layer: Flatten, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own with the real map or of one position; else a vector is one position that holds everything."""
    size = layer.resolved_shape(*shapes)
    if size == shapes[0]:
        return first
    if style.wide and (style.axis is None or prod(shapes[0][1:]) == 1):
        return with_ones(layer)
    return lambda x: x.flatten(1).sum(1, keepdim=True).expand(-1, *(size if style.wide else (1,)))


@operation.register(Linear)
def linear(layer: Linear, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """All weights 1; on a map it mixes the last axis, on a vector of one value there is nothing to mix."""
    rank = len(shapes[0]) - 1
    if (rank and style.axis is None) or (style.wide and not rank):
        return with_ones(layer)
    if style.axis != rank or not rank:
        return first
    return lambda x: x.sum(-1, keepdim=True).expand(*[-1] * (rank + 1), layer.out_features)


@operation.register(Merge)
def merge(layer: Merge, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """A sum; of branches that are one channel wide a concatenation reads the same pixels."""
    return module_of("Concat" if style.wide and isinstance(layer, Concat) else "Add", {})


@operation.register(AlongOneAxis)
@operation.register(ChannelShuffle)
def along_one_axis(layer: Layer, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own on the axes that are real."""
    axis = layer.axis_of_dim(shapes[0]) if isinstance(layer, AlongOneAxis) else 0
    real = style.wide if axis == 0 else style.axis in (None, axis)
    return with_ones(layer) if real else first


@operation.register(Along)
@operation.register(Expand)
@operation.register(Part)
@operation.register(Rearrange)
def digits(layer: Layer, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own: a thin axis stands for all of its positions before, and is their mean after."""
    module = with_ones(layer)
    axes = range(1, len(shapes[0]))
    thin = [*([] if style.wide else [1]), *[1 + axis for axis in axes if style.axis not in (None, axis)]]
    maps = zip(shapes[0], layer.axes(*shapes)[0], strict=True)
    sizes = [-1 if axis_map is IDENTITY and not isinstance(layer, Rearrange) else n for n, axis_map in maps]

    def run(x: Tensor) -> Tensor:
        result: Tensor = module(x.expand(-1, *sizes))
        return result.mean(thin, keepdim=True) if thin else result

    return run


@operation.register(Unknown)
def unknown(layer: Unknown, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """Nothing is read: what follows from it is not asked for."""
    return lambda x, *_: x.new_zeros(len(x), *style.shape(layer.shape))


@operation.register(Unflatten)
def unflatten(layer: Unflatten, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """torch's own with the real map; else each channel is the sum of its values, at every position."""
    shape = style.shape(layer.resolved_shape(*shapes))
    module = with_ones(layer)
    if style.wide and style.axis is None:
        return module
    return lambda x: (
        (module(x).flatten(2).sum(2) if style.wide else x)
        .reshape(*x.shape[:1], -1, *[1] * (len(shape) - 1))
        .expand(-1, *shape)
    )


@operation.register(LocalResponseNorm)
def local_response_norm(layer: LocalResponseNorm, shapes: tuple[Shape, ...], style: Style) -> Operation:
    """The sum over the channels around each; one channel stands for all of them."""
    sides = layer.size // 2, (layer.size - 1) // 2
    if not style.wide:
        return first
    return lambda x: functional.pad(x.movedim(1, -1), sides).unfold(-1, layer.size, 1).sum(-1).movedim(-1, 1)
