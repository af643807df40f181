"""Which index maps a layer gives each of its inputs, where more than windows are at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer


def reads(layer: Layer, shapes: tuple[tuple[int, ...], ...], position: tuple[int, ...]) -> list[list[list[int]]]:
    """For each input the channels, and the positions of each spatial axis, that one output element reads."""
    return [
        [list(axis_map.taps(n, i)) for axis_map, n, i in zip(maps, shape, position, strict=True)]
        for maps, shape in zip(layer.axes(*shapes), shapes, strict=True)
    ]


def make(kind: str, *args: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args)


SHAPES = ((2, 5, 7), (3, 5, 7), (4, 5, 7))


@pytest.mark.parametrize(
    ("channel", "owner", "own"), [(0, 0, 0), (1, 0, 1), (2, 1, 0), (4, 1, 2), (5, 2, 0), (8, 2, 3)]
)
def test_concat_reads_the_channel_of_one_input(channel: int, owner: int, own: int) -> None:
    """Output channels are the inputs' in order: each is read from one input, at its own position."""
    by_input = reads(make("Concat"), SHAPES, (channel, 3, 6))
    assert [read[0] for read in by_input] == [[own] if index == owner else [] for index in range(3)]
    assert all(read[1:] == [[3], [6]] for read in by_input)


def test_every_input_of_a_concat_has_the_sum_of_channels() -> None:
    """The channel map of each input has as many outputs as there are channels in all."""
    assert [maps[0].size(shape[0]) for maps, shape in zip(make("Concat").axes(*SHAPES), SHAPES, strict=True)] == [9] * 3


@pytest.mark.parametrize(("kind", "arguments"), [("Add", ()), ("WeightedAdd", (3,)), ("Multiply", ())])
def test_merges_read_the_same_position_or_the_one_there_is(kind: str, arguments: tuple[int, ...]) -> None:
    """Where an input has size 1 its one element stands for all."""
    by_input = reads(make(kind, *arguments), ((4, 5, 7), (4, 1, 1), (1, 5, 1)), (2, 3, 6))
    assert by_input == [[[2], [3], [6]], [[2], [0], [0]], [[0], [3], [0]]]


def test_merged_vectors_are_channels() -> None:
    """A vector is one position: its features are read one by one."""
    assert reads(make("Add"), ((4,), (1,)), (2,)) == [[[2]], [[0]]]


def test_flatten_reads_the_whole_map() -> None:
    """Every number of the vector is taken to read the whole map, as the vector is one position."""
    assert reads(make("Flatten"), ((2, 3, 4),), (17, 0, 0)) == [[[0, 1], [0, 1, 2], [0, 1, 2, 3]]]


def test_linear_on_a_vector_reads_all_features() -> None:
    """A dense layer reads every feature."""
    assert reads(make("Linear", 3, 5), ((3,),), (4,)) == [[[0, 1, 2]]]


def test_linear_on_a_map_reads_along_the_columns() -> None:
    """On a map torch's Linear works on the last axis: one channel, one row, all columns."""
    assert reads(make("Linear", 7, 5), ((2, 3, 7),), (1, 2, 4)) == [[[1], [2], [0, 1, 2, 3, 4, 5, 6]]]


@pytest.mark.parametrize("kind", ["ReLU", "Dropout", "Identity"])
def test_element_wise_layers_read_their_own_position(kind: str) -> None:
    """One element in, one element out."""
    assert reads(make(kind), ((4, 5, 7),), (3, 2, 6)) == [[[3], [2], [6]]]


def test_norms_read_their_own_position() -> None:
    """Statistics do not count as reading."""
    assert reads(make("GroupNorm", 2, 4), ((4, 5, 7),), (3, 2, 6)) == [[[3], [2], [6]]]


def test_padding_is_left_right_top_bottom() -> None:
    """torch pads the last axis first: left and right are of columns, top and bottom of rows."""
    assert reads(make("ZeroPad2d", (1, 2, 3, 4)), ((2, 5, 7),), (1, 3, 1)) == [[[1], [0], [0]]]
    assert reads(make("ZeroPad3d", (1, 2, 3, 4, 5, 6)), ((2, 5, 7, 9),), (1, 6, 3, 1)) == [[[1], [1], [0], [0]]]


def test_slices_keep_the_other_axes() -> None:
    """A slice of rows reads later rows, one of channels later channels."""
    assert reads(make("Slice", 2, 1, None, 2), ((4, 9, 7),), (3, 2, 6)) == [[[3], [5], [6]]]
    assert reads(make("Slice", 1, -2), ((4, 9, 7),), (1, 2, 6)) == [[[3], [2], [6]]]
    assert reads(make("Split", (1, 3), 1, -1), ((2, 3, 4),), (1, 2, 2)) == [[[1], [2], [3]]]


def test_shuffled_channels_come_from_all_groups_in_turn() -> None:
    """The second output channel is the first of the second group."""
    assert reads(make("ChannelShuffle", 2), ((6, 9),), (1, 8)) == [[[3], [8]]]
