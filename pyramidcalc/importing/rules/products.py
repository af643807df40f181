"""Matrix products and attention."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import BATCH, NoRuleError, Tensor, whole
from pyramidcalc.importing.rules.nets import rank_of
from pyramidcalc.importing.rules.values import Constant, Scores, only
from pyramidcalc.layers.attention import Attention
from pyramidcalc.layers.linear import ChannelLinear, Linear

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.importing.rules.values import Result, Run
    from pyramidcalc.layers.base import Shape


def linear(run: Run, input: Tensor, weight: Constant, bias: Constant | None = None) -> Result:
    """A matrix over the last dimension: of a vector, or of the channels of a map."""
    rank_of(weight)
    return product(run, only(input), weight.shape[1], weight.shape[0], bias is not None)


def product(run: Run, x: Tensor, inputs: int, outputs: int, bias: bool) -> Result:
    """x times a matrix of weights."""
    last = x.dims[-1]
    if len(x.dims) == 2 and x.covers and x.dims[0] == whole(BATCH, run.batch):
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


def matmul(
    run: Run, self: Result, other: Result | None = None, mat2: Result | None = None, shape: Shape | None = None
) -> Result:
    """A matrix product: with weights, scores of two tensors, or scores times values; `shape` is torch's elsewhere."""
    right = mat2 if other is None else other
    if isinstance(self, Tensor) and isinstance(right, Constant) and len(right.shape) == 2:
        return product(run, self, right.shape[0], right.shape[1], False)
    if isinstance(self, Tensor) and isinstance(right, Tensor):
        return Scores(run.value, self, right.permute(swapped(right)), shape or run.shapes[0], run.weights_read)
    if isinstance(self, Scores) and isinstance(right, Tensor):
        result = attention(run, self.query, self.key, right, self.weights)
        run.attended[self.name] = result.value
        return result
    raise NoRuleError("of a constant")


def addmm(run: Run, self: Constant, mat1: Tensor, mat2: Constant, **_: Any) -> Result:
    """A matrix product and a bias."""
    rank_of(mat2)
    return product(run, only(mat1), mat2.shape[0], mat2.shape[1], True)


def swapped(tensor: Tensor) -> list[int]:
    """The order of dimensions with the last two swapped."""
    order = list(range(len(tensor.dims)))
    return [*order[:-2], order[-1], order[-2]]


def attention(run: Run, query: Tensor, key: Tensor, value: Tensor, weights: Sequence[str] = ()) -> Tensor:
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


def einsum(run: Run, equation: str, tensors: Sequence[Result], **_: Any) -> Result:
    """A sum over products of two operands, as one matrix product between permutations."""
    left, comma, rest = equation.replace(" ", "").partition(",")
    right, arrow, result = rest.partition("->")
    if (
        not (comma and arrow)
        or "." in equation
        or len(tensors) != 2
        or any(len(set(x)) < len(x) for x in (left, right))
    ):
        raise NoRuleError(equation)
    first, second = tensors
    if isinstance(first, Constant):
        (first, second), (left, right) = (second, first), (right, left)
    batch = [label for label in left if label in right and label in result]
    summed = [label for label in left if label in right and label not in result]
    own, others = ([x for x in labels if x not in batch and x not in summed] for labels in (left, right))
    if not summed or not set(own + others) <= set(result):
        raise NoRuleError(equation)
    sizes = dict(zip(left + right, (*first.shape, *second.shape), strict=True))
    a = grouped(first, left, (*[[label] for label in batch], own, summed))
    if isinstance(second, Constant):
        if batch:
            raise NoRuleError("weights apart for each sample or channel")
        value: Result = product(run, only(a), prod([sizes[x] for x in summed]), prod([sizes[x] for x in others]), False)
    else:
        groups = (*[[label] for label in batch], summed, others)
        b = grouped(second, right, groups)
        shape = tuple([prod([sizes[label] for label in group]) for group in (*groups[:-2], own, others)])
        value = matmul(run, a, b, shape=shape)
    order = [*batch, *own, *others]
    shape = tuple([sizes[label] for label in order])
    if isinstance(value, Scores):
        if order != list(result):
            raise NoRuleError("scores of an attention in another order")
        return value._replace(shape=shape)
    return only(value).reshape(shape).permute([order.index(label) for label in result])


def grouped(operand: Result, labels: str, groups: Sequence[Sequence[str]]) -> Result:
    """An operand with its dimensions in groups of labels, each group one dimension."""
    sizes = dict(zip(labels, operand.shape, strict=True))
    shape = [prod([sizes[label] for label in group]) for group in groups]
    order = [labels.index(label) for group in groups for label in group]
    if isinstance(operand, Tensor):
        return operand.permute(order).reshape(shape)
    if isinstance(operand, Scores) and order != sorted(order):
        raise NoRuleError("scores of an attention in another order")
    return operand._replace(shape=tuple(shape))


def scaled_dot_product_attention(
    run: Run, query: Tensor, key: Tensor, value: Tensor, attn_mask: Result | None = None, **_: Any
) -> Result:
    """Attention with or without a fixed mask."""
    if isinstance(attn_mask, Tensor):
        raise NoRuleError("a mask that follows from an input")
    return attention(run, only(query), only(key), only(value), run.weights_read)


def work_of(operator: str, arguments: dict[str, Any], shape: Shape) -> int:
    """Multiply-adds of a product that has no rule."""
    if operator == "einsum":
        labels = arguments["equation"].partition("->")[0].replace(" ", "").replace(",", "")
        operands = arguments["tensors"]
        sizes = dict(zip(labels, [n for operand in operands for n in operand.shape], strict=False))
        return prod(sizes.values()) if len(operands) == 2 else 0
    if operator in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        matrices: list[Shape] = [weight.shape for weight in arguments["params"] if len(weight.shape) == 2]
        return int(prod(arguments["input"].shape[:-1])) * sum(map(prod, matrices))
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
