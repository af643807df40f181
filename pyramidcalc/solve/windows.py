"""Which kernel, stride, padding and dilation turn one size into another."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import TransposedWindow, Window
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
MOST_TRIED = 100_000
"""Combinations of kernel, stride, dilation and output padding that are looked at, about a second."""
MOST_FOUND = 100_000


class Ranges(Record):
    """What is tried for each setting; None: every value that makes sense.

    Paddings make sense up to d·(k − 1), where the first window still reads one input; output paddings up to what
    torch allows.
    """

    kernel: range = range(1, 8)
    stride: range = range(1, 5)
    dilation: range = range(1, 5)
    padding: range | None = None
    output_padding: range | None = None


class Solution(Record):
    """One layer that gives the size, the same numbers on both axes."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    output_padding: int
    layer: Layer

    def simplicity(self) -> tuple[int, ...]:
        """Orders solutions: fewest settings other than torch's defaults, then the smallest numbers."""
        values = self.layer.to_dict()
        defaults = self.layer._defaults
        others = sum(values[name] != (defaults[name],) * 2 for name in ("padding", "dilation") if name in values)
        others += (self.stride != self.kernel) if defaults["stride"] is None else (self.stride != 1)
        others += self.output_padding != 0
        return others, self.dilation, self.output_padding, self.kernel, self.stride, self.padding

    def remarks(self, sizes: tuple[int, ...]) -> list[str]:
        """What a user should know of this layer on an input of these sizes: what it never reads or fills."""
        shape = (1, *sizes)
        rows, columns = self.layer.axes(shape)[0][1:]
        made = []
        if isinstance(rows, Window) and self.stride > rows.span:
            made.append(f"skips {self.stride - rows.span} of every {self.stride} inputs")
        if any(each.skips and reads_nothing(each, n) for each, n in ((rows, sizes[0]), (columns, sizes[1]))):
            made.append("some outputs read nothing")
        notes = self.layer.diagnose((shape,), self.layer.output_shape(shape), 1)
        return made + [note.message for note in notes]


def reads_nothing(axis_map: IndexMap, n: int) -> bool:
    """Whether some output of a map has no input at all."""
    return any(not axis_map.reads(n, i) for i in range(min(axis_map.period(n)[0], MOST_TRIED)))


def solve(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, *, ceil_mode: bool = False
) -> tuple[Solution, ...]:
    """Every legal layer of a kind (one of KINDS) that makes (H, W) `outputs` of `inputs`, simplest first.

    Raises UsageError where there is too much to try, or to list.
    """
    found: list[Solution] = []
    for tried, (k, s, d, extra) in enumerate(settings(kind, ranges)):
        if tried >= MOST_TRIED:
            raise UsageError(f"there are more than {MOST_TRIED:,} combinations to try", hint="narrow the ranges")
        maps = Family(kind, k, s, d, extra, ceil_mode)
        paddings = maps.paddings(ranges.padding, inputs, outputs)
        if len(found) + len(paddings) > MOST_FOUND:
            raise UsageError(f"there are more than {MOST_FOUND:,} layers that give this size", hint="narrow the ranges")
        for p in paddings:
            layer = maps.layer(p)
            if layer is not None and gives(layer, inputs, outputs):
                found.append(Solution(k, s, p, d, extra, layer))
    return tuple(sorted(found, key=Solution.simplicity))


def settings(kind: str, ranges: Ranges) -> Iterator[tuple[int, int, int, int]]:
    """(kernel, stride, dilation, output padding) to try."""
    dilations: Sequence[int] = ranges.dilation
    if kind == "avg-pool":
        dilations = [1] if 1 in ranges.dilation else []
    for k, s, d in product_of(ranges.kernel, ranges.stride, dilations):
        if k == 1 and d > dilations[0]:
            continue  # a single tap has no dilation: one is as good as all
        extras: Sequence[int] = (0,)
        if kind == "conv-transpose":
            most = max(s, d) - 1
            wanted = ranges.output_padding or range(most + 1)
            extras = wanted[: bisect_right(wanted, most)]
        for extra in extras:
            yield k, s, d, extra


def product_of(kernels: range, strides: range, dilations: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The product, however long the ranges are."""
    for k in kernels:
        for s in strides:
            for d in dilations:
                yield k, s, d


class Family(Record):
    """Layers of one kind that differ in their padding alone."""

    kind: str
    kernel: int
    stride: int
    dilation: int
    output_padding: int
    ceil_mode: bool

    def map(self, padding: int) -> IndexMap:
        """The index map of one axis."""
        k, s, d = self.kernel, self.stride, self.dilation
        if self.kind == "conv-transpose":
            return TransposedWindow(k, s, padding, self.output_padding, d)
        return Window(k, s, d, padding, padding, self.ceil_mode)

    def layer(self, padding: int) -> Layer | None:
        """The layer, or None where torch has none."""
        k, s, d = self.kernel, self.stride, self.dilation
        try:
            if self.kind == "conv":
                return Conv2d(1, 1, k, s, padding, d)
            if self.kind == "conv-transpose":
                return ConvTranspose2d(1, 1, k, s, padding, self.output_padding, dilation=d)
            if self.kind == "avg-pool":
                return AvgPool2d(k, s, padding, self.ceil_mode)
            return MaxPool2d(k, s, padding, d, ceil_mode=self.ceil_mode)
        except LayerError:
            return None

    def paddings(self, wanted: range | None, inputs: tuple[int, int], outputs: tuple[int, int]) -> range:
        """Those of the wanted paddings with which both axes come out right: sizes only grow or only shrink with it."""
        found = range(Window(self.kernel, 1, self.dilation).span) if wanted is None else wanted
        sign = -1 if self.kind == "conv-transpose" else 1
        for n, m in zip(inputs, outputs, strict=True):

            def sized(padding: int, n: int = n) -> int:
                return sign * size_of(self.map(padding), n)

            found = found[bisect_left(found, sign * m, key=sized) : bisect_right(found, sign * m, key=sized)]
        return found


def size_of(axis_map: IndexMap, n: int) -> int:
    """The map's size, 0 where there is none."""
    try:
        return axis_map.size(n)
    except ShapeError:
        return 0


def gives(layer: Layer, inputs: tuple[int, int], outputs: tuple[int, int]) -> bool:
    """Whether a layer makes `outputs` of `inputs`, as the layer itself says."""
    try:
        return layer.output_shape((1, *inputs)) == (1, *outputs)
    except ShapeError:
        return False
