"""Layers whose window follows the size of their input; each resolves to a plain layer.

SpatialPyramidPool2d (SPP), GridAvgPool2d (DSPP) and SamePad2d (TensorFlow's SAME).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import (
    bins_law,
    constant,
    grid_window,
    pyramid_pad_window,
    pyramid_window,
    tf_same_law,
    tf_same_pad,
)
from pyramidcalc.layers.base import SIDES, Diagnostic, Layer, axis_name, shape_text
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.windowed import unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import SizeLaw, Window
    from pyramidcalc.layers.base import Shape

METHODS = ("pad", "window", "adaptive")


class BinnedPool(Layer):
    """What pools with a number of bins share."""

    abstract: ClassVar[bool] = True
    ranks = (2,)
    follows_size: ClassVar[bool] = True

    bins: int

    def law(self, axis: int) -> SizeLaw:
        return bins_law(self.bins)

    def windows(self, rule: Callable[[int, int], Window], shape: Shape) -> list[Window]:
        """The window of each spatial axis by a rule of size and bins; the axis that refuses is named."""
        windows = []
        for index, n in enumerate(shape[1:], 1):
            try:
                windows.append(rule(n, self.bins))
            except ShapeError as error:
                self.refuse(f"{axis_name(index, len(shape))}: {error.message}", error.hint, error.code)
        return windows


class SpatialPyramidPool2d(BinnedPool):
    """One level of SPP: max pool of (C, H, W) to about `bins`×`bins`.

    Methods: `pad` (Caffe's SPPLayer and the PyTorch ports), `window` (the text of He et al.,
    arXiv 1406.4729, section 2.3) and `adaptive` (AdaptiveMaxPool2d, right for every size).
    """

    method: str = "pad"

    def _normalise(self) -> None:
        self.integer("bins", self.bins, 1)
        if self.method not in METHODS:
            self.reject(f"`method` (={self.method!r}) must be one of {', '.join(METHODS)}")

    def law(self, axis: int) -> SizeLaw:
        return constant(self.bins) if self.method == "adaptive" else super().law(axis)

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        # By every method one bin is the whole map, whatever its size.
        if self.method == "adaptive" or self.bins == 1:
            return AdaptiveMaxPool2d(self.bins)
        axis_window = pyramid_pad_window if self.method == "pad" else pyramid_window
        windows = self.windows(axis_window, shapes[0])
        return MaxPool2d(tuple(w.k for w in windows), tuple(w.s for w in windows), tuple(w.lo for w in windows))

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        for m, n, side in zip(output[1:], shapes[0][1:], SIDES[2], strict=True):
            if m != self.bins:
                yield Diagnostic(
                    "spp-bin-count",
                    "warning",
                    f"window ⌈{n}/{self.bins}⌉, stride ⌊{n}/{self.bins}⌋ make {m} {side} of bins, not {self.bins}: "
                    "the vector's length depends on the input",
                    "use method adaptive, or pad where it is legal",
                )
        if self.method == "window":
            resolved = self.resolve(*shapes)
            yield from unread(resolved.axes(*shapes)[0][1:], shapes[0][1:], "warning")


class GridAvgPool2d(BinnedPool):
    """DSPP's pool: AvgPool2d with pool = stride = (⌊H/bins⌋, ⌊W/bins⌋). Papa et al., IEEE Access 2022 (SPEED)."""

    def _normalise(self) -> None:
        self.integer("bins", self.bins, 1)

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        if self.bins == 1:
            return AdaptiveAvgPool2d(1)
        return AvgPool2d(tuple(w.k for w in self.windows(grid_window, shapes[0])))

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        wanted = shape_text([self.bins] * 2)
        if shape_text(output[1:]) != wanted:
            size, grid = shape_text(shapes[0][1:]), shape_text(output[1:])
            message = f"the grid of {self.bins} bins on {size} is {grid}, not {wanted}"
            yield Diagnostic("dspp-grid", "warning", message, f"sizes that {self.bins} divides give {wanted}")
        resolved = self.resolve(*shapes)
        yield from unread(resolved.axes(*shapes)[0][1:], shapes[0][1:], "warning")


class SamePad2d(Layer):
    """TensorFlow's SAME before a window: zeros so that ⌈n/stride⌉ outputs follow, the odd one after."""

    follows_size: ClassVar[bool] = True

    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    dilation: int | tuple[int, int] = 1

    def _normalise(self) -> dict[str, Any]:
        return {name: self.per_axis(name, value, 1, exact=True) for name, value in self.to_dict().items()}

    def law(self, axis: int) -> SizeLaw:
        k, s, d = (numbers[axis - 1] for numbers in self.to_dict().values())
        return tf_same_law(k, s, d)

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        pads = [tf_same_pad(*numbers) for numbers in zip(shapes[0][1:], *self.to_dict().values(), strict=True)]
        return ZeroPad2d(tuple(side for pad in reversed(pads) for side in (pad.lo, pad.hi)))
