"""Reach: brute force over single pixels, holes, borders, channels, limits."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import positions_of
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import PixelShuffle, Upsample
from pyramidcalc.passes.reach import MAX_AXIS, MAX_PRODUCTS, Reach, reach
from pyramidcalc.passes.shapes import shapes
from tests.passes.asking import resolved_on
from tests.passes.published import chain
from tests.strategies import chains

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.shapes import Resolved


def pixels(answer: Reach, name: str = "input") -> set[tuple[int, ...]]:
    """The pixels that are read, as a set."""
    return {(*outer, last) for outer, bits in answer.mask(name).items() for last in positions_of(bits)}


def brute_force(resolved: Resolved, *position: int) -> set[tuple[int, ...]]:
    """A chain walked back pixel by pixel."""
    read = {position}
    for applied in reversed(resolved.layers):
        maps, sizes = applied.axes[0][1:], applied.shapes[0][1:]
        read = {
            inner
            for place in read
            for inner in product(*[m.taps(n, i) for m, n, i in zip(maps, sizes, place, strict=True)])
        }
    return read


@given(chains(), st.data())
def test_chains_equal_brute_force(drawn: tuple[Graph, tuple[int, int, int]], data: st.DataObject) -> None:
    """One pixel of a random chain reads what walking back pixel by pixel finds."""
    graph, shape = drawn
    resolved = resolved_on(graph, *shape)
    if not resolved.layers:
        return
    _, height, width = resolved.layers[-1].shape
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    answer = reach(resolved, resolved.layers[-1].name, (row, column))
    assert pixels(answer) == brute_force(resolved, row, column)
    assert answer.pixels("input") == len(pixels(answer))


def test_dilation_leaves_holes() -> None:
    """A 3×3 at rate 4 reads 9 pixels of a hull of 81."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3, padding=4, dilation=4)), 3, 20, 24)
    answer = reach(resolved, "layer0", (10, 11))
    assert pixels(answer) == {(r, c) for r in (6, 10, 14) for c in (7, 11, 15)}
    assert (answer.hull("input"), answer.coverage("input")) == (((6, 14), (7, 15)), 9 / 81)


