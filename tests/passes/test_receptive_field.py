"""Receptive fields: published numbers, branches, global paths, holes and strides."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import AdaptiveBins, Resize, TransposedWindow, Window
from pyramidcalc.layers.convolution import Conv2d, Conv3d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.passes.alignment import START, centre_lines, moved
from pyramidcalc.passes.channels import ALL
from pyramidcalc.passes.receptive_field import (
    ITSELF,
    ReceptiveField,
    compose,
)
from pyramidcalc.passes.shapes import shapes
from tests.passes.asking import all_fields, axis_field, field_of, resolved_on, width
from tests.passes.published import alexnet_v2, chain, patchgan_70, resnet_v1, vgg_16

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap


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
