"""One ONNX node with its inputs, and what operators say of sizes in attributes that became inputs later on."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

FLOAT, INT64, BOOL, HALF, DOUBLE = 1, 7, 9, 10, 11


class Constant(Record):
    """What follows from no input: sizes, numbers where they are known, element type, the weights behind it.

    `sized` says that the numbers follow from the sizes of the graph's inputs.
    """

    dims: tuple[int, ...]
    values: tuple[float, ...] | None = None
    kind: int = FLOAT
    weights: frozenset[str] = frozenset()
    sized: bool = False


class Call:
    """One node with what its inputs are: constants, tensors, or None where one is left out.

    `sized` says that numbers were asked for which follow from the sizes of the graph's inputs.
    """

    __slots__ = ("attributes", "inputs", "op", "opset", "outputs", "sized")

    def __init__(self, op: str, inputs: Sequence[Any], attributes: Mapping[str, Any], outputs: int, opset: int) -> None:
        self.op = op
        self.inputs = inputs
        self.attributes = attributes
        self.outputs = outputs
        self.opset = opset
        self.sized = False

    def input(self, index: int) -> Any:
        """An input; None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute; the default where it is left out."""
        value = self.attributes.get(name)
        return default if value is None else value

    def values(self, index: int, name: str) -> tuple[float, ...] | None:
        """The numbers of an attribute that became an input later on, whichever the file has; None for neither."""
        if name in self.attributes:
            value = self.attributes[name]
            return value if isinstance(value, tuple) else (value,)
        given = self.input(index)
        if given is None:
            return None
        if not isinstance(given, Constant):
            raise NoRuleError(f"its {name} follow from the graph's inputs")
        if given.values is None:
            raise NoRuleError(f"the numbers of its {name} are not in the file")
        self.sized = self.sized or given.sized
        return given.values

    def integers(self, index: int, name: str) -> list[int] | None:
        """The same as whole numbers."""
        numbers = self.values(index, name)
        return None if numbers is None else [int(number) for number in numbers]


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The sizes that these broadcast to. Raises NoRuleError where they do not."""
    rank = max(map(len, shapes))
    result = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(sizes) > 1:
            raise NoRuleError("shapes do not broadcast")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def in_order(axes: Sequence[int], rank: int) -> list[int]:
    """Axes counted from 0. Raises NoRuleError for one that is not there, or twice."""
    places = [axis % rank for axis in axes if -rank <= axis < rank]
    if len(set(places)) != len(axes):
        raise NoRuleError(f"axes {list(axes)} of {rank}")
    return places


def reshaped(call: Call, dims: Sequence[int]) -> tuple[int, ...]:
    """The sizes that Reshape, Flatten, Squeeze or Unsqueeze makes of these."""
    if call.op == "Flatten":
        axis = call.get("axis", 1)
        axis = axis + len(dims) if axis < 0 else axis
        return prod(dims[:axis]), prod(dims[axis:])
    if call.op == "Unsqueeze":
        axes = call.integers(1, "axes") or []
        inserted = in_order(axes, len(dims) + len(axes))
        rest = iter(dims)
        return tuple([1 if axis in inserted else next(rest) for axis in range(len(dims) + len(axes))])
    if call.op == "Squeeze":
        given = call.integers(1, "axes")
        axes = [axis for axis, n in enumerate(dims) if n == 1] if given is None else in_order(given, len(dims))
        return tuple([n for axis, n in enumerate(dims) if axis not in axes])
    wanted = call.integers(1, "shape") or []
    if not call.get("allowzero"):
        wanted = [dims[axis] if n == 0 else n for axis, n in enumerate(wanted)]
    if -1 in wanted:
        rest_count = -prod(wanted)
        wanted[wanted.index(-1)] = prod(dims) // rest_count if rest_count > 0 else 0
    if prod(wanted) != prod(dims) or min(wanted, default=0) < 0:
        raise NoRuleError(f"{tuple(dims)} cannot become {tuple(wanted)}")
    return tuple(wanted)


def slices(call: Call, dims: Sequence[int]) -> list[tuple[int, range]]:
    """The axes that Slice cuts, and the positions of each that it keeps."""
    starts, ends = call.integers(1, "starts") or [], call.integers(2, "ends") or []
    axes = call.integers(3, "axes")
    axes = list(range(len(starts))) if axes is None else in_order(axes, len(dims))
    steps = call.integers(4, "steps") or [1] * len(axes)
    cuts = []
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        n = dims[axis]
        # Going backwards, an end before the first position is written as one far below zero.
        stop = None if step < 0 and end < -n else end
        cuts.append((axis, range(n)[start:stop:step]))
    return cuts


def pieces(call: Call, n: int) -> list[int]:
    """The sizes of the pieces that Split makes of an axis of n."""
    sizes = call.integers(1, "split")
    if sizes is None:
        count = call.outputs
        each = (n + count - 1) // count
        sizes = [each] * (count - 1) + [n - each * (count - 1)]
    if sum(sizes) != n or min(sizes) < 0:
        raise NoRuleError(f"pieces {sizes} of {n}")
    return sizes


def reduced_axes(call: Call, rank: int) -> list[int]:
    """The axes that a reduction takes away; all where none are given."""
    axes = in_order(call.integers(1, "axes") or [], rank)
    return axes or ([] if call.get("noop_with_empty_axes") else list(range(rank)))
