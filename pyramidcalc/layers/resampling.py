"""Resizes and the pixel shuffle: Upsample, ResizeTo, PixelShuffle."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY as SAME_CHANNELS
from pyramidcalc.indexmap import (
    RESIZE_MODES,
    AdaptiveBins,
    FloorForm,
    Growth,
    IndexMap,
    Shuffle,
    SizeLaw,
    TransposedWindow,
    Window,
    resize,
)
from pyramidcalc.layers.base import Layer

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Any, ClassVar

MODES = (*RESIZE_MODES, "area")


class Upsample(Layer):
    """torch.nn.Upsample on maps: (C, H, W) → (C, H', W'), to a size or by a factor.

    Modes nearest, nearest-exact, bilinear, bicubic and area (which is an adaptive average pool).
    """

    size: int | tuple[int, int] | None = None
    scale_factor: float | tuple[float, float] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def _normalise(self) -> dict[str, Any]:
        if (self.size is None) == (self.scale_factor is None):
            self.reject("needs either `size` or `scale_factor`, and not both")
        if self.mode not in MODES:
            self.reject(f"`mode` (={self.mode!r}) must be one of {', '.join(MODES)} on a map")
        if self.align_corners is not None and self.mode not in ("bilinear", "bicubic"):
            self.reject(f"`align_corners` (={self.align_corners}) is for bilinear and bicubic, not {self.mode}")
        if self.size is not None:
            if self.recompute_scale_factor:
                self.reject("`recompute_scale_factor` (=True) means nothing with a `size`")
            return {"size": self.pair("size", self.size, 1, exact=True)}
        given = self.scale_factor
        # torch takes no list here, though it does everywhere else.
        factors: tuple[Any, ...] = given if isinstance(given, tuple) else (given, given)
        if len(factors) != 2:
            self.reject(f"`scale_factor` (={given!r}) must be one number or two (height, width)")
        for factor in factors:
            if isinstance(factor, bool) or not isinstance(factor, int | float):
                self.reject(f"`scale_factor` (={factor!r}) must be a number")
            if not isfinite(factor) or factor <= 0:
                self.reject(f"`scale_factor` (={factor}) must be positive and finite")
        return {"scale_factor": tuple(float(factor) for factor in factors)}

    def _axis(self, n: int, axis: int) -> IndexMap:
        size, factors = self.__dict__["size"], self.__dict__["scale_factor"]
        if size is not None:
            made = resize(self.mode, bool(self.align_corners), size[axis])
        else:
            made = resize(self.mode, bool(self.align_corners), None, factors[axis])
            if self.recompute_scale_factor:
                made = resize(self.mode, bool(self.align_corners), made.size(n))
        return AdaptiveBins(made.size(n)) if self.mode == "area" else made

    def law(self, axis: int) -> SizeLaw | None:
        size, factors = self.__dict__["size"], self.__dict__["scale_factor"]
        return resize(self.mode, False, size and size[axis - 1], factors and factors[axis - 1]).law()

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        height, width = shapes[0][1:]
        return ((SAME_CHANNELS, self._axis(height, 0), self._axis(width, 1)),)


class ResizeTo(Layer):
    """Interpolates its first input to the height and width of its second: (C, h, w), (·, H, W) → (C, H, W)."""

    arity: ClassVar[int | None] = 2
    steady: ClassVar[bool] = True

    mode: str = "bilinear"
    align_corners: bool | None = None

    def _normalise(self) -> None:
        Upsample(1, None, self.mode, self.align_corners)

    def resolve(self, *shapes: tuple[int, ...]) -> Layer:
        if len(shapes) != 2:
            self.refuse(f"takes a map and the map to follow, got {len(shapes)} inputs")
        for shape in shapes:
            self.check_input(shape)
        height, width = shapes[1][1:]
        return Upsample((height, width), None, self.mode, self.align_corners)

    def growth(self, axis: int, shapes: tuple[tuple[int, ...], ...], rates: tuple[Fraction, ...]) -> Growth | None:
        return Growth(rates[1]) if all(len(shape) == 3 for shape in shapes) else None

    def closed(self, axis: int, forms: tuple[FloorForm | None, ...]) -> FloorForm | None:
        return forms[1]


class PixelShuffle(Layer):
    """torch.nn.PixelShuffle: (C·r², H, W) → (C, H·r, W·r). Source: Shi et al., arXiv 1609.05158."""

    upscale_factor: int

    def _normalise(self) -> None:
        self.integer("upscale_factor", self.upscale_factor, 1)

    def channels(self, *channels: int | None) -> int | None:
        given = channels[0]
        return None if given is None else given // self.upscale_factor**2

    def check(self, *shapes: tuple[int, ...], batch: int) -> None:
        if shapes[0][0] % self.upscale_factor**2:
            self.refuse(
                f"{shapes[0][0]} channels must be divisible by upscale_factor² (={self.upscale_factor**2})",
                f"feed {self.upscale_factor**2} channels for each that is to come out",
                code="channel-mismatch",
            )

    def law(self, axis: int) -> SizeLaw | None:
        return Shuffle(self.upscale_factor).law()

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        square = self.upscale_factor**2
        every = Window(square, square)
        return ((every, Shuffle(self.upscale_factor), Shuffle(self.upscale_factor)),)

    def terms(self, *shapes: tuple[int, ...]) -> tuple[tuple[int, tuple[IndexMap, IndexMap, IndexMap]], ...]:
        # Which channel is read follows the row's and the column's remainder: a sum of r² products.
        r = self.upscale_factor
        return tuple(
            (0, (Window(1, r * r, 1, -(a * r + b)), TransposedWindow(1, r, -a), TransposedWindow(1, r, -b)))
            for a in range(r)
            for b in range(r)
        )
