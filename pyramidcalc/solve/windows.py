"""Which kernel, stride, padding and dilation turn one size into another."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import TransposedWindow, Window, transposed_paddings, window_paddings
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyramidcalc.layers.base import Layer

WINDOW = ("kernel", "stride", "dilation")
SETTINGS = ("kernel", "stride", "padding", "dilation", "output_padding")
MAX_WINDOWS = 100_000
"""Combinations of kernel, stride and dilation that are tried, about a second."""
MAX_SOLUTIONS = 10_000
"""Layers that are listed, some seconds as a table."""


class Search(Record):
    """A kind of layer, the sizes (H, W) before and after it, and what is tried for each setting.

    `kind` is "conv", "max-pool", "avg-pool" or "conv-transpose". Of padding and output padding None stands for every
    value that torch takes.
    """

    kind: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    kernel: range = range(1, 8)
    stride: range = range(1, 5)
    dilation: range = range(1, 5)
    padding: range | None = None
    output_padding: range | None = None
    ceil_mode: bool = False

    @property
    def windows(self) -> int:
        """Number of combinations of kernel, stride and dilation."""
        return prod(len(self.to_dict()[setting]) for setting in WINDOW)


class Solution(Record):
    """One layer that gives the size, the same numbers on both axes."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int
    layer: Layer

    @property
    def over_padded(self) -> bool:
        """Whether padding is more than d·(k − 1), so that whole windows lie in it."""
        return self.padding >= Window(self.kernel, 1, self.dilation).span

    @property
    def idle(self) -> bool:
        """Whether padding or output padding lies outside every window: border outputs read, or inputs give, nothing."""
        return self.over_padded or self.output_padding > self.padding

    def simplicity(self) -> tuple[int, ...]:
        """Orders solutions: fewest settings other than torch's defaults, then the smallest numbers; idle ones last."""
        usual_stride = self.kernel if isinstance(self.layer, MaxPool2d | AvgPool2d) else 1
        settings = (self.stride, self.padding, self.dilation, self.output_padding)
        changed = sum(value != usual for value, usual in zip(settings, (usual_stride, 0, 1, 0), strict=True))
        numbers = (self.dilation, self.output_padding, self.kernel, self.stride, self.padding)
        return (self.over_padded, self.idle, changed, *numbers)


def solve(search: Search) -> tuple[Solution, ...]:
    """Every legal layer that gives the size, simplest first.

    A kernel of 1 has no dilation, so of layers that differ in it alone the first stands for all; in a transposed
    convolution dilation allows more output padding too, and each is listed. Raises UsageError where there is too
    much to try, or to list.
    """
    if search.windows > MAX_WINDOWS:
        what = f"the ranges of kernel, stride and dilation hold {search.windows:,} combinations"
        raise UsageError(f"{what}, over the limit of {MAX_WINDOWS:,}", hint="narrow the ranges")
    listed = tuple(islice(solutions(search), MAX_SOLUTIONS + 1))
    if len(listed) > MAX_SOLUTIONS:
        raise UsageError(f"there are more than {MAX_SOLUTIONS:,} layers that give this size", hint="narrow the ranges")
    return tuple(sorted(listed, key=Solution.simplicity))


def solutions(search: Search) -> Iterator[Solution]:
    """Every legal layer that gives the size, in the order of the ranges."""
    for kernel in search.kernel:
        dilations = search.dilation
        if search.kind == "avg-pool":
            dilations = within(range(1, 2), dilations)
        elif search.kind != "conv-transpose" and kernel == 1:
            dilations = dilations[:1]
        for stride in search.stride:
            for dilation in dilations:
                yield from padded(search, kernel, stride, dilation)


def padded(search: Search, kernel: int, stride: int, dilation: int) -> Iterator[Solution]:
    """Every padding with which a window gives the size: candidates by the height alone, then the layer is asked."""
    for padding, extra in paddings(search, kernel, stride, dilation):
        settings = (kernel, stride, padding, dilation, extra)
        try:
            layer = layer_of(search, *settings)
        except LayerError:
            return  # larger paddings are refused too
        try:
            if layer.output_shape((1, *search.inputs)) == (1, *search.outputs):
                yield Solution(*settings, layer)
        except ShapeError:
            pass


def paddings(search: Search, kernel: int, stride: int, dilation: int) -> Iterator[tuple[int, int]]:
    """(padding, output padding) that may give the height, every one that does among them."""
    n, m = search.inputs[0], search.outputs[0]
    if search.kind != "conv-transpose":
        window = Window(kernel, stride, dilation, ceil_mode=search.ceil_mode)
        yield from ((padding, 0) for padding in within(window_paddings(window, n, m), search.padding))
        return
    surplus = TransposedWindow(kernel, stride, d=dilation).size(n) - m
    extras = within(range(max(stride, dilation)), search.output_padding)
    for padding in within(transposed_paddings(surplus, extras), search.padding):
        if 2 * padding - surplus in extras:
            yield padding, 2 * padding - surplus


def within(values: range, wanted: range | None) -> range:
    """The wanted numbers from the first of `values` to the last, or all of these."""
    if wanted is None:
        return values
    return wanted[bisect_left(wanted, values.start) : bisect_left(wanted, values.stop)]


def layer_of(search: Search, kernel: int, stride: int, padding: int, dilation: int, output_padding: int) -> Layer:
    """The layer of these settings. Raises LayerError where torch takes them on no input."""
    if search.kind == "conv":
        return Conv2d(1, 1, kernel, stride, padding, dilation)
    if search.kind == "conv-transpose":
        return ConvTranspose2d(1, 1, kernel, stride, padding, output_padding, dilation=dilation)
    if search.kind == "max-pool":
        return MaxPool2d(kernel, stride, padding, dilation, ceil_mode=search.ceil_mode)
    return AvgPool2d(kernel, stride, padding, search.ceil_mode)


def alternatives(search: Search) -> dict[str, int]:
    """Settings that give the size by another value alone, the others as they are, each with such a value.

    Of kernel, stride and dilation it is the least, looked for up to both sizes and all padding together.
    """
    largest = max(search.inputs) + max(search.outputs) + 2 * (search.padding[-1] if search.padding else 0)
    values: dict[str, int] = {}
    for setting in SETTINGS:
        tried = search.to_dict()[setting]
        ranges: Iterable[range | None] = () if tried is None else (None,)
        if setting in WINDOW:
            last = min(largest, MAX_WINDOWS // (search.windows // len(tried)))
            ranges = (range(value, value + 1) for value in range(1, last + 1))
        answers = (next(solutions(search.replace(**{setting: each})), None) for each in ranges)
        solution = next(filter(None, answers), None)
        if solution is not None:
            values[setting] = solution.to_dict()[setting]
    return values
