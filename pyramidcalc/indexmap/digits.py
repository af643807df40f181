"""Axes whose positions are written digit by digit: what reshapes, permutes and parts of an axis read."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import IndexMap

if TYPE_CHECKING:
    from typing import ClassVar


class Digits(IndexMap):
    """Output i, in mixed radix, reads `offset` plus the sum of digit·stride, with every value of the digit `free`.

    `digits` are (stride, size), the outermost first; a size of -1 is what the axis has room for, n/stride. A digit of
    stride 0 only repeats. `held` gives some digits the one value at which an output reads anything. `free` is the
    (stride, size) of an input's digit of which all values are read.
    """

    digits: tuple[tuple[int, int], ...]
    offset: int = 0
    free: tuple[int, int] = (1, 1)
    held: tuple[int | None, ...] = ()

    symbolic: ClassVar[str] = "the product of its digits' sizes"

    @cached_property
    def skips(self) -> bool:  # type: ignore[override]  # follows the numbers
        """Whether some outputs may read nothing."""
        return any(value is not None for value in self.held)

    def _room(self, n: int, stride: int, size: int) -> int:
        """The size of a digit; one of -1 must take the axis without rest."""
        if size != -1:
            return size
        if n % stride:
            raise ShapeError(f"{n} positions cannot be cut into parts of {stride}", hint=f"use a multiple of {stride}")
        return n // stride

    def _sizes(self, n: int) -> tuple[int, ...]:
        return tuple([self._room(n, stride, size) for stride, size in self.digits])

    def size(self, n: int) -> int:
        sizes = self._sizes(n)
        stride, count = self.free[0], self._room(n, *self.free)
        last = self.offset + (count - 1) * stride
        last += sum([(size - 1) * step for size, (step, _) in zip(sizes, self.digits, strict=True)])
        if last >= n and not self.skips:
            raise ShapeError(f"needs at least {last + 1} positions, got {n}")
        return prod(sizes)

    def reads(self, n: int, i: int) -> range:
        first, digits = self.offset, list(zip(self._sizes(n), self.digits, self._held, strict=True))
        for size, (stride, _), held in reversed(digits[1:]):
            i, digit = divmod(i, size)
            if held not in (None, digit):
                return range(0)
            first += digit * stride
        # The outermost digit goes on past the border; one that is held comes again with the next n inputs.
        step = digits[0][1][0] if digits else n
        if digits and (held := digits[0][2]) is not None:
            i, digit = divmod(i, digits[0][0])
            if digit != held:
                return range(0)
            first, step = first + digit * step, n
        first += i * step
        stride, count = self.free[0], self._room(n, *self.free)
        return range(first, first + stride * (count - 1) + 1, stride)

    @cached_property
    def _held(self) -> tuple[int | None, ...]:
        return self.held or (None,) * len(self.digits)

    def period(self, n: int) -> tuple[int, int]:
        sizes = self._sizes(n)
        if not self.digits:
            return 1, n
        if self._held[0] is not None:
            return prod(sizes), n
        return prod(sizes[1:]), self.digits[0][0]

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        period, shift = self.period(n)
        stride = Fraction(shift, period)
        centres = [(taps[0] + taps[-1]) / Fraction(2) - i * stride for i in range(period) if (taps := self.reads(n, i))]
        return stride, sum(centres, Fraction(0)) / max(len(centres), 1)

    def formula(self) -> str:
        return self.symbolic
