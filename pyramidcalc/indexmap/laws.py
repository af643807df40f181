"""How the size of an axis follows from the size before it: closed forms, and laws that hold for every size."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Self


class FloorForm(Record):
    """times·⌊(factor·n + shift)/divisor⌋ + add, in lowest terms; what a chain of windows and pads makes of n.

    Source of the composition: ⌊(⌊x⌋ + c)/t⌋ = ⌊(x + c)/t⌋ for integers c and t > 0 (Graham, Knuth, Patashnik,
    Concrete Mathematics, 3.2).
    """

    times: int = 1
    factor: int = 1
    shift: int = 0
    divisor: int = 1
    add: int = 0

    def _normalise(self) -> dict[str, int]:
        times, factor, shift, divisor, add = self._key()
        if not times or not factor:
            return {"times": 0, "factor": 0, "shift": 0, "divisor": 1, "add": add + times * (shift // divisor)}
        # Whole steps of the shift leave the floor, the nearer way; a common factor of all but the shift is redundant.
        shared = gcd(factor, divisor)
        factor, shift, divisor = factor // shared, shift // shared, divisor // shared
        steps, rest = divmod(shift, divisor)
        if divisor == 1:
            return {"times": times * factor, "factor": 1, "shift": 0, "divisor": 1, "add": add + times * shift}
        if 2 * rest > divisor or (2 * rest == divisor and add + times * (steps + 1) == 0):
            steps, rest = steps + 1, rest - divisor
        return {"times": times, "factor": factor, "shift": rest, "divisor": divisor, "add": add + times * steps}

    def at(self, n: int) -> int:
        """The value."""
        return self.times * ((self.factor * n + self.shift) // self.divisor) + self.add

    def after(self, first: FloorForm) -> FloorForm | None:
        """This form of what `first` makes, as one floor; None where it takes two."""
        times, factor, shift, divisor, add = self._key()
        if not times or not first.times:
            return FloorForm(0, add=self.at(first.add))
        # The argument of this floor is (scale·⌊x⌋ + rest)/divisor.
        scale, rest = factor * first.times, factor * first.add + shift
        shared = gcd(scale, divisor)
        scale, rest, divisor = scale // shared, rest // shared, divisor // shared
        if divisor == 1:
            return FloorForm(times * scale, first.factor, first.shift, first.divisor, times * rest + add)
        if first.divisor == 1:
            return FloorForm(times, scale * first.factor, scale * first.shift + rest, divisor, add)
        if scale != 1:
            return None
        return FloorForm(times, first.factor, first.shift + first.divisor * rest, first.divisor * divisor, add)

    @property
    def slope(self) -> Fraction:
        """Growth a unit of n, on average."""
        return Fraction(self.times * self.factor, self.divisor)

    def text(self, letter: str) -> str:
        """`⌊(H − 1)/16⌋ + 1` for letter H."""
        if not self.times:
            return str(self.add)
        inside = (letter if self.factor == 1 else f"{self.factor}·{letter}") + added(self.shift)
        if self.divisor > 1:
            inside = f"⌊({inside})/{self.divisor}⌋" if self.shift else f"⌊{inside}/{self.divisor}⌋"
        return (inside if self.times == 1 else f"{self.times}·{inside}") + added(self.add)


class Growth(Record):
    """An axis whose size grows by rate·t whenever the input grows by t, for every multiple t of `period`."""

    rate: Fraction
    period: int = 1


class SizeLaw(Record):
    """From `least` inputs on all is legal, and size(n + step) = size(n) + rate·step; `form` where one floor tells.

    Where the form is 0, all is refused from `least` on.
    """

    form: FloorForm | None
    rate: Fraction
    step: int
    least: int = 1

    @classmethod
    def of(cls, form: FloorForm, least: int = 1) -> Self:
        """The law of a closed form."""
        return cls(form, form.slope, form.divisor, max(least, 1))

    def growth(self, n: int, rate: Fraction) -> Growth | None:
        """How the size goes on where the size before it grows at `rate` from `n` on; None from below `least`."""
        return Growth(rate * self.rate, (rate / self.step).denominator) if n >= self.least else None


def constant(m: int, least: int = 1) -> SizeLaw:
    """The law of an axis of m positions whatever is before it."""
    return SizeLaw.of(FloorForm(0, add=m), least)


def added(number: int) -> str:
    """` + 2`, ` − 2`, or nothing for 0."""
    return f" {'+' if number > 0 else '−'} {abs(number)}" if number else ""


SAME_SIZE = SizeLaw.of(FloorForm())
"""The law of what keeps the size of an axis."""
