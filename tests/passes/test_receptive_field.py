"""Receptive fields: published numbers, brute force over what is read, and what is said of the unknown."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import AdaptiveBins, Resize, TransposedWindow, Window
from pyramidcalc.layers.convolution import Conv2d, Conv3d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.slicing import ChannelShuffle, Slice
from pyramidcalc.passes.alignment import START, centre_lines, moved
from pyramidcalc.passes.bounds import MAX_LOOKS, MAX_POSITIONS
from pyramidcalc.passes.channels import ALL, MAX_CHANNELS, MAX_CLASSES, PART_OF_A_VECTOR
from pyramidcalc.passes.receptive_field import (
    ITSELF,
    MAX_PARTS,
    ReceptiveField,
    compose,
    fields,
    merge_axis,
    receptive_fields,
)
from pyramidcalc.passes.shapes import shapes
from tests.passes.asking import all_fields, axis_field, field_of, resolved_on
from tests.passes.published import alexnet_v2, chain, patchgan_70, resnet_v1, vgg_16
from tests.strategies import chains, maps_on_sizes, nets_of_parts, sequence_chains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.shapes import Resolved


def ends(read: Iterable[int]) -> tuple[int, int] | None:
    """First and last of some positions; None where there are none."""
    places = set(read)
    return (min(places), max(places)) if places else None


def width(*extents: tuple[int, int] | None) -> int | None:
    """Extent of the widest; None where nothing is read."""
    return max([last - first + 1 for first, last in filter(None, extents)], default=None)


@pytest.mark.parametrize(
    ("graph", "size", "stride", "padding"),
    [
        (alexnet_v2(), 195, 32, 64),
        (vgg_16(), 212, 32, 90),
        (resnet_v1((3, 4, 6, 3)), 483, 32, 239),
        (resnet_v1((3, 4, 23, 3)), 1027, 32, 511),
        (resnet_v1((3, 4, 6, 3), slim=False), 427, 32, 213),
    ],
    ids=["alexnet_v2", "vgg_16", "resnet_v1_50", "resnet_v1_101", "torchvision resnet50"],
)
def test_published_receptive_fields(graph: Graph, size: int, stride: int, padding: int) -> None:
    """Sizes, strides and paddings are those of Araujo et al., Distill 2019, at input 224."""
    found = field_of(graph, 3, 224, 224)
    assert found.size == (size, size)
    assert found.stride == (Fraction(stride), Fraction(stride))
    assert found.padding == (padding, padding)
    assert not found.is_global


def test_patchgan_reads_70_pixels() -> None:
    """The discriminator called 70×70 reads 70×70."""
    assert field_of(patchgan_70(), 3, 256, 192).size == (70, 70)


def brute_force(maps: list[tuple[IndexMap, int]], i: int) -> set[int]:
    """What output i of a chain of maps reads, tap by tap, as if the input went on."""
    read = {i}
    for axis_map, n in reversed(maps):
        read = {j for position in read for j in axis_map.reads(n, position)}
    return read


def check_chain(graph: Graph, shape: tuple[int, ...]) -> None:
    """Bounds of every position of every layer of a chain are the least and greatest of what is read tap by tap."""
    resolved = resolved_on(graph, *shape)
    found = all_fields(resolved)
    for axis in range(1, len(shape)):
        maps: list[tuple[IndexMap, int]] = []
        whole = False
        for applied in resolved.layers:
            axis_map, n, m = applied.axes[0][axis], applied.shapes[0][axis], applied.shape[axis]
            maps.append((axis_map, n))
            whole = whole or axis_map.whole
            field, said = axis_field(resolved, applied.name, axis - 1), found[applied.name]["input"]
            assert field.unknown is None
            extents = {i: None if whole else ends(brute_force(maps, i)) for i in range(-2, m + 2)}
            assert {i: field.extent(i) for i in extents} == extents
            assert said.local_size[axis - 1] == width(*[extents[i] for i in range(m)])
            assert said.padding[axis - 1] == (None if (first := extents[0]) is None else -first[0])
            # Holes may cut the path that reads everything off, at all positions.
            assert field.is_global(m) == (whole and any(brute_force(maps, i) for i in range(m)))
            assert said.is_global or not field.is_global(m)


@given(chains())
def test_chains_equal_brute_force(drawn: tuple[Graph, tuple[int, int, int]]) -> None:
    """Rows and columns of a random chain on a map."""
    check_chain(*drawn)


@given(sequence_chains())
def test_chains_on_sequences_equal_brute_force(drawn: tuple[Graph, tuple[int, int]]) -> None:
    """Positions of a random chain on a sequence."""
    check_chain(*drawn)


def brute_force_of_parts(resolved: Resolved, axis: int, around: int) -> dict[str, dict[tuple[int, int], set[int]]]:
    """What each channel and position (some before and after, too) of each node reads of one axis, term by term."""
    read: dict[str, dict[tuple[int, int], set[int]]] = {}

    def ask(name: str, channel: int, position: int) -> set[int]:
        if name not in layers:
            return {position}
        known = read.setdefault(name, {})
        if (channel, position) not in known:
            applied, places = layers[name], set[int]()
            for source, maps in applied.layer.terms(*applied.shapes):
                shape = applied.shapes[source]
                for c in maps[0].taps(shape[0], channel):
                    for i in maps[axis].reads(shape[axis], position):
                        places |= ask(applied.inputs[source], c, i)
            known[channel, position] = places
        return known[channel, position]

    layers = {applied.name: applied for applied in resolved.layers}
    for applied in resolved.layers:
        for channel in range(applied.shape[0]):
            for position in range(-around, applied.shape[axis] + around):
                ask(applied.name, channel, position)
    return read


@pytest.mark.parametrize("rank", [1, 2])
@given(st.data())
def test_channels_equal_brute_force(rank: int, data: st.DataObject) -> None:
    """In nets that cut, group, shuffle and merge channels, each has read what its own terms have.

    Where nothing later tells a node's channels apart, they are one class, and its bounds those of all of them.
    """
    graph, shape = data.draw(nets_of_parts(rank))
    resolved = resolved_on(graph, *shape)
    known = fields(resolved)
    found = receptive_fields(resolved, known)
    for axis in range(1, rank + 1):
        read = brute_force_of_parts(resolved, axis, 2)
        for applied in resolved.layers:
            every, m = range(applied.shape[0]), applied.shape[axis]
            for bits, by_input in known[applied.name]:
                channels = [c for c in every if bits >> c & 1]
                for i in range(-2, m + 2):
                    expected = ends(set[int]().union(*[read[applied.name][c, i] for c in channels]))
                    assert (by_input["input"][axis - 1].extent(i) if "input" in by_input else None) == expected
            hulls = [ends(set[int]().union(*[read[applied.name][c, i] for c in every])) for i in range(m)]
            assert found[applied.name]["input"].size[axis - 1] == width(*hulls)


@given(st.lists(maps_on_sizes(), min_size=2, max_size=3), st.integers(-5, 5))
def test_merges_are_the_hull_position_by_position(drawn: list[tuple[IndexMap, int]], i: int) -> None:
    """A merge of maps, whatever their strides, reads from the least first to the greatest last."""
    local = [(axis_map, n) for axis_map, n in drawn if not axis_map.whole]
    merged = merge_axis([compose(axis_map, n, ITSELF) for axis_map, n in local] or [ITSELF])
    assert merged.extent(i) == ends([j for axis_map, n in local for j in axis_map.reads(n, i)] if local else [i])


@given(st.lists(maps_on_sizes(), min_size=2, max_size=3), maps_on_sizes(), st.integers(-5, 5))
def test_what_follows_a_merge_reads_the_hull_of_its_taps(
    drawn: list[tuple[IndexMap, int]], after: tuple[IndexMap, int], i: int
) -> None:
    """A map behind a merge, whatever the strides before it, reads what its taps have read."""
    local = [(axis_map, n) for axis_map, n in [*drawn, after] if not axis_map.whole]
    if len(local) < 2 or after[0].whole:
        local, after = [(Window(3, 2), 9), (TransposedWindow(1, 3), 5)], (Window(2, 2), 7)
    merged = merge_axis([compose(axis_map, n, ITSELF) for axis_map, n in local])
    found = compose(*after, merged)
    taps = after[0].reads(after[1], i)
    assert found.extent(i) == ends([j for tap in taps for axis_map, n in local for j in axis_map.reads(n, tap)])


def test_a_composed_straight_line_would_be_too_wide() -> None:
    """A nearest upsampling by 2, then a 2-wide window of stride 2, reads one pixel and not two."""
    graph = chain(Upsample(None, 2, "nearest"), MaxPool2d(2))
    assert field_of(graph, 3, 12, 10).size == (1, 1)


def test_aspp_branches_are_merged_by_their_hull() -> None:
    """Parallel rates give the widest branch, not their sum."""
    b = Builder()
    x = b.input("input", 4)
    branches = [b.add(f"rate{r}", Conv2d(4, 2, 3, padding=r, dilation=r), x) for r in (6, 12, 18)]
    b.output("output", b.add("concat", Concat(), *branches))
    assert field_of(b.build(), 4, 64, 48).size == (37, 37)


def test_height_and_width_are_told_apart() -> None:
    """Rows come first in every pair."""
    found = field_of(chain(Conv2d(3, 4, (3, 5), (2, 1), (1, 4))), 3, 20, 30)
    assert (found.size, found.padding) == ((3, 5), (1, 4))
    assert found.stride == (Fraction(2), Fraction(1))


def test_size_is_the_largest_over_the_positions_that_there_are() -> None:
    """An adaptive pool's bins differ in width; with one column only the first bin counts."""
    assert field_of(chain(AdaptiveAvgPool2d((4, 2))), 3, 10, 7).size == (3, 4)


