"""Receptive fields against brute force over what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.indexmap import TransposedWindow, Window
from pyramidcalc.passes.receptive_field import (
    ITSELF,
    compose,
    fields,
    merge_axis,
    receptive_fields,
)
from tests.passes.asking import all_fields, axis_field, brute_force, ends, resolved_on, width
from tests.strategies import chains, maps_on_sizes, nets_of_parts, sequence_chains

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.shapes import Resolved


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
