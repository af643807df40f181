"""What each ONNX operator does to tensors: one rule an operator, found by name.

A rule takes the draft and the call and gives a tensor, or a list of them; it raises UncoveredError or NoRuleError for a
use that no layer says. Source: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import Tensor, whole
from pyramidcalc.importing.onnx_call import (
    Constant,
    UncoveredError,
    broadcast,
    in_order,
    pieces,
    reduced_axes,
    reshaped,
    slices,
)
from pyramidcalc.importing.onnx_resize import resize
from pyramidcalc.importing.onnx_windows import conv, conv_transpose, layer, pad, pool
from pyramidcalc.layers.activation import (
    ELU,
    GELU,
    Hardsigmoid,
    Hardswish,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    Tanh,
)
from pyramidcalc.layers.linear import ChannelLinear, Linear
from pyramidcalc.layers.normalization import GroupNorm, LayerNorm2d, LocalResponseNorm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyramidcalc.importing.onnx_call import Call
    from pyramidcalc.importing.operations import Operations
    from pyramidcalc.layers.base import Layer, Shape

    Rule = Callable[[Operations, Call], Tensor | list[Tensor]]

POINTWISE = [
    "Abs",
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "BitwiseNot",
    "Ceil",
    "Celu",
    "Cos",
    "Cosh",
    "DequantizeLinear",
    "Erf",
    "Exp",
    "Floor",
    "IsInf",
    "IsNaN",
    "Log",
    "Neg",
    "Not",
    "QuantizeLinear",
    "Reciprocal",
    "Round",
    "Selu",
    "Shrink",
    "Sign",
    "Sin",
    "Sinh",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tan",
    "ThresholdedRelu",
]
"""Functions of each value by itself without a layer of their own."""
MERGES = [
    "Add",
    "And",
    "BitShift",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
    "Div",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Or",
    "Pow",
    "Sub",
    "Sum",
    "Where",
    "Xor",
]
"""Functions of several tensors, element by element."""
REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")
NAMED: dict[str, Callable[[Call], Layer]] = {
    "Elu": lambda call: ELU(call.get("alpha", 1.0)),
    "Gelu": lambda call: GELU(call.get("approximate", "none")),
    "HardSigmoid": lambda _: Hardsigmoid(),
    "HardSwish": lambda _: Hardswish(),
    "LeakyRelu": lambda call: LeakyReLU(call.get("alpha", 0.01)),
    "Mish": lambda _: Mish(),
    "Relu": lambda _: ReLU(),
    "Sigmoid": lambda _: Sigmoid(),
    "Tanh": lambda _: Tanh(),
}
"""Functions of each value by itself that have a layer of their own."""


def weights_of(*given: Constant | None) -> list[str]:
    """The names of the learned tensors behind some constants, in order."""
    return list(dict.fromkeys(chain.from_iterable([sorted(each.weights) for each in given if each is not None])))


def tensor_at(call: Call, index: int = 0) -> Tensor:
    """An input that must follow from the graph's inputs."""
    given = call.input(index)
    if not isinstance(given, Tensor):
        raise UncoveredError(f"a constant as input {index}")
    return given


def fixed(call: Call, index: int) -> Constant:
    """An input that must be a constant."""
    given = call.input(index)
    if not isinstance(given, Constant):
        raise UncoveredError(f"input {index} follows from the graph's inputs")
    return given


def optional(call: Call, index: int) -> Constant | None:
    """A constant, or None where the input is left out."""
    return None if call.input(index) is None else fixed(call, index)


def sizes_of(given: Tensor | Constant) -> Shape:
    """The shape of any input."""
    return given.shape if isinstance(given, Tensor) else given.dims


def in_turn(draft: Operations, call: Call, layers: Sequence[Layer], source: Tensor, weights: list[str]) -> Tensor:
    """Layers one after the other; the one of the operator itself takes the name and the weights."""
    own = {"Conv": "Conv", "ConvTranspose": "ConvTranspose"}.get(call.op, "")
    main = next((index for index, each in enumerate(layers) if own and each.name.startswith(own)), len(layers) - 1)
    for index, each in enumerate(layers):
        helper = index != main
        operator = "pad" if helper else call.op.lower()
        source = draft.node(operator, each, [source], () if helper else weights, helper=helper)
    return source


# Element by element


def function(draft: Operations, call: Call) -> Tensor:
    """A function of each value by itself."""
    return draft.function(
        call.op, tensor_at(call), weights_of(*[optional(call, i) for i in range(1, len(call.inputs))])
    )


