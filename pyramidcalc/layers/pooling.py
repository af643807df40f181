"""Pools: MaxPool2d, AvgPool2d and the adaptive ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    IDENTITY,
    SAME_SIZE,
    AdaptiveBins,
    IndexMap,
    SizeLaw,
    constant,
    most_pool_pad,
    window,
)
from pyramidcalc.layers.base import Diagnostic, Layer
from pyramidcalc.layers.windowed import notes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar


class Pool(Layer):
    """What sliding pools share; stride None means the kernel size."""

    abstract: ClassVar[bool] = True

    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int] | None = None
    padding: int | tuple[int, int] = 0

    def _windows_checked(self) -> dict[str, Any]:
        kernel = self.pair("kernel_size", self.kernel_size, 1)
        # torch takes an empty stride for an absent one.
        given = self.stride
        absent = given is None or (isinstance(given, tuple | list) and not given)
        stride = kernel if absent else self.pair("stride", given, 1)
        padding = self.pair("padding", self.padding, 0)
        self.flag("ceil_mode", self.__dict__["ceil_mode"])
        for pad, k in zip(padding, kernel, strict=True):
            if pad > most_pool_pad(k):
                self.reject(
                    f"`padding` (={pad}) must be at most half of `kernel_size` (={k}, undilated)",
                    f"use at most {most_pool_pad(k)}, or put a ZeroPad2d before the pool",
                )
        return {"kernel_size": kernel, "stride": stride, "padding": padding}

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        """Index maps of channels, rows and columns, made once."""
        values = self.__dict__
        rows, columns = (
            window(
                values["kernel_size"][axis],
                values["stride"][axis],
                values.get("dilation", (1, 1))[axis],
                values["padding"][axis],
                values["padding"][axis],
                values["ceil_mode"],
                most=most_pool_pad(values["kernel_size"][axis]),
            )
            for axis in (0, 1)
        )
        return IDENTITY, rows, columns

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        return (self.maps,)

    def diagnose(
        self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...], batch: int
    ) -> Iterable[Diagnostic]:
        return notes(self.maps[1:], shapes[0][1:])


class MaxPool2d(Pool):
    """torch.nn.MaxPool2d: (C, H, W) → (C, H', W'). Padding is at most half the undilated kernel."""

    dilation: int | tuple[int, int] = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return self._windows_checked() | {"dilation": self.pair("dilation", self.dilation, 1)}


class AvgPool2d(Pool):
    """torch.nn.AvgPool2d: (C, H, W) → (C, H', W')."""

    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    def _normalise(self) -> dict[str, Any]:
        divisor = self.divisor_override
        if divisor == 0 or isinstance(divisor, bool) or not isinstance(divisor, int | None):
            self.reject(f"`divisor_override` (={divisor!r}) must be an integer other than zero")
        self.flag("count_include_pad", self.count_include_pad)
        return self._windows_checked()


class AdaptivePool(Layer):
    """What adaptive pools share; None in a pair keeps that axis as it is."""

    abstract: ClassVar[bool] = True

    output_size: int | tuple[int | None, int | None]

    def _normalise(self) -> dict[str, Any]:
        given = self.output_size
        sizes = tuple(given) if isinstance(given, tuple | list) else (given, given)
        if given is None or len(sizes) != 2:
            self.reject(f"`output_size` (={given!r}) must be one number or two (height, width)", "None keeps one axis")
        return {"output_size": tuple(m if m is None else self.integer("output_size", m, 1) for m in sizes)}

    def law(self, axis: int) -> SizeLaw:
        m = self.__dict__["output_size"][axis - 1]
        return SAME_SIZE if m is None else constant(m)

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        """Index maps of channels, rows and columns, made once."""
        rows, columns = (IDENTITY if m is None else AdaptiveBins(m) for m in self.__dict__["output_size"])
        return IDENTITY, rows, columns

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        return (self.maps,)


class AdaptiveAvgPool2d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool2d: (C, H, W) → (C, m_h, m_w), bins ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1."""


class AdaptiveMaxPool2d(AdaptivePool):
    """torch.nn.AdaptiveMaxPool2d: as AdaptiveAvgPool2d, with maxima."""

    return_indices: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return super()._normalise()
