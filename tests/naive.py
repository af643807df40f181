"""What maps and layers read, by stepping, scattering and listing: slow, obvious, without the engine's formulas."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.shapes import Resolved

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


Element = tuple[int, ...]
"""One number of a map: its channel, and its position on each spatial axis."""


def element_reads(
    layer: Layer, shapes: Sequence[Element], element: Element, clip: bool
) -> Iterator[tuple[int, Element]]:
    """(input index, element) of all that one element of a layer's output is computed from.

    As if the image went on beyond its borders; with `clip`, inside them.
    """
    values, (channel, *place) = layer.to_dict(), element
    family = layer.name[:-2] if layer.name[-2:] in ("1d", "2d", "3d") else layer.name
    if family == "Concat":
        for index, shape in enumerate(shapes):
            if 0 <= channel < shape[0]:
                yield index, (channel, *place)
            channel -= shape[0]
        return
    if family in ("Add", "WeightedAdd", "Multiply"):
        merged = [max(sizes) for sizes in zip(*shapes, strict=True)]
        for index, shape in enumerate(shapes):
            yield index, tuple(0 if n < m else i for n, m, i in zip(shape, merged, element, strict=True))
        return
    channels, *sizes = shapes[0]
    own = [channel]
    axes = [[i] for i in place]
    if family in ("Conv", "ConvTranspose"):
        groups, out = values["groups"], values["out_channels"]
        wide = channels // groups
        first = channel // (out // groups) * wide
        own = list(range(first, first + wide))
    if family in ("Conv", "MaxPool", "AvgPool"):
        for axis, (k, s) in enumerate(zip(values["kernel_size"], values["stride"], strict=True)):
            d = values["dilation"][axis] if "dilation" in values else 1
            p = d * (k - 1) // 2 if values["padding"] == "same" else values["padding"][axis]
            axes[axis] = [place[axis] * s - p + t * d for t in range(k)]
    elif family == "ConvTranspose":
        numbers = [values[name] for name in ("kernel_size", "stride", "padding", "dilation")]
        for axis, (k, s, p, d) in enumerate(zip(*numbers, strict=True)):
            i = place[axis]
            near = range((i + p - d * (k - 1)) // s, (i + p) // s + 1)
            axes[axis] = [j for j in near if i in [j * s - p + t * d for t in range(k)]]
    elif family == "ZeroPad":
        axes = [[i - lo] for i, lo in zip(place, values["padding"][::2][::-1], strict=True)]
    elif family == "Upsample":
        axes = [resampled(values["mode"], n, m, i) for n, m, i in zip(sizes, values["size"], place, strict=True)]
        if clip:
            axes = [[min(max(j, 0), n - 1) for j in axis] for axis, n in zip(axes, sizes, strict=True)]
    elif family == "AdaptiveAvgPool":
        axes = [resampled("area", n, m, i) for n, m, i in zip(sizes, values["output_size"], place, strict=True)]
    elif family in ("Slice", "Split"):
        index = values["dim"] - 1
        everything = list(range(shapes[0][index]))
        if family == "Slice":
            kept, step = everything[values["start"] : values["end"] : values["step"]], values["step"]
        else:
            kept, step = everything[values["split_size"] * values["index"] :], 1
        moved = kept[0] + element[index] * step
        if index:
            axes[index - 1] = [moved]
        else:
            own = [moved]
    elif family == "ChannelShuffle":
        groups = values["groups"]
        dealt = [group * (channels // groups) + turn for turn in range(channels // groups) for group in range(groups)]
        own = [dealt[channel]]
    elif family == "PixelShuffle":
        r = values["upscale_factor"]
        own = [channel * r * r + place[0] % r * r + place[1] % r]
        axes = [[i // r] for i in place]
    elif family != "ReLU":
        raise NotImplementedError(family)
    if clip:
        axes = [[j for j in axis if 0 <= j < n] for axis, n in zip(axes, sizes, strict=True)]
    for c, *read in product(own, *axes):
        yield 0, (c, *read)


def resampled(mode: str, n: int, m: int, i: int) -> list[int]:
    """What output i of m reads of n samples, as if they went on."""
    around = range(i * n // m - 3, (i + 1) * n // m + 4)
    if mode == "area":
        return [j for j in around if j * m < (i + 1) * n and (j + 1) * m > i * n]
    point = Fraction(i * n, m) if mode == "nearest" else (i + Fraction(1, 2)) * Fraction(n, m) - Fraction(1, 2)
    return [j for j in around if weighs("nearest" if mode == "nearest" else "linear", point - j)]


class Walk:
    """What elements of a graph's nodes read of its inputs, element by element."""

    def __init__(self, resolved: Resolved, clip: bool) -> None:
        self._applied = {applied.name: applied for applied in resolved.layers}
        self._clip = clip
        self._known: dict[tuple[str, Element], frozenset[tuple[str, Element]]] = {}

    def reads(self, name: str, element: Element) -> frozenset[tuple[str, Element]]:
        """(input, element) of all that an element of a node reads."""
        if name not in self._applied:
            return frozenset([(name, element)])
        if (name, element) not in self._known:
            applied = self._applied[name]
            below = element_reads(applied.layer, applied.shapes, element, self._clip)
            union = [self.reads(applied.inputs[index], inner) for index, inner in below]
            self._known[name, element] = frozenset().union(*union)
        return self._known[name, element]
