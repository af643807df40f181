"""What index maps read, by stepping, scattering and listing: slow, obvious, and without the engine's formulas."""

from __future__ import annotations

from fractions import Fraction

Reads = list[list[int]]
"""For each output, the inputs that it reads, ascending and each once."""


def tidy(samples: list[int | None]) -> list[int]:
    """Ascending, each once, without the padded positions that hold nothing."""
    return sorted({j for j in samples if j is not None})


def padded(n: int, lo: int, hi: int, mode: str = "zeros") -> list[int | None]:
    """The list of inputs after padding and cropping; None holds nothing."""
    inputs: list[int | None] = list(range(n))
    if mode == "circular":
        # torch crops first and wraps what is left.
        inputs = inputs[max(-lo, 0) : n - max(-hi, 0)]
        before, after = inputs[len(inputs) - max(lo, 0) :], inputs[: max(hi, 0)]
        return before + inputs + after
    befores: dict[str, list[int | None]] = {
        "zeros": [None] * max(lo, 0),
        "replicate": [0] * max(lo, 0),
        "reflect": inputs[1 : max(lo, 0) + 1][::-1],
    }
    afters: dict[str, list[int | None]] = {
        "zeros": [None] * max(hi, 0),
        "replicate": [n - 1] * max(hi, 0),
        "reflect": inputs[::-1][1 : max(hi, 0) + 1],
    }
    everything = befores[mode] + inputs + afters[mode]
    return everything[max(-lo, 0) : len(everything) - max(-hi, 0)]


def window(n: int, k: int, s: int, d: int, lo: int, hi: int, mode: str = "zeros") -> Reads:
    """A window stepped over the padded list for as long as it fits."""
    samples, reads, start = padded(n, lo, hi, mode), [], 0
    while start + d * (k - 1) < len(samples):
        reads.append(tidy(samples[start : start + d * (k - 1) + 1 : d]))
        start += s
    return reads


def ceil_window(n: int, k: int, s: int, d: int, lo: int, hi: int) -> Reads:
    """As torch documents ceil_mode: it may go off bounds by less than a stride, if it starts before the end padding."""
    samples, reads, start = padded(n, lo, hi), [], 0
    while start < lo + n and start + d * (k - 1) < len(samples) + s - 1:
        reads.append(tidy(samples[start : start + d * (k - 1) + 1 : d]))
        start += s
    return reads


def transposed(n: int, k: int, s: int, p: int, op: int, d: int) -> Reads:
    """Every input scattered over the outputs, then p cut from both ends and op added after."""
    length = (n - 1) * s + d * (k - 1) + 1
    scattered: Reads = [[] for _ in range(length + op)]
    for j in range(n):
        for t in range(k):
            scattered[j * s + t * d].append(j)
    return [sorted(set(reads)) for reads in scattered[p : length - p + op]]


def adaptive(n: int, m: int) -> Reads:
    """Inputs whose unit cell overlaps a bin, both scaled by n·m so that all is whole."""
    return [[j for j in range(n) if j * m < (i + 1) * n and (j + 1) * m > i * n] for i in range(m)]


def resize(n: int, m: int, mode: str, align_corners: bool = False, ratio: Fraction | None = None) -> Reads:
    """Inputs of non-zero weight: the cell a nearest point falls in, the hat function, Keys' cubic."""
    if ratio is None:
        ratio = Fraction(n, m)
    if align_corners:
        ratio = Fraction(n - 1, m - 1) if m > 1 else Fraction(0)
    reads = []
    for i in range(m):
        point = i * ratio
        if mode == "nearest-exact":
            point = (i + Fraction(1, 2)) * ratio
        elif mode != "nearest" and not align_corners:
            point = (i + Fraction(1, 2)) * ratio - Fraction(1, 2)
        reads.append(tidy([min(max(j, 0), n - 1) for j in range(-n - 4, 2 * n + 4) if weighs(mode, point - j)]))
    return reads


def weighs(mode: str, distance: Fraction) -> bool:
    """Whether a sample at this distance before the point has any weight."""
    if mode == "linear":
        return abs(distance) < 1
    if mode == "cubic":
        return abs(distance) < 2 and abs(distance) != 1
    return 0 <= distance < 1
