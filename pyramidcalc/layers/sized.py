"""Layers whose window follows the size of their input; each resolves to a plain layer.

SpatialPyramidPool2d (SPP), GridAvgPool2d (DSPP) and SamePad (SAME of TensorFlow and ONNX).
"""

from __future__ import annotations

from itertools import starmap
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
from pyramidcalc.layers.padding import ZeroPad1d, ZeroPad2d, ZeroPad3d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.windowed import unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import SizeLaw, Window
    from pyramidcalc.layers.base import Shape

METHODS = ("pad", "window", "adaptive")


class BinnedPool(Layer, abstract=True, ranks=(2,), follows_size=True):
    """What pools with a number of bins share; each gives its `rule` of size and bins, or None for adaptive bins."""

    pool: ClassVar[Callable[..., Layer]]
    adaptive_pool: ClassVar[Callable[..., Layer]]

    bins: int

    @property
    def rule(self) -> Callable[[int, int], Window] | None:
        """The window of an axis of so many positions."""
        raise NotImplementedError

    def _normalise(self) -> None:
        self.integer("bins", self.bins, 1)

    def law(self, axis: int) -> SizeLaw:
        return bins_law(self.bins) if self.rule else constant(self.bins)

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        # By every rule one bin is the whole map, whatever its size.
        if self.rule is None or self.bins == 1:
            return self.adaptive_pool(self.bins)
        return self.pool(*zip(*[(w.k, w.s, w.lo) for w in self.windows(shapes[0], self.rule)], strict=True))

    def windows(self, shape: Shape, rule: Callable[[int, int], Window]) -> list[Window]:
        """The windows of the spatial axes by this rule. Raises ShapeError where an axis has none."""
        windows = []
        for index, n in enumerate(shape[1:], 1):
            try:
                windows.append(rule(n, self.bins))
            except ShapeError as error:
                self.refuse(f"{axis_name(index, len(shape))}: {error.message}", error.hint, error.code)
        return windows

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterator[Diagnostic]:
        if self.rule is not None and self.bins > 1:
            yield from unread(self.windows(shapes[0], self.rule), shapes[0][1:], "warning")


class SpatialPyramidPool2d(BinnedPool):
    """One level of SPP: max pool of (C, H, W) to about `bins`×`bins`.

    Methods: `pad` (Caffe's SPPLayer and the PyTorch ports), `window` (the text of He et al.,
    arXiv 1406.4729, section 2.3) and `adaptive` (AdaptiveMaxPool2d, right for every size).
    """

    pool = MaxPool2d
    adaptive_pool = AdaptiveMaxPool2d

    method: str = "pad"

    def _normalise(self) -> None:
        super()._normalise()
        if self.method not in METHODS:
            self.reject(f"`method` (={self.method!r}) must be one of {', '.join(METHODS)}")

    @property
    def rule(self) -> Callable[[int, int], Window] | None:
        return {"pad": pyramid_pad_window, "window": pyramid_window}.get(self.method)

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterator[Diagnostic]:
        for m, n, side in zip(output[1:], shapes[0][1:], SIDES[2], strict=True):
            if m != self.bins:
                message = (
                    f"window ⌈{n}/{self.bins}⌉, stride ⌊{n}/{self.bins}⌋ make {m} {side} of bins, not {self.bins}: "
                    "the vector's length depends on the input"
                )
                yield Diagnostic("spp-bin-count", "warning", message, "use method adaptive, or pad where it is legal")
        yield from super().diagnose(shapes, output, batch)


class GridAvgPool2d(BinnedPool):
    """DSPP's pool: AvgPool2d with pool = stride = (⌊H/bins⌋, ⌊W/bins⌋). Papa et al., IEEE Access 2022 (SPEED)."""

    pool = AvgPool2d
    adaptive_pool = AdaptiveAvgPool2d

    @property
    def rule(self) -> Callable[[int, int], Window]:
        return grid_window

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterator[Diagnostic]:
        size, grid, wanted = (shape_text(sizes) for sizes in (shapes[0][1:], output[1:], (self.bins, self.bins)))
        if grid != wanted:
            message = f"the grid of {self.bins} bins on {size} is {grid}, not {wanted}"
            yield Diagnostic("dspp-grid", "warning", message, f"sizes that {self.bins} divides give {wanted}")
        yield from super().diagnose(shapes, output, batch)


class SamePad(Layer, abstract=True, follows_size=True):
    """SAME before a window: zeros so that ⌈n/stride⌉ outputs follow; of an odd number one more after the input.

    With `odd_first` it stands before the input, as in ONNX's SAME_LOWER.
    """

    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...] = 1
    dilation: int | tuple[int, ...] = 1
    odd_first: bool = False

    def _normalise(self) -> dict[str, Any]:
        self.flag("odd_first", self.odd_first)
        return {name: self.per_axis(name, self.__dict__[name], 1, exact=True) for name in self._fields[:3]}

    def law(self, axis: int) -> SizeLaw:
        k, s, d = (self.__dict__[name][axis - 1] for name in self._fields[:3])
        return tf_same_law(k, s, d)

    def resolve(self, *shapes: Shape) -> Layer:
        self.check_input(shapes[0])
        numbers = zip(shapes[0][1:], *[self.__dict__[name] for name in self._fields[:3]], strict=True)
        pads = [(pad.hi, pad.lo) if self.odd_first else (pad.lo, pad.hi) for pad in starmap(tf_same_pad, numbers)]
        zeros = {1: ZeroPad1d, 2: ZeroPad2d, 3: ZeroPad3d}[len(pads)]
        return zeros(tuple([side for pair in reversed(pads) for side in pair]))


class SamePad1d(SamePad):
    """SAME before a window over a sequence."""


class SamePad2d(SamePad):
    """SAME before a window over a map: TensorFlow's, and ONNX's SAME_UPPER and SAME_LOWER."""


class SamePad3d(SamePad):
    """SAME before a window over a volume."""
