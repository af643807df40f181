"""Vectors: Flatten and Linear."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, SAME_SIZE, ZERO, Growth, IndexMap, SizeLaw, Whole
from pyramidcalc.layers.base import Layer

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import ClassVar


class Flatten(Layer):
    """torch.nn.Flatten of a whole sample: (C, H, W) → (C·H·W,); a vector stays as it is.

    A vector is one position that holds all values, so it reads its whole input.
    """

    spatial: ClassVar[bool] = False
    view: ClassVar[bool] = True

    start_dim: int = 1
    end_dim: int = -1

    def _normalise(self) -> None:
        if self.start_dim != 1 or self.end_dim != -1:
            self.reject(
                f"`start_dim` (={self.start_dim}) and `end_dim` (={self.end_dim}) must be 1 and -1: "
                "a shape here is a map or a vector"
            )

    def channels(self, *channels: int | None) -> int | None:
        return None

    def resolved_shape(self, *shapes: tuple[int, ...], batch: int = 1) -> tuple[int, ...]:
        super().resolved_shape(*shapes, batch=batch)
        return (prod(shapes[0]),)

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        if len(shapes[0]) == 1:
            return ((IDENTITY, IDENTITY, IDENTITY),)
        return ((Whole(prod(shapes[0])), Whole(), Whole()),)

    def growth(self, axis: int, shapes: tuple[tuple[int, ...], ...], rates: tuple[Fraction, ...]) -> Growth:
        shape = shapes[0]
        return Growth(rates[0] * (prod(shape) // shape[axis] if len(shape) == 3 else 1))


class Linear(Layer):
    """torch.nn.Linear on the last axis: (F_in,) → (F_out,), or (C, H, F_in) → (C, H, F_out)."""

    spatial: ClassVar[bool] = False

    in_features: int
    out_features: int
    bias: bool = True

    def _normalise(self) -> None:
        self.integer("in_features", self.in_features, 1)
        self.integer("out_features", self.out_features, 1)

    def channels(self, *channels: int | None) -> int | None:
        return self.out_features

    def check(self, *shapes: tuple[int, ...], batch: int) -> None:
        if shapes[0][-1] != self.in_features:
            self.refuse(
                f"`in_features` (={self.in_features}) does not match the input's last axis {shapes[0][-1]} "
                f"of {shapes[0]}",
                f"set in_features={shapes[0][-1]}" + (", or flatten the map first" if len(shapes[0]) == 3 else ""),
                "channel-mismatch",
            )

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        dense = Whole(self.out_features)
        return ((dense, IDENTITY, IDENTITY) if len(shapes[0]) == 1 else (IDENTITY, IDENTITY, dense),)

    def law(self, axis: int) -> SizeLaw | None:
        return SAME_SIZE if axis == 1 else None

    def growth(self, axis: int, shapes: tuple[tuple[int, ...], ...], rates: tuple[Fraction, ...]) -> Growth | None:
        if axis == 1 and len(shapes[0]) == 3:
            return super().growth(axis, shapes, rates)
        # It takes one length of the axis that it multiplies; longer ones stay too long.
        return Growth(ZERO) if shapes[0][-1] > self.in_features else None

    @property
    def parameters(self) -> int:
        return self.in_features * self.out_features + (self.out_features if self.bias else 0)

    def macs(self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...]) -> int:
        return prod(shapes[0]) * self.out_features
