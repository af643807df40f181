"""ONNX's Resize and Upsample as torch's Upsample, where both read the same samples; else they are not covered.

Source: https://onnx.ai/onnx/operators/onnx__Resize.html, of which the coordinates below are the formulas.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError
from pyramidcalc.importing.onnx_call import in_order
from pyramidcalc.indexmap import Resize
from pyramidcalc.indexmap.resampling import float32
from pyramidcalc.layers.resampling import Upsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyramidcalc.importing.onnx_call import Call
    from pyramidcalc.layers.base import Layer, Shape

HALF = Fraction(1, 2)
MAX_LOOKED_AT = 4096
"""Positions of a period that are compared one by one."""
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "floor": floor,
    "ceil": ceil,
    "round_prefer_floor": lambda x: ceil(x - HALF),
    "round_prefer_ceil": lambda x: floor(x + HALF),
}


class Axis:
    """One axis: n samples, m after it, a ratio of source samples a step, and the scale where the file gives one."""

    def __init__(self, n: int, size: int | None, scale: float | None) -> None:
        self.n = n
        self.scale = None if scale is None else decimal(scale)
        # ONNX multiplies in single precision.
        self.m = size if size is not None else floor(float32(n * float32(scale or 1.0)))
        if self.m < 1:
            raise NoRuleError(f"size {self.m} from {n}")
        self.ratio = 1 / Fraction(self.scale).limit_denominator(10**6) if self.scale else Fraction(n, self.m)
        self.exact = self.ratio * self.m == n

    def coordinate(self, mode: str, i: int) -> Fraction:
        """Where output `i` lies among the inputs. Raises NoRuleError for what no map of the engine says."""
        if mode in ("align_corners", "half_pixel_symmetric") and not self.exact:
            raise NoRuleError(f"{mode} by a scale that {self.n} samples do not fit")
        if mode == "align_corners":
            return Fraction(i * (self.n - 1), self.m - 1) if self.m > 1 else Fraction(0)
        if mode == "asymmetric":
            return i * self.ratio
        if mode == "tf_half_pixel_for_nn":
            return (i + HALF) * self.ratio
        if mode == "pytorch_half_pixel" and self.m == 1:
            return Fraction(0)
        if mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
            return (i + HALF) * self.ratio - HALF
        raise NoRuleError(mode)

    def map(self, mode: str, align_corners: bool) -> Resize:
        """The engine's map of this axis."""
        return Resize(mode, align_corners, None if self.scale else self.m, self.scale)


def decimal(scale: float) -> float:
    """The number that was written before it was rounded to single precision: 0.1 for 0.10000000149."""
    simple = float(Fraction(scale).limit_denominator(1000))
    return simple if float32(simple) == float32(scale) else scale


def resize(call: Call, shape: Shape) -> Layer | None:
    """The layer of Resize or Upsample for a tensor (N, C, *spatial); None where nothing changes.

    Raises NoRuleError where torch has no such layer.
    """
    scales, sizes = numbers(call)
    axes = in_order(list(call.get("axes", range(len(shape)))), len(shape))
    given = scales or sizes
    if not given or len(given) != len(axes):
        raise NoRuleError("neither scales nor sizes of all axes")
    if sizes and not scales and call.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise NoRuleError("keep_aspect_ratio_policy")
    wanted = dict(zip(axes, given, strict=True))
    every = [
        Axis(n, None if scales else int(wanted.get(axis, n)), float(wanted.get(axis, 1.0)) if scales else None)
        for axis, n in enumerate(shape)
    ]
    if any(each.m != each.n for each in every[:2]):
        raise NoRuleError("samples or channels resized")
    spatial = every[2:]
    if all(each.m == each.n and each.exact for each in spatial):
        return None
    if call.get("antialias") and any(each.m < each.n for each in spatial):
        raise NoRuleError("antialias")
    mode, align_corners = torch_mode(call, spatial)
    if scales:
        if any(each.map("nearest", False).size(each.n) != each.m for each in spatial):
            raise NoRuleError("a scale that makes another size in double precision")
        return Upsample(None, tuple([each.scale or 1.0 for each in spatial]), mode, align_corners)
    return Upsample(tuple([each.m for each in spatial]), None, mode, align_corners)


def numbers(call: Call) -> tuple[list[float], list[float]]:
    """Scales and sizes, whichever the file gives: the inputs changed places at opset 11."""
    index = 1 if call.op == "Upsample" or call.opset < 11 else 2
    scales: Sequence[float] | None = (
        [] if call.input(index) is None and "scales" not in call.attributes else call.values(index, "scales")
    )
    sizes: Sequence[float] | None = [] if index == 1 or call.input(3) is None else call.values(3, "sizes")
    return list(scales or ()), list(sizes or ())


def torch_mode(call: Call, axes: list[Axis]) -> tuple[str, bool | None]:
    """torch's mode and align_corners that read what this one reads on every axis."""
    old = call.op == "Upsample" or call.opset < 11
    coordinates = "asymmetric" if old else call.get("coordinate_transformation_mode", "half_pixel")
    interpolation = call.get("mode", "nearest")
    if interpolation == "nearest":
        rounding = ROUNDINGS.get("floor" if old else call.get("nearest_mode", "round_prefer_floor"))
        for mode in ("nearest", "nearest-exact"):
            if rounding and all(same_samples(each, mode, coordinates, rounding) for each in axes):
                return mode, None
    elif interpolation in ("linear", "cubic"):
        for align_corners in (False, True):
            if all(same_line(each, coordinates, align_corners) for each in axes):
                name = LINEAR[len(axes)] if interpolation == "linear" else "bicubic"
                return name, align_corners
    how = f", {call.get('nearest_mode', 'round_prefer_floor')}" if interpolation == "nearest" and not old else ""
    raise NoRuleError(f"{interpolation}, {coordinates}{how}")


def same_samples(axis: Axis, mode: str, coordinates: str, rounding: Callable[[Fraction], int]) -> bool:
    """Whether a nearest mode of the engine reads the same sample at every position of a period."""
    ours = axis.map(mode, False)
    period = ours.period(axis.n)[0]
    slope = axis.coordinate(coordinates, 1) - axis.coordinate(coordinates, 0) if axis.m > 1 else ours.ratio(axis.n)
    if slope != ours.ratio(axis.n) or period > MAX_LOOKED_AT:
        return False
    return all(rounding(axis.coordinate(coordinates, i)) == ours.reads(axis.n, i).start for i in range(period))


def same_line(axis: Axis, coordinates: str, align_corners: bool) -> bool:
    """Whether the engine's coordinates, which lie on a line, are those asked for."""
    ratio, offset = axis.map("linear", align_corners).centre(axis.n)
    return all(axis.coordinate(coordinates, i) == ratio * i + offset for i in range(min(axis.m, 2)))
