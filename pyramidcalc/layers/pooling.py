"""Pools over one, two or three axes: MaxPool, AvgPool and the adaptive ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, LARGEST_INT, SAME_SIZE, AdaptiveBins, constant, max_pool_pad, window
from pyramidcalc.layers.base import Layer, axis_name, axis_rule
from pyramidcalc.layers.windowed import notes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Diagnostic, Maps, Shape


class Pool(Layer):
    """What sliding pools share; stride None means the kernel size."""

    abstract: ClassVar[bool] = True

    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None = None
    padding: int | tuple[int, ...] = 0

    limit: ClassVar[int] = LARGEST_INT
    """The largest integer that torch takes for any setting."""

    def _checked_windows(self) -> dict[str, Any]:
        kernel = self.per_axis("kernel_size", self.kernel_size, 1)
        # torch takes an empty stride for an absent one.
        given = self.stride
        absent = given is None or (isinstance(given, tuple | list) and not given)
        stride = kernel if absent else self.per_axis("stride", given, 1)
        padding = self.per_axis("padding", self.padding, 0)
        self.flag("ceil_mode", self.__dict__["ceil_mode"])
        changed = {"kernel_size": kernel, "stride": stride, "padding": padding}
        if "dilation" in self.__dict__:
            changed["dilation"] = self.per_axis("dilation", self.__dict__["dilation"], 1)
        for name, numbers in changed.items():
            if max(numbers) > self.limit:
                self.reject(f"`{name}` (={max(numbers)}) must be at most 2^31 − 1, as torch counts in pools")
        for pad, k in zip(padding, kernel, strict=True):
            if pad > max_pool_pad(k):
                (rank,) = self.ranks
                self.reject(
                    f"`padding` (={pad}) must be at most half of `kernel_size` (={k}, undilated)",
                    f"use at most {max_pool_pad(k)}, or put a ZeroPad{rank}d before the pool",
                )
        return changed

    @cached_property
    def maps(self) -> Maps:
        """Index maps of all axes, channels first, made once."""
        values = self.__dict__
        kernel, pads = values["kernel_size"], values["padding"]
        numbers = zip(kernel, values["stride"], values.get("dilation", (1,) * len(kernel)), pads, strict=True)
        windows = [window(k, s, d, p, p, values["ceil_mode"], most=max_pool_pad(k)) for k, s, d, p in numbers]
        return IDENTITY, *windows

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (self.maps,)

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        return notes(self.maps[1:], shapes[0][1:])


class MaxPool(Pool):
    """(C, *spatial) → (C, *spatial'), the greatest of each window. Padding is at most half the undilated kernel."""

    abstract: ClassVar[bool] = True

    dilation: int | tuple[int, ...] = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return self._checked_windows()


class MaxPool1d(MaxPool):
    """torch.nn.MaxPool1d: (C, L) → (C, L')."""

    ranks = (1,)
    limit = LARGEST


class MaxPool2d(MaxPool):
    """torch.nn.MaxPool2d: (C, H, W) → (C, H', W')."""

    ranks = (2,)


class MaxPool3d(MaxPool):
    """torch.nn.MaxPool3d: (C, D, H, W) → (C, D', H', W')."""

    ranks = (3,)


class AvgPool1d(Pool):
    """torch.nn.AvgPool1d: (C, L) → (C, L'); it has no `divisor_override`."""

    ranks = (1,)

    ceil_mode: bool = False
    count_include_pad: bool = True

    def _normalise(self) -> dict[str, Any]:
        self.flag("count_include_pad", self.count_include_pad)
        return self._checked_windows()


class AvgPool(Pool):
    """(C, *spatial) → (C, *spatial'), the mean of each window, or its sum over `divisor_override`."""

    abstract: ClassVar[bool] = True

    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    def _normalise(self) -> dict[str, Any]:
        self.flag("count_include_pad", self.count_include_pad)
        divisor = self.divisor_override
        if divisor is not None and not self.integer("divisor_override", divisor, -LARGEST):
            self.reject(f"`divisor_override` (={divisor!r}) must be an integer other than zero")
        return self._checked_windows()


class AvgPool2d(AvgPool):
    """torch.nn.AvgPool2d: (C, H, W) → (C, H', W')."""

    ranks = (2,)


class AvgPool3d(AvgPool):
    """torch.nn.AvgPool3d: (C, D, H, W) → (C, D', H', W'); torch takes no axis shorter than the kernel, padded or not."""

    ranks = (3,)

    def check(self, *shapes: Shape, batch: int) -> None:
        for axis, (n, k) in enumerate(zip(shapes[0][1:], self.__dict__["kernel_size"], strict=True), 1):
            if n < k:
                self.refuse(
                    f"{axis_name(axis, 4)}: kernel {k} > input {n}, whatever the padding",
                    f"use an input of at least {k}",
                    "kernel-too-large",
                )

    def law(self, axis: int) -> SizeLaw | None:
        law = super().law(axis)
        return law and law.replace(least=max(law.least, self.__dict__["kernel_size"][axis - 1]))


class AdaptivePool(Layer):
    """(C, *spatial) → (C, *output_size), bins ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1; None among several keeps that axis."""

    abstract: ClassVar[bool] = True

    output_size: int | tuple[int | None, ...]

    def _normalise(self) -> dict[str, Any]:
        (rank,) = self.ranks
        given = self.output_size
        sizes = tuple(given) if isinstance(given, tuple | list) else (given,) * rank
        # torch takes a number of numpy's among several only.
        alone = rank > 1 and not isinstance(given, int | tuple | list)
        if given is None or alone or len(sizes) != rank or (rank == 1 and None in sizes):
            hint = "None keeps one axis" if rank > 1 else None
            self.reject(f"`output_size` (={given!r}) must be {axis_rule(rank)}", hint)
        return {"output_size": tuple(m if m is None else self.integer("output_size", m, 1) for m in sizes)}

    def law(self, axis: int) -> SizeLaw:
        m = self.__dict__["output_size"][axis - 1]
        return SAME_SIZE if m is None else constant(m)

    @cached_property
    def maps(self) -> Maps:
        """Index maps of all axes, channels first, made once."""
        return IDENTITY, *[IDENTITY if m is None else AdaptiveBins(m) for m in self.__dict__["output_size"]]

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (self.maps,)


class AdaptiveAvgPool1d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool1d: (C, L) → (C, m)."""

    ranks = (1,)


class AdaptiveAvgPool2d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool2d: (C, H, W) → (C, m_h, m_w)."""

    ranks = (2,)


class AdaptiveAvgPool3d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool3d: (C, D, H, W) → (C, m_d, m_h, m_w)."""

    ranks = (3,)


class AdaptiveMaxPool(AdaptivePool):
    """As the average pool of the same bins, with maxima."""

    abstract: ClassVar[bool] = True

    return_indices: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return super()._normalise()


class AdaptiveMaxPool1d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool1d: (C, L) → (C, m)."""

    ranks = (1,)


class AdaptiveMaxPool2d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool2d: (C, H, W) → (C, m_h, m_w)."""

    ranks = (2,)


class AdaptiveMaxPool3d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool3d: (C, D, H, W) → (C, m_d, m_h, m_w)."""

    ranks = (3,)
