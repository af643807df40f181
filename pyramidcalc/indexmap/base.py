"""The index map: which of n inputs each of m outputs reads along one axis, in plain ints and exact fractions."""

from __future__ import annotations

import re
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from pyramidcalc.indexmap.laws import SizeLaw

    Ends = tuple[int, int, int, int]
    """(first, last, step, divisor): output i reads from ⌊(first + i·step)/divisor⌋ to ⌊(last + i·step)/divisor⌋."""

    Shares = tuple[list[tuple[int, int]], int]
    """(input, whole number) of each sample, and the denominator of all."""

LARGEST = 2**63 - 1
"""torch's sizes are 64-bit integers."""
LARGEST_INT = 2**31 - 1
"""torch's pools take 32-bit integers."""

ZERO = Fraction(0)
ONE = Fraction(1)


class IndexMap(Record):
    """One axis of an operator, channels or spatial: `size` of the output, `reads` of each output position.

    `reads` goes on past the borders of the input with the map's period (what a receptive field
    means); `taps` stays inside the n inputs that there are (what one forward pass reads).
    """

    symbolic: ClassVar[str] = "{m}"
    """The size formula, with a format field for each number."""

    whole: ClassVar[bool] = False
    """Whether every output reads the whole input, whatever its size."""

    skips: ClassVar[bool] = False
    """Whether some outputs may read nothing."""

    dilated: ClassVar[bool] = False
    """Whether there are holes between the taps of one output."""

    def size(self, n: int) -> int:
        """Number of outputs from `n` inputs. Raises ShapeError where there is none."""
        raise NotImplementedError

    def law(self) -> SizeLaw | None:
        """Closed form of `size`, and from which n it holds; None where no such law is known."""
        return None

    def ends(self, n: int) -> Ends | None:
        """The rule of the first and the last input that each output reads; None where there is none.

        Maps without it give `reads`, `period` and `centre` themselves.
        """
        return None

    def reads(self, n: int, i: int) -> range:
        """Inputs that output `i` reads, ascending, as if the input went on past its borders."""
        first, last, step, divisor = self.ends(n)  # type: ignore[misc]  # others give their own
        return range((first + i * step) // divisor, (last + i * step) // divisor + 1)

    def period(self, n: int) -> tuple[int, int]:
        """(p, q): output i + p reads what output i reads, shifted by q."""
        _, _, step, divisor = self.ends(n)  # type: ignore[misc]  # others give their own
        shared = gcd(step, divisor)
        return divisor // shared, step // shared

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        """(stride, offset): output i is centred at stride·i + offset, on average over a period."""
        first, last, step, divisor = self.ends(n)  # type: ignore[misc]  # others give their own
        # On average over all that divisor and step leave, a floor lies half the largest rest behind its line.
        shared = gcd(step, divisor)
        twice = first - first % shared + last - last % shared - (divisor - shared)
        return Fraction(step, divisor), Fraction(twice, 2 * divisor)

    def taps(self, n: int, i: int) -> Iterable[int]:
        """Inputs among 0 … n-1 that output `i` reads, each once."""
        return clipped(self.reads(n, i), n)

    def samples(self, n: int, i: int) -> Iterable[int]:
        """The inputs of `taps`, each as often as it is read: a pad that mirrors may read one twice."""
        return self.taps(n, i)

    def shares(self, n: int, i: int) -> Shares | None:
        """How much of output `i` each of its samples makes up where the operator averages; None: not settled."""
        samples = list(self.samples(n, i))
        return [(j, 1) for j in samples], max(len(samples), 1)

    def full_windows(self, n: int) -> int:
        """Number of output positions that read only what lies inside the n inputs."""
        raise NotImplementedError

    def gather(self, n: int, outputs: int) -> int:
        """Bit set of the inputs among 0 … n-1 that the bit set `outputs` reads."""
        inputs = 0
        for i in positions_of(outputs):
            inputs |= bits_of(self.taps(n, i))
        return inputs

    def spread(self, n: int, inputs: int) -> int:
        """Bit set of the outputs that read any of the bit set `inputs`: `gather` turned round."""
        return bits_of(i for i in range(self.size(n)) if any(inputs >> tap & 1 for tap in self.taps(n, i)))

    def formula(self) -> str:
        """The size formula in letters."""
        return self.symbolic.format(n="n", **{name: name for name in self._fields})

    def with_numbers(self, n: int) -> str:
        """The size formula with the numbers put in, and its result where that is not all there is."""
        text, size = self.symbolic.format(n=n, **self.to_dict()), str(self.size(n))
        return text if text == size else f"{text} = {size}"


def clipped(positions: range, n: int) -> range:
    """The part of an ascending range that lies in 0 … n-1, by arithmetic alone."""
    start = positions.start if positions.start >= 0 else positions.start % positions.step
    return range(start, min(positions.stop, n), positions.step)


def bits_of(positions: Iterable[int]) -> int:
    """The bit set of some positions; a plain run costs one shift."""
    if isinstance(positions, range) and positions.step == 1:
        return ((1 << len(positions)) - 1) << positions.start if positions else 0
    bits = 0
    for position in positions:
        bits |= 1 << position
    return bits


def runs_of(bits: int) -> list[tuple[int, int]]:
    """The runs of positions in a bit set as half-open ranges, ascending: (3, 5) and (9, 10) for 3, 4 and 9."""
    return [run.span() for run in re.finditer("1+", f"{bits:b}"[::-1])]


def positions_of(bits: int) -> Iterable[int]:
    """The positions in a bit set, ascending."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
