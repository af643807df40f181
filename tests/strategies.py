"""Hypothesis strategies: index maps with a size they are legal on, shapes, layers and chains of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.indexmap import (
    PADDING_MODES,
    RESIZE_MODES,
    AdaptiveBins,
    Broadcast,
    Grouped,
    IndexMap,
    Pad,
    Resize,
    TransposedWindow,
    Whole,
    Window,
)
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.padding import ReplicationPad2d, ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import Upsample

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from pyramidcalc.layers.base import Layer

SIZES = st.integers(1, 30)


def is_legal(pair: tuple[IndexMap, int]) -> bool:
    """Whether a map takes this size."""
    axis_map, n = pair
    try:
        axis_map.size(n)
    except ShapeError:
        return False
    return True


def on_a_size(maps: SearchStrategy[IndexMap]) -> SearchStrategy[tuple[IndexMap, int]]:
    """Each map with a size that it is legal on."""
    return st.tuples(maps, SIZES).filter(is_legal)


def windows(modes: tuple[str, ...] = PADDING_MODES) -> SearchStrategy[IndexMap]:
    """Windows of convolutions and pools."""
    return st.builds(
        Window,
        k=st.integers(1, 6),
        s=st.integers(1, 5),
        d=st.integers(1, 4),
        lo=st.integers(0, 7),
        hi=st.integers(0, 7),
        mode=st.sampled_from(modes),
    )


@st.composite
def pool_windows(draw: DrawFn) -> IndexMap:
    """Windows of pools: padding at most half the kernel, either rounding."""
    k = draw(st.integers(1, 7))
    pad = draw(st.integers(0, k // 2))
    return Window(k, draw(st.integers(1, 8)), draw(st.integers(1, 3)), pad, pad, draw(st.booleans()))


@st.composite
def transposed_windows(draw: DrawFn) -> IndexMap:
    """Transposed windows with a legal output padding."""
    s, d = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    op = draw(st.integers(0, max(s, d) - 1))
    return TransposedWindow(draw(st.integers(1, 6)), s, draw(st.integers(0, 6)), op, d)


def pads() -> SearchStrategy[IndexMap]:
    """Pads and crops of every mode."""
    return st.builds(Pad, lo=st.integers(-8, 12), hi=st.integers(-8, 12), mode=st.sampled_from(PADDING_MODES))


def resizes(mode: str) -> SearchStrategy[IndexMap]:
    """Resizes of one mode, to a size or by a scale."""
    corners = st.just(False) if mode.startswith("nearest") else st.booleans()
    scales = st.sampled_from((0.25, 0.5, 0.75, 1.0, 1.2, 1.5, 2.0, 2.3, 3.0, 4.0))
    targets = st.one_of(st.tuples(st.integers(1, 40), st.none()), st.tuples(st.none(), scales))
    return st.builds(lambda corner, target: Resize(mode, corner, *target), corners, targets)


def grouped() -> SearchStrategy[tuple[IndexMap, int]]:
    """Grouped channels with a number of inputs that the groups divide."""
    return st.builds(
        lambda groups, each, wide: (Grouped(groups, groups * each), groups * wide),
        st.integers(1, 5),
        st.integers(1, 4),
        st.integers(1, 4),
    )


MAPS: dict[str, SearchStrategy[tuple[IndexMap, int]]] = {
    "window": on_a_size(windows()),
    "pool": on_a_size(pool_windows()),
    "transposed": on_a_size(transposed_windows()),
    "pad": on_a_size(pads()),
    **{mode: on_a_size(resizes(mode)) for mode in RESIZE_MODES},
    "adaptive": on_a_size(st.builds(AdaptiveBins, m=st.integers(1, 40))),
    "whole": on_a_size(st.builds(Whole, m=st.integers(1, 5))),
    "broadcast": st.tuples(st.builds(Broadcast, m=st.integers(1, 9)), st.just(1)),
    "grouped": grouped(),
}
"""Every kind of index map, each with a size that it is legal on."""


def maps_on_sizes() -> SearchStrategy[tuple[IndexMap, int]]:
    """An index map of any kind with a size that it is legal on."""
    return st.one_of(*MAPS.values())


def map_shapes(channels: SearchStrategy[int] | None = None) -> SearchStrategy[tuple[int, int, int]]:
    """(C, H, W) with H and W different."""
    sides = st.lists(SIZES, min_size=2, max_size=2, unique=True)
    return st.builds(lambda c, hw: (c, *hw), channels or st.integers(1, 5), sides)


PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 5))


@st.composite
def spatial_layers(draw: DrawFn, channels: int) -> Layer:
    """One spatial layer with plain maps on `channels` channels, legal on some input."""
    kernel, stride, dilation = draw(PAIRS), draw(PAIRS), draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    half = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
    sides = draw(st.tuples(*[st.integers(-1, 4)] * 4))
    out = draw(st.integers(1, 4))
    kinds: list[Layer] = [
        Conv2d(channels, out, kernel, stride, draw(st.tuples(st.integers(0, 4), st.integers(0, 5))), dilation),
        ConvTranspose2d(channels, out, kernel, stride, half),
        MaxPool2d(kernel, stride, half, dilation, ceil_mode=draw(st.booleans())),
        AvgPool2d(kernel, stride, half, draw(st.booleans())),
        ZeroPad2d(sides),
        ReplicationPad2d(sides),
        Upsample(draw(PAIRS), None, "nearest"),
        Upsample(None, draw(st.sampled_from((0.5, 1.5, 2.0, 3.0))), "bilinear", draw(st.booleans())),
        AdaptiveAvgPool2d(draw(PAIRS)),
        ReLU(),
    ]
    return draw(st.sampled_from(kinds))


@st.composite
def chains(draw: DrawFn, longest: int = 5) -> tuple[Graph, tuple[int, int, int]]:
    """A chain of layers and an input it is legal on; layers that refuse what reaches them are left out."""
    shape = draw(map_shapes())
    builder = Builder()
    value, current = builder.input("input", shape[0]), tuple(shape)
    for index in range(draw(st.integers(1, longest))):
        layer = draw(spatial_layers(current[0]))
        try:
            after = layer.output_shape(current)
        except (ShapeError, LayerError):
            continue
        if max(after) <= 60:
            value, current = builder.add(f"layer{index}", layer, value), after
    builder.output("output", value)
    return builder.build(), shape