def test_transposed_convolution_steps_by_a_fraction() -> None:
    """Stride 2 upwards is half an input pixel a step; the padding is that of output 0."""
    found = field_of(chain(ConvTranspose2d(3, 4, (4, 3), (2, 3), 1)), 3, 9, 11)
    assert found.stride == (Fraction(1, 2), Fraction(1, 3))
    assert found.size == (2, 1)
    assert found.to_dict()["stride"] == ["1/2", "1/3"]


def test_pixel_shuffle_reads_one_pixel() -> None:
    """Every output of a pixel shuffle comes from one input pixel."""
    found = field_of(chain(PixelShuffle(3), channels=18), 18, 4, 5)
    assert (found.size, found.stride) == ((1, 1), (Fraction(1, 3), Fraction(1, 3)))


def test_image_pooling_is_global_and_keeps_the_local_size() -> None:
    """A global path makes the size null and leaves what the other paths read."""
    b = Builder()
    x = b.input("input", 3)
    local = b.add("conv", Conv2d(3, 3, 5, padding=2), x)
    pooled = b.add("resize", ResizeTo("bilinear"), b.add("pool", AdaptiveAvgPool2d(1), x), x)
    b.output("output", b.add("add", Add(), local, pooled))
    found = field_of(b.build(), 3, 21, 34)
    assert found.is_global
    assert (found.size, found.local_size) == ((None, None), (5, 5))
    assert found.stride == (Fraction(1), Fraction(1))


