"""Channels told apart: what each has read, where channels are sliced, split, shuffled or grouped after a merge."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.catalog import find, names
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv1d, Conv2d
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle
from pyramidcalc.layers.slicing import ChannelShuffle, Slice, Split
from pyramidcalc.passes.channels import ALL, MAX_CHANNELS, MAX_CLASSES, PART_OF_A_VECTOR, fields, told_apart
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.request import Request
from tests.naive import Walk
from tests.passes.asking import all_fields, field_of, resolved_on
from tests.passes.drawing import channel_graph
from tests.passes.published import chain

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.layers.base import Layer


def extent(positions: set[int]) -> tuple[int, int] | None:
    """First and last."""
    return (min(positions), max(positions)) if positions else None


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(24))
def test_fields_are_those_of_single_elements(rank: int, seed: int) -> None:
    """Of every node, class of channels, axis and position, and what is said of all of them together."""
    graph, shape = channel_graph(seed, rank)
    resolved = resolved_on(graph, *shape)
    walk, known, described = Walk(resolved, clip=False), fields(resolved), all_fields(resolved)
    for applied in resolved.layers:
        channels, *sizes = applied.shape
        for axis, m in enumerate(sizes):
            every: list[tuple[int, int] | None] = []
            for i in range(m):
                others = [range(n) if index != axis else [i] for index, n in enumerate(sizes)]
                read = [
                    {place[1 + axis] for at in product(*others) for _, place in walk.reads(applied.name, (c, *at))}
                    for c in range(channels)
                ]
                for bits, by_input in known[applied.name]:
                    union = set().union(*[read[c] for c in range(channels) if bits >> c & 1])
                    field = by_input.get("input")
                    assert (field[axis].extent(i) if field else None) == extent(union), (applied.name, bits, axis, i)
                every.append(extent(set().union(*read)))
            widths = [e[1] - e[0] + 1 for e in every if e]
            total = described[applied.name].get("input")
            if total is None:
                assert not widths
                continue
            assert total.size[axis] == max(widths, default=None), applied.name
            assert total.padding[axis] == (None if every[0] is None else -every[0][0])


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("seed", range(24))
def test_reach_is_that_of_single_elements(rank: int, seed: int) -> None:
    """The very set of elements, and inside what the receptive field says of that position."""
    graph, shape = channel_graph(seed, rank)
    resolved = resolved_on(graph, *shape)
    walk, described = Walk(resolved, clip=True), all_fields(resolved)
    channels, *sizes = resolved.shapes["output"]
    at = tuple(seed % n for n in sizes)
    answer = reach(resolved, "output", at)
    union = {
        tuple(place)
        for bits in answer.products["input"]
        for place in product(*[[i for i in range(n) if axis >> i & 1] for axis, n in zip(bits, shape, strict=True)])
    }
    assert union == {place for c in range(channels) for _, place in walk.reads("output", (c, *at))}
    hull = answer.hull("input")
    if hull is not None:
        local = described["output"]["input"].local_size
        assert all(last - first < (size or 0) for (first, last), size in zip(hull, local, strict=True))


def concatenated(*layers: Layer, rate: int = 4) -> Graph:
    """A dilated convolution beside its input, 3 channels each, and layers behind."""
    b = Builder()
    x = b.input("input", 3)
    y = b.add("both", Concat(), b.add("conv", Conv2d(3, 3, 3, padding=rate, dilation=rate), x), x)
    for index, layer in enumerate(layers):
        y = b.add(f"layer{index}", layer, y)
    b.output("output", y)
    return b.build()


@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ((Slice(1, 3, 6),), 1),
        ((Slice(1, 0, 3),), 9),
        ((Slice(1, 2, 4),), 9),
        ((Split(3, 1),), 1),
        ((Split((2, 1, 3), 2),), 1),
        ((Slice(1, -1),), 1),
        ((ChannelShuffle(2), Slice(1, 1, None, 2)), 1),
        ((ChannelShuffle(2), Slice(1, 0, None, 2)), 9),
        ((Conv2d(6, 6, 1, groups=2), Slice(1, 3)), 1),
        ((Conv2d(6, 2, 1, groups=2), Slice(1, 1)), 1),
        ((Conv2d(6, 6, 1), Slice(1, 3)), 9),
        ((Conv2d(6, 12, 3, groups=6, padding=1), Slice(1, 6)), 3),
        ((BatchNorm2d(6), ReLU(), MaxPool2d(3, 1, 1), Slice(1, 4, 5)), 3),
        ((Slice(1, 2), Slice(1, 1)), 1),
        ((Slice(1, 2), Slice(1, 0, 1)), 9),
    ],
)
def test_what_is_left_of_a_concatenation(layers: tuple[Layer, ...], size: int) -> None:
    """The input, sliced back out, reads 1 pixel, or what a window behind reads; the convolution reads 9."""
    graph = concatenated(*layers)
    assert field_of(graph, 3, 24, 30).size == (size, size)
    answer = reach(resolved_on(graph, 3, 24, 30), graph.outputs[0][1], (11, 13))
    assert [last - first + 1 for first, last in answer.hull("input") or ()] == [size, size]


def test_pixel_shuffles_part_rows_and_columns() -> None:
    """Behind a merge of four maps each is one row and column of every 2×2; a stride of 2 picks one of them."""
    b = Builder()
    x = b.input("input", 1)
    branches = [b.add(f"rate{r}", Conv2d(1, 1, (1, 3), padding=(0, r), dilation=(1, r)), x) for r in (1, 2, 3, 4)]
    y = b.add("up", PixelShuffle(2), b.add("merge", Concat(), *branches))
    for row, column in product((0, 1), (0, 1)):
        crop = b.add(f"crop{row}{column}", ZeroPad2d((-column, 0, -row, 0)), y)
        b.output(f"{row}{column}", b.add(f"pick{row}{column}", MaxPool2d(1, 2), crop))
    resolved = resolved_on(b.build(), 1, 9, 14)
    for row, column in product((0, 1), (0, 1)):
        rate = 1 + 2 * row + column
        mask = reach(resolved, f"pick{row}{column}", (4, 6)).mask("input")
        assert mask == {(4,): 1 << (6 - rate) | 1 << 6 | 1 << (6 + rate)}


def test_slices_that_are_added_keep_their_own() -> None:
    """Half of the channels through a wide window, the other half beside it: sums of the second half are narrow."""
    b = Builder()
    x = b.input("input", 4)
    left, right = b.add("left", Split(2, 0), x), b.add("right", Split(2, 1), x)
    both = b.add("both", Concat(), b.add("wide", Conv1d(2, 2, 7, padding=3), left), right)
    b.add("first", Slice(1, 0, 1), both)
    b.add("last", Slice(1, 3), both)
    b.add("narrow", Add(), b.add("a", Slice(1, 2, 3), both), b.add("b", Slice(1, 3, 4), both))
    b.output("output", b.add("crosswise", Add(), b.add("c", Slice(1, 0, 1), both), b.add("d", Slice(1, 3, 4), both)))
    graph = b.build()
    sizes = {name: field_of(graph, 4, 20, node=name).size for name in ("both", "first", "last", "narrow", "crosswise")}
    assert sizes == {"both": (7,), "first": (7,), "last": (1,), "narrow": (1,), "crosswise": (7,)}


def test_channels_through_a_whole_convolution_are_one_again() -> None:
    """Behind it no class is left, and none is paid for."""
    graph = concatenated(Slice(1, 1), Conv2d(5, 4, 1), Conv2d(4, 4, 3, padding=1))
    known = fields(resolved_on(graph, 3, 24, 30))
    assert {name: [bits for bits, _ in classes] for name, classes in known.items()} == {
        "input": [ALL],
        "conv": [ALL],
        "both": [0b111, 0b111000],
        "layer0": [0b11, 0b11100],
        "layer1": [ALL],
        "layer2": [ALL],
    }


@pytest.mark.parametrize("name", names())
def test_nothing_is_paid_where_no_channels_are_told_apart(name: str) -> None:
    """No architecture of the catalogue has groups or slices behind a merge."""
    request = Request.of(find(name), None, 1, {})
    assert told_apart(shapes(request.graph(), request.inputs)) == set()


def shuffle_unit(b: Builder, x: Value, width: int) -> Value:
    """A unit of ShuffleNet v2 (arXiv 1807.11164, figure 3c): half of the channels stays, half is convolved."""
    left, right = b.add("left", Split(width // 2, 0), x), b.add("right", Split(width // 2, 1), x)
    right = b.add("depthwise", Conv2d(width // 2, width // 2, 3, padding=1, groups=width // 2), right)
    right = b.add("pointwise", Conv2d(width // 2, width // 2, 1), right)
    return b.add("shuffle", ChannelShuffle(2), b.add("concat", Concat(), left, right))


def test_units_of_shufflenet_grow_by_one_class_each() -> None:
    """What was never convolved is still there behind four units: 1, 3, 5, 7 and 9 pixels."""
    b = Builder()
    x = b.add("stem", Conv2d(3, 64, 1), b.input("input", 3))
    for unit in range(4):
        with b.scope(f"unit{unit}"):
            x = shuffle_unit(b, x, 64)
    b.output("output", b.add("head", Conv2d(64, 128, 1, groups=64), x))
    classes = fields(resolved_on(b.build(), 3, 20, 30))["unit3.shuffle"]
    extents = {bits: by_input["input"][0].extent(0) for bits, by_input in classes}
    assert sorted(map(str, extents.values())) == sorted(str((-half, half)) for half in range(5))
    assert sum(bits.bit_count() for bits in extents) == 64


def windows_side_by_side(count: int) -> Graph:
    """Convolutions 1, 3, 5 … high, of one channel each, side by side, and the third of them cut off again."""
    b = Builder()
    x = b.input("input", 1)
    branches = [b.add(f"conv{i}", Conv2d(1, 1, (2 * i + 1, 1), padding=(i, 0)), x) for i in range(count)]
    b.output("output", b.add("cut", Slice(1, 2, 3), b.add("concat", Concat(), *branches)))
    return b.build()


def test_a_class_of_channels_reads_what_its_branch_has() -> None:
    """As many classes as the limit are told apart, channel by channel."""
    graph = windows_side_by_side(MAX_CLASSES)
    resolved = resolved_on(graph, 1, 30, 20)
    classes = {bits: by_input["input"][0].extent(3) for bits, by_input in fields(resolved)["concat"]}
    assert classes == {1 << i: (3 - i, 3 + i) for i in range(MAX_CLASSES)}
    described = all_fields(resolved)
    assert (described["concat"]["input"].size, described["cut"]["input"].size) == ((2 * MAX_CLASSES - 1, 1), (5, 1))


def test_too_many_classes_of_channels_are_unknown_with_their_reason() -> None:
    """One branch more is given up."""
    field = field_of(windows_side_by_side(MAX_CLASSES + 1), 1, 30, 20)
    assert (field.size, field.is_global) == ((None, None), False)
    assert field.reason is not None
    assert str(MAX_CLASSES) in field.reason


@pytest.mark.parametrize(("channels", "known"), [(MAX_CHANNELS, True), (MAX_CHANNELS + 2, False)])
def test_too_many_channels_are_not_told_apart(channels: int, known: bool) -> None:
    """Half of a concatenation is its own branch's, where there are channels as many as the limit, and no more."""
    b = Builder()
    x = b.input("input", channels // 2)
    wide = b.add("wide", MaxPool2d((5, 3), 1, (2, 1)), x)
    b.output("output", b.add("half", Slice(1, channels // 2), b.add("concat", Concat(), wide, x)))
    field = field_of(b.build(), channels // 2, 9, 11)
    assert field.size == ((1, 1) if known else (None, None))
    assert (field.reason is None) == known
    assert known or str(MAX_CHANNELS) in str(field.reason)


def test_a_part_of_a_flattened_map_is_unknown_with_its_reason() -> None:
    """The values of a vector come from different places."""
    field = field_of(chain(Flatten(), Slice(1, 0, 7)), 3, 4, 5)
    assert field.reason == PART_OF_A_VECTOR.format("layer0")


def test_too_many_channels_are_unknown_with_the_reason() -> None:
    """A bit set of them would fill the memory."""
    b = Builder()
    x = b.input("input", 1)
    y = b.add("merge", Concat(), b.add("wide", Conv1d(1, 10**15, 3), x), b.add("narrow", Conv1d(1, 7, 3), x))
    b.output("output", b.add("again", Conv1d(2, 5, 3), b.add("slice", Slice(1, 0, 2), y)))
    field = field_of(b.build(), 1, 200)
    reason = f"more than {MAX_CHANNELS} channels, here {10**15 + 7}, are not told apart"
    assert (field.size, field.reason) == ((None,), reason)