def named(draft: Operations, call: Call) -> Tensor:
    """A function of each value by itself with a layer of its own."""
    return draft.pointwise(call.op.lower(), NAMED[call.op](call), tensor_at(call))


def clip(draft: Operations, call: Call) -> Tensor:
    """Clip; from 0 to 6 it is ReLU6."""
    ends = [call.values(1, "min"), call.values(2, "max")]
    return draft.pointwise("clip", ReLU6(), tensor_at(call)) if ends == [(0,), (6,)] else function(draft, call)


def prelu(draft: Operations, call: Call) -> Tensor:
    """PRelu: slopes of each channel, or one."""
    source, slope = tensor_at(call), fixed(call, 1)
    count = prod(slope.dims)
    if count in (1, source.axes[0]) and source.dims[1] == whole(0, source.axes[0]):
        return draft.pointwise("prelu", PReLU(count), source, weights_of(slope))
    return function(draft, call)


def merge(draft: Operations, call: Call) -> Tensor:
    """A function of several tensors and constants, element by element."""
    shape = broadcast(*[sizes_of(each) for each in call.inputs])
    tensors = [each for each in call.inputs if isinstance(each, Tensor)]
    weights = weights_of(*[each for each in call.inputs if isinstance(each, Constant)])
    operator = {"Sum": "add"}.get(call.op, call.op.lower())
    if broadcast(*[each.shape for each in tensors]) != shape:
        # A constant enlarges them.
        tensors[0] = draft.written_out(tensors[0].expand(shape))
    return (
        draft.merge(operator, tensors, weights) if len(tensors) > 1 else draft.function(operator, tensors[0], weights)
    )


def same(draft: Operations, call: Call) -> Tensor:
    """Identity, Cast and CastLike, and Dropout in inference."""
    return tensor_at(call)


# Normalisations


def norm(draft: Operations, call: Call) -> Tensor:
    """Normalisations: their statistics are not counted as reading."""
    source, constants = tensor_at(call), [optional(call, index) for index in (1, 2)]
    weights, channels, rank = weights_of(*constants), source.axes[0], len(source.axes) - 1
    affine = any(each is not None for each in constants)
    made: Layer | None = None
    if len(source.dims) == rank + 2 and source.dims[1] == whole(0, channels):
        eps = max(call.get("epsilon", 1e-5), 0.0)
        if call.op == "BatchNormalization":
            made = layer("BatchNorm", max(rank, 1), channels, eps)
        elif call.op == "GroupNormalization":
            made = GroupNorm(call.get("num_groups"), channels, eps, affine)
        elif call.op == "InstanceNormalization" and rank:
            made = layer("InstanceNorm", rank, channels, eps, affine=affine)
    elif call.op == "LayerNormalization" and rank == 2 and source.dims[-1] == whole(0, channels):
        last = in_order([call.get("axis", -1)], len(source.dims)) == [len(source.dims) - 1]
        made = LayerNorm2d(channels, call.get("epsilon", 1e-5), affine, len(call.inputs) > 2) if last else None
    if made is None:
        return draft.function(call.op.lower(), source, weights)
    return draft.pointwise("norm", made, source, weights)


def lrn(draft: Operations, call: Call) -> Tensor:
    """LRN of an odd number of channels; of an even one ONNX takes the odd one from the other side than torch."""
    if not call.get("size") % 2:
        raise UncoveredError("an even size")
    numbers = (call.get("alpha", 1e-4), call.get("beta", 0.75), call.get("bias", 1.0))
    return draft.node("lrn", LocalResponseNorm(call.get("size"), *numbers), [draft.as_map(tensor_at(call))])


# Windows


def convolved(draft: Operations, call: Call) -> Tensor:
    """Conv and ConvTranspose."""
    weight, bias = fixed(call, 1), optional(call, 2)
    source = draft.as_map(tensor_at(call))
    if len(weight.dims) != len(source.dims):
        raise UncoveredError(f"a kernel {weight.dims[2:]} on {len(source.dims) - 2} axes")
    if call.op == "Conv":
        layers = conv(call, weight.dims, bias is not None)
    else:
        layers = conv_transpose(call, weight.dims, bias is not None, source.shape[2:])
    return in_turn(draft, call, layers, source, weights_of(weight, bias))


def pooled(draft: Operations, call: Call) -> Tensor:
    """Pools by a window."""
    return in_turn(draft, call, pool(call), draft.as_map(tensor_at(call)), [])