def test_squeeze_excitation_is_global() -> None:
    """A gate that multiplies by a pooled value reads the whole map."""
    b = Builder()
    x = b.input("input", 6)
    gate = b.add("gate", Conv2d(6, 6, 1), b.add("pool", AdaptiveAvgPool2d(1), x))
    b.output("output", b.add("scale", Multiply(), x, gate))
    found = field_of(b.build(), 6, 11, 13)
    assert (found.is_global, found.local_size) == (True, (1, 1))


def test_global_paths_fall_into_holes() -> None:
    """A stride that picks only the holes of a transposed convolution cuts the global path too."""
    up = (Upsample((4, 5)), ConvTranspose2d(3, 3, 1, 3))
    hit = chain(AdaptiveAvgPool2d(1), *up, Conv2d(3, 3, 1, 3))
    missed = chain(AdaptiveAvgPool2d(1), *up, ZeroPad2d((-1, 0, -1, 0)), Conv2d(3, 3, 1, 3))
    assert field_of(hit, 3, 8, 9).is_global
    assert field_of(missed, 3, 8, 9) == ReceptiveField(
        (None, None), False, (None, None), (None, None), (None, None), ("no position reads the input",) * 2
    )


def test_image_pooling_stays_global_however_large_the_map() -> None:
    """A global path is not lost to the period of the resize behind it."""
    b = Builder()
    x = b.input("input", 3)
    b.output("output", b.add("resize", ResizeTo("bilinear", False), b.add("pool", AdaptiveAvgPool2d(1), x), x))
    found = field_of(b.build(), 3, 10**12, 5000)
    assert (found.is_global, found.reason) == (True, None)


