"""Windows and pads whose numbers follow the size of their axis."""

from __future__ import annotations

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap.base import ONE
from pyramidcalc.indexmap.laws import FloorForm, SizeLaw, constant
from pyramidcalc.indexmap.pads import Pad
from pyramidcalc.indexmap.windows import Window, max_pool_pad


def same_pad(k: int, d: int) -> tuple[int, int]:
    """(lo, hi) of torch's `padding="same"` at stride 1; the odd position goes after."""
    total = d * (k - 1)
    return total // 2, total - total // 2


def tf_same_pad(n: int, k: int, s: int, d: int = 1) -> Pad:
    """The pad of TensorFlow's SAME: ⌈n/s⌉ outputs, the odd position after the input."""
    total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
    return Pad(total // 2, total - total // 2)


def tf_same_law(k: int, s: int, d: int = 1) -> SizeLaw:
    """The law of `tf_same_pad`: what it adds follows from n mod s."""
    span = d * (k - 1) + 1
    if span == 1:
        return SizeLaw(FloorForm(), ONE, s)
    # The least input of these outputs: (⌈n/s⌉ − 1)·s + span. A window shorter than its stride may leave a rest.
    return SizeLaw(FloorForm(s, 1, s - 1, s, span - s) if span >= s else None, ONE, s)


def tf_same_crop(k: int, s: int) -> Pad:
    """The crop that turns an unpadded transposed window into TensorFlow's SAME: n·s outputs for every n."""
    surplus = k - s
    return Pad(-(surplus // 2), -(surplus - surplus // 2))


def pyramid_pad_window(n: int, bins: int) -> Window:
    """SPP as in Caffe's SPPLayer and the PyTorch ports: k = s = ⌈n/bins⌉, p = ⌊(k·bins − n + 1)/2⌋."""
    k = -(-n // bins)
    p = (k * bins - n + 1) // 2
    if p > max_pool_pad(k):
        raise ShapeError(
            f"{bins} bins on {n} need window {k} with padding {p}, more than half the window ({max_pool_pad(k)})",
            hint="use another input size, or method adaptive, which takes every size",
            code="padding-too-large",
        )
    return Window(k, k, 1, p, p)


def pyramid_window(n: int, bins: int) -> Window:
    """SPP as in the paper's text (arXiv 1406.4729, section 2.3): window ⌈n/bins⌉, stride ⌊n/bins⌋."""
    if n < bins:
        raise ShapeError(
            f"{bins} bins on {n} would need stride ⌊{n}/{bins}⌋ = 0",
            hint=f"use at most {n} bins, an input of at least {bins}, or method adaptive",
            code="stride-zero",
        )
    return Window(-(-n // bins), n // bins)


def grid_window(n: int, bins: int) -> Window:
    """DSPP's pool: window and stride ⌊n/bins⌋, so the grid is ⌊n/⌊n/bins⌋⌋, not always `bins`."""
    if n < bins:
        raise ShapeError(
            f"{bins} bins on {n} would need a pool of ⌊{n}/{bins}⌋ = 0",
            hint=f"use at most {n} bins, or an input of at least {bins}",
            code="pool-zero",
        )
    return Window(n // bins, n // bins)


def bins_law(bins: int) -> SizeLaw:
    """The law of `pyramid_pad_window`, `pyramid_window` and `grid_window`: `bins` outputs from bins² inputs on.

    With n = q·bins + r, r < bins: the grid is ⌊n/q⌋ = bins + ⌊r/q⌋, and r < bins ≤ q from bins² on; a window ⌈n/bins⌉
    and a padding of at most ⌊(bins + 1)/2⌋ likewise leave no room for one more.
    """
    return constant(bins, bins * bins)


def halved(times: int) -> FloorForm:
    """⌈n/2^times⌉, as ⌊(n − 1)/2^times⌋ + 1: a level of a feature pyramid, halved so often and rounded up each time."""
    return FloorForm(shift=-1, divisor=2**times, add=1)
