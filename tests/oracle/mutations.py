"""Deliberately wrong formulas, and where each must be noticed."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    IDENTITY,
    AdaptiveBins,
    Grouped,
    Interleave,
    Pad,
    Resize,
    Slice,
    TransposedWindow,
    Window,
    pads,
    windows,
)
from pyramidcalc.layers import convolution, merging, normalization, padding, pooling, resampling, sized, slicing
from pyramidcalc.layers.base import Layer
from pyramidcalc.passes import axis_field, bounds, channels, reach, receptive_field, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pytest

    Mutation = tuple[object, str, object, str | tuple[Layer, ...]]
    """(owner, attribute, what takes its place, a kind of random configurations or a chain of layers that shows it)"""


def result(owner: Any, name: str, wrong: Callable[..., Any]) -> tuple[object, str, object]:
    """A function that gives what `wrong` makes of the right result, then of its arguments."""
    right = getattr(owner, name)
    return owner, name, lambda *given, **named: wrong(right(*given, **named), *given)


def ceil_without_drop(window: Window, n: int) -> int:
    """ceil_mode without the rule that a last window may not start in the end padding."""
    surplus = n + window.lo + window.hi - window.span
    return (-(-surplus // window.s) if window.ceil_mode else surplus // window.s) + 1


def straight_line(exact: bounds.Bounds, *_: object) -> bounds.Bounds:
    """Composes like Araujo's formulas: the extent of the first position, moved along by the slope, rounded outwards."""
    extents = [exact.extent(i) for i in range(exact.period)]
    ends = [(e[0] - i * exact.slope, e[1] - i * exact.slope) for i, e in enumerate(extents) if e is not None]
    if exact.period == 1 or len(ends) < exact.period:
        return exact
    first, last = min(one for one, _ in ends), max(other for _, other in ends)
    table = tables.Table((), exact.period, exact.shift, monotone=True)
    for i in range(exact.period):
        table.known[i] = int(first + i * exact.slope // 1), -int(-(last + i * exact.slope) // 1)
    return bounds.Bounds(table, offsets=exact.offsets)


def shifted(taps: range) -> range:
    """The same taps one further."""
    return range(taps.start + 1, taps.stop + 1, taps.step)


def all_but_last(bits: int) -> int:
    """A bit set without its highest."""
    return bits & ~(1 << bits.bit_length() - 1) if bits.bit_count() > 1 else bits


def cached(name: str, owner: type, right: Callable[[Any], Any]) -> cached_property[Any]:
    """A cached property that takes another's place."""
    prop = cached_property(right)
    prop.__set_name__(owner, name)
    return prop


def without_groups(self: Any) -> int:
    """The weights of a dense kernel."""
    return int(self.in_channels * self.out_channels * prod(self.kernel_size))


def ends_only(_: Any, taps: range) -> tuple[int, ...]:
    """The outer taps alone."""
    return (taps[0], taps[-1]) if taps else ()


def local_only(field: Any, *_: object) -> Any:
    """A field that says of itself that no path reads all."""
    return axis_field.AxisField(field.parts, None, field.unknown)


def everywhere(field: Any, *_: object) -> Any:
    """A field that says of itself that every position reads all."""
    return axis_field.AxisField(field.parts, axis_field.EVERYWHERE, field.unknown)


def earlier(said: Any, *_: object) -> Any:
    """A receptive field that starts one pixel earlier."""
    return said.replace(padding=tuple(p if p is None else p + 1 for p in said.padding))


def sides_in_order(self: Any) -> Any:
    """A pad's maps, its sides taken from the first axis on."""
    sides = self.padding
    return IDENTITY, *[Pad(sides[i], sides[i + 1], self.mode) for i in range(0, len(sides), 2)]


MUTATIONS: dict[str, Mutation] = {
    "window size one too many": (*result(Window, "size", lambda m, *_: m + 1), "Conv2d"),
    "window shifted": (*result(Window, "reads", lambda r, *_: shifted(r)), "AvgPool1d"),
    "dilation ignored in reads": (
        Window,
        "reads",
        lambda self, _, i: range(i * self.s - self.lo, i * self.s - self.lo + self.k),
        "Conv3d",
    ),
    "dilation ignored in sizes": (
        Window,
        "size",
        lambda self, n: (n + self.lo + self.hi - self.k) // self.s + 1,
        "MaxPool2d",
    ),
    "ceil_mode without its drop rule": (Window, "size", ceil_without_drop, "MaxPool2d"),
    "gather drops a tap": (*result(Window, "gather", lambda b, *_: all_but_last(b)), "Conv1d"),
    "shares of a window without its padding": (
        *result(Window, "shares", lambda shares, *_: (shares[0], max(len(shares[0]), 1))),
        "Conv2d",
    ),
    "shares of a linear resize the wrong way round": (
        *result(
            Resize, "shares", lambda s, *_: s and ([(j, s[1] - w) for j, w in s[0]] if len(s[0]) > 1 else s[0], s[1])
        ),
        "Upsample",
    ),
    "transposed without output_padding": (
        *result(TransposedWindow, "size", lambda m, self, _: m - self.op),
        "ConvTranspose2d",
    ),
    "transposed shifted": (
        *result(TransposedWindow, "reads", lambda r, *_: shifted(r)),
        "ConvTranspose3d",
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
        "AdaptiveAvgPool1d",
    ),
    "align_corners ignored": (Resize, "ratio", lambda self, n: Fraction(n, self.size(n)), "Upsample"),
    "half-pixel centres ignored": (
        *result(Resize, "reads", lambda r, self, *_: shifted(r) if self.mode == "linear" else r),
        "ResizeTo",
    ),
    "axes of a size swapped": (
        resampling.Upsample,
        "on_axis",
        lambda self, field, axis: value[-axis] if isinstance(value := getattr(self, field), tuple) else value,
        "Upsample",
    ),
    "pad on the wrong side": (
        Pad,
        "gather",
        lambda self, n, bits: (bits << 99 >> 99 + self.hi) & (1 << n) - 1,
        "ZeroPad2d",
    ),
    "sides of a pad from the first axis on": (
        padding.PadLayer,
        "maps",
        cached("maps", padding.PadLayer, sides_in_order),
        "ConstantPad3d",
    ),
    "reflect repeats the edge": (
        pads,
        "padded_sample",
        lambda mode, j, n: min(max(j, 0), n - 1) if mode != "zeros" else (j if 0 <= j < n else None),
        "ReflectionPad2d",
    ),
    "reflect of any size": (windows, "check_pad", lambda *_: None, "Conv2d"),
    "slice shifted": (*result(Slice, "reads", lambda r, *_: shifted(r)), "Slice"),
    "slice rounded down": (*result(Slice, "size", lambda m, *_: m - m // 2), "Slice"),
    "the first piece of a split": (
        *result(slicing.Split, "cut", lambda cut, *_: cut.replace(start=0, stop=cut.stop - cut.start)),
        "Split",
    ),
    "channels shuffled backwards": (
        Interleave,
        "reads",
        lambda self, n, i: range(i % (n // self.groups) * self.groups + i // (n // self.groups), n)[:1],
        "ChannelShuffle",
    ),
    "groups ignored in reads": (Grouped, "reads", lambda _, n, __: range(n), "Conv2d"),
    "groups ignored in weights": (
        convolution.Convolution,
        "weights",
        cached("weights", convolution.Convolution, without_groups),
        "Conv3d",
    ),
    "parameters without bias": (
        convolution.Convolution,
        "parameters",
        property(lambda self: self.weights),
        "ConvTranspose2d",
    ),
    "macs at output positions of a transposed": (
        convolution.ConvTranspose,
        "macs",
        convolution.Conv.macs,
        "ConvTranspose1d",
    ),
    "padding of any size in pools": (pooling, "max_pool_pad", lambda _: 1000, "AvgPool2d"),
    "short axes in volumes": (pooling.AvgPool3d, "check", Layer.check, "AvgPool3d"),
    "statistics of one value": (normalization.GroupNorm, "check", lambda *_, **__: None, "GroupNorm"),
    "statistics of one value a sample": (
        normalization.InstanceNorm,
        "values_a_channel",
        lambda *_: 2,
        "InstanceNorm1d",
    ),
    "broadcasting refused": (
        merging.Broadcasting,
        "merged",
        lambda _, shapes: merging.Concat().merged(shapes) and shapes[0],
        "Add",
    ),
    "shuffle mixes rows and columns": (
        *result(resampling.PixelShuffle, "terms", lambda terms, *_: tuple((k, (c, x, y)) for k, (c, y, x) in terms)),
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
    "SAME pads before first": (*result(sized, "tf_same_pad", lambda pad, *_: Pad(pad.hi, pad.lo)), "SamePad2d"),
    "parts of a vector read all": (reach, "takes_apart", lambda _: False, "Flatten"),
    "reach drops products": (reach, "absorb", lambda products, new: products or products.append(new), "graphs"),
    "channels never told apart": (channels, "told_apart", lambda _: set(), "graphs"),
    "all channels in one class": (
        channels,
        "split",
        lambda cells, _, value: [(b, [*v, value]) for b, v in cells],
        "graphs",
    ),
    "channels of a concatenation mixed up": (
        *result(Pad, "spread", lambda bits, self, n, _: (1 << self.size(n)) - 1 if bits else 0),
        "graphs",
    ),
    "rows among the channels taken for one class": (channels, "spreads", lambda _: False, "Rearrange"),
    "field of the first branch only": (channels, "merge_axis", lambda fields: fields[0], "graphs"),
    "cubic always of four samples": (
        Resize,
        "ends",
        lambda resize, n: (-resize.period(n)[0], 2 * resize.period(n)[0], *resize.period(n)[::-1]),
        (resampling.Upsample((17, 25), None, "bicubic", True), pooling.MaxPool2d(3, 1)),
    ),
    "composed straight line": (
        *result(axis_field, "bounds_through", straight_line),
        "graphs",
    ),
    "taps at the ends only": (
        bounds.Mapped,
        "ends_of",
        ends_only,
        (convolution.ConvTranspose2d(3, 3, 1, 2), convolution.Conv2d(3, 3, 3)),
    ),
    "global paths forgotten": (*result(channels, "compose", local_only), "graphs"),
    "global wherever branches meet": (
        *result(channels, "merge_axis", everywhere),
        "graphs",
    ),
    "padding one too many": (*result(receptive_field, "describe", earlier), "graphs"),
    "size of the first position only": (receptive_field, "widest", lambda parts, _: bounds.widest(parts, 1), "graphs"),
}


def apply(name: str, monkeypatch: pytest.MonkeyPatch) -> str | tuple[Layer, ...]:
    """Puts a mutation in place; gives the kind or the layers that must show it."""
    owner, attribute, wrong, where = MUTATIONS[name]
    monkeypatch.setattr(owner, attribute, wrong)
    return where
