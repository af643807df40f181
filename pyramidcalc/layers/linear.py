"""Vectors: Flatten, Unflatten and Linear."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, SAME_SIZE, ZERO, Broadcast, Digits, Growth, Whole
from pyramidcalc.layers.base import KINDS, SAME, Layer, shape_text

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Any

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class Flatten(Layer, view=True):
    """torch.nn.Flatten of a whole sample: (C, *spatial) → (F,); a vector stays as it is.

    A vector is one position that holds all values, so it reads its whole input. From an axis to itself nothing is
    flattened; a part of a map's axes would give one axis two kinds of positions, which no index map says.
    """

    start_dim: int = 1
    end_dim: int = -1

    def _normalise(self) -> dict[str, Any]:
        return {field: self.integer(field, value, -LARGEST) for field, value in self.to_dict().items()}

    def channels(self, *channels: int | None) -> int | None:
        return None

    def check(self, *shapes: Shape, batch: int) -> None:
        count = len(shapes[0]) + 1
        start, end = self._ends(count)
        given = f"`start_dim` (={self.start_dim}) and `end_dim` (={self.end_dim})"
        hint = f"1 and -1 flatten {KINDS[len(shapes[0])]} as a whole"
        if not (0 <= start < count and 0 <= end < count):
            self.refuse(
                f"{given} must be axes of {shape_text(shapes[0])} with its batch, {-count} to {count - 1}", hint
            )
        if start > end:
            self.refuse(f"{given} must be in order", hint)
        if start != end and (start, end) != (1, count - 1):
            self.refuse(f"{given} leave neither a map nor a vector of {shape_text(shapes[0])}", hint)

    def _ends(self, count: int) -> tuple[int, int]:
        """First and last axis that are flattened of `count`, the batch's included."""
        start, end = self.start_dim, self.end_dim
        return (start + count if start < 0 else start), (end + count if end < 0 else end)

    def _keeps(self, shape: Shape) -> bool:
        """Whether the shape stays as it is."""
        start, end = self._ends(len(shape) + 1)
        return start == end

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        super().resolved_shape(*shapes, batch=batch)
        return shapes[0] if self._keeps(shapes[0]) else (prod(shapes[0]),)

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        if self._keeps(shapes[0]):
            return SAME[len(shapes[0])]
        spatial = [Whole()] * (len(shapes[0]) - 1)
        # Of one position, values are channels.
        return ((IDENTITY if prod(shapes[0][1:]) == 1 else Whole(prod(shapes[0])), *spatial),)

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth:
        shape = shapes[0]
        return Growth(rates[0] if self._keeps(shape) else rates[0] * (prod(shape) // shape[axis]))


class Unflatten(Layer, ranks=(0,), view=True):
    """torch.nn.Unflatten of a vector: (F,) → (C, *spatial). As a vector is one position, every position reads it.

    One size may be -1, as many as are left.
    """

    dim: int | str
    unflattened_size: tuple[int, ...]

    def _normalise(self) -> dict[str, Any]:
        if self.dim not in (1, -1):
            self.reject(f"`dim` (={self.dim!r}) must be 1 or -1, the axis of a vector with its batch")
        sizes = tuple(self.unflattened_size)
        if any(not isinstance(size, int) or size < -1 for size in sizes) or sizes.count(-1) > 1 or 0 in sizes:
            self.reject(f"`unflattened_size` (={sizes}) must be integers of at least 1, one of them may be -1")
        if len(sizes) not in KINDS:
            self.reject(f"`unflattened_size` (={sizes}) makes {len(sizes)} axes, of which there is no layer")
        return {"unflattened_size": sizes}

    def channels(self, *channels: int | None) -> int | None:
        return self.unflattened_size[0] if len(self.unflattened_size) > 1 and self.unflattened_size[0] > 0 else None

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        self.check_input(shapes[0])
        rest = prod([size for size in self.unflattened_size if size > 0])
        sizes = tuple([shapes[0][0] // rest if size < 0 else size for size in self.unflattened_size])
        if prod(sizes) != shapes[0][0]:
            self.refuse(f"`unflattened_size` (={self.unflattened_size}) does not make the input's {shapes[0][0]}")
        return sizes

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        _, *sizes = self.resolved_shape(*shapes)
        each = prod(sizes)
        spatial = [IDENTITY if m == 1 else Broadcast(m) for m in sizes]
        return ((IDENTITY if each == 1 else Digits(((each, -1),), 0, (1, each)), *spatial),)

    def terms(self, *shapes: Shape) -> tuple[tuple[int, Maps], ...]:
        # Each position takes its own values of the vector.
        _, *sizes = self.resolved_shape(*shapes)
        each = prod(sizes)
        return tuple(
            [
                (0, (Digits(((each, -1),), value), *[Digits(((0, m),), 0, (1, 1), (i,)) for m, i in place]))
                for value, position in enumerate(product(*map(range, sizes)))
                for place in [list(zip(sizes, position, strict=True))]
            ]
        )


class Matrix(Layer, abstract=True):
    """What products with a matrix share."""

    in_features: int
    out_features: int
    bias: bool = True

    def _normalise(self) -> None:
        self.integer("in_features", self.in_features, 1)
        self.integer("out_features", self.out_features, 1)

    @property
    def parameters(self) -> int:
        return self.in_features * self.out_features + (self.out_features if self.bias else 0)

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        return prod(shapes[0]) * self.out_features


class Linear(Matrix):
    """torch.nn.Linear on the last axis: (F_in,) → (F_out,), or (C, H, F_in) → (C, H, F_out)."""

    def channels(self, *channels: int | None) -> int | None:
        # Of a map its last axis changes; channels as many as that axis is long do not tell which of both this is.
        given = channels[0]
        return self.out_features if given is None else (None if given == self.in_features else given)

    def check(self, *shapes: Shape, batch: int) -> None:
        if shapes[0][-1] != self.in_features:
            self.refuse(
                f"`in_features` (={self.in_features}) does not match the input's last axis {shapes[0][-1]} "
                f"of {shapes[0]}",
                f"set in_features={shapes[0][-1]}" + (", or flatten the map first" if len(shapes[0]) > 1 else ""),
                "channel-mismatch",
            )

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return ((*[IDENTITY] * (len(shapes[0]) - 1), Whole(self.out_features)),)

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        if axis < len(shapes[0]) - 1:
            return Growth(rates[0])
        # It takes one length of the axis that it multiplies; longer ones stay too long.
        return Growth(ZERO) if shapes[0][-1] > self.in_features else None


class ChannelLinear(Matrix):
    """torch.nn.Linear over the channels of each position: (C_in, *spatial) → (C_out, *spatial)."""

    def channels(self, *channels: int | None) -> int | None:
        return self.out_features

    def takes(self) -> tuple[str, int]:
        return "in_features", self.in_features

    def law(self, axis: int) -> SizeLaw:
        return SAME_SIZE

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return ((Whole(self.out_features), *[IDENTITY] * (len(shapes[0]) - 1)),)
