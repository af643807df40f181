"""Orders and parts of axes that imported networks make: Rearrange, Along, Part, Expand and Constant.

A factor (axis, stride, size) is one digit of an axis: of n = a·b·c positions, (axis, c, b) is the middle one. A size
of -1 stands for as many as the axis has room for, n/stride.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, SAME_SIZE, Broadcast, Digits, Whole, constant
from pyramidcalc.layers.base import Layer, shape_text

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.indexmap import IndexMap, SizeLaw
    from pyramidcalc.layers.base import Maps, Shape

    Factor = tuple[int, int, int]
    """(axis, stride, size); axis 0 is the channels."""


def checked(layer: Layer, field: str, factors: Any, least: int = 1) -> tuple[Factor, ...]:
    """Factors as tuples of ints, with strides of at least `least`, or LayerError."""
    if any(len(factor) != 3 for factor in factors):
        layer.reject(f"`{field}` (={factors}) must be (axis, stride, size) each")
    return tuple(
        [
            (layer.integer(field, axis, 0), layer.integer(field, stride, least), layer.integer(field, size, -1))
            for axis, stride, size in factors
        ]
    )


def check_factors(layer: Layer, factors: tuple[Factor, ...], shape: Shape) -> None:
    """Refuses a shape whose axes cannot be cut into these factors."""
    for axis, stride, size in factors:
        if axis >= len(shape) or shape[axis] % (stride * max(size, 1)):
            layer.refuse(f"{shape_text(shape)} has no factor {(axis, stride, size)}")


def joined(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Neighbouring factors that are one digit, joined."""
    result: list[Factor] = []
    for axis, stride, size in factors:
        if result and result[-1][0] == axis and size > 0 and result[-1][1] == stride * size:
            outer = result.pop()[2]
            result.append((axis, stride, outer if outer == -1 else outer * size))
        else:
            result.append((axis, stride, size))
    return tuple(result)


def digits_of(n: int, stride: int, size: int, own: tuple[tuple[int, int], ...] = (), **more: Any) -> Digits:
    """The map of an axis of n positions of which one digit becomes `own`, and those outside and inside it stay."""
    outer = ((stride * size, -1),) if size != -1 and stride * size < n else ()
    inner = ((1, stride),) if stride > 1 else ()
    return Digits(outer + own + inner, **more)


