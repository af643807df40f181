"""Layers whose window follows the size of their input; each resolves to a plain layer.

SpatialPyramidPool2d (SPP), GridAvgPool2d (DSPP) and SamePad2d (TensorFlow's SAME).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    SizeLaw,
    bins_law,
    constant,
    grid_window,
    pyramid_pad_window,
    pyramid_window,
    tf_same_law,
    tf_same_pad,
)
from pyramidcalc.layers.base import Diagnostic, Layer
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.windowed import SIDES, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import Window

METHODS = ("pad", "window", "adaptive")


class BinnedPool(Layer):
    """What pools with a number of bins share."""

    abstract: ClassVar[bool] = True

    bins: int

    def law(self, axis: int) -> SizeLaw:
        return bins_law(self.bins)

    def windows(self, rule: Callable[[int, int], Window], shape: tuple[int, ...]) -> tuple[Window, Window]:
        """The window of each axis of (C, H, W) by a rule of size and bins."""
        return (
            self.named("height", lambda n: rule(n, self.bins), shape[1]),
            self.named("width", lambda n: rule(n, self.bins), shape[2]),
        )


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

    def resolve(self, *shapes: tuple[int, ...]) -> Layer:
        self.check_input(shapes[0])
        # By every method one bin is the whole map, whatever its size.
        if self.method == "adaptive" or self.bins == 1:
            return AdaptiveMaxPool2d(self.bins)
        axis_window = pyramid_pad_window if self.method == "pad" else pyramid_window
        rows, columns = self.windows(axis_window, shapes[0])
        return MaxPool2d((rows.k, columns.k), (rows.s, columns.s), (rows.lo, columns.lo))

    def diagnose(
        self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...], batch: int
    ) -> Iterable[Diagnostic]:
        for m, n, side in zip(output[1:], shapes[0][1:], SIDES, strict=True):
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

    def resolve(self, *shapes: tuple[int, ...]) -> Layer:
        self.check_input(shapes[0])
        if self.bins == 1:
            return AdaptiveAvgPool2d(1)
        rows, columns = self.windows(grid_window, shapes[0])
        return AvgPool2d((rows.k, columns.k))

    def diagnose(
        self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...], batch: int
    ) -> Iterable[Diagnostic]:
        if output[1:] != (self.bins, self.bins):
            height, width = shapes[0][1:]
            yield Diagnostic(
                "dspp-grid",
                "warning",
                f"the grid of {self.bins} bins on {height}x{width} is {output[1]}x{output[2]}, "
                f"not {self.bins}x{self.bins}",
                f"sizes that {self.bins} divides give {self.bins}x{self.bins}",
            )
        resolved = self.resolve(*shapes)
        yield from unread(resolved.axes(*shapes)[0][1:], shapes[0][1:], "warning")


class SamePad2d(Layer):
    """TensorFlow's SAME before a window: zeros so that ⌈n/stride⌉ outputs follow, the odd one after."""

    steady: ClassVar[bool] = True

    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    dilation: int | tuple[int, int] = 1

    def _normalise(self) -> dict[str, Any]:
        return {name: self.pair(name, value, 1, exact=True) for name, value in self.to_dict().items()}

    def law(self, axis: int) -> SizeLaw:
        k, s, d = (pair[axis - 1] for pair in self.to_dict().values())
        return tf_same_law(k, s, d)

    def resolve(self, *shapes: tuple[int, ...]) -> Layer:
        self.check_input(shapes[0])
        rows, columns = (
            tf_same_pad(n, *numbers) for n, *numbers in zip(shapes[0][1:], *self.to_dict().values(), strict=True)
        )
        return ZeroPad2d((columns.lo, columns.hi, rows.lo, rows.hi))
