"""Deliberately wrong formulas, and where each must be noticed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import (
    AdaptiveBins,
    Grouped,
    Interleave,
    Pad,
    Resize,
    Slice,
    TransposedWindow,
    Window,
    pads,
    sizing,
    windows,
)
from pyramidcalc.layers import convolution, merging, normalization, padding, pooling, resampling, sized, slicing
from pyramidcalc.layers.base import Layer
from pyramidcalc.passes import bounds, channels, reach, receptive_field
from tests.oracle.formulas import (
    all_but_last,
    cached,
    ceil_without_drop,
    earlier,
    ends_only,
    local_only,
    replaced,
    shifted,
    sides_in_order,
    straight_line,
    without_groups,
)

if TYPE_CHECKING:
    import pytest

    Mutation = tuple[object, str, object, str]
    """(owner, attribute, what takes its place, kind of random configurations that shows it)"""

MUTATIONS: dict[str, Mutation] = {
    "window size one too many": (Window, "size", replaced(Window, "size", lambda m, *_: m + 1), "Conv2d"),
    "window shifted": (Window, "reads", replaced(Window, "reads", lambda r, *_: shifted(r)), "AvgPool1d"),
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
    "gather drops a tap": (Window, "gather", replaced(Window, "gather", lambda b, *_: all_but_last(b)), "Conv1d"),
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
        Resize,
        "reads",
        replaced(Resize, "reads", lambda r, self, *_: shifted(r) if self.mode == "linear" else r),
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
    "slice shifted": (Slice, "reads", replaced(Slice, "reads", lambda r, *_: shifted(r)), "Slice"),
    "slice rounded down": (Slice, "size", replaced(Slice, "size", lambda m, *_: m - m // 2), "Slice"),
    "the first piece of a split": (
        slicing.Split,
        "cut",
        replaced(slicing.Split, "cut", lambda cut, *_: cut.replace(start=0, stop=cut.stop - cut.start)),
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
    "padding of any size in pools": (
        pooling,
        "max_pool_pad",
        lambda _: 1000,
        "AvgPool2d",
    ),
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
        Pad,
        "spread",
        replaced(Pad, "spread", lambda bits, self, n, _: (1 << self.size(n)) - 1 if bits else 0),
        "graphs",
    ),
    "field of the first branch only": (receptive_field, "merge_axis", lambda fields: fields[0], "graphs"),
    "cubic taken for monotone": (Resize, "monotone", property(lambda _: True), "graphs"),
    "composed straight line": (
        receptive_field,
        "bounds_through",
        replaced(receptive_field, "bounds_through", straight_line),
        "graphs",
    ),
    "taps at the ends only": (bounds.Mapped, "asks", ends_only, "graphs"),
    "global paths forgotten": (
        receptive_field,
        "compose",
        replaced(receptive_field, "compose", local_only),
        "graphs",
    ),
    "global wherever a path is": (
        receptive_field,
        "merge_axis",
        replaced(
            receptive_field,
            "merge_axis",
            lambda field, *_: receptive_field.AxisField(field.parts, receptive_field.EVERYWHERE, field.unknown),
        ),
        "graphs",
    ),
    "padding one too many": (
        receptive_field,
        "describe",
        replaced(receptive_field, "describe", earlier),
        "graphs",
    ),
    "size of the first position only": (receptive_field, "widest", lambda parts, _: bounds.widest(parts, 1), "graphs"),
}


def apply(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Puts a mutation in place; gives the kind that must show it."""
    owner, attribute, wrong, kind = MUTATIONS[name]
    monkeypatch.setattr(owner, attribute, wrong)
    return kind
