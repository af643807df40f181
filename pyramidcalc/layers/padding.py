"""Pads as layers of their own: zeros, a constant, mirrored, edge and wrapped, over one, two or three axes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, Pad
from pyramidcalc.layers.base import AXES, Layer

if TYPE_CHECKING:
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class PadLayer(Layer):
    """(C, *spatial) → (C, *spatial'), some positions added before and after each spatial axis.

    `padding` is one number, or two an axis in torch's order, the last axis first: (left, right, top, bottom). A
    negative one crops.
    """

    abstract: ClassVar[bool] = True

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
        """Index maps of all axes, channels first, made once."""
        sides = self.__dict__["padding"]
        pairs = list(zip(sides[::2], sides[1::2], strict=True))
        return IDENTITY, *[Pad(before, after, self.mode) for before, after in reversed(pairs)]

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (self.maps,)


class ZeroPad1d(PadLayer):
    """torch.nn.ZeroPad1d; negative sides crop."""

    ranks = (1,)


class ZeroPad2d(PadLayer):
    """torch.nn.ZeroPad2d; negative sides crop, and two numbers are left and right."""

    ranks = (2,)


class ZeroPad3d(PadLayer):
    """torch.nn.ZeroPad3d; negative sides crop, and two or four numbers are of the last axes."""

    ranks = (3,)


class ConstantPad(PadLayer):
    """Pads with one number, which no receptive field counts as reading; torch takes None for 0."""

    abstract: ClassVar[bool] = True

    value: float | None

    def _normalise(self) -> dict[str, Any]:
        if self.value is not None:
            self.number("value", self.value)
        return super()._normalise()


class ConstantPad1d(ConstantPad):
    """torch.nn.ConstantPad1d."""

    ranks = (1,)


class ConstantPad2d(ConstantPad):
    """torch.nn.ConstantPad2d."""

    ranks = (2,)


class ConstantPad3d(ConstantPad):
    """torch.nn.ConstantPad3d."""

    ranks = (3,)


class ReflectionPad1d(PadLayer):
    """torch.nn.ReflectionPad1d: mirrors without the edge; each side is smaller than its axis."""

    ranks = (1,)
    mode = "reflect"


class ReflectionPad2d(PadLayer):
    """torch.nn.ReflectionPad2d: mirrors without the edge; each side is smaller than its axis."""

    ranks = (2,)
    mode = "reflect"


class ReflectionPad3d(PadLayer):
    """torch.nn.ReflectionPad3d: mirrors without the edge; each side is smaller than its axis."""

    ranks = (3,)
    mode = "reflect"


class ReplicationPad1d(PadLayer):
    """torch.nn.ReplicationPad1d: repeats the edge."""

    ranks = (1,)
    mode = "replicate"


class ReplicationPad2d(PadLayer):
    """torch.nn.ReplicationPad2d: repeats the edge."""

    ranks = (2,)
    mode = "replicate"


class ReplicationPad3d(PadLayer):
    """torch.nn.ReplicationPad3d: repeats the edge."""

    ranks = (3,)
    mode = "replicate"


class CircularPad1d(PadLayer):
    """torch.nn.CircularPad1d: wraps around once at most."""

    ranks = (1,)
    mode = "circular"


class CircularPad2d(PadLayer):
    """torch.nn.CircularPad2d: wraps around once at most."""

    ranks = (2,)
    mode = "circular"


class CircularPad3d(PadLayer):
    """torch.nn.CircularPad3d: wraps around once at most."""

    ranks = (3,)
    mode = "circular"
