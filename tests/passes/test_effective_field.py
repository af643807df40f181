"""Effective fields: against uniform networks run by hand, borders, holes, channels, limits."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import bits_of
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.passes import weights
from pyramidcalc.passes.effective_field import EffectiveField, effective_field
from pyramidcalc.passes.reach import reach
from tests.passes.asking import resolved_on
from tests.passes.published import chain
from tests.strategies import chains, nets_of_parts, sequence_chains
from tests.uniform import PRIME, over, run

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.shapes import Resolved


CUBIC = "cubic weights are of both signs, and no shares"


def field_of(resolved: Resolved, at: tuple[int, ...], measure: str = "mean", node: str = "layer0") -> EffectiveField:
    """The field of a pixel; a cubic resize has none."""
    field = effective_field(resolved, node, at, measure)
    assert (field.unknown is not None) == (CUBIC in str(field.unknown))
    if field.unknown:
        assume(condition=False)
    return field


def a_pixel(drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject) -> tuple[Resolved, str, tuple[int, ...]]:
    """A graph on its input, its last node and a pixel of it."""
    graph, shape = drawn
    resolved = resolved_on(graph, *shape)
    assume(resolved.layers)
    last = resolved.layers[-1]
    return resolved, last.name, tuple([data.draw(st.integers(0, n - 1)) for n in last.shape[1:]])


def test_a_window_shares_alike_and_padding_takes_its_part() -> None:
    """Of a 3×3 at rate 2 in the corner four of nine taps lie inside."""
    field = field_of(resolved_on(chain(Conv2d(3, 4, 3, padding=2, dilation=2)), 3, 7, 8), (0, 0))
    assert field.denominator == 9
    assert field.weights("input") == {(0,): [1, 0, 1], (1,): [0, 0, 0], (2,): [1, 0, 1]}
    assert field.hull("input") == ((0, 2), (0, 2))


def test_two_convolutions_make_binomial_weights() -> None:
    """Two of kernel 3 in a row: 1, 2, 3, 2, 1 ninths on one axis; the marginals of two axes are the same."""
    line = field_of(resolved_on(chain(Conv1d(3, 3, 3), Conv1d(3, 3, 3)), 3, 11), (2,), node="layer1")
    assert (line.weights("input"), line.denominator) == ({(): [1, 2, 3, 2, 1]}, 9)
    field = field_of(resolved_on(chain(Conv2d(3, 3, 3), Conv2d(3, 3, 3)), 3, 11, 12), (2, 3), node="layer1")
    assert field.marginals("input") == ([9, 18, 27, 18, 9],) * 2
    assert (field.total("input"), field.denominator) == (81, 81)
    assert field.largest("input") == (9, (4, 5))


def test_numbers_of_many_words_stay_exact() -> None:
    """Of 60 convolutions the weights are products of the coefficients of (1 + x + x²)⁶⁰ and (1 + y + … + y⁴)⁶⁰."""

    def coefficients(kernel: int) -> list[int]:
        line = [1]
        for _ in range(60):
            line = [sum(line[max(i - kernel + 1, 0) : i + 1]) for i in range(len(line) + kernel - 1)]
        return line

    resolved = resolved_on(chain(*[Conv2d(3, 3, (3, 5))] * 60), 3, 123, 244)
    field = field_of(resolved, (2, 3), node="layer59")
    tall, wide = coefficients(3), coefficients(5)
    assert field.weights("input") == {(i,): [a * b for b in wide] for i, a in enumerate(tall, 2)}
    assert (field.total("input"), field.denominator) == (15**60,) * 2
    assert field.marginals("input") == ([a * 5**60 for a in tall], [b * 3**60 for b in wide])


def test_paths_count_every_tap() -> None:
    """The number of ways from each pixel, over 1."""
    resolved = resolved_on(chain(Conv2d(3, 3, 3, padding=1), Conv2d(3, 3, 3, padding=1)), 3, 9, 11)
    field = field_of(resolved, (0, 4), "paths", "layer1")
    assert field.denominator == 1
    assert field.weights("input") == {(0,): [2, 4, 6, 4, 2], (1,): [2, 4, 6, 4, 2], (2,): [1, 2, 3, 2, 1]}


def test_a_volume_has_planes() -> None:
    """Three axes of different sizes: rows are told by slice and row, marginals by axis."""
    field = field_of(resolved_on(chain(Conv3d(2, 4, (1, 2, 3), (1, 2, 1)), channels=2), 2, 5, 8, 6), (3, 2, 1))
    assert field.weights("input") == {(3, 4): [1, 1, 1], (3, 5): [1, 1, 1]}
    assert (field.marginals("input"), field.denominator) == (([6], [3, 3], [2, 2, 2]), 6)


@pytest.mark.parametrize(("padding", "row", "column"), [((1, 0, 0, 0), 3, 1), ((0, 0, 1, 0), 2, 2)])
def test_padding_leaves_the_hull_of_what_is_read(padding: tuple[int, ...], row: int, column: int) -> None:
    """One of two pixels on a diagonal is padding on one axis: on the other the hull holds but the second, too."""
    b = Builder()
    padded = b.add("pad", ZeroPad2d(padding), b.input("input", 3))
    near = b.add("near", ZeroPad2d((0, -2, 0, -3)), padded)
    b.output("output", b.add("add", Add(), near, b.add("far", ZeroPad2d((-2, 0, -3, 0)), padded)))
    field = field_of(resolved_on(b.build(), 3, 7, 9), (0, 0), node="add")
    assert field.hull("input") == ((row, row), (column, column))
    assert field.weights("input") == {(row,): [1]}


def test_unknown_layers_pixels_and_measures_are_usage_errors() -> None:
    """As for reach."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3)), 3, 9, 8)
    for node, at, measure in (("layer1", (0, 0), "mean"), ("layer0", (7, 0), "mean"), ("layer0", (0, 0), "median")):
        with pytest.raises(UsageError):
            effective_field(resolved, node, at, measure)


