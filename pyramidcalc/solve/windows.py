"""Which kernel, stride, padding and dilation turn one size into another."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import (
    LARGEST,
    TransposedWindow,
    Window,
    most_output_padding,
    most_pool_pad,
    output_paddings,
    padding_beside,
    transposed_paddings,
    window_paddings,
)
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.layers.base import Layer

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
MOST_TRIED = 100_000
"""Combinations of kernel, stride and dilation that are looked at, about a second."""
MOST_FOUND = 10_000
"""Layers that are listed, some seconds as a table."""


class Ranges(Record):
    """What is tried for each setting; None: every value that torch takes."""

    kernel: range = range(1, 8)
    stride: range = range(1, 5)
    dilation: range = range(1, 5)
    padding: range | None = None
    output_padding: range | None = None

    @property
    def combinations(self) -> int:
        """Of kernel, stride and dilation; paddings follow from them."""
        return len(self.kernel) * len(self.stride) * len(self.dilation)


class Solution(Record):
    """One layer that gives the size, the same numbers on both axes."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int
    layer: Layer

    @property
    def beyond(self) -> bool:
        """Whether padding is more than d·(k − 1), so that whole windows lie in it."""
        return self.padding >= Window(self.kernel, 1, self.dilation).span

    @property
    def idle(self) -> bool:
        """Whether padding or output padding lies beyond every window: border outputs read, or inputs give, nothing."""
        return self.beyond or self.output_padding > self.padding

    def simplicity(self) -> tuple[int, ...]:
        """Orders solutions: fewest settings other than torch's defaults, then the smallest numbers.

        After all others come those that are idle at the border.
        """
        values = self.layer.to_dict()
        defaults = self.layer._defaults
        others = sum(values[name] != (defaults[name],) * 2 for name in ("padding", "dilation") if name in values)
        others += (self.stride != self.kernel) if defaults["stride"] is None else (self.stride != 1)
        others += self.output_padding != 0
        return (
            self.beyond,
            self.idle,
            others,
            self.dilation,
            self.output_padding,
            self.kernel,
            self.stride,
            self.padding,
        )

    def remarks(self, sizes: tuple[int, ...]) -> list[str]:
        """What a user should know of this layer on an input of these sizes: what it never reads or fills."""
        shape = (1, *sizes)
        notes = self.layer.diagnose((shape,), self.layer.output_shape(shape), 1)
        return [*self.idleness(sizes), *[note.message for note in notes]]

    def idleness(self, sizes: tuple[int, ...]) -> Iterator[str]:
        """Inputs that are skipped, windows in the padding, outputs that read nothing."""
        rows, columns = self.layer.axes((1, *sizes))[0][1:]
        if isinstance(rows, TransposedWindow) and isinstance(columns, TransposedWindow):
            if self.beyond:
                yield "some inputs at the border give nothing"
            starved = {rows.starves(sizes[0]), columns.starves(sizes[1])}
            if True in starved:
                yield "some outputs read nothing"
            elif None in starved:
                yield "unknown whether every output reads something: too many to look at"
        elif isinstance(rows, Window):
            if rows.skipped:
                yield f"skips {rows.skipped} of every {self.stride} inputs"
            if self.beyond:
                yield "reads only padding at the border"


def solve(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, *, ceil_mode: bool = False
) -> tuple[Solution, ...]:
    """Every legal layer of a kind (one of KINDS) that makes (H, W) `outputs` of `inputs`, simplest first.

    A kernel of 1 has no dilation, so of layers that differ in it alone the first stands for all; in a transposed
    convolution dilation allows more output padding too, and each is listed. Raises UsageError where there is too
    much to try, or to list.
    """
    if ranges.combinations > MOST_TRIED:
        raise UsageError(
            f"the ranges of kernel, stride and dilation hold {ranges.combinations:,} combinations, "
            f"over the limit of {MOST_TRIED:,}",
            hint="narrow the ranges",
        )
    found: list[Solution] = []
    for setting in settings(kind, inputs, outputs, ranges, ceil_mode):
        if len(found) >= MOST_FOUND:
            raise UsageError(f"there are more than {MOST_FOUND:,} layers that give this size", hint="narrow the ranges")
        found.append(Solution(*setting, made(kind, setting, ceil_mode)))
    return tuple(sorted(found, key=Solution.simplicity))


def settings(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, ceil_mode: bool
) -> Iterator[tuple[int, int, int, int, int]]:
    """(kernel, stride, padding, dilation, output padding) of every layer that gives the size."""
    for k, s, d in windows(kind, ranges):
        if kind == "conv-transpose":
            found = transposed(TransposedWindow(k, s, 0, 0, d), inputs, outputs, ranges)
            yield from ((k, s, p, d, extra) for p, extra in found)
            continue
        most = LARGEST if kind == "conv" else most_pool_pad(k)
        paddings = within(ranges.padding, most)
        for n, m in zip(inputs, outputs, strict=True):
            paddings = common(paddings, window_paddings(Window(k, s, d, ceil_mode=ceil_mode), n, m))
        yield from ((k, s, p, d, 0) for p in paddings)


def windows(kind: str, ranges: Ranges) -> Iterator[tuple[int, int, int]]:
    """(kernel, stride, dilation) to try, however long the ranges are."""
    dilations = ranges.dilation
    if kind == "avg-pool":
        dilations = common(dilations, range(1, 2))
    for k in ranges.kernel:
        for s in ranges.stride:
            yield from ((k, s, d) for d in (dilations[:1] if k == 1 and kind != "conv-transpose" else dilations))


def transposed(
    bare: TransposedWindow, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges
) -> Iterator[tuple[int, int]]:
    """(padding, output padding) with which a transposed window without either gives the size."""
    axes = {transposed_paddings(bare, n, m) for n, m in zip(inputs, outputs, strict=True)}
    if len(axes) > 1:
        return
    ((paddings, surplus),) = axes
    paddings = common(within(ranges.padding, LARGEST), paddings)
    every = within(ranges.output_padding, most_output_padding(bare.s, bare.d))
    for extra in common(every, output_paddings(paddings, surplus)):
        yield padding_beside(extra, surplus), extra


def within(wanted: range | None, most: int) -> range:
    """The wanted numbers up to the largest that torch takes, or all of these."""
    every = range(most + 1)
    return every if wanted is None else common(wanted, every)


def common(one: range, other: range) -> range:
    """The numbers of two ascending ranges, by arithmetic alone."""
    shared = gcd(one.step, other.step)
    steps, odd = divmod(other.start - one.start, shared)
    if odd:
        return range(0)
    rest = other.step // shared
    step = one.step * rest
    first = one.start + steps * pow(one.step // shared, -1, rest) % rest * one.step
    least = max(one.start, other.start)
    return range(least + (first - least) % step, min(one.stop, other.stop), step)


def made(kind: str, setting: tuple[int, int, int, int, int], ceil_mode: bool) -> Layer:
    """The layer of these settings."""
    k, s, p, d, extra = setting
    if kind == "conv":
        return Conv2d(1, 1, k, s, p, d)
    if kind == "conv-transpose":
        return ConvTranspose2d(1, 1, k, s, p, extra, dilation=d)
    if kind == "avg-pool":
        return AvgPool2d(k, s, p, ceil_mode)
    return MaxPool2d(k, s, p, d, ceil_mode=ceil_mode)
