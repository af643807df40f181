"""What each ATen operator does to layouts: a rule an operator, by its name and with its own arguments.

A rule is a function of the run and the operator's arguments under their names in torch.ops.aten; it gives a tensor or
a list of them, or raises NoRuleError. `run.shapes` are torch's own shapes of the outputs.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.importing.layouts import NoRuleError, Tensor, joined, standard, whole
from pyramidcalc.layers import activation, convolution, normalization, padding, pooling
from pyramidcalc.layers.attention import Attention
from pyramidcalc.layers.linear import ChannelLinear, Linear
from pyramidcalc.layers.resampling import PixelShuffle, Upsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.importing.aten import Interpreter
    from pyramidcalc.layers.base import Layer, Shape


class Constant(NamedTuple):
    """A tensor that follows from no input, and the learned tensors that it does follow from."""

    weights: frozenset[str]
    shape: Shape


class Scores(NamedTuple):
    """query·keyᵀ, which only another product turns back into a map."""

    query: Tensor
    key: Tensor
    shape: Shape
    weights: tuple[str, ...]

    @property
    def work(self) -> int:
        """Multiply-adds of the product."""
        return prod(self.shape) * self.query.shape[-1]


Result = Tensor | Constant | Scores


def tensors_of(arguments: Any) -> list[Tensor]:
    """The tensors among arguments. Raises NoRuleError for scores."""
    values = list(arguments)
    if any(isinstance(value, Scores) for value in values):
        raise NoRuleError("scores of an attention")
    return [value for value in values if isinstance(value, Tensor)]


# Element by element

LAYERS: dict[str, Callable[..., Layer]] = {
    "relu": activation.ReLU,
    "relu6": activation.ReLU6,
    "sigmoid": activation.Sigmoid,
    "tanh": activation.Tanh,
    "silu": activation.SiLU,
    "mish": activation.Mish,
    "hardswish": activation.Hardswish,
    "hardsigmoid": activation.Hardsigmoid,
    "gelu": lambda approximate="none": activation.GELU(approximate),
    "elu": lambda alpha=1.0, **_: activation.ELU(alpha),
    "leaky_relu": lambda negative_slope=0.01: activation.LeakyReLU(negative_slope),
    "dropout": lambda p, train: activation.Dropout(p),
    "feature_dropout": lambda p, train: activation.Dropout2d(p),
    "native_dropout": lambda p, train: activation.Dropout(p),
}
"""Operators that have a layer of torch.nn's, made of what they take beside the tensor."""

FUNCTIONS = [
    "abs",
    "acos",
    "add",
    "addcdiv",
    "addcmul",
    "alpha_dropout",
    "asin",
    "atan",
    "atan2",
    "bernoulli",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "ceil",
    "celu",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "div",
    "divide",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fake_quantize",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "ge",
    "gt",
    "hardshrink",
    "hardtanh",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "lerp",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "lt",
    "masked_fill",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "nan_to_num",
    "ne",
    "neg",
    "negative",
    "pow",
    "prelu",
    "reciprocal",
    "relu6",
    "remainder",
    "round",
    "rrelu",
    "rsqrt",
    "rsub",
    "selu",
    "sgn",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "softshrink",
    "softsign",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanhshrink",
    "threshold",
    "true_divide",
    "trunc",
    "where",
    "xlogy",
]
"""Operators that work element by element on all their tensors."""


def layered(name: str) -> Callable[..., Result]:
    """The rule of an operator with a layer of its own."""

    def rule(run: Interpreter, input: Result | None = None, self: Result | None = None, **arguments: Any) -> Result:
        x = input if self is None else self
        if isinstance(x, Scores):
            return x
        return run.pointwise(name, LAYERS[name](**arguments), *tensors_of([x]))

    return rule


