"""Networks of uniform weights run forwards on numbers, one channel wide, layer by layer: slow and obvious.

Numbers are counted modulo a prime, where every division goes without rest: two sums of random numbers that are equal
are almost surely the same sum.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from tests import naive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

Line = list[int]
Image = dict[tuple[int, ...], int]
PRIME = 2**61 - 1


def over(number: int, divisor: int) -> int:
    """A number over another."""
    return number * pow(divisor, -1, PRIME) % PRIME


def run(resolved: Resolved, image: Image) -> dict[str, Image]:
    """The value at each position of every node, of graphs of one input whose channels are all alike."""
    (name,) = resolved.inputs
    values = {name: image}
    for applied in resolved.layers:
        inputs = [values[source] for source in applied.inputs]
        result = {place: sum([x[place] for x in inputs]) % PRIME for place in inputs[0]}
        for axis in range(len(applied.shape) - 1):
            result = along(result, axis, applied)
        values[applied.name] = result
    return values


def along(image: Image, axis: int, applied: AppliedLayer) -> Image:
    """An image behind one axis of a layer."""
    lines: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for place, value in sorted(image.items()):
        lines.setdefault((*place[:axis], *place[axis + 1 :]), []).append((place[axis], value))
    result: Image = {}
    for rest, line in lines.items():
        for i, value in enumerate(averaged([value for _, value in line], axis, applied)):
            result[(*rest[:axis], i, *rest[axis:])] = value
    return result


def averaged(line: Line, axis: int, applied: AppliedLayer) -> Line:
    """A line of values behind one axis of a layer that averages what it reads."""
    layer, n, m = applied.layer, len(line), applied.shape[1 + axis]
    values = layer.to_dict()
    family = layer.name[:-2] if layer.name[-2:] in ("1d", "2d", "3d") else layer.name
    if family in ("Conv", "MaxPool", "AvgPool"):
        k, s = values["kernel_size"][axis], values["stride"][axis]
        d = values["dilation"][axis] if "dilation" in values else 1
        lo = hi = values["padding"][axis] if isinstance(values["padding"], tuple) else 0
        if values["padding"] == "same":
            lo, hi = d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2
        samples = [None if j is None else line[j] for j in naive.padded(n, lo, hi, values.get("padding_mode", "zeros"))]
        starts = range(0, m * s, s)
        return windows(samples, starts, k, d, values.get("count_include_pad", True))
    if family == "ConvTranspose":
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        return scattered(line, *[values[name][axis] for name in names])
    if family.endswith("Pad"):
        lo, hi = values["padding"][::-1][2 * axis : 2 * axis + 2][::-1]
        mode = {"Zero": "zeros", "Replication": "replicate", "Circular": "circular"}[family.removesuffix("Pad")]
        return [0 if j is None else line[j] for j in naive.padded(n, lo, hi, mode)]
    if family == "AdaptiveAvgPool" or values.get("mode") == "area":
        return [mean([line[j] for j in bin_]) for bin_ in naive.adaptive(n, m)]
    if family == "Upsample" and values["mode"].startswith("nearest"):
        # torch rounds in single precision: which sample it takes is for the tests of taps.
        return [line[j] for i in range(m) for j in applied.axes[0][1 + axis].taps(n, i)]
    if family == "Upsample":
        factor = None if values["scale_factor"] is None else Fraction(values["scale_factor"][axis])
        given = factor is None or m == n or values["recompute_scale_factor"]
        ratio = Fraction(n, m) if given or factor is None else 1 / factor.limit_denominator(10**6)
        return interpolated(line, m, values["align_corners"], ratio)
    if family != "ReLU":
        raise NotImplementedError(family)
    return line


def mean(numbers: Sequence[int]) -> int:
    """Their mean."""
    return over(sum(numbers), len(numbers))


def windows(samples: list[int | None], starts: range, k: int, d: int, counts: bool) -> Line:
    """The mean of each window over padded samples, which are 0, or nothing where padding does not count; the last
    one may hang over the end."""
    result = []
    for start in starts:
        taken = samples[start : start + d * (k - 1) + 1 : d]
        inside = [value for value in taken if value is not None]
        result.append(over(sum(inside), len(taken) if counts else max(len(inside), 1)))
    return result


def scattered(line: Line, k: int, s: int, p: int, op: int, d: int) -> Line:
    """Every value added to the outputs of its taps, each output then over the number of values in it."""
    length = (len(line) - 1) * s + d * (k - 1) + 1
    sums, counts = [0] * (length + op), [0] * (length + op)
    for j, t in product(range(len(line)), range(k)):
        sums[j * s + t * d] += line[j]
        counts[j * s + t * d] += 1
    return [over(total, max(count, 1)) for total, count in zip(sums, counts, strict=True)][p : length - p + op]


def interpolated(line: Line, m: int, align_corners: bool | None, ratio: Fraction) -> Line:
    """Points between two samples, each weighing what the other's distance is."""
    n = len(line)
    if align_corners:
        ratio = Fraction(n - 1, m - 1) if m > 1 else Fraction(0)
    result = []
    for i in range(m):
        point = i * ratio if align_corners else (i + Fraction(1, 2)) * ratio - Fraction(1, 2)
        point = min(max(point, Fraction(0)), Fraction(n - 1))
        hat = [(max(1 - abs(point - j), Fraction(0)), value) for j, value in enumerate(line)]
        parts = [over(weight.numerator * value, weight.denominator) for weight, value in hat if weight]
        result.append(sum(parts) % PRIME)
    return result
