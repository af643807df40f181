"""Sliding windows, forwards and transposed.

Sources: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285;
Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
Legality is torch's.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import IndexMap, clipped
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw
from pyramidcalc.indexmap.pads import check_pad, max_pad, padded_sample

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar

    from pyramidcalc.indexmap.base import Ends, Shares


class Window(IndexMap):
    """k taps, d apart, moved by s, over n inputs with `lo` and `hi` padded positions.

    Convolutions and pools. `ceil_mode` keeps a last window that starts inside the input or its
    front padding. `mode` says what a convolution's padding holds, `pad_limit` how large a pool's may be;
    without `counts_padding` an average is over the inputs alone.
    """

    k: int
    s: int = 1
    d: int = 1
    lo: int = 0
    hi: int = 0
    ceil_mode: bool = False
    mode: str = "zeros"
    pad_limit: int | None = None
    counts_padding: bool = True

    @property
    def symbolic(self) -> str:  # type: ignore[override]  # follows the mode
        """The size formula of whole windows, or of the last one, too."""
        if self.ceil_mode:
            return "⌊({n} + {lo} − 1 + min({s} + {hi} − {d}·({k} − 1) − 1, 0))/{s}⌋ + 1"
        return "⌊({n} + {lo} + {hi} − {d}·({k} − 1) − 1)/{s}⌋ + 1"

    @property
    def dilated(self) -> bool:  # type: ignore[override]  # follows the numbers
        """Whether there are holes between the taps of one output."""
        return self.d > 1 and self.k > 1

    @property
    def span(self) -> int:
        """Extent of one window: d·(k − 1) + 1."""
        return self.d * (self.k - 1) + 1

    @property
    def keeps_the_centre(self) -> bool:
        """Whether zeros keep the size and the middle tap reads the output's own place: the last one left inside."""
        return self.k % 2 == 1 and self.s == 1 and 2 * self.lo == self.span - 1 and self.mode == "zeros"

    def size(self, n: int) -> int:
        if self.mode != "zeros":
            check_pad(self.mode, self.lo, self.hi, n)
        m = (n + self._shift) // self.s + 1
        if m < 1:
            self._refuse(n)
        return m

    @cached_property
    def _shift(self) -> int:
        if self.ceil_mode:
            return self.lo - 1 + min(self.s + self.hi - self.span, 0)
        return self.lo + self.hi - self.span

    def law(self) -> SizeLaw:
        needed = 0 if self.mode in ("zeros", "replicate") else max(self.lo, self.hi) + 1
        return SizeLaw.of(FloorForm(shift=self._shift, divisor=self.s, add=1), max(-self._shift, needed))

    def _refuse(self, n: int) -> None:
        padded = n + self.lo + self.hi
        kernel = f"kernel {self.k}" + (f" at dilation {self.d} spans {self.span}" if self.d > 1 else "")
        pad = self._helping_pad(n)
        raise ShapeError(
            f"{kernel} > padded input {padded}" + (f" ({n} + {self.lo} + {self.hi})" if self.lo or self.hi else ""),
            hint=(f"{pad}, or " if pad else "") + f"use an input of at least {self.law().least}",
            code="kernel-too-large",
        )

    def _helping_pad(self, n: int) -> str | None:
        """The padding that mends it, where the layer takes one so large."""
        keeps = self.s == 1 and self.span % 2
        pad = self.span // 2 if keeps else (self.span - n + 1) // 2
        if pad > (max_pad(self.mode, n) if self.pad_limit is None else self.pad_limit) or self.ceil_mode:
            return None
        return f"pad {pad} keeps the size" if keeps else f"pad {pad} is the least that fits"

    def ends(self, n: int) -> Ends:
        return -self.lo, self.d * (self.k - 1) - self.lo, self.s, 1

    def reads(self, n: int, i: int) -> range:
        first = i * self.s - self.lo
        return range(first, first + self.span, self.d)

    def taps(self, n: int, i: int) -> Iterable[int]:
        return self.samples(n, i) if self.mode == "zeros" else sorted(set(self.samples(n, i)))

    def samples(self, n: int, i: int) -> Iterable[int]:
        if self.mode == "zeros":
            return clipped(self.reads(n, i), n)
        samples = [padded_sample(self.mode, j, n) for j in self.reads(n, i)]
        return [j for j in samples if j is not None]

    def shares(self, n: int, i: int) -> Shares:
        # Padding is averaged with the rest; what a last window of ceil_mode has beyond it is not.
        first = i * self.s - self.lo
        samples = [(j, 1) for j in self.samples(n, i)]
        return samples, min(self.k, -(-(n + self.hi - first) // self.d)) if self.counts_padding else len(samples)

    def spread(self, n: int, inputs: int) -> int:
        return inputs if self is IDENTITY else super().spread(n, inputs)

    def gather(self, n: int, outputs: int) -> int:
        if self is IDENTITY:
            return outputs
        if self.mode != "zeros" or self.s > 1 or self.k > outputs.bit_count():
            return super().gather(n, outputs)
        inputs = 0
        for t in range(self.k):
            inputs |= outputs << (t * self.d)
        return (inputs >> self.lo) & ((1 << n) - 1)

    def full_windows(self, n: int) -> int:
        """Number of output positions whose taps all lie inside the n inputs."""
        first = max(0, -(-self.lo // self.s))
        last = min((n - self.span + self.lo) // self.s, self.size(n) - 1)
        return max(0, last - first + 1)

    @property
    def skipped(self) -> int:
        """Inputs of every s that no window reads: taps d apart fall on min(k, s/gcd(s, d)) of the s remainders."""
        return self.s - min(self.k, self.s // gcd(self.s, self.d))

    def starves(self, n: int, m: int) -> bool:
        """Whether some of m outputs has no tap among n inputs, padded alike at both ends.

        The first d outputs decide. If all taps of some output lie before the inputs, or behind, those of the first lie
        before. If they step over the inputs, their remainder mod d is that of none of them, and outputs d apart have
        the same remainder.
        """
        return not all(self.taps(n, i) for i in range(min(m, self.d)))

    def paddings(self, n: int, m: int) -> range:
        """Every padding, of both ends alike, with which this window makes m of n; in ceil_mode some others between.

        ⌊(n + 2p − span)/s⌋ + 1 is m, or m − 1 where ceil_mode adds a window: one at most, as a pool's padding is at
        most half its kernel.
        """
        missing = self.span - n
        twice_least = (m - 1 - self.ceil_mode) * self.s + missing
        return range(max(-(-twice_least // 2), 0), (m * self.s - 1 + missing) // 2 + 1)

    def degenerate_rate(self, n: int) -> int:
        """Least dilation at which no window has all its taps inside the n inputs: ⌈n/(k − 1)⌉, for k > 1."""
        return -(-n // (self.k - 1))

    def unread_tail(self, n: int) -> int:
        """Number of inputs at the end that no window reaches; gaps between windows are not counted."""
        last = (self.size(n) - 1) * self.s - self.lo + self.span - 1
        if self.mode == "reflect":
            last = max(last, self.lo)  # output 0 mirrors index -lo to lo
        elif self.mode == "circular" and self.lo:
            return 0  # output 0 starts in the end, wrapped round
        return max(0, min(n, n - 1 - last))


IDENTITY = Window(1)


def window(k: int, s: int, d: int, lo: int, hi: int, *how: Any) -> Window:
    """The window of these fields in order; IDENTITY where it changes nothing."""
    return IDENTITY if k == s == 1 and lo == hi == 0 else Window(k, s, d, lo, hi, *how)


def max_pool_pad(k: int) -> int:
    """The largest padding of a pool that torch takes: half the kernel, undilated."""
    return k // 2


def max_output_padding(s: int, d: int) -> int:
    """The largest output padding that torch takes: smaller than the stride or the dilation."""
    return max(s, d) - 1


class TransposedWindow(IndexMap):
    """The window turned round: input j adds to outputs j·s − p + t·d for t < k."""

    k: int
    s: int = 1
    p: int = 0
    op: int = 0
    d: int = 1

    skips: ClassVar[bool] = True
    symbolic: ClassVar[str] = "({n} − 1)·{s} − 2·{p} + {d}·({k} − 1) + {op} + 1"

    def size(self, n: int) -> int:
        m = n * self.s + self._surplus
        if m < 1:
            raise ShapeError(
                f"transposed kernel {self.k} at stride {self.s} with padding {self.p} makes size {m} from {n}",
                hint=f"lower the padding to at most {self.p - (2 - m) // 2}",
                code="empty-output",
            )
        return m

    @cached_property
    def _surplus(self) -> int:
        return self.d * (self.k - 1) + self.op + 1 - 2 * self.p - self.s

    def law(self) -> SizeLaw:
        return SizeLaw.of(FloorForm(factor=self.s, add=self._surplus), -((self._surplus - 1) // self.s))

    def ends(self, n: int) -> Ends | None:
        # Taps next to each other leave no holes between inputs that are no further apart.
        return (self.p - self.k + self.s, self.p, 1, self.s) if self.d == 1 and self.k >= self.s else None

    def reads(self, n: int, i: int) -> range:
        # t·d ≡ i + p (mod s) has solutions t0 + u·(s/g); each gives j = (i + p − t·d)/s.
        shared = gcd(self.d, self.s)
        target, odd = divmod(i + self.p, shared)
        if odd:
            return range(0)
        step = self.s // shared
        first_tap = target * pow(self.d // shared, -1, step) % step
        if first_tap >= self.k:
            return range(0)
        count = (self.k - 1 - first_tap) // step + 1
        last = (i + self.p - first_tap * self.d) // self.s
        return range(last - (count - 1) * (self.d // shared), last + 1, self.d // shared)

    def starves(self, n: int) -> bool:
        """Whether some output reads none of n inputs.

        The last max(s, d) outputs decide. Where s and d have a common factor, or there are fewer than s taps or d
        inputs, some remainder is left out, which one of so many outputs in a row has. Elsewhere an output starves
        where its distance to one end, the first tap of the first input or the last tap of the last, is no j·s + t·d
        with j, t ≥ 0. A distance that is none stays none less s, and at the last end distances start lowest, for
        output padding is there.
        """
        m = self.size(n)
        return not all(self.taps(n, i) for i in range(max(0, m - max(self.s, self.d)), m))

    def period(self, n: int) -> tuple[int, int]:
        return self.s, 1

    def centre(self, n: int) -> tuple[Fraction, Fraction]:
        return Fraction(1, self.s), Fraction(2 * self.p - self.d * (self.k - 1), 2 * self.s)
