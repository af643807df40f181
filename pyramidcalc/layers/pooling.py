"""Pools over one, two or three axes: MaxPool, AvgPool and the adaptive ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, LARGEST, LARGEST_INT, AdaptiveBins, max_pool_pad, window
from pyramidcalc.layers.base import AXES, axis_rule
from pyramidcalc.layers.windowed import Windowed, maps_of_axes

if TYPE_CHECKING:
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class Pool(Windowed, abstract=True):
    """What sliding pools share; stride None means the kernel size."""

    kernel_size: int | tuple[int, ...]
    stride: int | tuple[int, ...] | None = None
    padding: int | tuple[int, ...] = 0

    limit: ClassVar[int] = LARGEST_INT
    """The largest integer that torch takes for any setting."""

    def _normalise(self) -> dict[str, Any]:
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
        values = self.__dict__
        kernel, pads = values["kernel_size"], values["padding"]
        axes = zip(kernel, values["stride"], values.get("dilation", (1,) * len(kernel)), pads, strict=True)
        ceil_mode, counts = values["ceil_mode"], values.get("count_include_pad", True)
        numbers = [(k, s, d, p, p, ceil_mode, "zeros", max_pool_pad(k), counts) for k, s, d, p in axes]
        return IDENTITY, *maps_of_axes(window, numbers)


class MaxPool(Pool, abstract=True):
    """(C, *spatial) → (C, *spatial'), the greatest of each window. Padding is at most half the undilated kernel."""

    dilation: int | tuple[int, ...] = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return super()._normalise()


class MaxPool1d(MaxPool, limit=LARGEST):
    """torch.nn.MaxPool1d: (C, L) → (C, L')."""


class MaxPool2d(MaxPool):
    """torch.nn.MaxPool2d: (C, H, W) → (C, H', W')."""


class MaxPool3d(MaxPool):
    """torch.nn.MaxPool3d: (C, D, H, W) → (C, D', H', W')."""


class AvgPool(Pool, abstract=True):
    """(C, *spatial) → (C, *spatial'), the mean of each window, or its sum over `divisor_override`."""

    ceil_mode: bool = False
    count_include_pad: bool = True

    def _normalise(self) -> dict[str, Any]:
        self.flag("count_include_pad", self.count_include_pad)
        divisor = self.__dict__.get("divisor_override")
        if divisor is not None and not self.integer("divisor_override", divisor, -LARGEST):
            self.reject(f"`divisor_override` (={divisor!r}) must be an integer other than zero")
        return super()._normalise()


class AvgPool1d(AvgPool):
    """torch.nn.AvgPool1d: (C, L) → (C, L'); it has no `divisor_override`."""


class AvgPool2d(AvgPool):
    """torch.nn.AvgPool2d: (C, H, W) → (C, H', W')."""

    divisor_override: int | None = None


class AvgPool3d(AvgPool):
    """torch.nn.AvgPool3d: (C, D, H, W) → (C, D', H', W'), each axis at least as long as the kernel without padding."""

    divisor_override: int | None = None

    def check(self, *shapes: Shape, batch: int) -> None:
        for k, n, name in zip(self.__dict__["kernel_size"], shapes[0][1:], AXES[3], strict=True):
            if n < k:
                hint = f"use an input of at least {k}, or put a ZeroPad3d before the pool"
                self.refuse(f"{name}: kernel {k} > input {n}, whatever the padding", hint, "kernel-too-large")

    def law(self, axis: int) -> SizeLaw | None:
        law = super().law(axis)
        return None if law is None else law.replace(least=max(law.least, self.__dict__["kernel_size"][axis - 1]))


class AdaptivePool(Windowed, abstract=True):
    """(C, *spatial) → (C, *output_size), bins ⌊i·n/m⌋ … ⌈(i+1)·n/m⌉ − 1; None among several keeps that axis."""

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

    @cached_property
    def maps(self) -> Maps:
        return IDENTITY, *[IDENTITY if m is None else AdaptiveBins(m) for m in self.__dict__["output_size"]]


class AdaptiveAvgPool1d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool1d: (C, L) → (C, m)."""


class AdaptiveAvgPool2d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool2d: (C, H, W) → (C, m_h, m_w)."""


class AdaptiveAvgPool3d(AdaptivePool):
    """torch.nn.AdaptiveAvgPool3d: (C, D, H, W) → (C, m_d, m_h, m_w)."""


class AdaptiveMaxPool(AdaptivePool, abstract=True):
    """As the average pool of the same bins, with maxima."""

    return_indices: bool = False

    def _normalise(self) -> dict[str, Any]:
        if self.return_indices:
            self.reject("`return_indices` (=True) gives two outputs, which a graph cannot follow", "leave it False")
        return super()._normalise()


class AdaptiveMaxPool1d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool1d: (C, L) → (C, m)."""


class AdaptiveMaxPool2d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool2d: (C, H, W) → (C, m_h, m_w)."""


class AdaptiveMaxPool3d(AdaptiveMaxPool):
    """torch.nn.AdaptiveMaxPool3d: (C, D, H, W) → (C, m_d, m_h, m_w)."""