def elementwise(name: str) -> Callable[..., Result]:
    """The rule of a function of one tensor or several."""

    def rule(run: Interpreter, **arguments: Any) -> Result:
        given = list(arguments.values())
        scores = [value for value in given if isinstance(value, Scores)]
        if scores:
            if len(scores) > 1 or any(isinstance(value, Tensor) for value in given):
                raise NoRuleError("scores of an attention with another tensor")
            return scores[0]._replace(weights=(*scores[0].weights, *run.weights_read))
        tensors = tensors_of(given)
        if name == "hardtanh" and (arguments.get("min_val"), arguments.get("max_val")) == (0.0, 6.0):
            return run.pointwise(name, activation.ReLU6(), tensors[0])
        if len(tensors) > 1:
            return run.merge(name, tensors, run.weights_read)
        count = run.count(run.weights_read)
        if name == "prelu" and count in (1, tensors[0].axes[0]):
            return run.pointwise(name, activation.PReLU(count), tensors[0], run.weights_read)
        return run.function(name, tensors[0], run.weights_read).expand(run.shapes[0])

    return rule


def glu(run: Interpreter, self: Tensor, dim: int = -1) -> Result:
    """The first half times the sigmoid of the second."""
    half = self.shape[dim] // 2
    return run.merge("mul", run.pieces(self, dim % len(self.dims), (half, half)))


# Views


def same(run: Interpreter, self: Result, *_: Any, **__: Any) -> Result:
    """The same memory."""
    return self


def copy(run: Interpreter, self: Result, *_: Any, **__: Any) -> Result:
    """The same numbers in memory of their own."""
    return Tensor.of(self.value, self.axes, self.dims) if isinstance(self, Tensor) else self


def overwrite(run: Interpreter, self: Tensor, src: Result, **_: Any) -> Result:
    """The numbers of another tensor, in place of its own."""
    if isinstance(src, Constant):
        return run.constant("constant", run.shapes[0], sorted(src.weights))
    return only(src).expand(run.shapes[0])


def fill(run: Interpreter, self: Tensor, value: Any = 0) -> Result:
    """One number everywhere, which reads nothing."""
    if isinstance(value, Tensor | Scores):
        raise NoRuleError("with a number that follows from an input")
    return run.constant("constant", run.shapes[0])


def contiguous(run: Interpreter, self: Result, **_: Any) -> Result:
    """The same memory where it is in order already."""
    return self if isinstance(self, Tensor) and in_order(self) else copy(run, self)


def in_order(tensor: Tensor) -> bool:
    """Whether the dimensions go through the value in its own order."""
    order = joined([factor for dim in tensor.dims for factor in dim if factor[0] >= 0])
    return order == joined([factor for dim in standard(tensor.axes) for factor in dim])


def view(run: Interpreter, self: Tensor | Scores, *_: Any, **__: Any) -> Result:
    """Any view of the same numbers in the same order, by the shape that torch gives."""
    if isinstance(self, Scores):
        return self._replace(shape=run.shapes[0])
    result = self.reshape(run.shapes[0])
    return result if in_order(self) else Tensor.of(result.value, result.axes, result.dims)


def permute(run: Interpreter, self: Tensor, dims: Sequence[int]) -> Result:
    """The dimensions in another order."""
    return only(self).permute([dim % len(self.dims) for dim in dims])


