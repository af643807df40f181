"""Reach: brute force over single pixels, holes, borders, channels, limits."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import bits_of, positions_of
from pyramidcalc.layers.convolution import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import PixelShuffle
from pyramidcalc.layers.slicing import Slice
from pyramidcalc.passes.channels import PART_OF_A_VECTOR
from pyramidcalc.passes.reach import MAX_AXIS, reach
from pyramidcalc.passes.shapes import shapes
from tests.passes.asking import resolved_on
from tests.passes.published import chain
from tests.strategies import chains, nets_of_parts, sequence_chains

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.passes.shapes import Resolved

Pixel = tuple[int, ...]


def pixels(answer: Reach, name: str = "input") -> set[Pixel]:
    """The pixels that are read, as a set."""
    return {(*place, last) for place, bits in answer.mask(name).items() for last in positions_of(bits)}


def values(answer: Reach, name: str = "input") -> set[Pixel]:
    """The values that are read, as a set: channel first, then the pixel."""
    return {value for sets in answer.products[name] for value in product(*map(positions_of, sets))}


def brute_force(resolved: Resolved, node: str, position: Pixel) -> set[Pixel]:
    """What a pixel reads of the input, in all its channels, walked back value by value."""
    wanted = {applied.name: set[Pixel]() for applied in resolved.layers}
    (name,) = resolved.inputs
    wanted[name] = set()
    wanted[node] = {(channel, *position) for channel in range(resolved.shapes[node][0])}
    for applied in reversed(resolved.layers):
        for source, maps in applied.layer.terms(*applied.shapes):
            shape = applied.shapes[source]
            for value in wanted[applied.name]:
                axes = [m.taps(n, i) for m, n, i in zip(maps, shape, value, strict=True)]
                wanted[applied.inputs[source]].update(product(*axes))
    return wanted[name]


def check_one_pixel(graph: Graph, shape: tuple[int, ...], data: st.DataObject) -> None:
    """Some pixel of the last node reads what walking back finds."""
    resolved = resolved_on(graph, *shape)
    assume(resolved.layers)
    last = resolved.layers[-1]
    position = tuple([data.draw(st.integers(0, n - 1)) for n in last.shape[1:]])
    answer, expected = reach(resolved, last.name, position), brute_force(resolved, last.name, position)
    assert answer.unknown is None
    assert values(answer) == expected
    assert pixels(answer) == {value[1:] for value in expected}
    assert answer.pixels("input") == len(pixels(answer))
    columns = zip(*pixels(answer), strict=True)
    assert answer.positions("input") == (tuple(map(bits_of, columns)) if expected else (0,) * len(position))


@given(chains(), st.data())
def test_chains_equal_brute_force(drawn: tuple[Graph, tuple[int, int, int]], data: st.DataObject) -> None:
    """One pixel of a random chain reads what walking back value by value finds."""
    check_one_pixel(*drawn, data)


@given(sequence_chains(), st.data())
def test_chains_on_sequences_equal_brute_force(drawn: tuple[Graph, tuple[int, int]], data: st.DataObject) -> None:
    """The same of one axis."""
    check_one_pixel(*drawn, data)


@pytest.mark.parametrize("rank", [1, 2])
@given(st.data())
def test_nets_of_parts_equal_brute_force(rank: int, data: st.DataObject) -> None:
    """The same of nets whose channels are cut, grouped, shuffled and merged."""
    check_one_pixel(*data.draw(nets_of_parts(rank, 5)), data)


def test_a_volume_equals_brute_force() -> None:
    """Three axes of different sizes, dilated, strided and transposed."""
    graph = chain(
        Conv3d(2, 4, (2, 3, 1), (1, 2, 1), (1, 2, 0), (3, 2, 1), 2), ConvTranspose3d(4, 2, 2, (2, 1, 3)), channels=2
    )
    resolved = resolved_on(graph, 2, 5, 8, 3)
    for position in ((0, 0, 0), (3, 2, 4), (7, 3, 6)):
        assert values(reach(resolved, "layer1", position)) == brute_force(resolved, "layer1", position)


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
    for graph, position in ((chain(AdaptiveAvgPool2d(1)), (0, 0)), (chain(Flatten()), ())):
        answer = reach(resolved_on(graph, 3, 6, 7), "layer0", position)
        assert (answer.pixels("input"), answer.coverage("input")) == (42, 1.0)


def test_a_part_of_a_flattened_map_is_unknown() -> None:
    """The values of a vector come from different places, and a part of them is not guessed."""
    answer = reach(resolved_on(chain(Flatten(), Slice(1, 0, 5)), 3, 4, 5), "layer1", ())
    assert answer.unknown == PART_OF_A_VECTOR.format("layer0")
    assert not answer.products


def test_too_many_blocks_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shifted copies read a diagonal, of which no block contains another; over the limit none is listed."""
    monkeypatch.setattr("pyramidcalc.passes.reach.MAX_PRODUCTS", 8)
    b = Builder()
    x = b.input("input", 1)
    shifted = [b.add(f"pad{i}", ZeroPad2d((-i, i, -i, i)), x) for i in range(9)]
    b.output("output", b.add("add", Add(), *shifted))
    resolved = resolved_on(b.build(), 1, 10, 11)
    assert reach(resolved, "add", (1, 0)).unknown == "`input` is read in more than 8 separate blocks"
    answer = reach(resolved, "add", (2, 0))
    assert (answer.unknown, pixels(answer)) == (None, {(i + 2, i) for i in range(8)})


def test_half_of_a_concatenation_reads_its_own_branch() -> None:
    """What is cut off again is not read."""
    b = Builder()
    x = b.input("input", 3)
    wide, narrow = b.add("wide", Conv2d(3, 4, 9, padding=4), x), b.add("narrow", Conv2d(3, 4, 1), x)
    b.output("output", b.add("cut", Slice(1, 4), b.add("both", Concat(), wide, narrow)))
    resolved = resolved_on(b.build(), 3, 12, 14)
    assert pixels(reach(resolved, "cut", (5, 6))) == {(5, 6)}
    assert reach(resolved, "both", (5, 6)).pixels("input") == 81


def test_too_long_an_axis_is_unknown() -> None:
    """A map that cannot be listed is unknown, with the reason, at once."""
    answer = reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 10**12, 9), "layer0", (10**6, 3))
    assert answer.unknown is not None
    assert str(MAX_AXIS) in answer.unknown


@pytest.mark.parametrize(
    ("node", "position"),
    [("nowhere", (0, 0)), ("layer0", (7, 0)), ("layer0", (0, -1)), ("layer0", (0,)), ("layer0", ()), ("input", (0, 0))],
)
def test_no_such_pixel(node: str, position: tuple[int, ...]) -> None:
    """A node or a position that is not there is refused."""
    with pytest.raises(UsageError, match=r"no layer|no position"):
        reach(resolved_on(chain(Conv2d(3, 4, 3)), 3, 9, 11), node, position)
