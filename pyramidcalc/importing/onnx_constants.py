"""What an ONNX file computes from constants alone: the shape arithmetic that exporters write, folded.

A constant keeps its sizes and the names of the weights behind it where its numbers are too many to be read.
Source: the operators of https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import math
import operator
from itertools import chain, product
from math import prod
from struct import error, pack, unpack
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError
from pyramidcalc.importing.onnx_call import (
    BOOL,
    DOUBLE,
    FLOAT,
    HALF,
    INT64,
    Constant,
    broadcast,
    in_order,
    reduced_axes,
    reshaped,
    slices,
)
from pyramidcalc.importing.onnx_wire import MAX_VALUES
from pyramidcalc.indexmap import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyramidcalc.importing.onnx_call import Call

    Offsets = range | list[int]

WHOLE_KINDS = (2, 3, 4, 5, 6, INT64, 12, 13)


def fold(call: Call) -> Constant:
    """The output of an operator of constants alone. Raises NoRuleError where its sizes are not known."""
    rule = RULES.get(call.op)
    given = [each for each in call.inputs if each is not None]
    weights = frozenset(chain.from_iterable([each.weights for each in given]))
    if rule is None:
        raise NoRuleError("it has no rule for constants")
    try:
        return rule(call).replace(weights=weights, sized=any(each.sized for each in given))
    except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError) as failure:
        # Sizes, axes or inputs that the operator does not have.
        raise NoRuleError("its inputs do not go together") from failure


def constant(dims: Sequence[int], values: Sequence[float] | None, kind: int) -> Constant:
    """A constant whose numbers are as its element type holds them; without them where one is beyond it."""
    if values is None or len(values) > MAX_VALUES:
        return Constant(tuple(dims), None, kind)
    try:
        return Constant(tuple(dims), tuple([held(kind, value) for value in values]), kind)
    except (OverflowError, ValueError, error):
        return Constant(tuple(dims), None, kind)


def held(kind: int, value: float) -> float:
    """A number as an element type holds it. Raises ValueError for types that hold other things."""
    if kind in WHOLE_KINDS:
        if abs(int(value)) > LARGEST:
            raise ValueError(f"{value} is over 64 bits")
        return int(value)
    if kind == BOOL:
        return bool(value)
    code = {FLOAT: "<f", HALF: "<e", DOUBLE: "<d"}.get(kind)
    if code is None:
        raise ValueError(f"element type {kind} is not read")
    number: float = unpack(code, pack(code, value))[0]
    return number


def whole_offsets(dims: Sequence[int]) -> list[Offsets]:
    """For each axis, where its positions lie among the numbers, last axis fastest."""
    strides = [prod(dims[axis + 1 :]) or 1 for axis in range(len(dims))]
    return [range(0, n * stride, stride) for n, stride in zip(dims, strides, strict=True)]


def picked(source: Constant, offsets: Sequence[Offsets]) -> Constant:
    """The numbers that lie at these offsets, one list an axis."""
    dims = tuple([len(each) for each in offsets])
    if source.values is None or prod(dims) > MAX_VALUES:
        return Constant(dims, None, source.kind)
    values = source.values
    return Constant(dims, tuple([values[sum(at)] for at in product(*offsets)]), source.kind)


def spread(source: Constant, dims: Sequence[int]) -> Constant:
    """A constant broadcast to sizes."""
    if source.values is None or prod(dims) > MAX_VALUES:
        return Constant(tuple(dims), None, source.kind)
    own = [*[range(1)] * (len(dims) - len(source.dims)), *whole_offsets(source.dims)]
    return picked(source, [each if len(each) == n else [0] * n for each, n in zip(own, dims, strict=True)])


def stored(call: Call) -> Constant:
    """Constant, in one of its spellings."""
    ((name, value),) = call.attributes.items()
    if name == "value":
        return constant(value.dims, value.values, value.kind)
    kind = {"value_int": INT64, "value_ints": INT64, "value_float": FLOAT, "value_floats": FLOAT}[name]
    return constant((len(value),), value, kind) if isinstance(value, tuple) else constant((), [value], kind)


def filled(call: Call) -> Constant:
    """ConstantOfShape: 0 unless `value` says otherwise."""
    dims = call.integers(0, "sizes")
    value = call.get("value", Constant((1,), (0.0,)))
    if dims is None or min(dims, default=0) < 0:
        raise NoRuleError("no sizes")
    few = prod(dims) <= MAX_VALUES and value.values is not None
    return constant(dims, list(value.values) * prod(dims) if few else None, value.kind)


def cast(call: Call) -> Constant:
    """Cast and CastLike."""
    kind = call.get("to") if call.op == "Cast" else call.inputs[1].kind
    return constant(call.inputs[0].dims, call.inputs[0].values, kind)


def viewed(call: Call) -> Constant:
    """Reshape, Flatten, Squeeze, Unsqueeze and Identity: the same numbers in other sizes."""
    source = call.inputs[0]
    return Constant(source.dims if call.op == "Identity" else reshaped(call, source.dims), source.values, source.kind)


def transposed(call: Call) -> Constant:
    """Transpose."""
    source = call.inputs[0]
    offsets = whole_offsets(source.dims)
    return picked(source, [offsets[axis] for axis in call.get("perm", range(len(offsets))[::-1])])


def joined(call: Call) -> Constant:
    """Concat."""
    first, axis = call.inputs[0], in_order([call.get("axis", 0)], len(call.inputs[0].dims))[0]
    sizes = [each.dims[axis] for each in call.inputs]
    dims = (*first.dims[:axis], sum(sizes), *first.dims[axis + 1 :])
    if any(each.values is None for each in call.inputs):
        return Constant(dims, None, first.kind)
    # The numbers of one turn of the axes before come one input after the other.
    runs = [(each.values, prod(each.dims[axis:])) for each in call.inputs]
    turns = range(prod(first.dims[:axis]))
    return constant(dims, [number for turn in turns for values, run in runs
                           for number in values[turn * run : (turn + 1) * run]], first.kind)  # fmt: skip


def gathered(call: Call) -> Constant:
    """Gather along one axis."""
    source, indices = call.inputs[:2]
    axis = in_order([call.get("axis", 0)], len(source.dims))[0]
    dims = (*source.dims[:axis], *indices.dims, *source.dims[axis + 1 :])
    if indices.values is None:
        return Constant(dims, None, source.kind)
    offsets = whole_offsets(source.dims)
    offsets[axis] = [offsets[axis][int(index)] for index in indices.values]
    return picked(source, offsets).replace(dims=dims)


def sliced(call: Call) -> Constant:
    """Slice."""
    source = call.inputs[0]
    offsets = whole_offsets(source.dims)
    for axis, kept in slices(call, source.dims):
        stride = prod(source.dims[axis + 1 :]) or 1
        offsets[axis] = range(kept.start * stride, kept.stop * stride, kept.step * stride)
    return picked(source, offsets)


def expanded(call: Call) -> Constant:
    """Expand."""
    return spread(call.inputs[0], broadcast(call.inputs[0].dims, call.integers(1, "shape") or []))


def counted_up(call: Call) -> Constant:
    """Range."""
    (start,), (limit,), (delta,) = (call.values(index, "ends") or () for index in range(3))
    count = max(math.ceil((limit - start) / delta), 0)
    values = [start + index * delta for index in range(count)] if count <= MAX_VALUES else None
    return constant((count,), values, call.inputs[0].kind)


def reduced(call: Call) -> Constant:
    """ReduceProd, ReduceSum, ReduceMax, ReduceMin and ReduceMean."""
    source = call.inputs[0]
    axes = reduced_axes(call, len(source.dims))
    kept = [1 if axis in axes else n for axis, n in enumerate(source.dims)]
    dims = kept if call.get("keepdims", 1) else [n for axis, n in enumerate(source.dims) if axis not in axes]
    if source.values is None:
        return Constant(tuple(dims), None, source.kind)
    offsets = whole_offsets(source.dims)
    inner = [sum(at) for at in product(*[offsets[axis] for axis in axes])]
    outer = [sum(at) for at in product(*[each for axis, each in enumerate(offsets) if axis not in axes])]
    reduce = REDUCTIONS[call.op]
    return constant(dims, [reduce([source.values[at + step] for step in inner]) for at in outer], source.kind)


def element_by_element(rule: Callable[..., float]) -> Callable[[Call], Constant]:
    """The folding of an operator by what it does to the numbers at one position."""

    def run(call: Call) -> Constant:
        dims = broadcast(*[each.dims for each in call.inputs])
        inputs = [spread(each, dims) for each in call.inputs]
        kind = BOOL if call.op in COMPARISONS else inputs[-1].kind
        if any(each.values is None for each in inputs):
            return Constant(dims, None, kind)
        return constant(dims, [rule(*numbers) for numbers in zip(*[each.values for each in inputs], strict=True)], kind)

    return run


def quotient(a: float, b: float) -> float:
    """Div: whole numbers towards zero."""
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a / b


REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "ReduceProd": prod,
    "ReduceSum": sum,
    "ReduceMax": max,
    "ReduceMin": min,
    "ReduceMean": lambda numbers: quotient(sum(numbers), len(numbers)),
}
COMPARISONS: dict[str, Callable[..., float]] = {
    "Equal": operator.eq,
    "Greater": operator.gt,
    "GreaterOrEqual": operator.ge,
    "Less": operator.lt,
    "LessOrEqual": operator.le,
    "And": lambda a, b: bool(a and b),
    "Or": lambda a, b: bool(a or b),
    "Not": operator.not_,
}
ARITHMETIC: dict[str, Callable[..., float]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Div": quotient,
    "Pow": lambda a, b: float(a) ** float(b),
    "Max": lambda *numbers: max(numbers),
    "Min": lambda *numbers: min(numbers),
    "Where": lambda condition, a, b: a if condition else b,
    "Neg": operator.neg,
    "Abs": abs,
    "Floor": math.floor,
    "Ceil": math.ceil,
    "Round": round,
    "Sqrt": math.sqrt,
    "Exp": math.exp,
    "Log": math.log,
    "Reciprocal": lambda a: 1 / a,
}
RULES: dict[str, Callable[[Call], Constant]] = {
    "Constant": stored,
    "ConstantOfShape": filled,
    "Cast": cast,
    "CastLike": cast,
    "Identity": viewed,
    "Reshape": viewed,
    "Flatten": viewed,
    "Squeeze": viewed,
    "Unsqueeze": viewed,
    "Transpose": transposed,
    "Concat": joined,
    "Gather": gathered,
    "Slice": sliced,
    "Expand": expanded,
    "Range": counted_up,
    **dict.fromkeys(REDUCTIONS, reduced),
    **{name: element_by_element(rule) for name, rule in (COMPARISONS | ARITHMETIC).items()},
}
