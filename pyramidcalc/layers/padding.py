"""Pads as layers of their own: zeros, mirrored, edge and wrapped."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, IndexMap, Pad, SizeLaw
from pyramidcalc.layers.base import Layer

if TYPE_CHECKING:
    from typing import Any, ClassVar


class PadLayer(Layer):
    """(C, H, W) → (C, H + top + bottom, W + left + right).

    `padding` is one number or (left, right, top, bottom), torch's order; a negative one crops.
    """

    abstract: ClassVar[bool] = True

    padding: int | tuple[int, int, int, int]

    mode: ClassVar[str] = "zeros"

    def _normalise(self) -> dict[str, Any]:
        given = self.padding
        sides = tuple(given) if isinstance(given, tuple | list) else (given,) * 4
        if self.mode == "zeros" and len(sides) in (0, 2):
            # torch's zeros take the sides of the last axes alone.
            sides += (0,) * (4 - len(sides))
        if len(sides) != 4:
            self.reject(f"`padding` (={given!r}) must be one number or four (left, right, top, bottom)")
        return {"padding": tuple([self.integer("padding", side, -LARGEST) for side in sides])}

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        """Index maps of channels, rows and columns, made once."""
        left, right, top, bottom = self.__dict__["padding"]
        return IDENTITY, Pad(top, bottom, self.mode), Pad(left, right, self.mode)

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        return (self.maps,)


class ZeroPad2d(PadLayer):
    """torch.nn.ZeroPad2d; negative sides crop, and two numbers are left and right."""


class ReflectionPad2d(PadLayer):
    """torch.nn.ReflectionPad2d: mirrors without the edge; each side is smaller than its axis."""

    mode = "reflect"


class ReplicationPad2d(PadLayer):
    """torch.nn.ReplicationPad2d: repeats the edge."""

    mode = "replicate"


class CircularPad2d(PadLayer):
    """torch.nn.CircularPad2d: wraps around once at most."""

    mode = "circular"
