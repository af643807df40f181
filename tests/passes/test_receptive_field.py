"""Receptive fields: published numbers, brute force over what is read, and what is said of the unknown."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from pyramidcalc import layers
from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv2d, Conv3d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.unknown import Unknown
from pyramidcalc.passes.receptive_field import ReceptiveField
from pyramidcalc.passes.shapes import shapes
from tests.passes.asking import all_fields, axis_field, field_of, resolved_on
from tests.passes.published import alexnet_v2, chain, patchgan_70, resnet_v1, vgg_16
from tests.strategies import chains, sequence_chains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap


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
    field = field_of(graph, 3, 224, 224)
    assert field.size == (size, size)
    assert field.stride == (Fraction(stride), Fraction(stride))
    assert field.padding == (padding, padding)
    assert not field.is_global


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
    described = all_fields(resolved)
    for axis in range(1, len(shape)):
        maps: list[tuple[IndexMap, int]] = []
        whole = False
        for applied in resolved.layers:
            axis_map, n, m = applied.axes[0][axis], applied.shapes[0][axis], applied.shape[axis]
            maps.append((axis_map, n))
            whole = whole or axis_map.whole
            field, said = axis_field(resolved, applied.name, axis - 1), described[applied.name]["input"]
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
    field = field_of(chain(Conv2d(3, 4, (3, 5), (2, 1), (1, 4))), 3, 20, 30)
    assert (field.size, field.padding) == ((3, 5), (1, 4))
    assert field.stride == (Fraction(2), Fraction(1))


def test_size_is_the_largest_over_the_positions_that_there_are() -> None:
    """An adaptive pool's bins differ in width; with one column only the first bin counts."""
    assert field_of(chain(AdaptiveAvgPool2d((4, 2))), 3, 10, 7).size == (3, 4)


def test_transposed_convolution_steps_by_a_fraction() -> None:
    """Stride 2 upwards is half an input pixel a step; the padding is that of output 0."""
    field = field_of(chain(ConvTranspose2d(3, 4, (4, 3), (2, 3), 1)), 3, 9, 11)
    assert field.stride == (Fraction(1, 2), Fraction(1, 3))
    assert field.size == (2, 1)
    assert field.to_dict()["stride"] == ["1/2", "1/3"]


def test_pixel_shuffle_reads_one_pixel() -> None:
    """Every output of a pixel shuffle comes from one input pixel."""
    field = field_of(chain(PixelShuffle(3), channels=18), 18, 4, 5)
    assert (field.size, field.stride) == ((1, 1), (Fraction(1, 3), Fraction(1, 3)))


def test_image_pooling_is_global_and_keeps_the_local_size() -> None:
    """A global path makes the size null and leaves what the other paths read."""
    b = Builder()
    x = b.input("input", 3)
    local = b.add("conv", Conv2d(3, 3, 5, padding=2), x)
    pooled = b.add("resize", ResizeTo("bilinear"), b.add("pool", AdaptiveAvgPool2d(1), x), x)
    b.output("output", b.add("add", Add(), local, pooled))
    field = field_of(b.build(), 3, 21, 34)
    assert field.is_global
    assert (field.size, field.local_size) == ((None, None), (5, 5))
    assert field.stride == (Fraction(1), Fraction(1))


def test_squeeze_excitation_is_global() -> None:
    """A gate that multiplies by a pooled value reads the whole map."""
    b = Builder()
    x = b.input("input", 6)
    gate = b.add("gate", Conv2d(6, 6, 1), b.add("pool", AdaptiveAvgPool2d(1), x))
    b.output("output", b.add("scale", Multiply(), x, gate))
    field = field_of(b.build(), 6, 11, 13)
    assert (field.is_global, field.local_size) == (True, (1, 1))


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
    field = field_of(b.build(), 3, 10**12, 5000)
    assert (field.is_global, field.reason) == (True, None)


def test_linear_over_a_flattened_map_is_global() -> None:
    """A vector reads everything."""
    assert field_of(chain(Flatten(), Linear(3 * 4 * 5, 7)), 3, 4, 5).is_global


def test_global_on_one_axis_only() -> None:
    """A pool to one row is global in rows alone."""
    field = field_of(chain(AdaptiveAvgPool2d((1, None))), 3, 8, 9)
    assert (field.size, field.local_size, field.is_global) == ((None, 1), (None, 1), True)