def test_too_much_work_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer that goes over the limit is named; one that stays below is not."""
    resolved = resolved_on(chain(Conv2d(3, 3, 7), Conv2d(3, 3, 9)), 3, 40, 50)
    monkeypatch.setattr(weights, "MAX_ADDITIONS", 500)
    assert effective_field(resolved, "layer0", (3, 4)).unknown is None
    reason = "`layer0`: it takes the work of more than 500 additions"
    assert effective_field(resolved, "layer1", (3, 4)).unknown == reason


def test_too_long_numbers_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of layers deep a weight would have more digits than Python writes out."""
    resolved = resolved_on(chain(*[Conv1d(1, 1, 3, padding=1)] * 40, channels=1), 1, 5)
    monkeypatch.setattr(weights, "MAX_BITS", 32)
    assert effective_field(resolved, "layer10", (2,)).unknown is None
    assert "bits are over the limit of 32" in str(effective_field(resolved, "layer39", (2,)).unknown)


def check_against_a_run(drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject) -> None:
    """A pixel of a network of uniform weights, run on random numbers, is the sum that its weights say."""
    resolved, node, position = a_pixel(drawn, data)
    rng = Random(data.draw(st.integers(0, 1000)))
    image = {place: rng.randrange(PRIME) for place in product(*map(range, drawn[1][1:]))}
    field = field_of(resolved, position, node=node)
    rows = field.weights("input")
    first = (field.hull("input") or ((0, 0),))[-1][0]
    total = sum([w * image[(*place, first + i)] for place, row in rows.items() for i, w in enumerate(row)])
    assert over(total, field.denominator) == run(resolved, image)[node][position]


@given(chains(), st.data())
def test_chains_are_the_sums_that_uniform_networks_make(
    drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject
) -> None:
    """Every layer of one input, in any order."""
    check_against_a_run(drawn, data)


