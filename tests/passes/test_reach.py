"""Reach: brute force over single pixels, holes, borders, channels, limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.indexmap import positions_of
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import PixelShuffle
from pyramidcalc.passes.reach import LONGEST_AXIS, Reach, reach
from pyramidcalc.passes.shapes import Resolved, shapes
from tests.passes.published import chain
from tests.strategies import chains


def resolved_on(graph: Graph, *shape: int) -> Resolved:
    """A graph on one input that works."""
    resolved = shapes(graph, {"input": shape})
    assert resolved.failure is None
    return resolved


def pixels(found: Reach, name: str = "input") -> set[tuple[int, int]]:
    """The pixels that are read, as a set."""
    return {(row, column) for row, bits in enumerate(found.mask(name)) for column in positions_of(bits)}


def brute_force(resolved: Resolved, row: int, column: int) -> set[tuple[int, int]]:
    """A chain walked back pixel by pixel."""
    read = {(row, column)}
    for step in reversed(resolved.steps):
        _, rows, columns = step.layer.axes(*step.shapes)[0]
        _, height, width = step.shapes[0]
        read = {(r, c) for i, j in read for r in rows.taps(height, i) for c in columns.taps(width, j)}
    return read


@given(chains(), st.data())
def test_chains_equal_brute_force(drawn: tuple[Graph, tuple[int, int, int]], data: st.DataObject) -> None:
    """One pixel of a random chain reads what walking back pixel by pixel finds."""
    graph, shape = drawn
    resolved = resolved_on(graph, *shape)
    if not resolved.steps:
        return
    _, height, width = resolved.steps[-1].shape
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    found = reach(resolved, resolved.steps[-1].name, row, column)
    assert pixels(found) == brute_force(resolved, row, column)
    assert found.pixels("input") == len(pixels(found))


def test_dilation_leaves_holes() -> None:
    """A 3×3 at rate 4 reads 9 pixels of a hull of 81."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3, padding=4, dilation=4)), 3, 20, 24)
    found = reach(resolved, "layer0", 10, 11)
    assert pixels(found) == {(r, c) for r in (6, 10, 14) for c in (7, 11, 15)}
    assert (found.hull("input"), found.coverage("input")) == ((6, 14, 7, 15), 9 / 81)


def test_borders_cut_what_is_read() -> None:
    """At the corner only the taps inside the image are read."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3, padding=4, dilation=4)), 3, 20, 24)
    assert pixels(reach(resolved, "layer0", 0, 0)) == {(0, 0), (0, 4), (4, 0), (4, 4)}


def test_branches_are_a_union_and_not_a_hull() -> None:
    """Two dilated branches keep the gap between them."""
    b = Builder()
    x = b.input("input", 3)
    branches = [b.add(f"rate{r}", Conv2d(3, 4, (1, 3), padding=(0, r), dilation=(1, r)), x) for r in (2, 5)]
    b.output("output", b.add("add", Add(), *branches))
    found = reach(resolved_on(b.build(), 3, 9, 16), "add", 4, 8)
    assert pixels(found) == {(4, c) for c in (3, 6, 8, 10, 13)}


def test_contained_products_are_absorbed() -> None:
    """A residual connection inside a dense window adds no product."""
    b = Builder()
    x = b.input("input", 3)
    for index in range(12):
        x = b.add(f"add{index}", Add(), b.add(f"conv{index}", Conv2d(3, 3, 3, padding=1), x), x)
    b.output("output", x)
    assert len(reach(resolved_on(b.build(), 3, 30, 40), "add11", 15, 15).products["input"]) == 1


def test_channels_are_followed_through_groups_and_shuffles() -> None:
    """Behind a pixel shuffle a grouped convolution shows which of its channels one pixel needs."""
    graph = chain(Conv2d(8, 8, 1, groups=8), PixelShuffle(2), channels=8)
    found = reach(resolved_on(graph, 8, 4, 5), "layer1", 3, 4)
    assert [sorted(positions_of(c)) for c, _, _ in found.products["input"]] == [[2, 6]]
    assert pixels(found) == {(1, 2)}


def test_concatenated_inputs_keep_their_own_channels() -> None:
    """Each input of a concatenation is read in all its channels, whatever its place."""
    b = Builder()
    one, two = b.input("one", 3), b.input("two", 5)
    b.output("output", b.add("concat", Concat(), one, two))
    found = reach(shapes(b.build(), {"one": (3, 4, 6), "two": (5, 4, 6)}), "concat", 1, 2)
    assert {name: products[0][0] for name, products in found.products.items()} == {"one": 0b111, "two": 0b11111}


def test_input_that_is_not_read_has_no_pixels() -> None:
    """Nothing read has no hull and no coverage."""
    graph = chain(ConvTranspose2d(3, 3, 1, 3))
    found = reach(resolved_on(graph, 3, 4, 5), "layer0", 1, 0)
    assert (found.pixels("input"), found.hull("input"), found.coverage("input")) == (0, None, None)


def test_global_paths_read_all() -> None:
    """Pooling to one pixel and flattening read every pixel."""
    for graph in (chain(AdaptiveAvgPool2d(1)), chain(Flatten())):
        found = reach(resolved_on(graph, 3, 6, 7), "layer0", 0, 0)
        assert (found.pixels("input"), found.coverage("input")) == (42, 1.0)


def test_too_long_an_axis_is_unknown() -> None:
    """A map that cannot be listed is unknown, with the reason, at once."""
    found = reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 10**12, 9), "layer0", 10**6, 3)
    assert found.unknown is not None
    assert str(LONGEST_AXIS) in found.unknown


@pytest.mark.parametrize(("node", "row", "column"), [("nowhere", 0, 0), ("layer0", 7, 0), ("layer0", 0, -1)])
def test_no_such_pixel(node: str, row: int, column: int) -> None:
    """A node or a position that is not there is refused."""
    with pytest.raises(UsageError, match=r"no layer|no position"):
        reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 9, 11), node, row, column)
