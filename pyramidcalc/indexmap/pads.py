"""Pads and crops of one axis, and what each padding mode puts there. Legality is torch's."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import IndexMap
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar

    from pyramidcalc.indexmap.base import Ends

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def padded_sample(mode: str, j: int, n: int) -> int | None:
    """The sample among 0 … n-1 that stands at index `j` once a pad of `mode` surrounds n inputs."""
    if 0 <= j < n:
        return j
    if mode == "zeros":
        return None
    if mode == "replicate":
        return min(max(j, 0), n - 1)
    if mode == "circular":
        return j % n
    return -j if j < 0 else 2 * (n - 1) - j


def max_pad(mode: str, n: int) -> float:
    """The largest padding of n inputs: as many as there are to mirror, or to wrap round once."""
    return {"reflect": n - 1, "circular": n}.get(mode, inf)


def check_pad(mode: str, lo: int, hi: int, n: int) -> None:
    """Refuses a pad that mirrors or wraps more than the n inputs that there are."""
    limit = max_pad(mode, n)
    if max(lo, hi) > limit:
        verb, hint = ("mirror", f"pad less than {n}") if mode == "reflect" else ("wrap", f"pad at most {n}")
        raise ShapeError(
            f"{mode} padding ({lo}, {hi}) can {verb} at most {limit} of {n} positions",
            hint=f"{hint}, or use zeros or replicate",
            code="padding-too-large",
        )


class Pad(IndexMap):
    """`lo` positions before and `hi` after; a negative pad crops. Modes as in torch's pad layers."""

    lo: int
    hi: int
    mode: str = "zeros"

    symbolic: ClassVar[str] = "{n} + {lo} + {hi}"

    def size(self, n: int) -> int:
        check_pad(self.mode, self.lo, self.hi, n)
        left, m = self._kept(n), n + self.lo + self.hi
        # torch crops zeros first, and wraps what the crop leaves; nothing left to wrap is garbage there.
        if (
            m < 1
            or (self.mode == "zeros" and left < 0)
            or (self.mode == "circular" and left < max(self.lo, self.hi, 1))
        ):
            raise ShapeError(
                f"padding ({self.lo}, {self.hi}) leaves {max(left, 0)} of {n} positions to pad, size {m}",
                hint=f"crop fewer than {n} positions in all",
                code="empty-output",
            )
        return m

    def law(self) -> SizeLaw:
        # As much must be left as is mirrored or wrapped, and one position more for the mirror.
        needed = max(self.lo, self.hi, 0) if self.mode in ("reflect", "circular") else 0
        return SizeLaw.of(FloorForm(add=self.lo + self.hi), 1 - self._kept(0) + needed)

    def _kept(self, n: int) -> int:
        """Positions that crops leave."""
        return n + min(self.lo, 0) + min(self.hi, 0)

    def ends(self, n: int) -> Ends:
        return -self.lo, -self.lo, 1, 1

    def taps(self, n: int, i: int) -> Iterable[int]:
        if self.mode == "circular":
            return (max(-self.lo, 0) + (i - max(self.lo, 0)) % self._kept(n),)
        j = padded_sample(self.mode, i - self.lo, n)
        return () if j is None else (j,)

    def gather(self, n: int, outputs: int) -> int:
        if self.mode != "zeros":
            return super().gather(n, outputs)
        moved = outputs >> self.lo if self.lo >= 0 else outputs << -self.lo
        return moved & ((1 << n) - 1)

    def spread(self, n: int, inputs: int) -> int:
        if self.mode != "zeros":
            return super().spread(n, inputs)
        moved = inputs << self.lo if self.lo >= 0 else inputs >> -self.lo
        return moved & ((1 << self.size(n)) - 1)
