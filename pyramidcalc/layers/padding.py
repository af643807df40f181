"""Pads as layers of their own: zeros, a constant, mirrored, edge and wrapped, over one, two or three axes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, Pad
from pyramidcalc.layers.base import AXES
from pyramidcalc.layers.windowed import Windowed, maps_of_axes

if TYPE_CHECKING:
    from typing import Any, ClassVar

    from pyramidcalc.layers.base import Maps


class PadLayer(Windowed, abstract=True):
    """(C, *spatial) → (C, *spatial'), some positions added before and after each spatial axis.

    `padding` is one number or two an axis, in torch's order: (left, right, top, bottom). A negative one crops.
    """

    padding: int | tuple[int, ...]

    mode: ClassVar[str] = "zeros"

    def _normalise(self) -> dict[str, Any]:
        (rank,) = self.ranks
        given = self.padding
        sides = tuple(given) if isinstance(given, tuple | list) else (given,) * (2 * rank)
        if self.mode == "zeros" and len(sides) % 2 == 0 and len(sides) < 2 * rank:
            # torch's constants take the sides of the last axes alone.
            sides += (0,) * (2 * rank - len(sides))
        if len(sides) != 2 * rank:
            names = ", ".join(f"{name} before, after" for name in reversed(AXES[rank]))
            self.reject(f"`padding` (={given!r}) must be one number or {2 * rank} ({names})")
        return {"padding": tuple([self.integer("padding", side, -LARGEST) for side in sides])}

    @cached_property
    def maps(self) -> Maps:
        sides = self.__dict__["padding"]
        pairs = list(zip(sides[::2], sides[1::2], strict=True))
        return IDENTITY, *maps_of_axes(Pad, [(*pair, self.mode) for pair in reversed(pairs)])


class ZeroPad1d(PadLayer):
    """torch.nn.ZeroPad1d; negative sides crop."""


class ZeroPad2d(PadLayer):
    """torch.nn.ZeroPad2d; negative sides crop, and two numbers are left and right."""


class ZeroPad3d(PadLayer):
    """torch.nn.ZeroPad3d; negative sides crop, and two or four numbers are of the last axes."""


class ConstantPad(PadLayer, abstract=True):
    """Pads with one number (None: 0), which no receptive field counts as reading."""

    value: float | None

    def _normalise(self) -> dict[str, Any]:
        if self.value is not None:
            self.number("value", self.value)
        return super()._normalise()


class ConstantPad1d(ConstantPad):
    """torch.nn.ConstantPad1d."""


class ConstantPad2d(ConstantPad):
    """torch.nn.ConstantPad2d."""


class ConstantPad3d(ConstantPad):
    """torch.nn.ConstantPad3d."""


class ReflectionPad1d(PadLayer, mode="reflect"):
    """torch.nn.ReflectionPad1d: mirrors without the edge; each side is smaller than its axis."""


class ReflectionPad2d(PadLayer, mode="reflect"):
    """torch.nn.ReflectionPad2d: mirrors without the edge; each side is smaller than its axis."""


class ReflectionPad3d(PadLayer, mode="reflect"):
    """torch.nn.ReflectionPad3d: mirrors without the edge; each side is smaller than its axis."""


class ReplicationPad1d(PadLayer, mode="replicate"):
    """torch.nn.ReplicationPad1d: repeats the edge."""


class ReplicationPad2d(PadLayer, mode="replicate"):
    """torch.nn.ReplicationPad2d: repeats the edge."""


class ReplicationPad3d(PadLayer, mode="replicate"):
    """torch.nn.ReplicationPad3d: repeats the edge."""


class CircularPad1d(PadLayer, mode="circular"):
    """torch.nn.CircularPad1d: wraps around once at most."""


class CircularPad2d(PadLayer, mode="circular"):
    """torch.nn.CircularPad2d: wraps around once at most."""


class CircularPad3d(PadLayer, mode="circular"):
    """torch.nn.CircularPad3d: wraps around once at most."""
