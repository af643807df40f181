"""Which kernel, stride, padding and dilation turn one size into another, and what such a layer never reads."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import LARGEST, TransposedWindow, Window, max_output_padding
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.layers.base import Layer

ANY = range(LARGEST)
"""Every padding that torch takes."""
MAX_LAYERS = 200_000
"""Layers that may be tried, some seconds, and listed, half a minute as a table."""
ONLY_PADDING = "some outputs read only padding"


class Search(Record):
    """A kind of layer, the sizes (H, W) before and after it, and what is tried for each setting.

    `kind` is "conv", "conv-transpose", "max-pool" or "avg-pool".
    """

    kind: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    kernel: range = range(1, 8)
    stride: range = range(1, 5)
    dilation: range = range(1, 5)
    padding: range = ANY
    output_padding: range = ANY
    ceil_mode: bool = False


class Solution(Record):
    """One layer that gives the size, the same numbers on both axes."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int
    remarks: tuple[str, ...]


def solve(search: Search) -> tuple[Solution, ...]:
    """Every legal layer that gives the size, simplest first. Raises UsageError for ranges from 0, or with too much."""
    kernels, strides, dilations = search.kernel, search.stride, search.dilation
    if any(min(values[0], values[-1]) < 1 for values in (kernels, strides, dilations)):
        raise UsageError("kernels, strides and dilation rates are whole numbers from 1")
    # Of one window no more paddings than its stride, or its dilation, give the same size.
    layers = len(kernels) * len(strides) * len(dilations) * max(strides[0], strides[-1], dilations[0], dilations[-1])
    if layers > MAX_LAYERS:
        problem = f"the ranges may hold {layers:,} layers, over the limit of {MAX_LAYERS:,}"
        raise UsageError(problem, hint="narrow the ranges")
    return tuple(sorted(solutions(search), key=lambda solution: simplicity(solution, search.kind)))


def simplicity(solution: Solution, kind: str) -> tuple[int, ...]:
    """Orders solutions: fewest settings other than torch's defaults, then the smallest numbers.

    Those come last whose border outputs read nothing but padding, or whose border inputs give nothing: with padding
    over d·(k − 1), and before them with output padding over padding.
    """
    k, s, p, d, extra, _ = solution._key()
    over_padded = p >= Window(k, 1, d).span
    usual_stride = k if kind.endswith("pool") else 1
    changed = sum((s != usual_stride, p != 0, d != 1, extra != 0))
    return (over_padded, over_padded or extra > p, changed, d, extra, k, s, p)


def solutions(search: Search) -> Iterator[Solution]:
    """Every legal layer that gives the size.

    A kernel of 1 has no dilation, so of layers that differ in it alone the first stands for all; in a transposed
    convolution dilation allows more output padding too, and each is listed.
    """
    for kernel, stride, dilation in product(search.kernel, search.stride, search.dilation):
        if kernel == 1 and dilation != search.dilation[0] and search.kind != "conv-transpose":
            continue
        for padding, extra in paddings(search, kernel, stride, dilation):
            if padding in search.padding and extra in search.output_padding:
                settings = (kernel, stride, padding, dilation, extra)
                with suppress(LayerError, ShapeError):
                    layer = layer_of(search, *settings)
                    if layer.output_shape((1, *search.inputs)) == (1, *search.outputs):
                        yield Solution(*settings, remarks(layer, search.inputs))


def paddings(search: Search, kernel: int, stride: int, dilation: int) -> Iterator[tuple[int, int]]:
    """(padding, output padding) of all that may give the height."""
    n, m = search.inputs[0], search.outputs[0]
    if search.kind != "conv-transpose":
        yield from ((p, 0) for p in Window(kernel, stride, dilation, ceil_mode=search.ceil_mode).paddings(n, m))
        return
    for extra in range(max_output_padding(stride, dilation) + 1):
        # A padding takes two outputs away.
        padding, odd = divmod(TransposedWindow(kernel, stride, 0, extra, dilation).size(n) - m, 2)
        if not odd:
            yield padding, extra


def layer_of(search: Search, kernel: int, stride: int, padding: int, dilation: int, output_padding: int) -> Layer:
    """The layer of these settings. Raises LayerError where torch has none."""
    if search.kind == "conv":
        return Conv2d(1, 1, kernel, stride, padding, dilation)
    if search.kind == "conv-transpose":
        return ConvTranspose2d(1, 1, kernel, stride, padding, output_padding, dilation=dilation)
    if search.kind == "max-pool":
        return MaxPool2d(kernel, stride, padding, dilation, ceil_mode=search.ceil_mode)
    if dilation > 1:
        raise LayerError("average pools have no dilation")
    return AvgPool2d(kernel, stride, padding, search.ceil_mode)


def remarks(layer: Layer, inputs: tuple[int, int]) -> tuple[str, ...]:
    """What a user should know of a window or transposed window, alike on both axes, on an input (H, W)."""
    shape = (1, *inputs)
    output = layer.output_shape(shape)
    axes = zip(layer.axes(shape)[0][1:], inputs, output[1:], strict=True)
    diagnostics = [diagnostic.message for diagnostic in layer.diagnose((shape,), output, 1)]
    return tuple(dict.fromkeys([*(remark for axis in axes for remark in axis_remarks(*axis)), *diagnostics]))


def axis_remarks(axis_map: object, n: int, m: int) -> Iterator[str]:
    """The same of one axis, from n inputs to m outputs."""
    if isinstance(axis_map, Window):
        if axis_map.skipped and n >= axis_map.s:
            yield f"skips {axis_map.skipped} of every {axis_map.s} inputs"
        if axis_map.starves(n, m):
            yield ONLY_PADDING
    elif isinstance(axis_map, TransposedWindow):
        # Input j gives to the outputs that output j of the window turned round reads.
        if Window(axis_map.k, axis_map.s, axis_map.d, axis_map.p, axis_map.p).starves(m, n):
            yield "some inputs give nothing"
        if axis_map.starves(n):
            yield "some outputs read nothing"


def tiling(n: int, m: int) -> tuple[int, int]:
    """(kernel, stride) of m windows that cover n inputs from end to end, n at least m."""
    stride = n // m
    return n - (m - 1) * stride, stride