class Rearrange(Layer):
    """A view and a permute written out: for each output axis the factors of the input that it is made of, in order.

    Space to depth by 2 of (3, H, W) is (((0, 1, 3), (1, 1, 2), (2, 1, 2)), ((1, 2, -1),), ((2, 2, -1),)). Every
    factor of the input is there once; (axis, 0, size) repeats the factors behind it. A factor of one spatial axis that
    goes to another has no rule. Raises LayerError.
    """

    factors: tuple[tuple[Factor, ...], ...]

    def _normalise(self) -> dict[str, Any]:
        factors = tuple([checked(self, "factors", axis, least=0) for axis in self.factors])
        for axis, parts in enumerate(factors):
            if any(source not in (0, axis) for source, _, _ in parts) and axis:
                self.reject(f"positions of one axis as those of another ({parts})")
        for axis in range(1, len(factors)):
            if len(gone := joined(tuple([f for f in factors[0] if f[0] == axis]))) > 1:
                self.reject(f"parts {gone} of one axis among the channels")
        return {"factors": factors}

    def channels(self, *channels: int | None) -> int | None:
        sizes = [size for _, _, size in self.factors[0]]
        return None if -1 in sizes else prod(sizes)

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        self.check_input(shapes[0])
        shape = shapes[0]
        if len(shape) != len(self.factors):
            self.refuse(f"is made for {len(self.factors)} axes, got {shape_text(shape)}")
        sizes, repeats = [], 1
        for parts in self.factors:
            numbers = [shape[axis] // stride if size == -1 else size for axis, stride, size in parts]
            sizes.append(prod(numbers))
            repeats *= prod([size for _, stride, size in parts if not stride])
        if prod(sizes) != prod(shape) * repeats:
            self.refuse(f"cannot make {shape_text(sizes)} of {shape_text(shape)}", "use sizes that its parts divide")
        return tuple(sizes)

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        maps: list[IndexMap] = []
        for axis, (parts, n) in enumerate(zip(self.factors, shapes[0], strict=True)):
            others = [f for other, there in enumerate(self.factors) if other != axis for f in there]
            gone = [factor for factor in others if factor[0] == axis and factor[1]]
            free = joined(tuple(gone))
            if joined(parts) in (((axis, 1, -1),), ((axis, 1, n),)) and not free:
                maps.append(IDENTITY)
            elif len(free) > 1:
                maps.append(Whole(self.resolved_shape(*shapes)[0]))
            else:
                maps.append(self._digits(axis, {}, shapes[0], free[0][1:] if free else (1, 1)))
        return (tuple(maps),)

    def _digits(
        self, axis: int, held: dict[tuple[int, int], int], shape: Shape, free: tuple[int, int] = (1, 1)
    ) -> Digits:
        """The map of one axis; `held` gives factors that came from another axis (where they are) their value."""
        parts = self.factors[axis]
        offset = sum(
            value * self.factors[where][index][1]
            for (where, index), value in held.items()
            if self.factors[where][index][0] == axis
        )
        digits = tuple(
            [
                (stride, size) if source == axis else (0, shape[source] // stride if size == -1 else size)
                for source, stride, size in parts
            ]
        )
        values = tuple([held.get((axis, index)) for index in range(len(parts))])
        return Digits(digits, offset, free, values if any(value is not None for value in values) else ())

    def terms(self, *shapes: Shape) -> tuple[tuple[int, Maps], ...]:
        # One product for each value of the factors that change axis.
        moved = {
            (axis, index): shapes[0][source] // stride if size == -1 else size
            for axis, parts in enumerate(self.factors)
            for index, (source, stride, size) in enumerate(parts)
            if source != axis
        }
        if not moved:
            return super().terms(*shapes)
        return tuple(
            [
                (0, tuple([self._digits(axis, held, shapes[0]) for axis in range(len(self.factors))]))
                for values in product(*map(range, moved.values()))
                for held in [dict(zip(moved, values, strict=True))]
            ]
        )


class Along(Layer):
    """A function along some factors, named as in torch.ops.aten: each output reads all their values together.

    mean, sum and max make one value of them; with `keeps_size` (softmax) the shape stays.
    """

    op: str
    factors: tuple[Factor, ...]
    keeps_size: bool = False

    def _normalise(self) -> dict[str, Any]:
        factors = checked(self, "factors", self.factors)
        if len({axis for axis, _, _ in factors}) != len(factors):
            self.reject(f"`factors` (={factors}) must be of different axes")
        return {"factors": factors}

    @cached_property
    def _digits(self) -> dict[int, tuple[int, int]]:
        """The stride and size of the factor of each axis."""
        return {axis: (stride, size) for axis, stride, size in self.factors}

    def channels(self, *channels: int | None) -> int | None:
        if 0 not in self._digits or self.keeps_size or channels[0] is None:
            return channels[0]
        return self._map(0, channels[0]).size(channels[0])

    def law(self, axis: int) -> SizeLaw | None:
        if self.keeps_size or axis not in self._digits:
            return SAME_SIZE
        return constant(1) if self._digits[axis] == (1, -1) else None

    def check(self, *shapes: Shape, batch: int) -> None:
        check_factors(self, self.factors, shapes[0])

    def _map(self, axis: int, n: int) -> IndexMap:
        if axis not in self._digits:
            return IDENTITY
        stride, size = self._digits[axis]
        if size == -1:
            size = n // stride
        if size == n:
            return Whole(n if self.keeps_size else 1)
        return digits_of(n, stride, size, ((0, size),) if self.keeps_size else (), free=(stride, size))

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (tuple([self._map(axis, n) for axis, n in enumerate(shapes[0])]),)


class Part(Layer):
    """`count` values of one factor from `start`, every `step`: a slice of an axis that a reshape made."""

    factor: Factor
    start: int
    count: int
    step: int = 1

    def _normalise(self) -> dict[str, Any]:
        (factor,) = checked(self, "factor", (self.factor,))
        self.integer("start", self.start, 0)
        self.integer("step", self.step, 1)
        if self.start + (self.integer("count", self.count, 1) - 1) * self.step >= factor[2] != -1:
            self.reject(f"`count` (={self.count}) from {self.start} is more than the factor's {factor[2]}")
        return {"factor": factor}

    def channels(self, *channels: int | None) -> int | None:
        if self.factor[0] or channels[0] is None:
            return channels[0]
        return self._map(channels[0]).size(channels[0])

    def law(self, axis: int) -> SizeLaw | None:
        return None if axis == self.factor[0] else SAME_SIZE

    def check(self, *shapes: Shape, batch: int) -> None:
        check_factors(self, (self.factor,), shapes[0])

    def _map(self, n: int) -> Digits:
        _, stride, size = self.factor
        return digits_of(n, stride, size, ((stride * self.step, self.count),), offset=self.start * stride)

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (tuple([self._map(n) if axis == self.factor[0] else IDENTITY for axis, n in enumerate(shapes[0])]),)


class Expand(Layer, view=True):
    """x.expand(sizes): axes of one position, stand for as many as `sizes` says; None keeps an axis. Channels first."""

    sizes_wanted: tuple[int | None, ...]

    def _normalise(self) -> dict[str, Any]:
        wanted = [m if m is None else self.integer("sizes_wanted", m, 1) for m in self.sizes_wanted]
        return {"sizes_wanted": tuple(wanted)}

    def channels(self, *channels: int | None) -> int | None:
        return self.sizes_wanted[0] or channels[0]

    def check(self, *shapes: Shape, batch: int) -> None:
        if len(shapes[0]) != len(self.sizes_wanted):
            self.refuse(f"is made for {len(self.sizes_wanted)} axes, got {shape_text(shapes[0])}")

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        wanted = zip(self.sizes_wanted, shapes[0], strict=True)
        return (tuple([IDENTITY if m in (None, n) else Broadcast(m) for m, n in wanted]),)


class Constant(Layer, arity=0):
    """A tensor that follows from no input: a table of positions, a token, a mask; `weights` of it are learned."""

    shape: tuple[int, ...]
    weights: int = 0

    def _normalise(self) -> dict[str, Any]:
        self.integer("weights", self.weights, 0)
        return {"shape": tuple([self.integer("shape", size, 1) for size in self.shape])}

    def channels(self, *channels: int | None) -> int | None:
        return self.shape[0]

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        return self.shape

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return ()

    @property
    def parameters(self) -> int:
        return self.weights
