"""Maps that repeat, pick or reorder inputs, and those that read many at once: of channels above all."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import IndexMap
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw, constant

if TYPE_CHECKING:
    from typing import ClassVar

    from pyramidcalc.indexmap.base import Ends


class Broadcast(IndexMap):
    """One input stands for all m outputs."""

    m: int

    def size(self, n: int) -> int:
        if n != 1:
            raise ShapeError(f"size {n} cannot stand for {self.m}", hint="only size 1 broadcasts")
        return self.m

    def ends(self, n: int) -> Ends:
        return 0, 0, 0, 1


class Whole(IndexMap):
    """Each of m outputs reads the whole axis: a dense layer, a flatten, all channels of a convolution."""

    m: int = 1

    whole: ClassVar[bool] = True

    def size(self, n: int) -> int:
        return self.m

    def ends(self, n: int) -> Ends:
        return 0, n - 1, 0, 1

    def gather(self, n: int, outputs: int) -> int:
        return (1 << n) - 1 if outputs else 0

    def spread(self, n: int, inputs: int) -> int:
        return (1 << self.m) - 1 if inputs else 0


class Grouped(IndexMap):
    """m outputs in equal groups; each reads its own group of the inputs (grouped convolutions)."""

    groups: int
    m: int

    def size(self, n: int) -> int:
        return self.m

    def reads(self, n: int, i: int) -> range:
        wide = n // self.groups
        group = i // (self.m // self.groups)
        return range(group * wide, (group + 1) * wide)

    def period(self, n: int) -> tuple[int, int]:
        return self.m // self.groups, n // self.groups

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        each, wide = self.m // self.groups, n // self.groups
        return Fraction(wide, each), Fraction(wide - 1, 2) - Fraction(wide * (each - 1), 2 * each)

    def spread(self, n: int, inputs: int) -> int:
        wide, each, outputs = n // self.groups, self.m // self.groups, 0
        for group in range(self.groups):
            if inputs >> (group * wide) & ((1 << wide) - 1):
                outputs |= ((1 << each) - 1) << (group * each)
        return outputs


class Interleave(IndexMap):
    """The n inputs as `groups` rows read column by column (channel shuffle): output i reads (i mod g)·n/g + ⌊i/g⌋.

    Source: Zhang et al., ShuffleNet, arXiv 1707.01083, section 3.1.
    """

    groups: int

    symbolic: ClassVar[str] = "{n}"

    def size(self, n: int) -> int:
        return n

    def reads(self, n: int, i: int) -> range:
        column, row = divmod(i, self.groups)
        source = row * (n // self.groups) + column
        return range(source, source + 1)

    def period(self, n: int) -> tuple[int, int]:
        return self.groups, 1

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        each = Fraction(n, self.groups)
        return Fraction(1, self.groups), (each - Fraction(1, self.groups)) * (self.groups - 1) / 2


class Slice(IndexMap):
    """Every `step`-th input from `start` to before `stop`, as Python slices: negative ends count from the last."""

    start: int | None = None
    stop: int | None = None
    step: int = 1

    symbolic: ClassVar[str] = "⌈({stop} − {start})/{step}⌉"

    def _range(self, n: int) -> range:
        return range(n)[self.start : self.stop : self.step]

    def size(self, n: int) -> int:
        kept = self._range(n)
        if not kept:
            raise ShapeError(
                f"slice {self.start or 0}:{'' if self.stop is None else self.stop}:{self.step} of {n} is empty",
                hint=f"start below {n}, and stop after the start",
                code="empty-output",
            )
        # len() ends at 2^63.
        return (kept[-1] - kept[0]) // self.step + 1

    def law(self) -> SizeLaw:
        start, stop, step = self.start or 0, self.stop, self.step
        if start < 0 and stop is not None and stop >= 0:
            # A start counted from the end comes to lie after a fixed stop, and leaves nothing.
            return constant(0, stop - start)
        if (start < 0) == (stop is None or stop < 0):
            # Both ends are counted from the same side.
            return constant(max(-(-((stop or 0) - start) // step), 0), max(-start, stop or 0))
        return SizeLaw.of(FloorForm(shift=(stop or 0) - start + step - 1, divisor=step), start - (stop or 0) + 1)

    def ends(self, n: int) -> Ends:
        start = self._range(n).start
        return start, start, self.step, 1

    def with_numbers(self, n: int) -> str:
        kept = self._range(n)
        return f"⌈({kept.stop} − {kept.start})/{self.step}⌉ = {self.size(n)}"
