"""Maps whose output size is given: adaptive bins, resizes, shuffles, broadcasts and whole-axis reads."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import floor, gcd, inf, nextafter
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import LARGEST, ZERO, Fixed, IndexMap
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw, constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import ClassVar

HALF = Fraction(1, 2)
LARGEST_FRACTION = 2**20
"""A scale of such terms at most makes n·scale exact in double precision for all n up to 2^33."""
RESIZE_MODES = ("nearest", "nearest-exact", "bilinear", "bicubic")


def simplest(scale: float) -> Fraction:
    """The simplest fraction that a double stands for: 11/5 for 2.2, 1/3 for 0.333…; else its exact value."""
    simple = Fraction(scale).limit_denominator(10**6)
    return simple if float(simple) == scale else Fraction(scale)


def least_scale(n: int) -> float:
    """The smallest double that makes 1 of n."""
    scale = 1 / n
    while floor(n * scale) < 1:
        scale = nextafter(scale, inf)
    return scale


class AdaptiveBins(IndexMap):
    """m bins over n inputs, as torch's adaptive pools cut them; they overlap where m does not divide n."""

    m: int

    symbolic: ClassVar[str] = "m; bin i is ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1"

    @property
    def whole(self) -> bool:  # type: ignore[override]  # one bin is the one case that reads all
        """Whether there is one bin only, which reads the whole axis."""
        return self.m == 1

    def size(self, n: int) -> int:
        return self.m

    def law(self) -> SizeLaw:
        return constant(self.m)

    def drift(self, n: int, m: int, n_rate: Fraction, m_rate: Fraction) -> int:
        return 0 if n * m_rate == m * n_rate else 1

    def reads(self, n: int, i: int) -> range:
        return range(i * n // self.m, -(-(i + 1) * n // self.m))

    def period(self, n: int) -> tuple[int, int]:
        shared = gcd(n, self.m)
        return self.m // shared, n // shared

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        return Fraction(n, self.m), Fraction(n, 2 * self.m) - HALF

    def with_numbers(self, n: int) -> str:
        least, most = n // self.m, -(-n // self.m)
        bins = "1 bin" if self.m == 1 else f"{self.m} bins"
        return f"{bins} over {n}, {least if least == most else f'{least} to {most}'} wide"


class Resize(IndexMap):
    """Interpolation to `m` samples, or by `scale`; modes and coordinates as in torch's Upsample.

    With a scale, m = ⌊n·scale⌋ in double precision and the ratio is 1/scale, not n/m; but where the
    size stays (nearest, bilinear) or doubles (nearest) torch on a CPU takes n/m there too.
    """

    mode: str
    align_corners: bool = False
    m: int | None = None
    scale: float | None = None

    def size(self, n: int) -> int:
        scaled = n * (self.scale or 0.0)
        if self.m is None and scaled > LARGEST:
            raise ShapeError(
                f"scale {self.scale} makes a size over torch's largest, 2^63 − 1, from {n}",
                hint="use a smaller scale",
                code="size-too-large",
            )
        m = self.m if self.m is not None else floor(scaled)
        if m < 1:
            raise ShapeError(
                f"scale {self.scale} makes size {m} from {n}",
                hint=f"use a scale of at least {least_scale(n)}, or give the size",
                code="empty-output",
            )
        return m

    def law(self) -> SizeLaw | None:
        if self.m is not None:
            return constant(self.m)
        up, down = Fraction(self.scale or 0.0).as_integer_ratio()
        if not 0 < max(up, down) <= LARGEST_FRACTION:
            return None
        return SizeLaw.of(FloorForm(factor=up, divisor=down), -(-down // up))

    def drift(self, n: int, m: int, n_rate: Fraction, m_rate: Fraction) -> int | None:
        if self.m is None and self.scale and self.ratio(n) == 1 / simplest(self.scale) and not self.align_corners:
            return 0
        edge = int(self.align_corners)
        if (n - edge) * m_rate == (m - edge) * n_rate:
            return 0
        # Nearest samples lie off their centre line by a share of the ratio in lowest terms, which is no fraction of n.
        return None if self.mode in ("nearest", "nearest-exact") else 1

    def ratio(self, n: int) -> Fraction:
        """Source samples per output step."""
        m = self.size(n)
        if self.align_corners:
            return Fraction(n - 1, m - 1) if m > 1 else ZERO
        if self.scale is None or (m, self.mode) in ((n, "nearest"), (n, "bilinear"), (2 * n, "nearest")):
            return Fraction(n, m)
        return 1 / simplest(self.scale)

    def reads(self, n: int, i: int) -> range:
        ratio = self.ratio(n)
        first, last = self._ends(i, ratio.numerator, ratio.denominator)
        return range(first, last + 1)

    def _ends(self, i: int, a: int, b: int) -> tuple[int, int]:
        """First and last source of output `i` at ratio a/b, in whole numbers."""
        if self.mode == "nearest":
            return (i * a // b,) * 2
        if self.mode == "nearest-exact":
            return ((2 * i + 1) * a // (2 * b),) * 2
        first, part = divmod(i * a, b) if self.align_corners else divmod((2 * i + 1) * a - b, 2 * b)
        if not part:
            return first, first
        return (first, first + 1) if self.mode == "bilinear" else (first - 1, first + 2)

    @property
    def steady(self) -> bool:
        # Of four samples the first steps back behind a source that lies on a sample.
        return self.mode != "bicubic"

    def heads(self, n: int, outputs: Sequence[int]) -> list[int]:
        ratio = self.ratio(n)
        return [self._ends(i, ratio.numerator, ratio.denominator)[0] for i in outputs]

    def tails(self, n: int, outputs: Sequence[int]) -> list[int]:
        ratio = self.ratio(n)
        return [self._ends(i, ratio.numerator, ratio.denominator)[1] for i in outputs]

    def longest(self, n: int, m: int) -> int:
        # Sources a fraction apart cannot both be whole, so the first two outputs show every width.
        return super().longest(n, min(m, 2))

    def period(self, n: int) -> tuple[int, int]:
        ratio = self.ratio(n)
        return ratio.denominator, ratio.numerator

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        ratio = self.ratio(n)
        if self.mode == "nearest":
            return ratio, Fraction(1 - ratio.denominator, 2 * ratio.denominator)
        if self.mode == "nearest-exact" and ratio.numerator % 2 == 0:
            return ratio, ratio / 2 - Fraction(ratio.denominator - 1, 2 * ratio.denominator)
        return ratio, ZERO if self.align_corners else (ratio - 1) / 2

    def taps(self, n: int, i: int) -> Iterable[int]:
        source = self.reads(n, i)
        last = n - 1
        return range(min(max(source[0], 0), last), min(max(source[-1], 0), last) + 1)

    def formula(self) -> str:
        return "⌊n·scale⌋" if self.m is None else "m, as given"

    def with_numbers(self, n: int) -> str:
        if self.m is None:
            return f"⌊{n}·{self.scale}⌋ = {self.size(n)}"
        return f"{self.m}, as given; {n} → {self.m} steps by {self.ratio(n)}"


@lru_cache(maxsize=256)
def resize(mode: str, align_corners: bool = False, m: int | None = None, scale: float | None = None) -> Resize:
    """The Resize of these arguments, one object for equal ones."""
    return Resize(mode, align_corners, m, scale)


class Shuffle(Fixed):
    """Pixel shuffle: each input becomes r outputs, told apart by channels."""

    r: int

    symbolic: ClassVar[str] = "n·r"

    def size(self, n: int) -> int:
        return n * self.r

    def law(self) -> SizeLaw:
        return SizeLaw.of(FloorForm(factor=self.r))

    def reads(self, n: int, i: int) -> range:
        return range(i // self.r, i // self.r + 1)

    def period(self, n: int) -> tuple[int, int]:
        return self.r, 1

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        return Fraction(1, self.r), Fraction(1 - self.r, 2 * self.r)

    def with_numbers(self, n: int) -> str:
        return f"{n}·{self.r} = {self.size(n)}"


class Broadcast(Fixed):
    """One input stands for all m outputs."""

    m: int

    symbolic: ClassVar[str] = "m from 1"

    def size(self, n: int) -> int:
        if n != 1:
            raise ShapeError(f"size {n} cannot stand for {self.m}", hint="only size 1 broadcasts")
        return self.m

    def reads(self, n: int, i: int) -> range:
        return range(1)

    def period(self, n: int) -> tuple[int, int]:
        return 1, 0

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        return ZERO, ZERO


class Whole(IndexMap):
    """Each of m outputs reads the whole axis: a dense layer, a flatten, all channels of a convolution."""

    m: int = 1

    symbolic: ClassVar[str] = "m"
    whole: ClassVar[bool] = True

    def size(self, n: int) -> int:
        return self.m

    def reads(self, n: int, i: int) -> range:
        return range(n)

    def period(self, n: int) -> tuple[int, int]:
        return 1, 0

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        return ZERO, Fraction(n - 1, 2)

    def gather(self, n: int, outputs: int) -> int:
        return (1 << n) - 1 if outputs else 0


class Grouped(IndexMap):
    """m outputs in equal groups; each reads its own group of the inputs (grouped convolutions)."""

    groups: int
    m: int

    symbolic: ClassVar[str] = "m"

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