def test_linear_over_a_flattened_map_is_global() -> None:
    """A vector reads everything."""
    assert field_of(chain(Flatten(), Linear(3 * 4 * 5, 7)), 3, 4, 5).is_global


def test_global_on_one_axis_only() -> None:
    """A pool to one row is global in rows alone."""
    found = field_of(chain(AdaptiveAvgPool2d((1, None))), 3, 8, 9)
    assert (found.size, found.local_size, found.is_global) == ((None, 1), (None, 1), True)


def test_different_strides_have_no_common_one() -> None:
    """Where branches step differently the stride is null and the size is still exact."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("down", MaxPool2d(4), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    resolved = resolved_on(b.build(), 3, 16, 24)
    found = all_fields(resolved)["concat"]["input"]
    assert found.stride == (None, None)
    field = axis_field(resolved, "concat", 1)
    assert found.size[1] == width(*[field.extent(i) for i in range(24)])


def test_each_input_has_its_own_receptive_field() -> None:
    """A node that does not read an input has no receptive field there."""
    b = Builder()
    x, y = b.input("left", 3), b.input("right", 5)
    one = b.add("one", Conv2d(3, 4, 3, padding=1), x)
    b.output("output", b.add("both", Concat(), one, b.add("two", Conv2d(5, 4, 5, padding=2), y)))
    found = all_fields(shapes(b.build(), {"left": (3, 9, 8), "right": (5, 9, 8)}))
    assert set(found["one"]) == {"left"}
    assert [found["both"][name].size for name in ("left", "right")] == [(3, 3), (5, 5)]


def test_too_many_positions_are_unknown_with_their_reason() -> None:
    """A resize whose positions differ beyond the limit is not guessed."""
    found = field_of(chain(Upsample((MAX_POSITIONS + 5, 12), None, "bilinear", True)), 3, 1000, 6)
    assert found.size == (None, 2)
    assert found.reason is not None
    assert found.reason.startswith("rows: ")
    assert str(MAX_POSITIONS) in found.reason
    assert found.to_dict()["reason"] == found.reason


def test_what_follows_the_unknown_is_unknown() -> None:
    """As long as it has as many positions."""
    graph = chain(Upsample((MAX_POSITIONS + 5, 12), None, "bilinear", True), Conv2d(3, 4, 3))
    assert field_of(graph, 3, 1000, 6).size == (None, 3)


def test_few_positions_of_a_long_period_are_known() -> None:
    """A stride behind the same resize leaves few enough to look at, and the widest of them is found."""
    resize, window = Resize("linear", True, MAX_POSITIONS + 5), Window(3, 100)
    graph = chain(Upsample((MAX_POSITIONS + 5, 12), None, "bilinear", True), MaxPool2d((3, 1), (100, 1)))
    maps: list[tuple[IndexMap, int]] = [(resize, 1000), (window, MAX_POSITIONS + 5)]
    assert window.size(MAX_POSITIONS + 5) == 164
    found = field_of(graph, 3, 1000, 6)
    assert found.size == (width(*[ends(brute_force(maps, i)) for i in range(164)]), 2)
    assert found.reason is None


@pytest.mark.parametrize(("stride", "known"), [(100, True), (20, False)])
def test_too_many_looks_are_unknown_with_their_reason(stride: int, known: bool) -> None:
    """Where positions are few enough, but what all their taps have read is too much to look at, no number is given."""
    many, axis_map = 300007, Window(20, stride)
    m = axis_map.size(many)
    assert m < MAX_POSITIONS
    found = field_of(chain(Upsample((many, 5), None, "bicubic"), MaxPool2d((20, 2), (stride, 1))), 3, 99991, 5)
    if known:
        maps: list[tuple[IndexMap, int]] = [(Resize("cubic", False, many), 99991), (axis_map, many)]
        assert (found.size, found.reason) == ((width(*[ends(brute_force(maps, i)) for i in range(m)]), 2), None)
    else:
        assert found.size == (None, 2)
        assert str(MAX_LOOKS) in str(found.reason)


def test_too_many_slopes_are_unknown_with_their_reason() -> None:
    """Branches of more strides than the limit are given up, one fewer are not."""
    for count in (MAX_PARTS, MAX_PARTS + 1):
        b = Builder()
        x = b.input("input", 1)
        pools = [b.add(f"pool{i}", MaxPool2d(1, i), x) for i in range(1, count + 1)]
        cuts = [
            b.add(f"cut{i}", Slice(2, 0, 2), b.add(f"cut_of{i}", Slice(3, 0, 1), pool)) for i, pool in enumerate(pools)
        ]
        b.output("output", b.add("add", Add(), *cuts))
        found = field_of(b.build(), 1, 40, 39)
        if count == MAX_PARTS:
            assert (found.size, found.reason) == ((MAX_PARTS, 1), None)
        else:
            assert found.size == (None, None)
            assert found.reason is not None
            assert str(MAX_PARTS) in found.reason


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
    classes = {bits: width(by_input["input"][0].extent(3)) for bits, by_input in fields(resolved)["concat"]}
    assert classes == {1 << i: 2 * i + 1 for i in range(MAX_CLASSES)}
    found = all_fields(resolved)
    assert (found["concat"]["input"].size, found["cut"]["input"].size) == ((2 * MAX_CLASSES - 1, 1), (5, 1))


def test_too_many_classes_of_channels_are_unknown_with_their_reason() -> None:
    """One branch more is given up."""
    found = field_of(windows_side_by_side(MAX_CLASSES + 1), 1, 30, 20)
    assert (found.size, found.is_global) == ((None, None), False)
    assert found.reason is not None
    assert str(MAX_CLASSES) in found.reason


@pytest.mark.parametrize(("channels", "known"), [(MAX_CHANNELS, True), (MAX_CHANNELS + 2, False)])
def test_too_many_channels_are_not_told_apart(channels: int, known: bool) -> None:
    """Half of a concatenation is its own branch's, where there are channels as many as the limit, and no more."""
    b = Builder()
    x = b.input("input", channels // 2)
    wide = b.add("wide", MaxPool2d((5, 3), 1, (2, 1)), x)
    b.output("output", b.add("half", Slice(1, channels // 2), b.add("concat", Concat(), wide, x)))
    found = field_of(b.build(), channels // 2, 9, 11)
    assert found.size == ((1, 1) if known else (None, None))
    assert (found.reason is None) == known
    assert known or str(MAX_CHANNELS) in str(found.reason)


def test_a_part_of_a_flattened_map_is_unknown_with_its_reason() -> None:
    """The values of a vector come from different places."""
    found = field_of(chain(Flatten(), Slice(1, 0, 7)), 3, 4, 5)
    assert found.reason == PART_OF_A_VECTOR.format("layer0")


def test_half_of_a_concatenation_reads_its_own_branch() -> None:
    """What is cut off again is not in the field; what a shuffle mixes is."""
    b = Builder()
    x = b.input("input", 3)
    wide, narrow = b.add("wide", Conv2d(3, 4, (9, 5), padding=(4, 2)), x), b.add("narrow", Conv2d(3, 4, 1), x)
    both = b.add("both", Concat(), wide, narrow)
    b.add("mixed", Slice(1, 4), b.add("shuffle", ChannelShuffle(2), both))
    b.output("output", b.add("half", Slice(1, 4), both))
    found = all_fields(resolved_on(b.build(), 3, 12, 14))
    sizes = {name: found[name]["input"].size for name in ("both", "half", "mixed")}
    assert sizes == {"both": (9, 5), "half": (1, 1), "mixed": (9, 5)}


def test_axes_of_a_volume_are_told_apart() -> None:
    """Depth first, then rows and columns; one axis may be global alone."""
    found = field_of(chain(Conv3d(2, 4, (2, 3, 5), (1, 2, 3), (0, 1, 4), (3, 1, 2)), channels=2), 2, 9, 20, 31)
    assert (found.size, found.padding) == ((4, 3, 9), (0, 1, 4))
    assert found.stride == (Fraction(1), Fraction(2), Fraction(3))


def test_holes_of_a_transposed_convolution() -> None:
    """Where the stride passes the kernel some outputs read nothing; the others still have a size."""
    found = field_of(chain(ConvTranspose2d(3, 3, 1, 3, (0, 1))), 3, 4, 5)
    assert (found.size, found.padding) == ((1, 1), (0, None))


def test_reading_nothing_is_said() -> None:
    """A map whose every position falls in a hole has no size, with the reason."""
    graph = chain(ConvTranspose2d(3, 3, 1, 3, 1, 1), ZeroPad2d((0, -8, 0, -8)))
    found = field_of(graph, 3, 4, 4)
    assert found.size == (None, None)
    assert found.reason == "no position reads the input"


@pytest.mark.parametrize(
    "axis_map", [Window(10**9, 7, 3), AdaptiveBins(3), Resize("bilinear", False, 10**12 * 2), TransposedWindow(5, 2)]
)
def test_huge_maps_cost_nothing(axis_map: IndexMap) -> None:
    """Composition looks at ends and periods, never at every tap."""
    composed = compose(axis_map, 10**12, compose(Window(3, 2), 10**12 * 2, ITSELF))
    taps = axis_map.reads(10**12, 1)
    assert composed.extent(1) == (taps[0] * 2, taps[-1] * 2 + 2)


def test_centre_of_even_kernels_is_half_a_pixel() -> None:
    """The centre line of a 4-wide window without padding passes 1½ at output 0."""
    assert moved(Window(4, 2), 20, START) == {(Fraction(2), Fraction(3, 2))}


def test_centre_lines_of_a_net_are_of_each_local_path() -> None:
    """A path that is centred differently has a line of its own; one that reads everything has none."""
    b = Builder()
    x = b.input("input", 3)
    even, odd = b.add("even", Conv2d(3, 3, (2, 3), 2), x), b.add("odd", Conv2d(3, 3, 3, 2, (1, 0)), x)
    b.output("output", b.add("add", Add(), even, odd, b.add("pool", AdaptiveAvgPool2d(1), x)))
    ((bits, by_input),) = centre_lines(resolved_on(b.build(), 3, 8, 12))["add"]
    rows, columns = by_input["input"]
    assert bits == ALL
    assert rows == {(Fraction(2), Fraction(1, 2)), (Fraction(2), Fraction(0))}
    assert columns == {(Fraction(2), Fraction(1))}