def test_different_strides_have_no_common_one() -> None:
    """Where branches step differently the stride is null and the size is still exact."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("down", MaxPool2d(4), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    resolved = resolved_on(b.build(), 3, 16, 24)
    field = all_fields(resolved)["concat"]["input"]
    assert field.stride == (None, None)
    columns = axis_field(resolved, "concat", 1)
    assert field.size[1] == width(*[columns.extent(i) for i in range(24)])


def test_each_input_has_its_own_receptive_field() -> None:
    """A node that does not read an input has no receptive field there."""
    b = Builder()
    x, y = b.input("left", 3), b.input("right", 5)
    one = b.add("one", Conv2d(3, 4, 3, padding=1), x)
    b.output("output", b.add("both", Concat(), one, b.add("two", Conv2d(5, 4, 5, padding=2), y)))
    known = all_fields(shapes(b.build(), {"left": (3, 9, 8), "right": (5, 9, 8)}))
    assert set(known["one"]) == {"left"}
    assert [known["both"][name].size for name in ("left", "right")] == [(3, 3), (5, 5)]


def test_axes_of_a_volume_are_told_apart() -> None:
    """Depth first, then rows and columns; one axis may be global alone."""
    field = field_of(chain(Conv3d(2, 4, (2, 3, 5), (1, 2, 3), (0, 1, 4), (3, 1, 2)), channels=2), 2, 9, 20, 31)
    assert (field.size, field.padding) == ((4, 3, 9), (0, 1, 4))
    assert field.stride == (Fraction(1), Fraction(2), Fraction(3))


def test_holes_of_a_transposed_convolution() -> None:
    """Where the stride passes the kernel some outputs read nothing; the others still have a size."""
    field = field_of(chain(ConvTranspose2d(3, 3, 1, 3, (0, 1))), 3, 4, 5)
    assert (field.size, field.padding) == ((1, 1), (0, None))


def test_reading_nothing_is_said() -> None:
    """A map whose every position falls in a hole has no size, with the reason."""
    graph = chain(ConvTranspose2d(3, 3, 1, 3, 1, 1), ZeroPad2d((0, -8, 0, -8)))
    field = field_of(graph, 3, 4, 4)
    assert field.size == (None, None)
    assert field.reason == "no position reads the input"


def test_what_is_unknown_stays_so_beside_a_known_branch() -> None:
    """A sum of an input and of what an unknown operator makes of it reads no known pixels."""
    b = Builder()
    x = b.input("input", 3)
    b.output("output", b.add("add", Add(), x, b.add("odd", Unknown("fft", (3, 9, 8)), x)))
    field = field_of(b.build(), 3, 9, 8)
    assert (field.size, field.stride, field.padding) == ((None, None), (None, None), (None, None))
    assert field.reason == "`odd`: it is not known what the operator fft reads"


def test_one_axis_without_a_reason_leaves_that_of_the_other() -> None:
    """Columns that nothing reads are named; rows are known."""
    field = field_of(chain(ConvTranspose2d(3, 3, 1, (1, 3)), ZeroPad2d((-1, -11, 0, 0))), 3, 4, 5)
    assert (field.size, field.reasons) == ((1, None), (None, "no position reads the input"))
    assert field.reason == "columns: no position reads the input"
    assert field.to_dict()["reason"] == field.reason


@pytest.mark.parametrize(
    ("shape", "size", "stride"),
    [((1, 5, 10), (5, 5), 5), ((1, 10, 10), (5, 5), 5), ((1, 7, 12), (7, 6), None)],
)
def test_area_by_a_factor_is_not_global_where_it_makes_one_of_few(
    shape: tuple[int, int, int], size: tuple[int, int], stride: int | None
) -> None:
    """A factor of 1/5 reads 5 pixels of 5 as it does of 10; to a size of 1 it is a global pool."""
    field = field_of(chain(Upsample(None, 0.2, "area"), channels=1), *shape)
    assert (field.size, field.is_global) == (size, False)
    assert stride is None or field.stride == (Fraction(stride),) * 2
    assert field_of(chain(Upsample(1, None, "area"), channels=1), *shape).is_global


@pytest.mark.parametrize("shape", [(2, 30), (2, 30, 21), (2, 30, 21, 17)])
def test_fields_have_as_many_axes_as_the_input(shape: tuple[int, ...]) -> None:
    """Sequences, maps and volumes, and what is flattened of them."""
    rank = len(shape) - 1
    conv = layers.kinds()[f"Conv{rank}d"](2, 3, (3, 5, 2)[:rank], (2, 1, 3)[:rank])
    b = Builder()
    y = b.add("conv", conv, b.input("input", 2))
    b.output("output", y)
    b.add("flat", Flatten(), y)
    graph = b.build()
    field = field_of(graph, *shape)
    assert (field.size, field.padding) == ((3, 5, 2)[:rank], (0, 0, 0)[:rank])
    assert field.stride == (Fraction(2), Fraction(1), Fraction(3))[:rank]
    flat = field_of(graph, *shape, node="flat")
    assert (flat.is_global, flat.size, flat.local_size) == (True, (None,) * rank, (None,) * rank)
