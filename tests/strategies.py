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
from pyramidcalc.layers import kinds
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.padding import ZeroPad1d, ZeroPad2d
from pyramidcalc.layers.resampling import PixelShuffle, Upsample
from pyramidcalc.layers.slicing import ChannelShuffle, Slice
from pyramidcalc.oracle.draw import Draw
from pyramidcalc.oracle.generators import random_arguments

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


FAMILIES = (
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AvgPool",
    "AdaptiveAvgPool",
    "ZeroPad",
    "ReplicationPad",
    "CircularPad",
)
SEEDS = st.integers(0, 10**9)


@st.composite
def spatial_layers(draw: DrawFn, channels: int, rank: int = 2) -> Layer:
    """One layer with plain maps on `channels` channels, drawn as `verify` draws them, legal on some input."""
    kind: type[Layer] = draw(st.sampled_from([Upsample, ReLU, *[kinds()[f"{family}{rank}d"] for family in FAMILIES]]))
    d = Draw(kind.__name__, draw(SEEDS), rank)
    while True:
        try:
            return kind(**random_arguments(kind, d, (channels, *[9] * rank)))
        except LayerError:
            continue


@st.composite
def chains(draw: DrawFn, longest: int = 5, rank: int = 2) -> tuple[Graph, tuple[int, ...]]:
    """A chain of layers and a map, or a sequence, that it is legal on; layers that refuse it are left out."""
    sizes = draw(st.lists(SIZES, min_size=rank, max_size=rank, unique=True))
    shape = current = (draw(st.integers(1, 5)), *sizes)
    builder = Builder()
    value = builder.input("input", shape[0])
    for index in range(draw(st.integers(1, longest))):
        layer = draw(spatial_layers(current[0], rank))
        try:
            after = layer.output_shape(current)
        except (ShapeError, LayerError):
            continue
        if max(after) <= 60:
            value, current = builder.add(f"layer{index}", layer, value), after
    builder.output("output", value)
    return builder.build(), shape


def sequence_chains(longest: int = 5) -> SearchStrategy[tuple[Graph, tuple[int, ...]]]:
    """A chain of layers and a sequence that it is legal on."""
    return chains(longest, rank=1)


@st.composite
def nets_of_parts(draw: DrawFn, rank: int = 1, longest: int = 7) -> tuple[Graph, tuple[int, ...]]:
    """A net whose channels are cut, grouped, shuffled and merged in any order, and an input that it is legal on."""
    sides = draw(st.lists(st.integers(4, 12), min_size=rank, max_size=rank, unique=True))
    shape: tuple[int, ...] = (draw(st.sampled_from((4, 6))), *sides)
    builder = Builder()
    values = [(builder.input("input", shape[0]), shape)]
    for index in range(draw(st.integers(2, longest))):
        value, current = draw(st.sampled_from(values))
        inputs, shapes = [value], [current]
        if draw(st.booleans()):
            for other, another in draw(st.lists(st.sampled_from(values), min_size=1, max_size=2)):
                if another[1:] == current[1:] and sum(each[0] for each in shapes) <= 12:
                    inputs, shapes = [*inputs, other], [*shapes, another]
            alike = len({each[0] for each in shapes}) == 1
            layer: Layer = Add() if alike and draw(st.booleans()) else Concat()
        else:
            layer = draw(layers_on_parts(current[0], rank))
        try:
            after = layer.output_shape(*shapes)
        except (ShapeError, LayerError):
            continue
        if max(after) <= 30:
            values.append((builder.add(f"layer{index}", layer, *inputs), after))
    builder.output("output", values[-1][0])
    return builder.build(), shape


@st.composite
def layers_on_parts(draw: DrawFn, channels: int, rank: int) -> Layer:
    """A layer that tells channels apart, or moves positions of a sequence or a map."""
    conv, transposed, pad = (Conv1d, ConvTranspose1d, ZeroPad1d) if rank == 1 else (Conv2d, ConvTranspose2d, ZeroPad2d)
    groups = draw(st.sampled_from([g for g in (1, 2, 3, 4, 6) if channels % g == 0]))
    half, shift, start = draw(st.integers(0, 2)), draw(st.integers(-3, 3)), draw(st.integers(0, channels - 1))
    layers: list[Layer] = [
        conv(channels, groups * draw(st.integers(1, 2)), 2 * half + 1, 1, 2 * half, 2, groups),
        transposed(channels, groups, draw(st.integers(1, 2)), 2, 0, 0, groups),
        conv(channels, channels, 1, 2, groups=channels),
        pad((shift, -shift) + (0, 0) * (rank - 1)),
        Slice(1, start, draw(st.integers(start + 1, channels)), draw(st.integers(1, 2))),
        ChannelShuffle(groups),
    ]
    if rank == 2 and channels % 4 == 0:
        layers.append(PixelShuffle(2))
    return draw(st.sampled_from(layers))
