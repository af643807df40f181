"""Maps of samples to another number of them: adaptive bins and resizes."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import floor, inf, nextafter
from struct import pack, unpack
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import LARGEST, ZERO, IndexMap
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw, constant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from pyramidcalc.indexmap.base import Ends, Shares

LARGEST_FRACTION = 2**20
"""A scale of such terms at most makes n·scale exact in double precision for all n up to 2^33."""
RESIZE_MODES = ("nearest", "nearest-exact", "linear", "cubic")


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


def float32(number: float) -> float:
    """The nearest number in single precision."""
    rounded: float = unpack("f", pack("f", number))[0]
    return rounded


class AdaptiveBins(IndexMap):
    """m bins over n inputs, as torch's adaptive pools cut them; they overlap where m does not divide n.

    `scaled` says that m follows n (an area resize by a factor): a single bin is then not the whole axis at all sizes.
    """

    m: int
    scaled: bool = False

    symbolic: ClassVar[str] = "{m}; bin i is ⌊i·{n}/{m}⌋ … ⌈(i + 1)·{n}/{m}⌉ − 1"

    @property
    def whole(self) -> bool:  # type: ignore[override]  # one bin is the one case that reads all
        """Whether there is one bin only, which reads the whole axis whatever its size."""
        return self.m == 1 and not self.scaled

    def size(self, n: int) -> int:
        return self.m

    def law(self) -> SizeLaw:
        return constant(self.m)

    def ends(self, n: int) -> Ends:
        return 0, n - 1, n, self.m

    def with_numbers(self, n: int) -> str:
        narrow, wide = n // self.m, -(-n // self.m)
        bins = "1 bin" if self.m == 1 else f"{self.m} bins"
        return f"{bins} over {n}, {narrow if narrow == wide else f'{narrow} to {wide}'} wide"


class Resize(IndexMap):
    """Interpolation to `m` samples, or by `scale`; modes and coordinates as in torch's Upsample.

    With a scale, m = ⌊n·scale⌋ in double precision and the ratio is 1/scale, not n/m; but linear takes n/m where the
    size stays. `planar` says that the axis is one of two: there torch on a CPU has kernels of their own, with which
    nearest takes n/m, too, where the size stays or doubles.
    """

    mode: str
    align_corners: bool = False
    m: int | None = None
    scale: float | None = None
    planar: bool = True

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

    def _takes_sizes(self, n: int, m: int) -> bool:
        """Whether torch takes the ratio from the sizes, whatever the scale."""
        if self.mode == "linear" and m == n:
            return True
        return self.scale is None or (self.planar and self.mode == "nearest" and m in (n, 2 * n))

    def ratio(self, n: int) -> Fraction:
        """Source samples per output step."""
        if n not in self._ratios:
            self._ratios[n] = self._ratio(n, self.size(n))
        return self._ratios[n]

    @cached_property
    def _ratios(self) -> dict[int, Fraction]:
        """The ratio of each n that was asked for: working it out takes longer than all else that a position needs."""
        return {}

    def _ratio(self, n: int, m: int) -> Fraction:
        if self.align_corners:
            return Fraction(n - 1, m - 1) if m > 1 else ZERO
        return Fraction(n, m) if self._takes_sizes(n, m) else 1 / simplest(self.scale or 1.0)

    def ends(self, n: int) -> Ends | None:
        a, b = self.ratio(n).as_integer_ratio()
        if self.mode == "nearest":
            return 0, 0, a, b
        if self.mode == "nearest-exact":
            return a, a, 2 * a, 2 * b
        if self.mode == "cubic":
            return None  # of four samples the first steps back behind a source that lies on a sample
        return (0, b - 1, a, b) if self.align_corners else (a - b, a + b - 1, 2 * a, 2 * b)

    def reads(self, n: int, i: int) -> range:
        if self.mode != "cubic":
            return super().reads(n, i)
        first, part, _ = self._source(i, *self.ratio(n).as_integer_ratio())
        return range(first - 1, first + 3) if part else range(first, first + 1)

    def _source(self, i: int, a: int, b: int) -> tuple[int, int, int]:
        """(sample, part, whole): the point of output `i` lies part/whole of a step behind a sample."""
        if self.align_corners:
            return *divmod(i * a, b), b
        return *divmod((2 * i + 1) * a - b, 2 * b), 2 * b

    def period(self, n: int) -> tuple[int, int]:
        ratio = self.ratio(n)
        return ratio.denominator, ratio.numerator

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        if self.mode != "cubic":
            return super().centre(n)
        ratio = self.ratio(n)
        return ratio, ZERO if self.align_corners else (ratio - 1) / 2

    def taps(self, n: int, i: int) -> Iterable[int]:
        last = n - 1
        if self.mode.startswith("nearest"):
            return (min(self._nearest(n, i), last),)
        source = self.reads(n, i)
        return range(min(max(source[0], 0), last), min(max(source[-1], 0), last) + 1)

    def shares(self, n: int, i: int) -> Shares | None:
        if self.mode != "linear":
            return None if self.mode == "cubic" else super().shares(n, i)
        ratio, last = self.ratio(n), n - 1
        first, part, whole = self._source(i, ratio.numerator, ratio.denominator)
        near, far = (min(max(j, 0), last) for j in (first, first + 1))
        if near == far or not part:
            return [(near, 1)], 1
        return [(near, whole - part), (far, part)], whole

    def _nearest(self, n: int, i: int) -> int:
        """The sample that torch takes on a CPU, in its own single precision."""
        m = self.size(n)
        exact = self.mode == "nearest-exact"
        if not exact and self.planar and m in (n, 2 * n):
            return i * n // m
        step = float32(1.0 / self.scale) if self.scale is not None else float32(n / m)
        if not exact:
            return floor(float32(i * step))
        if self.planar:
            return floor(float32((i + 0.5) * step))
        # Other kernels go by the centre of the sample, in one rounding as fused multiply-adds have it, and come back.
        return floor(float32(max(float32((i + 0.5) * step - 0.5), 0.0) + 0.5))

    @property
    def symbolic(self) -> str:  # type: ignore[override]  # follows the numbers
        """A size that is given, or a scale."""
        return "⌊{n}·{scale}⌋" if self.m is None else "{m}, as given"

    def with_numbers(self, n: int) -> str:
        if self.m is None:
            return super().with_numbers(n)
        return f"{self.m}, as given; {n} → {self.m} steps by {self.ratio(n)}"