def pooled_whole(draft: Operations, call: Call) -> Tensor:
    """Global pools."""
    source = draft.as_map(tensor_at(call))
    rank = len(source.dims) - 2
    if call.op == "GlobalLpPool":
        return draft.along(call.op.lower(), source, range(2, rank + 2), keeps=False)
    family = "AdaptiveAvgPool" if call.op == "GlobalAveragePool" else "AdaptiveMaxPool"
    return draft.node("pool", layer(family, rank, 1), [source])


def resized(draft: Operations, call: Call) -> Tensor:
    """Resize and Upsample."""
    source = tensor_at(call)
    made = resize(call, source.shape)
    return source if made is None else draft.node("resize", made, [draft.as_map(source)])


def padded(draft: Operations, call: Call) -> Tensor:
    """Pad."""
    source = tensor_at(call)
    layers = pad(call, len(source.dims))
    return in_turn(draft, call, layers, draft.as_map(source), []) if layers else source


# Views


def viewed(draft: Operations, call: Call) -> Tensor:
    """Reshape, Flatten, Squeeze and Unsqueeze."""
    source = tensor_at(call)
    return source.reshape(reshaped(call, source.shape))


def permuted(draft: Operations, call: Call) -> Tensor:
    """Transpose."""
    source = tensor_at(call)
    return source.permute(in_order(call.get("perm", range(len(source.dims))[::-1]), len(source.dims)))


def expanded(draft: Operations, call: Call) -> Tensor:
    """Expand."""
    source = tensor_at(call)
    return source.expand(broadcast(source.shape, call.integers(1, "shape") or []))


def tiled(draft: Operations, call: Call) -> Tensor:
    """Tile of axes of one position."""
    source, repeats = tensor_at(call), call.integers(1, "repeats") or []
    if any(times != 1 != n for times, n in zip(repeats, source.shape, strict=True)):
        raise UncoveredError("of more than one position")
    return source.expand([n * times for n, times in zip(source.shape, repeats, strict=True)])


