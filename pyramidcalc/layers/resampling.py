"""Resizes and the pixel shuffle: Upsample, ResizeTo, PixelShuffle."""

from __future__ import annotations

from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, AdaptiveBins, Growth, Resize, TransposedWindow, Window
from pyramidcalc.layers.base import KINDS, Layer, axis_rule
from pyramidcalc.layers.windowed import Windowed

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Any

    from pyramidcalc.indexmap import FloorForm, IndexMap, SizeLaw
    from pyramidcalc.layers.base import Maps, Shape

ON_AXES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "trilinear": (3,),
    "bicubic": (2,),
    "area": (1, 2, 3),
}
"""Mode to the numbers of spatial axes that torch has it for."""
MODES = tuple(ON_AXES)
INTERPOLATIONS = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
"""What a mode does along one axis, where that has another name."""


class Upsample(Layer, ranks=(1, 2, 3), follows_size=True):
    """torch.nn.Upsample: (C, *spatial) → (C, *spatial'), to a size or by a factor.

    Modes nearest, nearest-exact, linear (one axis), bilinear and bicubic (two), trilinear (three), and area, which is
    an adaptive average pool.
    """

    size: int | tuple[int, ...] | None = None
    scale_factor: float | tuple[float, ...] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def _normalise(self) -> dict[str, Any]:
        if (self.size is None) == (self.scale_factor is None):
            self.reject("needs either `size` or `scale_factor`, and not both")
        if self.mode not in MODES:
            self.reject(f"`mode` (={self.mode!r}) must be one of {', '.join(MODES)}")
        if self.align_corners is not None and not self.mode.endswith(("linear", "cubic")):
            self.reject(f"`align_corners` (={self.align_corners}) is for linear and cubic modes, not {self.mode}")
        if self.size is not None:
            if self.recompute_scale_factor:
                self.reject("`recompute_scale_factor` (=True) means nothing with a `size`")
            if not isinstance(self.size, tuple | list):
                return {"size": self.integer("size", self.size, 1)}
            return {"size": tuple([self.integer("size", size, 1) for size in self.size])}
        given = self.scale_factor
        # torch takes no list here, though it does everywhere else.
        if isinstance(given, tuple):
            return {"scale_factor": tuple([self._factor(factor) for factor in given])}
        return {"scale_factor": self._factor(given)}

    def _factor(self, factor: Any) -> float:
        number = self.number("scale_factor", factor)
        if not isfinite(number) or number <= 0:
            self.reject(f"`scale_factor` (={factor}) must be positive and finite")
        return number

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        rank = len(shapes[0]) - 1
        if rank not in ON_AXES[self.mode]:
            own = next((mode for mode, ranks in ON_AXES.items() if ranks == (rank,)), "nearest")
            self.refuse(f"mode {self.mode} is not for {KINDS[rank + 1]}", f"use mode {own}, nearest or area")
        field = "size" if self.size is not None else "scale_factor"
        given = self.__dict__[field]
        if not isinstance(given, tuple):
            return self.replace(**{field: (given,) * rank})
        if len(given) != rank:
            self.refuse(f"`{field}` (={given!r}) must be {axis_rule(rank)} on {KINDS[rank + 1]}")
        return self

    def _map(self, axis: int, n: int, planar: bool) -> IndexMap:
        mode, corners = INTERPOLATIONS.get(self.mode, self.mode), bool(self.align_corners)
        resize = Resize(mode, corners, self.on_axis("size", axis), self.on_axis("scale_factor", axis), planar)
        if mode == "area":
            return AdaptiveBins(resize.size(n), scaled=self.size is None)
        return resize.replace(m=resize.size(n), scale=None) if self.recompute_scale_factor else resize

    def on_axis(self, field: str, axis: int) -> Any:
        """The value of a field on one spatial axis, counted from 1."""
        value = self.__dict__[field]
        return value[axis - 1] if isinstance(value, tuple) else value

    def law(self, axis: int) -> SizeLaw | None:
        return Resize(self.mode, False, self.on_axis("size", axis), self.on_axis("scale_factor", axis)).law()

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        planar = len(shapes[0]) == 3
        return ((IDENTITY, *[self._map(axis, n, planar) for axis, n in enumerate(shapes[0][1:], 1)]),)


class ResizeTo(Layer, arity=2, ranks=(1, 2, 3), follows_size=True):
    """Interpolates its first input to the spatial sizes of its second: (C, h, w), (·, H, W) → (C, H, W)."""

    mode: str = "bilinear"
    align_corners: bool | None = None

    def _normalise(self) -> None:
        Upsample(1, None, self.mode, self.align_corners)

    def resolve(self, *shapes: Shape) -> Layer:
        if len(shapes) != 2:
            self.refuse(f"takes a map and the map to follow, got {len(shapes)} inputs")
        for shape in shapes:
            self.check_input(shape)
        if len(shapes[0]) != len(shapes[1]):
            self.refuse(f"{KINDS[len(shapes[0])]} cannot follow {KINDS[len(shapes[1])]}")
        return Upsample(shapes[1][1:], None, self.mode, self.align_corners).resolve(shapes[0])

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        return Growth(rates[1]) if all(len(shape) > 1 for shape in shapes) else None

    def closed(self, axis: int, forms: tuple[FloorForm | None, ...]) -> FloorForm | None:
        return forms[1]


class PixelShuffle(Windowed, ranks=(2,)):
    """torch.nn.PixelShuffle: (C·r², H, W) → (C, H·r, W·r). Source: Shi et al., arXiv 1609.05158."""

    upscale_factor: int

    def _normalise(self) -> None:
        self.integer("upscale_factor", self.upscale_factor, 1)

    def channels(self, *channels: int | None) -> int | None:
        given = channels[0]
        return None if given is None else given // self.upscale_factor**2

    def check(self, *shapes: Shape, batch: int) -> None:
        if shapes[0][0] % self.upscale_factor**2:
            self.refuse(
                f"{shapes[0][0]} channels must be divisible by upscale_factor² (={self.upscale_factor**2})",
                f"feed {self.upscale_factor**2} channels for each that is to come out",
                code="channel-mismatch",
            )

    @cached_property
    def maps(self) -> Maps:
        # A transposed window as wide as its stride repeats each position.
        r = self.upscale_factor
        return Window(r * r, r * r), TransposedWindow(r, r), TransposedWindow(r, r)

    def terms(self, *shapes: Shape) -> tuple[tuple[int, Maps], ...]:
        # Which channel is read follows the row's and the column's remainder: a sum of r² products.
        r = self.upscale_factor
        return tuple(
            (0, (Window(1, r * r, 1, -(a * r + b)), TransposedWindow(1, r, -a), TransposedWindow(1, r, -b)))
            for a in range(r)
            for b in range(r)
        )
