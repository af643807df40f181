"""Convolutions, plain and transposed: Conv2d and ConvTranspose2d."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    IDENTITY,
    LARGEST,
    PADDING_MODES,
    Grouped,
    IndexMap,
    SizeLaw,
    TransposedWindow,
    Whole,
    most_output_padding,
    same_pad,
    window,
)
from pyramidcalc.layers.base import Diagnostic, Layer
from pyramidcalc.layers.windowed import notes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar


class Convolution(Layer):
    """What plain and transposed convolutions share: channels, groups and bias."""

    abstract: ClassVar[bool] = True

    in_channels: int
    out_channels: int
    kernel_size: int | tuple[int, int]

    def channels(self, *channels: int | None) -> int | None:
        return self.out_channels

    def check(self, *shapes: tuple[int, ...], batch: int) -> None:
        self.check_channels(shapes[0], self.in_channels, "in_channels")

    def _checked_channels(self) -> dict[str, Any]:
        values = self.__dict__
        groups = self.integer("groups", values["groups"], 1)
        for field in ("in_channels", "out_channels"):
            number = self.integer(field, values[field], 1)
            if number % groups:
                self.reject(f"`{field}` (={number}) must be divisible by `groups` (={groups})")
        # torch makes weights of as many axes as a kernel has numbers.
        kernel = self.pair("kernel_size", values["kernel_size"], 1, exact=True)
        return {"kernel_size": kernel} | {name: self.pair(name, values[name], 1) for name in ("stride", "dilation")}

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        """Index maps of channels, rows and columns, made once."""
        raise NotImplementedError

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    def axes(self, *shapes: tuple[int, ...]) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        return (self.maps,)

    def _channel_map(self, groups: int) -> IndexMap:
        if groups == self.in_channels == self.out_channels:
            return IDENTITY
        return Whole(self.out_channels) if groups == 1 else Grouped(groups, self.out_channels)

    @cached_property
    def weights(self) -> int:
        """Numbers in the kernel: in·out/groups·k_h·k_w."""
        values = self.__dict__
        height, width = values["kernel_size"]
        weights: int = self.in_channels * self.out_channels // values["groups"] * height * width
        return weights

    @property
    def parameters(self) -> int:
        return self.weights + (self.out_channels if self.__dict__["bias"] else 0)


class Conv2d(Convolution):
    """torch.nn.Conv2d: (C_in, H, W) → (C_out, H', W').

    Source: Dumoulin & Visin, arXiv 1603.07285, relationship 6, with the dilation of section 5.1.
    Raises LayerError for arguments that no input makes legal.
    """

    stride: int | tuple[int, int] = 1
    padding: int | str | tuple[int, int] = 0
    dilation: int | tuple[int, int] = 1
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
            changed["padding"] = self.pair("padding", self.padding, -LARGEST if padded else 0, exact=padded)
        elif self.padding not in ("same", "valid"):
            self.reject(f"`padding` (={self.padding!r}) must be numbers, 'same' or 'valid'")
        elif self.padding == "same" and changed["stride"] != (1, 1):
            self.reject(f"`padding`='same' needs stride 1, got {changed['stride']}", "give the padding in numbers")
        return changed

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        values = self.__dict__
        padding, mode = values["padding"], values["padding_mode"]
        windows = []
        for axis in (0, 1):
            k, s, d = values["kernel_size"][axis], values["stride"][axis], values["dilation"][axis]
            if padding == "same":
                lo, hi = same_pad(k, d)
            else:
                lo = hi = 0 if padding == "valid" else padding[axis]
            windows.append(window(k, s, d, lo, hi, False, mode))
        return self._channel_map(self.groups), windows[0], windows[1]

    def macs(self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...]) -> int:
        return output[1] * output[2] * self.weights

    def diagnose(
        self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...], batch: int
    ) -> Iterable[Diagnostic]:
        return notes(self.maps[1:], shapes[0][1:])


class ConvTranspose2d(Convolution):
    """torch.nn.ConvTranspose2d: (C_in, H, W) → (C_out, H', W').

    Source: Dumoulin & Visin, arXiv 1603.07285, section 4. torch asks `output_padding` to be
    smaller than the stride or the dilation, and has zero padding only.
    """

    stride: int | tuple[int, int] = 1
    padding: int | tuple[int, int] = 0
    output_padding: int | tuple[int, int] = 0
    groups: int = 1
    bias: bool = True
    dilation: int | tuple[int, int] = 1
    padding_mode: str = "zeros"

    def _normalise(self) -> dict[str, Any]:
        changed = self._checked_channels()
        if self.padding_mode != "zeros":
            self.reject(f"`padding_mode` (={self.padding_mode!r}) must be 'zeros'")
        changed["padding"] = self.pair("padding", self.padding, 0)
        changed["output_padding"] = self.pair("output_padding", self.output_padding, 0)
        for extra, stride, dilation in zip(
            changed["output_padding"], changed["stride"], changed["dilation"], strict=True
        ):
            most = most_output_padding(stride, dilation)
            if extra > most:
                self.reject(
                    f"`output_padding` (={extra}) must be smaller than stride {stride} or dilation {dilation}",
                    f"use at most {most}",
                )
        return changed

    @cached_property
    def maps(self) -> tuple[IndexMap, IndexMap, IndexMap]:
        values = self.__dict__
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        rows, columns = (TransposedWindow(*(values[name][axis] for name in names)) for axis in (0, 1))
        return self._channel_map(self.groups), rows, columns

    def macs(self, shapes: tuple[tuple[int, ...], ...], output: tuple[int, ...]) -> int:
        return shapes[0][1] * shapes[0][2] * self.weights