def transpose(run: Interpreter, self: Tensor, dim0: int, dim1: int) -> Result:
    """Two dimensions swapped."""
    order = list(range(len(only(self).dims)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return self.permute(order)


def reverse(run: Interpreter, self: Tensor) -> Result:
    """The dimensions from last to first."""
    return only(self).permute(range(len(self.dims))[::-1])


def movedim(run: Interpreter, self: Tensor, source: Sequence[int], destination: Sequence[int]) -> Result:
    """Some dimensions at other places."""
    rank = len(only(self).dims)
    places = dict(zip([d % rank for d in destination], [s % rank for s in source], strict=True))
    rest = iter([dim for dim in range(rank) if dim not in places.values()])
    return self.permute([places[place] if place in places else next(rest) for place in range(rank)])


def only(value: Result) -> Tensor:
    """A tensor. Raises NoRuleError for scores."""
    return tensors_of([value])[0]


def expand(run: Interpreter, self: Tensor, *_: Any, **__: Any) -> Result:
    """Dimensions of size 1 repeated."""
    return only(self).expand(run.shapes[0])


def repeat(run: Interpreter, self: Tensor, repeats: Sequence[int]) -> Result:
    """As expand, where only dimensions of size 1 are repeated."""
    sizes = (1,) * (len(repeats) - len(only(self).shape)) + self.shape
    if any(size > 1 and times > 1 for size, times in zip(sizes, repeats, strict=True)):
        raise NoRuleError("more than one position repeated")
    return self.expand(run.shapes[0])


def pixel_shuffle(run: Interpreter, self: Tensor, upscale_factor: int) -> Result:
    """Depth to space."""
    return run.node("pixel_shuffle", PixelShuffle(upscale_factor), [run.as_map(only(self), 2)])


def pixel_unshuffle(run: Interpreter, self: Tensor, downscale_factor: int) -> Result:
    """Space to depth, as a view."""
    r = downscale_factor
    n, c, h, w = only(self).shape
    split = self.reshape((n, c, h // r, r, w // r, r)).permute((0, 1, 3, 5, 2, 4))
    return split.reshape(run.shapes[0])


def channel_shuffle(run: Interpreter, self: Tensor, groups: int) -> Result:
    """Channels dealt out in turn, as a view."""
    n, c, *rest = only(self).shape
    split = self.reshape((n, groups, c // groups, *rest))
    return split.permute((0, 2, 1, *range(3, len(rest) + 3))).reshape(run.shapes[0])


# Parts


def chunk(run: Interpreter, self: Tensor, *_: Any, dim: int = 0, **__: Any) -> list[Tensor]:
    """Pieces of a dimension, of the sizes that torch gives."""
    dim %= len(only(self).dims)
    return run.pieces(self, dim, [shape[dim] for shape in run.shapes])


def unbind(run: Interpreter, self: Tensor, dim: int = 0) -> list[Tensor]:
    """Every entry of a dimension."""
    dim %= len(only(self).dims)
    return [run.take(self, dim, index, 1).drop(dim) for index in range(self.shape[dim])]


def select(run: Interpreter, self: Tensor, dim: int, index: int) -> Result:
    """One entry of a dimension."""
    dim %= len(only(self).dims)
    return run.take(self, dim, index % self.shape[dim], 1).drop(dim)


def slice_(
    run: Interpreter, self: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Result:
    """Entries of a dimension, as Python slices."""
    dim %= len(only(self).dims)
    kept = range(self.shape[dim])[start:end:step]
    return run.take(self, dim, kept.start, len(kept), step)


def narrow(run: Interpreter, self: Tensor, dim: int, start: int, length: int) -> Result:
    """`length` entries of a dimension."""
    dim %= len(only(self).dims)
    return run.take(self, dim, start % self.shape[dim], length)


def cat(run: Interpreter, tensors: Sequence[Result], dim: int = 0) -> Result:
    """One after the other; constants become nodes."""
    parts = [
        run.constant("constant", t.shape, sorted(t.weights)) if isinstance(t, Constant) else only(t) for t in tensors
    ]
    return run.concat("cat", parts, dim % len(run.shapes[0]))


def stack(run: Interpreter, tensors: Sequence[Result], dim: int = 0) -> Result:
    """One after the other in a new dimension."""
    dim %= len(run.shapes[0])
    if any(not isinstance(tensor, Tensor) for tensor in tensors):
        raise NoRuleError("with a constant")
    return run.concat("stack", [only(tensor).insert(dim) for tensor in tensors], dim)


# Along dimensions


def reducing(name: str) -> Callable[..., Any]:
    """The rule of what makes one value of all along some dimensions; of max and min, the indices too."""

    def rule(
        run: Interpreter,
        self: Tensor,
        dim: int | Sequence[int] | None = None,
        keepdim: bool = False,
        other: Tensor | Constant | None = None,
        **_: Any,
    ) -> Any:
        if other is not None:
            return elementwise(f"{name}imum")(run, self=self, other=other)
        rank = len(only(self).dims)
        dims = range(rank) if dim is None or dim == [] else [dim] if isinstance(dim, int) else dim
        places = [place % rank for place in dims]
        result = run.along(name, self, places, False, keepdim)
        return [result, *[result] * (len(run.shapes) - 1)]

    return rule


def softmax(run: Interpreter, self: Result, dim: int = -1, *_: Any, **__: Any) -> Result:
    """Each value over the sum of all along a dimension."""
    if isinstance(self, Scores):
        return self
    return run.along("softmax", only(self), [dim % len(only(self).dims)], True)


# Layers


def rank_of(weight: Result) -> int:
    """Spatial axes of a convolution's kernel. Raises NoRuleError where it follows from an input."""
    if not isinstance(weight, Constant):
        raise NoRuleError("weights that follow from an input")
    return len(weight.shape) - 2


def numbers(value: Any, rank: int) -> Any:
    """One number an axis, of one for all or several; text as it is."""
    if isinstance(value, int):
        return (value,) * rank
    return value if isinstance(value, str) else tuple(value) * (rank if len(value) == 1 else 1)


def conv(
    run: Interpreter,
    input: Tensor,
    weight: Constant,
    bias: Constant | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    transposed: bool = False,
    output_padding: Any = 0,
    groups: int = 1,
    **_: Any,
) -> Result:
    """Convolutions over one to three axes, plain and transposed."""
    rank = rank_of(weight)
    x = run.as_map(only(input), rank)
    first, second, *kernel = weight.shape
    fields = {"stride": stride, "padding": padding, "dilation": dilation}
    given: dict[str, Any] = {name: numbers(value, rank) for name, value in fields.items()}
    given |= {"kernel_size": tuple(kernel), "groups": groups, "bias": bias is not None}
    if transposed:
        given |= {
            "in_channels": first,
            "out_channels": second * groups,
            "output_padding": numbers(output_padding, rank),
        }
    else:
        given |= {"in_channels": second * groups, "out_channels": first}
    kind = getattr(convolution, f"Conv{'Transpose' * transposed}{rank}d")
    return run.node("conv", kind(**given), [x], run.weights_read)


def conv_transpose(run: Interpreter, **arguments: Any) -> Result:
    """A transposed convolution."""
    return conv(run, transposed=True, **arguments)


def pool(run: Interpreter, kind: str, self: Tensor, **fields: Any) -> Any:
    """Pools, sliding and adaptive, of one sample's rank; max pools give the indices too."""
    rank = int(kind[-2])
    layer = getattr(pooling, kind)(**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})
    result = run.node("pool", layer, [run.as_map(only(self), rank)])
    return [result, *[result] * (len(run.shapes) - 1)]


def pooled(kind: str) -> Callable[..., Any]:
    """The rule of one pool."""
    return lambda run, self, **fields: pool(run, kind, self, **fields)


def batch_norm(
    run: Interpreter,
    input: Tensor,
    weight: Constant | None = None,
    bias: Constant | None = None,
    running_mean: Constant | None = None,
    running_var: Constant | None = None,
    eps: float = 1e-5,
    **_: Any,
) -> Any:
    """BatchNorm, with statistics of its own or the batch's."""
    rank = len(only(input).dims) - 2
    kind = getattr(normalization, f"BatchNorm{max(rank, 1)}d")
    x = run.as_map(input) if rank else run.as_vector(input)
    tracks = running_mean is not None
    layer = kind(x.axes[0], eps, 0.1, weight is not None, tracks, bias is not None or weight is None)
    result = run.node("norm", layer, [x], run.weights_read)
    return [result, *[result] * (len(run.shapes) - 1)]


def instance_norm(
    run: Interpreter,
    input: Tensor,
    weight: Constant | None = None,
    bias: Constant | None = None,
    running_mean: Constant | None = None,
    use_input_stats: bool = True,
    eps: float = 1e-5,
    **_: Any,
) -> Result:
    """InstanceNorm."""
    x = run.as_map(only(input))
    kind = getattr(normalization, f"InstanceNorm{len(x.axes) - 1}d")
    layer = kind(x.axes[0], eps, 0.1, weight is not None, not use_input_stats)
    return run.node("norm", layer, [x], run.weights_read)


def group_norm(
    run: Interpreter,
    input: Tensor,
    num_groups: int,
    weight: Constant | None = None,
    bias: Constant | None = None,
    eps: float = 1e-5,
    **_: Any,
) -> Result:
    """GroupNorm."""
    x = run.as_map(only(input))
    layer = normalization.GroupNorm(num_groups, x.axes[0], eps, weight is not None, bias is not None or weight is None)
    return run.node("norm", layer, [x], run.weights_read)


def layer_norm(
    run: Interpreter,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Constant | None = None,
    bias: Constant | None = None,
    eps: float | None = 1e-5,
    **_: Any,
) -> Any:
    """LayerNorm and RMSNorm over the last dimensions: of a map's channels, or of any others."""
    last = [factor for dim in only(input).dims[-len(normalized_shape) :] for factor in dim]
    if len(input.axes) == 3 and joined(last) == whole(0, input.axes[0]) and bias is not None and eps is not None:
        layer = normalization.LayerNorm2d(input.axes[0], eps)
        result = run.pointwise("norm", layer, input, run.weights_read)
    else:
        result = run.function("layer_norm", input, run.weights_read)
    return [result, *[result] * (len(run.shapes) - 1)]


def upsample(mode: str) -> Callable[..., Result]:
    """The rule of one kind of resize."""

    def rule(
        run: Interpreter,
        input: Tensor | None = None,
        output_size: Any = None,
        align_corners: bool | None = None,
        scale_factors: Any = None,
        self: Tensor | None = None,
        scales: float | None = None,
        scales_d: float | None = None,
        scales_h: float | None = None,
        scales_w: float | None = None,
    ) -> Result:
        rank = len(run.shapes[0]) - 2
        factors = scale_factors or [f for f in (scales, scales_d, scales_h, scales_w) if f is not None]
        by_factor = len(factors) == rank
        layer = Upsample(
            size=None if by_factor else tuple(run.shapes[0][2:]),
            scale_factor=tuple(map(float, factors)) if by_factor else None,
            mode=mode,
            align_corners=align_corners,
        )
        return run.node("upsample", layer, [run.as_map(only(input if self is None else self), rank)])

    return rule


PADS = {"constant": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


def pad(run: Interpreter, self: Tensor, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Result:
    """Pads of spatial axes, the last first; negative sides crop."""
    rank = len(only(self).dims) - 2
    sides = list(pad)
    if any(sides[2 * rank :]):
        raise NoRuleError("of the channels")
    if not any(sides):
        return copy(run, self)
    sides = (sides + [0] * 2 * rank)[: 2 * rank]
    kind = getattr(padding, f"{PADS[mode]}{rank}d")
    return run.node("pad", kind(tuple(sides)), [run.as_map(self)])


def padded(mode: str) -> Callable[..., Result]:
    """The rule of one kind of pad."""
    return lambda run, self, padding: pad(run, self, padding, mode)


# Products


def linear(run: Interpreter, input: Tensor, weight: Constant, bias: Constant | None = None) -> Result:
    """A matrix over the last dimension: of a vector, or of the channels of a map."""
    rank_of(weight)
    return product(run, only(input), weight.shape[1], weight.shape[0], bias is not None)


def product(run: Interpreter, x: Tensor, inputs: int, outputs: int, bias: bool) -> Result:
    """x times a matrix of weights."""
    last = x.dims[-1]
    if len(x.dims) == 2 and x.covers:
        return run.node("linear", Linear(inputs, outputs, bias), [run.as_vector(x)], run.weights_read)
    if last != whole(0, x.axes[0]):
        # Channels in another order, or with positions among them, are written out as channels.
        rest = [factor for dim in x.dims[:-1] for factor in dim]
        if any(axis == 0 for axis, _, _ in rest) or x.is_vector:
            raise NoRuleError("over part of the channels")
        if len(x.dims) != len(x.axes) + 1:
            raise NoRuleError("over positions")
        places = (0, len(x.dims) - 1, *range(1, len(x.dims) - 1))
        x = run.as_map(x.permute(places)).permute((0, *range(2, len(x.dims)), 1))
    dims = [*x.dims[:-1], whole(0, outputs)]
    return run.node("linear", ChannelLinear(inputs, outputs, bias), [x], run.weights_read, dims)


def matmul(run: Interpreter, self: Result, other: Result | None = None, mat2: Result | None = None) -> Result:
    """A matrix product: with weights, scores of two tensors, or scores times values."""
    right = mat2 if other is None else other
    if isinstance(self, Tensor) and isinstance(right, Constant) and len(right.shape) == 2:
        return product(run, self, right.shape[0], right.shape[1], False)
    if isinstance(self, Tensor) and isinstance(right, Tensor):
        return Scores(self, right.permute(swapped(right)), run.shapes[0], run.weights_read)
    if isinstance(self, Scores) and isinstance(right, Tensor):
        return attention(run, self.query, self.key, right, self.weights)
    raise NoRuleError("of a constant")


def addmm(run: Interpreter, self: Constant, mat1: Tensor, mat2: Constant, **_: Any) -> Result:
    """A matrix product and a bias."""
    rank_of(mat2)
    return product(run, only(mat1), mat2.shape[0], mat2.shape[1], True)


def swapped(tensor: Tensor) -> list[int]:
    """The order of dimensions with the last two swapped."""
    order = list(range(len(tensor.dims)))
    return [*order[:-2], order[-1], order[-2]]


def attention(run: Interpreter, query: Tensor, key: Tensor, value: Tensor, weights: Sequence[str] = ()) -> Result:
    """softmax(query·keyᵀ)·value, of tensors (…, positions, features)."""
    if query.is_vector or not len(query.axes) == len(key.axes) == len(value.axes):
        raise NoRuleError("attention over vectors")
    lead = [factor for dim in query.dims[:-2] for factor in dim]
    for tensor in (key, value):
        others = [factor for dim in tensor.dims[:-2] for factor in dim]
        if [f for f in others if f[0] > 0] != [f for f in lead if f[0] > 0] or key.dims[-2] != value.dims[-2]:
            raise NoRuleError("attention between different windows")
    if any(axis < 1 for t in (query, key) for axis, _, _ in t.dims[-2]):
        raise NoRuleError("attention over channels")
    if any(axis != 0 for t in (query, key, value) for axis, _, _ in t.dims[-1]):
        raise NoRuleError("attention of features that are positions")
    factors = tuple([(axis, s, -1 if size == key.axes[axis] else size) for axis, s, size in key.dims[-2]])
    heads = prod([size for axis, _, size in lead if axis == 0])
    own = [tuple([f for f in dim if f[0]]) for dim in query.dims[:-2]]
    theirs = [tuple([f for f in dim if f[0] == 0]) for dim in value.dims[:-2]]
    if any(a and b for a, b in zip(own, theirs, strict=True)) or len(query.dims) != len(value.dims):
        raise NoRuleError("attention of heads among windows")
    dims = [*[a or b for a, b in zip(own, theirs, strict=True)], query.dims[-2], value.dims[-1]]
    return run.node("attention", Attention(factors, heads), [query, key, value], weights, dims)


def scaled_dot_product_attention(
    run: Interpreter, query: Tensor, key: Tensor, value: Tensor, attn_mask: Result | None = None, **_: Any
) -> Result:
    """Attention with or without a fixed mask."""
    if isinstance(attn_mask, Tensor):
        raise NoRuleError("a mask that follows from an input")
    return attention(run, only(query), only(key), only(value), run.weights_read)


def work_of(operator: str, arguments: dict[str, Any], shape: Shape) -> int:
    """Multiply-adds of a product that has no rule."""
    given = [value for value in arguments.values() if isinstance(value, Tensor | Constant | Scores)]
    if operator in ("matmul", "bmm", "mm", "linear"):
        return prod(shape) * given[0].shape[-1]
    if operator in ("addmm", "baddbmm"):
        return prod(shape) * given[1].shape[-1]
    if operator.startswith("conv"):
        weight = given[1].shape
        if operator.startswith("conv_transpose") or arguments.get("transposed"):
            return prod(given[0].shape) * prod(weight[1:])
        return prod(shape) * prod(weight[1:])
    if operator == "scaled_dot_product_attention":
        query, key, value = given[:3]
        return prod(query.shape) * key.shape[-2] + prod(shape) * value.shape[-2]
    return 0


METADATA = frozenset(
    ["_assert_tensor_metadata", "_assert_async", "_assert_scalar", "sym_size", "item", "_local_scalar_dense"]
)
"""Operators of which nothing goes on."""
FRESH = frozenset(
    [
        "arange",
        "empty",
        "empty_like",
        "eye",
        "full",
        "full_like",
        "linspace",
        "logspace",
        "new_empty",
        "new_full",
        "new_ones",
        "new_zeros",
        "ones",
        "ones_like",
        "rand",
        "rand_like",
        "randint",
        "randn",
        "randn_like",
        "range",
        "scalar_tensor",
        "zeros",
        "zeros_like",
        "empty_strided",
        "empty_permuted",
    ]
)
"""Operators that read the shape or type of a tensor at most."""

RULES: dict[str, Callable[..., Any]] = {
    **{name: elementwise(name) for name in FUNCTIONS},
    **{name: layered(name) for name in LAYERS},
    **dict.fromkeys(
        ["alias", "detach", "lift_fresh", "lift", "requires_grad", "conj", "resolve_conj", "resolve_neg"], same
    ),
    **dict.fromkeys(
        ["clone", "to", "_to_copy", "float", "half", "double", "type", "type_as", "lift_fresh_copy", "bfloat16"], copy
    ),
    **dict.fromkeys(
        ["view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as"],
        view,
    ),
    **dict.fromkeys(["expand", "expand_as", "broadcast_to"], expand),
    **dict.fromkeys(["chunk", "split", "split_with_sizes", "unsafe_split", "unsafe_chunk", "tensor_split"], chunk),
    **dict.fromkeys(["cat", "concat", "concatenate"], cat),
    **dict.fromkeys(["softmax", "_softmax", "log_softmax", "_log_softmax", "softmin", "cumsum", "cumprod"], softmax),
    **dict.fromkeys(["t", "numpy_T"], reverse),
    **dict.fromkeys(["transpose", "swapaxes", "swapdims"], transpose),
    **dict.fromkeys(["conv1d", "conv2d", "conv3d", "convolution", "_convolution"], conv),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], conv_transpose),
    **dict.fromkeys(["batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm"], batch_norm),
    **dict.fromkeys(["layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm"], layer_norm),
    **dict.fromkeys(["matmul", "mm", "bmm"], matmul),
    **{
        name: reducing(name)
        for name in [
            "mean",
            "sum",
            "amax",
            "amin",
            "max",
            "min",
            "norm",
            "std",
            "var",
            "logsumexp",
            "all",
            "any",
            "prod",
        ]
    },
    **{f"max_pool{rank}d": pooled(f"MaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"max_pool{rank}d_with_indices": pooled(f"MaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": pooled(f"AvgPool{rank}d") for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": pooled(f"AdaptiveAvgPool{rank}d") for rank in (1, 2, 3)},
    **{f"_adaptive_avg_pool{rank}d": pooled(f"AdaptiveAvgPool{rank}d") for rank in (2, 3)},
    **{f"adaptive_max_pool{rank}d": pooled(f"AdaptiveMaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"upsample_nearest{rank}d": upsample("nearest") for rank in (1, 2, 3)},
    **{f"_upsample_nearest_exact{rank}d": upsample("nearest-exact") for rank in (1, 2, 3)},
    **{f"reflection_pad{rank}d": padded("reflect") for rank in (1, 2, 3)},
    **{f"replication_pad{rank}d": padded("replicate") for rank in (1, 2, 3)},
    "upsample_linear1d": upsample("linear"),
    "upsample_bilinear2d": upsample("bilinear"),
    "upsample_trilinear3d": upsample("trilinear"),
    "upsample_bicubic2d": upsample("bicubic"),
    "pad": pad,
    "constant_pad_nd": pad,
    "glu": glu,
    "contiguous": contiguous,
    "copy": overwrite,
    "fill": fill,
    "zero": fill,
    "permute": permute,
    "movedim": movedim,
    "repeat": repeat,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "native_channel_shuffle": channel_shuffle,
    "unbind": unbind,
    "select": select,
    "slice": slice_,
    "narrow": narrow,
    "stack": stack,
    "linalg_vector_norm": reducing("norm"),
    "instance_norm": instance_norm,
    "group_norm": group_norm,
    "linear": linear,
    "addmm": addmm,
    "scaled_dot_product_attention": scaled_dot_product_attention,
}
"""Operator to rule."""
