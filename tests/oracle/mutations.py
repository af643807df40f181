"""Deliberately wrong formulas, and where each must be noticed."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import AdaptiveBins, Pad, Resize, TransposedWindow, Window, pads, sizing, windows
from pyramidcalc.layers import convolution, merging, normalization, pooling, resampling, sized
from pyramidcalc.passes import axis_field, bounds, composition, reach, receptive_field

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pytest

    Mutation = tuple[object, str, object, str]
    """(owner, attribute, what takes its place, kind of random configurations that shows it)"""


def replaced(owner: Any, name: str, wrong: Callable[..., Any]) -> Any:
    """A method that gives what `wrong` makes of the right result, then of its arguments."""
    right = getattr(owner, name)
    return lambda *given, **named: wrong(right(*given, **named), *given)


def ceil_without_drop(window: Window, n: int) -> int:
    """ceil_mode without the rule that a last window may not start in the end padding."""
    surplus = n + window.lo + window.hi - window.span
    return (-(-surplus // window.s) if window.ceil_mode else surplus // window.s) + 1


def straight_line(right: Any) -> Any:
    """Composes like Araujo's formulas: the extent of the first position, moved along by the slope, rounded outwards."""

    def follow(axis_map: Any, n: int, inner: Any) -> Any:
        exact = right(axis_map, n, inner)
        extents = [exact.extent(i) for i in range(exact.period)]
        if exact.period == 1 or None in extents:
            return exact
        slope = exact.slope
        first = min(e[0] - i * slope for i, e in enumerate(extents))
        last = max(e[1] - i * slope for i, e in enumerate(extents))
        hulls = tuple((int(first + i * slope // 1), -int(-(last + i * slope) // 1)) for i in range(exact.period))
        return bounds.Table(exact.period, exact.shift, hulls)

    return follow


def shifted(taps: range) -> range:
    """The same taps one further."""
    return range(taps.start + 1, taps.stop + 1, taps.step)


def all_but_last(bits: int) -> int:
    """A bit set without its highest."""
    return bits & ~(1 << bits.bit_length() - 1) if bits.bit_count() > 1 else bits


def without_groups(self: Any) -> int:
    """The weights of a dense kernel."""
    height, width = self.kernel_size
    return int(self.in_channels * self.out_channels * height * width)


def flagged(field: Any) -> Any:
    """A field that says of itself that no path reads all."""
    return axis_field.AxisField(field.parts, field.centres, None, field.unknown, field.mixed)


def wrongly_padded(said: Any) -> Any:
    """A receptive field that starts one pixel earlier."""
    return said.replace(padding=tuple(p if p is None else p + 1 for p in said.padding))


cached = cached_property(without_groups)
cached.__set_name__(convolution.Convolution, "weights")

MUTATIONS: dict[str, Mutation] = {
    "window size one too many": (Window, "size", replaced(Window, "size", lambda m, *_: m + 1), "Conv2d"),
    "window shifted": (Window, "reads", replaced(Window, "reads", lambda r, *_: shifted(r)), "AvgPool2d"),
    "dilation ignored in reads": (
        Window,
        "reads",
        lambda self, _, i: range(i * self.s - self.lo, i * self.s - self.lo + self.k),
        "Conv2d",
    ),
    "dilation ignored in sizes": (
        Window,
        "size",
        lambda self, n: (n + self.lo + self.hi - self.k) // self.s + 1,
        "MaxPool2d",
    ),
    "ceil_mode without its drop rule": (Window, "size", ceil_without_drop, "MaxPool2d"),
    "gather drops a tap": (Window, "gather", replaced(Window, "gather", lambda b, *_: all_but_last(b)), "Conv2d"),
    "transposed without output_padding": (
        TransposedWindow,
        "size",
        replaced(TransposedWindow, "size", lambda m, self, _: m - self.op),
        "ConvTranspose2d",
    ),
    "transposed shifted": (
        TransposedWindow,
        "reads",
        replaced(TransposedWindow, "reads", lambda r, *_: shifted(r)),
        "ConvTranspose2d",
    ),
    "bins stop too early": (
        AdaptiveBins,
        "reads",
        lambda self, n, i: range(i * n // self.m, max((i + 1) * n // self.m, i * n // self.m + 1)),
        "AdaptiveMaxPool2d",
    ),
    "bins start too late": (
        AdaptiveBins,
        "reads",
        lambda self, n, i: range(-(-i * n // self.m), -(-(i + 1) * n // self.m)),
        "AdaptiveAvgPool2d",
    ),
    "align_corners ignored": (
        Resize,
        "ratio",
        lambda self, n: Fraction(n, self.size(n)),
        "Upsample",
    ),
    "half-pixel centres ignored": (
        Resize,
        "reads",
        replaced(Resize, "reads", lambda r, self, *_: shifted(r) if self.mode == "bilinear" else r),
        "ResizeTo",
    ),
    "pad on the wrong side": (Pad, "taps", lambda self, n, i: bits_to_range(n, i - self.hi), "ZeroPad2d"),
    "reflect repeats the edge": (
        pads,
        "beyond",
        lambda mode, j, n: min(max(j, 0), n - 1) if mode != "zeros" else (j if 0 <= j < n else None),
        "ReflectionPad2d",
    ),
    "reflect of any size": (windows, "check_pad", lambda *_: None, "Conv2d"),
    "groups ignored in weights": (convolution.Convolution, "weights", cached, "Conv2d"),
    "parameters without bias": (
        convolution.Convolution,
        "parameters",
        property(lambda self: self.weights),
        "ConvTranspose2d",
    ),
    "macs at output positions of a transposed": (
        convolution.ConvTranspose2d,
        "macs",
        lambda self, _, output: output[1] * output[2] * self.weights,
        "ConvTranspose2d",
    ),
    "padding of any size in pools": (
        pooling.Pool,
        "_windows_checked",
        lambda self: {
            name: self.pair(name, getattr(self, name) or self.kernel_size, 0)
            for name in ("kernel_size", "stride", "padding")
        },
        "AvgPool2d",
    ),
    "statistics of one value": (normalization.GroupNorm, "check", lambda *_, **__: None, "GroupNorm"),
    "broadcasting refused": (
        merging.Broadcasting,
        "merged",
        lambda _, shapes: merging.Concat().merged(shapes) and shapes[0],
        "Add",
    ),
    "shuffle mixes rows and columns": (
        resampling.PixelShuffle,
        "terms",
        replaced(resampling.PixelShuffle, "terms", lambda terms, *_: tuple((k, (c, x, y)) for k, (c, y, x) in terms)),
        "PixelShuffle",
    ),
    "SPP's padding not floored": (
        sized,
        "pyramid_pad_window",
        lambda n, bins: Window(-(-n // bins), -(-n // bins), 1, *[(-(-n // bins) * bins - n) // 2] * 2),
        "SpatialPyramidPool2d",
    ),
    "DSPP's grid of exactly n bins": (
        sized,
        "grid_window",
        lambda n, bins: Window(-(-n // bins), n // bins),
        "GridAvgPool2d",
    ),
    "SAME pads before first": (
        sized,
        "tf_same_pad",
        replaced(sizing, "tf_same_pad", lambda pad, *_: Pad(pad.hi, pad.lo)),
        "SamePad2d",
    ),
    "reach drops products": (reach, "absorb", lambda products, new: products or products.append(new), "graphs"),
    "field of the first branch only": (axis_field, "merge", lambda fields: fields[0], "graphs"),
    "bicubic taken for steady": (Resize, "steady", property(lambda _: True), "graphs"),
    "composed straight line": (axis_field, "follow", straight_line(composition.follow), "graphs"),
    "taps at the ends only": (
        composition,
        "extent_of",
        lambda taps, inner: inner.extent(taps[0]) if taps else None,
        "graphs",
    ),
    "global paths forgotten": (
        axis_field,
        "compose",
        replaced(axis_field, "compose", lambda field, *_: flagged(field)),
        "graphs",
    ),
    "padding one too many": (
        receptive_field,
        "describe",
        replaced(receptive_field, "describe", lambda said, *_: wrongly_padded(said)),
        "graphs",
    ),
    "size of the first position only": (
        receptive_field,
        "widest",
        lambda parts, _: composition.widest(parts, 1),
        "graphs",
    ),
}


def bits_to_range(n: int, j: int) -> tuple[int, ...]:
    """The one index, where it is inside."""
    return (j,) if 0 <= j < n else ()


def apply(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Puts a mutation in place; gives the kind that must show it."""
    owner, attribute, wrong, kind = MUTATIONS[name]
    monkeypatch.setattr(owner, attribute, wrong)
    return kind