def test_borders_cut_what_is_read() -> None:
    """At the corner only the taps inside the image are read."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3, padding=4, dilation=4)), 3, 20, 24)
    assert pixels(reach(resolved, "layer0", (0, 0))) == {(0, 0), (0, 4), (4, 0), (4, 4)}


def test_branches_are_a_union_and_not_a_hull() -> None:
    """Two dilated branches keep the gap between them."""
    b = Builder()
    x = b.input("input", 3)
    branches = [b.add(f"rate{r}", Conv2d(3, 4, (1, 3), padding=(0, r), dilation=(1, r)), x) for r in (2, 5)]
    b.output("output", b.add("add", Add(), *branches))
    answer = reach(resolved_on(b.build(), 3, 9, 16), "add", (4, 8))
    assert pixels(answer) == {(4, c) for c in (3, 6, 8, 10, 13)}


def test_contained_products_are_absorbed() -> None:
    """A residual connection inside a dense window adds no product."""
    b = Builder()
    x = b.input("input", 3)
    for index in range(12):
        x = b.add(f"add{index}", Add(), b.add(f"conv{index}", Conv2d(3, 3, 3, padding=1), x), x)
    b.output("output", x)
    assert len(reach(resolved_on(b.build(), 3, 30, 40), "add11", (15, 15)).products["input"]) == 1


def test_channels_are_followed_through_groups_and_shuffles() -> None:
    """Behind a pixel shuffle a grouped convolution shows which of its channels one pixel needs."""
    graph = chain(Conv2d(8, 8, 1, groups=8), PixelShuffle(2), channels=8)
    answer = reach(resolved_on(graph, 8, 4, 5), "layer1", (3, 4))
    assert [sorted(positions_of(c)) for c, _, _ in answer.products["input"]] == [[2, 6]]
    assert pixels(answer) == {(1, 2)}


def test_concatenated_inputs_keep_their_own_channels() -> None:
    """Each input of a concatenation is read in all its channels, whatever its place."""
    b = Builder()
    one, two = b.input("one", 3), b.input("two", 5)
    b.output("output", b.add("concat", Concat(), one, two))
    answer = reach(shapes(b.build(), {"one": (3, 4, 6), "two": (5, 4, 6)}), "concat", (1, 2))
    assert {name: products[0][0] for name, products in answer.products.items()} == {"one": 0b111, "two": 0b11111}


def test_input_that_is_not_read_has_no_pixels() -> None:
    """Nothing read has no hull and no coverage."""
    graph = chain(ConvTranspose2d(3, 3, 1, 3))
    answer = reach(resolved_on(graph, 3, 4, 5), "layer0", (1, 0))
    assert (answer.pixels("input"), answer.hull("input"), answer.coverage("input")) == (0, None, None)


def test_global_paths_read_all() -> None:
    """Pooling to one pixel and flattening read every pixel."""
    for layer, position in ((AdaptiveAvgPool2d(1), (0, 0)), (Flatten(), ())):
        answer = reach(resolved_on(chain(layer), 3, 6, 7), "layer0", position)
        assert (answer.pixels("input"), answer.coverage("input")) == (42, 1.0)


def test_too_long_an_axis_is_unknown() -> None:
    """A map that cannot be listed is unknown, with the reason, at once."""
    answer = reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 10**12, 9), "layer0", (10**6, 3))
    assert answer.unknown is not None
    assert str(MAX_AXIS) in answer.unknown


@pytest.mark.parametrize(("node", "row", "column"), [("nowhere", 0, 0), ("layer0", 7, 0), ("layer0", 0, -1)])
def test_no_such_pixel(node: str, row: int, column: int) -> None:
    """A node or a position that is not there is refused."""
    with pytest.raises(UsageError, match=r"no layer|no position"):
        reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 9, 11), node, (row, column))


def test_positions_of_other_numbers_of_axes_are_refused() -> None:
    """A sequence has one index, a vector none."""
    sequence = resolved_on(chain(Conv1d(3, 4, 3), Flatten()), 3, 9)
    assert pixels(reach(sequence, "layer0", (4,))) == {(4,), (5,), (6,)}
    assert reach(sequence, "layer1", ()).pixels("input") == 9
    for node, position in (("layer0", (4, 0)), ("layer1", (0,)), ("layer0", ())):
        with pytest.raises(UsageError, match="no position"):
            reach(sequence, node, position)


def test_a_volume_has_rows_of_every_slice() -> None:
    """A mask by slice and row, a hull of three axes."""
    volume = resolved_on(chain(Conv3d(2, 1, (2, 1, 3), dilation=(3, 1, 2)), channels=2), 2, 7, 4, 9)
    answer = reach(volume, "layer0", (1, 2, 3))
    assert answer.mask("input") == {(1, 2): 0b10101000, (4, 2): 0b10101000}
    assert (answer.hull("input"), answer.hull_pixels("input"), answer.pixels("input")) == (
        ((1, 4), (2, 2), (3, 7)),
        20,
        6,
    )


def test_nearest_resizes_are_torchs() -> None:
    """Output 82 of 123 from 3 is row 1 for torch, where 82·3/123 is 2."""
    answer = reach(resolved_on(chain(Upsample((123, 123))), 3, 3, 3), "layer0", (82, 81))
    assert pixels(answer) == {(1, 1)}


def test_too_many_separate_blocks_are_unknown() -> None:
    """Each of many branches reads a block of its own."""
    b = Builder()
    x = b.input("input", 1)
    rates = range(1, MAX_PRODUCTS + 2)
    branches = [b.add(f"rate{r}", Conv2d(1, 1, (2, 1), padding=(r, 0), dilation=(2 * r, 1)), x) for r in rates]
    b.output("output", b.add("add", Add(), *branches))
    answer = reach(resolved_on(b.build(), 1, 2200, 3), "add", (1100, 1))
    assert answer.unknown == "`input` is read in more than 1024 separate blocks"