@given(sequence_chains(), st.data())
def test_sequences_are_the_sums_that_uniform_networks_make(
    drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject
) -> None:
    """The same of one axis."""
    check_against_a_run(drawn, data)


@pytest.mark.parametrize("rank", [1, 2])
@given(st.data())
def test_what_has_weight_is_what_is_read(rank: int, data: st.DataObject) -> None:
    """Pixels of weight are those of the reach, however channels are cut, grouped, shuffled and merged."""
    resolved, node, position = a_pixel(data.draw(nets_of_parts(rank, 6)), data)
    for measure in ("mean", "paths"):
        field = effective_field(resolved, node, position, measure)
        assume(field.unknown is None)
        read = reach(resolved, node, position)
        assert bits(field) == read.mask("input")
        assert field.hull("input") == read.hull("input")


def bits(field: EffectiveField) -> dict[tuple[int, ...], int]:
    """The positions of weight, as a reach's mask has them."""
    first = (field.hull("input") or ((0, 0),))[-1][0]
    lines = {
        place: bits_of(first + i for i, weight in enumerate(row) if weight)
        for place, row in field.weights("input").items()
    }
    return {place: line for place, line in lines.items() if line}


@given(chains(3), st.data(), st.sampled_from((0.5, 0.9, 1.0)))
def test_a_square_is_the_smallest_that_holds_its_share(
    drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject, share: float
) -> None:
    """What lies as near to the centre as the square reaches holds the share; what lies nearer does not."""
    resolved, node, position = a_pixel(drawn, data)
    field = field_of(resolved, position, node=node)
    box = field.square("input", share)
    assume(box)
    assert box is not None
    (radius,) = {high - c for c, (_, high) in zip(field.centres["input"], box, strict=True)}
    assert [(c - radius, c + radius) for c in field.centres["input"]] == list(box)
    weights, wanted = by_distance(field), Fraction(share).limit_denominator(10) * field.total("input")
    assert sum([w for distance, w in weights.items() if distance <= radius]) >= wanted
    assert sum([w for distance, w in weights.items() if distance < radius]) < wanted


def by_distance(field: EffectiveField) -> dict[int, int]:
    """The weights together that lie at each distance from the centre, the farther axis counting."""
    centre, hull = field.centres["input"], field.hull("input") or ()
    sums: dict[int, int] = {}
    for place, row in field.weights("input").items():
        for i, weight in enumerate(row, hull[-1][0]):
            distance = max(abs(j - c) for j, c in zip((*place, i), centre, strict=True))
            sums[distance] = sums.get(distance, 0) + weight
    return sums


@given(chains(3), st.data())
def test_marginals_and_the_largest_are_those_of_the_weights(
    drawn: tuple[Graph, tuple[int, ...]], data: st.DataObject
) -> None:
    """Sums of rows and of columns, the total, and the first of the greatest weights."""
    resolved, node, position = a_pixel(drawn, data)
    field = field_of(resolved, position, node=node)
    rows = field.weights("input")
    assume(rows)
    assert field.marginals("input") == (
        [sum(row) for row in rows.values()],
        [sum(column) for column in zip(*rows.values(), strict=True)],
    )
    greatest = max(max(row) for row in rows.values())
    first = (field.hull("input") or ())[-1][0]
    places = [(*place, first + i) for place, row in rows.items() for i, weight in enumerate(row) if weight == greatest]
    assert field.largest("input") == (greatest, places[0])
    assert field.total("input") == sum(map(sum, rows.values()))
    for axis, (c, (start, _)) in enumerate(zip(field.centres["input"], field.hull("input") or (), strict=True)):
        sums = field.marginals("input")[axis]
        mean = sum([Fraction(i * w, sum(sums)) for i, w in enumerate(sums, start)])
        assert -Fraction(1, 2) <= mean - c < Fraction(1, 2)
