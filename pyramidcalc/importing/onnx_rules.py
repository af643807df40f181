"""What each ONNX operator does to tensors: one rule an operator, found by name.

A rule takes the draft and the call and gives a tensor, or a list of them; it raises NoRuleError for a
use that no layer says. Source: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError, Tensor, whole
from pyramidcalc.importing.onnx_call import Constant, broadcast, in_order, reduced_axes
from pyramidcalc.importing.onnx_resize import resize
from pyramidcalc.importing.onnx_views import VIEWS, fixed, optional, sizes_of, tensor_at, weights_of
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
    from pyramidcalc.importing.onnx_views import Rule
    from pyramidcalc.importing.operations import Operations
    from pyramidcalc.layers.base import Layer, Shape

FUNCTIONS = """Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Cos Cosh DequantizeLinear Erf Exp Floor IsInf
IsNaN Log Neg Not QuantizeLinear Reciprocal Round Selu Shrink Sign Sin Sinh Softplus Softsign Sqrt Swish Tan
ThresholdedRelu"""
"""Functions of each value by itself without a layer of their own."""
MERGES = """Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean
Min Mod Mul Or Pow Sub Sum Where Xor"""
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
    norm_layer: Layer | None = None
    if len(source.dims) == rank + 2 and source.dims[1] == whole(0, channels):
        eps = max(call.get("epsilon", 1e-5), 0.0)
        if call.op == "BatchNormalization":
            norm_layer = layer("BatchNorm", max(rank, 1), channels, eps)
        elif call.op == "GroupNormalization":
            norm_layer = GroupNorm(call.get("num_groups"), channels, eps, affine)
        elif call.op == "InstanceNormalization" and rank:
            norm_layer = layer("InstanceNorm", rank, channels, eps, affine=affine)
    elif call.op == "LayerNormalization" and rank == 2 and source.dims[-1] == whole(0, channels):
        last = in_order([call.get("axis", -1)], len(source.dims)) == [len(source.dims) - 1]
        norm_layer = LayerNorm2d(channels, call.get("epsilon", 1e-5), affine, len(call.inputs) > 2) if last else None
    if norm_layer is None:
        return draft.function(call.op.lower(), source, weights)
    return draft.pointwise("norm", norm_layer, source, weights)


def lrn(draft: Operations, call: Call) -> Tensor:
    """LRN of an odd number of channels; of an even one ONNX takes the odd one from the other side than torch."""
    if not call.get("size") % 2:
        raise NoRuleError("an even size")
    numbers = (call.get("alpha", 1e-4), call.get("beta", 0.75), call.get("bias", 1.0))
    return draft.node("lrn", LocalResponseNorm(call.get("size"), *numbers), [draft.as_map(tensor_at(call))])


# Windows


def convolved(draft: Operations, call: Call) -> Tensor:
    """Conv and ConvTranspose."""
    weight, bias = fixed(call, 1), optional(call, 2)
    source = draft.as_map(tensor_at(call))
    if len(weight.dims) != len(source.dims):
        raise NoRuleError(f"a kernel {weight.dims[2:]} on {len(source.dims) - 2} axes")
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
    upsample = resize(call, source.shape)
    return source if upsample is None else draft.node("resize", upsample, [draft.as_map(source)])


def padded(draft: Operations, call: Call) -> Tensor:
    """Pad."""
    source = tensor_at(call)
    layers = pad(call, len(source.dims))
    return in_turn(draft, call, layers, draft.as_map(source), []) if layers else source


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
    features, outputs = weight
    vector = len(source.dims) == 2 and prod(source.axes) == features
    if source.shape[-1] != features:
        raise NoRuleError(f"{source.shape[-1]} features by a matrix of {features}")
    if vector:
        return draft.node("linear", Linear(features, outputs, bias is not None), [draft.as_vector(source)], names)
    if source.dims[-1] != whole(0, source.axes[0]):
        raise NoRuleError("over positions")
    dims = (*source.dims[:-1], whole(0, outputs))
    return draft.node("linear", ChannelLinear(features, outputs, bias is not None), [source], names, dims)


def gemm(draft: Operations, call: Call) -> Tensor:
    """Gemm of a tensor by a constant matrix."""
    weight, bias = fixed(call, 1), call.input(2)
    if call.get("transA") or len(weight.dims) != 2:
        raise NoRuleError("samples as features")
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
        raise NoRuleError("a constant of more than two axes")
    return linear(draft, source, weight.dims, None, weights_of(weight))


RULES: dict[str, Rule] = {
    **VIEWS,
    **dict.fromkeys(FUNCTIONS.split(), function),
    **dict.fromkeys(NAMED, named),
    **dict.fromkeys(MERGES.split(), merge),
    **dict.fromkeys([f"Reduce{name}" for name in REDUCTIONS], reduced),
    **dict.fromkeys(("ArgMax", "ArgMin"), reduced),
    **dict.fromkeys(("Identity", "Cast", "CastLike", "Dropout"), same),
    **dict.fromkeys(("BatchNormalization", "InstanceNormalization", "GroupNormalization"), norm),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization", "MeanVarianceNormalization", "LpNormalization"), norm),
    **dict.fromkeys(("Conv", "ConvTranspose"), convolved),
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pooled),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), pooled_whole),
    **dict.fromkeys(("Resize", "Upsample"), resized),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), softmax),
    "Clip": clip,
    "Gemm": gemm,
    "LRN": lrn,
    "MatMul": product,
    "PRelu": prelu,
    "Pad": padded,
}
