"""Convolutions, plain and transposed, over one, two or three axes."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    IDENTITY,
    LARGEST,
    LARGEST_INT,
    PADDING_MODES,
    Grouped,
    TransposedWindow,
    Whole,
    max_output_padding,
    same_pad,
    window,
)
from pyramidcalc.layers.windowed import Windowed, maps_of_axes

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape


class Convolution(Windowed, abstract=True):
    """What plain and transposed convolutions share: channels, groups and bias."""

    in_channels: int
    out_channels: int
    kernel_size: int | tuple[int, ...]

    def channels(self, *channels: int | None) -> int | None:
        return self.out_channels

    def takes(self) -> tuple[str, int]:
        return "in_channels", self.in_channels

    def _checked_channels(self) -> dict[str, Any]:
        values = self.__dict__
        groups = self.integer("groups", values["groups"], 1)
        for field in ("in_channels", "out_channels"):
            number = self.integer(field, values[field], 1)
            if number % groups:
                self.reject(f"`{field}` (={number}) must be divisible by `groups` (={groups})")
        # torch makes weights of as many axes as a kernel has numbers.
        kernel = self.per_axis("kernel_size", values["kernel_size"], 1, exact=True)
        return {"kernel_size": kernel} | {name: self.per_axis(name, values[name], 1) for name in ("stride", "dilation")}

    def _channel_map(self, groups: int) -> IndexMap:
        if groups == self.in_channels == self.out_channels:
            return IDENTITY
        return Whole(self.out_channels) if groups == 1 else Grouped(groups, self.out_channels)

    @cached_property
    def weights(self) -> int:
        """Numbers in the kernel: in·out/groups times the kernel's size on each axis."""
        values = self.__dict__
        weights: int = self.in_channels * self.out_channels // values["groups"] * prod(values["kernel_size"])
        return weights

    @property
    def parameters(self) -> int:
        return self.weights + (self.out_channels if self.__dict__["bias"] else 0)


class Conv(Convolution, abstract=True):
    """(C_in, *spatial) → (C_out, *spatial'), each spatial axis by its window.

    Source: Dumoulin & Visin, arXiv 1603.07285, relationship 6, with the dilation of section 5.1.
    Raises LayerError for arguments that no input makes legal.
    """

    stride: int | tuple[int, ...] = 1
    padding: int | str | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1
    groups: int = 1
    bias: bool = True
    padding_mode: str = "zeros"

    def _normalise(self) -> dict[str, Any]:
        changed = self._checked_channels()
        if self.padding_mode not in PADDING_MODES:
            self.reject(f"`padding_mode` (={self.padding_mode!r}) must be one of {', '.join(PADDING_MODES)}")
        if not isinstance(self.padding, str):
            # In the modes that pad before they convolve, torch takes a negative padding as a crop.
            padded = self.padding_mode != "zeros"
            changed["padding"] = self.per_axis("padding", self.padding, -LARGEST if padded else 0, exact=padded)
        elif self.padding not in ("same", "valid"):
            self.reject(f"`padding` (={self.padding!r}) must be numbers, 'same' or 'valid'")
        elif self.padding == "same" and set(changed["stride"]) != {1}:
            self.reject(f"`padding`='same' needs stride 1, got {changed['stride']}", "give the padding in numbers")
        elif self.padding == "same" and self.padding_mode != "zeros":
            given, (rank,) = self.dilation, self.ranks
            if isinstance(given, tuple | list) and len(given) != rank:
                self.reject(f"`dilation` (={given}) lets torch pad the first axis alone", f"write dilation={given[0]}")
        return changed

    @cached_property
    def maps(self) -> Maps:
        values = self.__dict__
        padding, mode = values["padding"], values["padding_mode"]
        numbers = []
        for axis, (k, s, d) in enumerate(zip(values["kernel_size"], values["stride"], values["dilation"], strict=True)):
            if padding == "same":
                lo, hi = same_pad(k, d)
            else:
                lo = hi = 0 if padding == "valid" else padding[axis]
            numbers.append((k, s, d, lo, hi, False, mode))
        return self._channel_map(self.groups), *maps_of_axes(window, numbers)

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        return prod(output[1:]) * self.weights


class Conv1d(Conv):
    """torch.nn.Conv1d: (C_in, L) → (C_out, L')."""


class Conv2d(Conv):
    """torch.nn.Conv2d: (C_in, H, W) → (C_out, H', W')."""


class Conv3d(Conv):
    """torch.nn.Conv3d: (C_in, D, H, W) → (C_out, D', H', W')."""


class ConvTranspose(Convolution, abstract=True):
    """(C_in, *spatial) → (C_out, *spatial'), each spatial axis by its window turned round.

    Source: Dumoulin & Visin, arXiv 1603.07285, section 4. torch asks `output_padding` to be
    smaller than the stride or the dilation, and has zero padding only.
    """

    stride: int | tuple[int, ...] = 1
    padding: int | tuple[int, ...] = 0
    output_padding: int | tuple[int, ...] = 0
    groups: int = 1
    bias: bool = True
    dilation: int | tuple[int, ...] = 1
    padding_mode: str = "zeros"

    def _normalise(self) -> dict[str, Any]:
        changed = self._checked_channels()
        if self.padding_mode != "zeros":
            self.reject(f"`padding_mode` (={self.padding_mode!r}) must be 'zeros'")
        changed |= {name: self.per_axis(name, self.__dict__[name], 0) for name in ("padding", "output_padding")}
        axes = zip(changed["output_padding"], changed["stride"], changed["dilation"], strict=True)
        for extra, stride, dilation in axes:
            if max(stride, dilation) > LARGEST_INT:
                self.reject(f"stride {stride} and dilation {dilation} must be at most 2^31 − 1, as torch counts here")
            limit = max_output_padding(stride, dilation)
            if extra > limit:
                self.reject(
                    f"`output_padding` (={extra}) must be smaller than stride {stride} or dilation {dilation}",
                    f"use at most {limit}",
                )
        return changed

    @cached_property
    def maps(self) -> Maps:
        values = self.__dict__
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        numbers = zip(*[values[name] for name in names], strict=True)
        return self._channel_map(self.groups), *maps_of_axes(TransposedWindow, numbers)

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        return prod(shapes[0][1:]) * self.weights


class ConvTranspose1d(ConvTranspose):
    """torch.nn.ConvTranspose1d: (C_in, L) → (C_out, L')."""


class ConvTranspose2d(ConvTranspose):
    """torch.nn.ConvTranspose2d: (C_in, H, W) → (C_out, H', W')."""


class ConvTranspose3d(ConvTranspose):
    """torch.nn.ConvTranspose3d: (C_in, D, H, W) → (C_out, D', H', W')."""