def blocks(draft: Operations, call: Call) -> Tensor:
    """DepthToSpace and SpaceToDepth."""
    source, size = tensor_at(call), call.get("blocksize", 1)
    n, c, h, w = source.shape
    if call.op == "SpaceToDepth":
        parts = source.reshape((n, c, h // size, size, w // size, size)).permute((0, 3, 5, 1, 2, 4))
        return parts.reshape((n, c * size**2, h // size, w // size))
    if call.get("mode", "DCR") == "CRD":
        parts = source.reshape((n, c // size**2, size, size, h, w)).permute((0, 1, 4, 2, 5, 3))
    else:
        parts = source.reshape((n, size, size, c // size**2, h, w)).permute((0, 3, 4, 1, 5, 2))
    return parts.reshape((n, c // size**2, h * size, w * size))


# Parts


def concatenated(draft: Operations, call: Call) -> Tensor:
    """Concat."""
    axis = in_order([call.get("axis", 1)], len(sizes_of(call.inputs[0])))[0]
    tensors = [
        each if isinstance(each, Tensor) else draft.constant("constant", each.dims, weights_of(each))
        for each in call.inputs
    ]
    return draft.concat(call.op.lower(), tensors, axis)


def split(draft: Operations, call: Call) -> list[Tensor]:
    """Split."""
    source = tensor_at(call)
    axis = in_order([call.get("axis", 0)], len(source.dims))[0]
    return draft.pieces(source, axis, pieces(call, source.shape[axis]))


def sliced(draft: Operations, call: Call) -> Tensor:
    """Slice, forwards."""
    source = tensor_at(call)
    for axis, kept in slices(call, source.shape):
        if kept.step < 0 or not kept:
            raise UncoveredError("backwards" if kept else "nothing is left")
        source = draft.take(source, axis, kept.start, len(kept), kept.step)
    return source


def gathered(draft: Operations, call: Call) -> Tensor:
    """Gather of one entry, or of entries at one distance."""
    source, indices = tensor_at(call), fixed(call, 1)
    axis = in_order([call.get("axis", 0)], len(source.dims))[0]
    n = source.shape[axis]
    places = [place % n for place in call.integers(1, "indices") or []]
    step = places[1] - places[0] if len(places) > 1 else 1
    if not places or step < 1 or places != list(range(places[0], places[-1] + 1, step)):
        raise UncoveredError("in another order")
    part = draft.take(source, axis, places[0], len(places), step)
    return part.reshape((*part.shape[:axis], *indices.dims, *part.shape[axis + 1 :]))


# Along axes


def reduced(draft: Operations, call: Call) -> Tensor:
    """Reductions; the mean or the greatest of all positions is an adaptive pool."""
    source, keeps = tensor_at(call), bool(call.get("keepdims", 1))
    rank = len(source.dims)
    axes = in_order([call.get("axis", 0)], rank) if call.op.startswith("Arg") else reduced_axes(call, rank)
    family = {"ReduceMean": "AdaptiveAvgPool", "ReduceMax": "AdaptiveMaxPool"}.get(call.op)
    plain = len(source.axes) == rank - 1 and all(source.dims[axis] == whole(axis - 1, source.axes[axis - 1])
                                                 for axis in range(1, rank))  # fmt: skip
    if family and plain and rank > 2 and sorted(axes) == list(range(2, rank)):
        result = draft.node("pool", layer(family, rank - 2, 1), [source])
        return result if keeps else result.view(result.dims[:2])
    return draft.along(call.op.lower(), source, axes, keeps=False, keepdim=keeps)


def softmax(draft: Operations, call: Call) -> Tensor:
    """Softmax and the like: along one axis since opset 13, along all axes from one on before."""
    source = tensor_at(call)
    rank = len(source.dims)
    axis = in_order([call.get("axis", -1 if call.opset >= 13 else 1)], rank)[0]
    return draft.along(call.op.lower(), source, [axis] if call.opset >= 13 else range(axis, rank), keeps=True)


# Products


def linear(draft: Operations, source: Tensor, weight: Shape, bias: Constant | None, names: list[str]) -> Tensor:
    """Features (last axis) times a matrix of (in, out)."""
    features, made = weight
    vector = len(source.dims) == 2 and prod(source.axes) == features
    if source.shape[-1] != features:
        raise UncoveredError(f"{source.shape[-1]} features by a matrix of {features}")
    if vector:
        return draft.node("linear", Linear(features, made, bias is not None), [draft.as_vector(source)], names)
    if source.dims[-1] != whole(0, source.axes[0]):
        raise UncoveredError("over positions")
    dims = (*source.dims[:-1], whole(0, made))
    return draft.node("linear", ChannelLinear(features, made, bias is not None), [source], names, dims)


def gemm(draft: Operations, call: Call) -> Tensor:
    """Gemm of a tensor by a constant matrix."""
    weight, bias = fixed(call, 1), call.input(2)
    if call.get("transA") or len(weight.dims) != 2:
        raise UncoveredError("samples as features")
    shape = weight.dims[::-1] if call.get("transB") else weight.dims
    known = bias if isinstance(bias, Constant) and prod(bias.dims) == shape[1] else None
    result = linear(draft, tensor_at(call), shape, known, weights_of(weight, known))
    if bias is None or known is not None:
        return result
    if isinstance(bias, Constant):
        return draft.function("add", result, weights_of(bias))
    return draft.merge("add", [result, bias])


def product(draft: Operations, call: Call) -> Tensor:
    """MatMul of a tensor by a constant matrix."""
    source, weight = tensor_at(call), fixed(call, 1)
    if len(weight.dims) != 2:
        raise UncoveredError("a constant of more than two axes")
    return linear(draft, source, weight.dims, None, weights_of(weight))


RULES: dict[str, Rule] = {
    **dict.fromkeys(POINTWISE, function),
    **dict.fromkeys(NAMED, named),
    **dict.fromkeys(MERGES, merge),
    **dict.fromkeys([f"Reduce{name}" for name in REDUCTIONS], reduced),
    **dict.fromkeys(("ArgMax", "ArgMin"), reduced),
    **dict.fromkeys(("Identity", "Cast", "CastLike", "Dropout"), same),
    **dict.fromkeys(("BatchNormalization", "InstanceNormalization", "GroupNormalization"), norm),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization", "MeanVarianceNormalization", "LpNormalization"), norm),
    **dict.fromkeys(("Conv", "ConvTranspose"), convolved),
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pooled),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), pooled_whole),
    **dict.fromkeys(("Resize", "Upsample"), resized),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), viewed),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), blocks),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), softmax),
    "Clip": clip,
    "Concat": concatenated,
    "Expand": expanded,
    "Gather": gathered,
    "Gemm": gemm,
    "LRN": lrn,
    "MatMul": product,
    "PRelu": prelu,
    "Pad": padded,
    "Slice": sliced,
    "Split": split,
    "Tile": tiled,
    "Transpose": permuted,
}
