"""Receptive fields that are unknown, with the reason, and classes of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import Resize, Window
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.linear import Flatten
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.layers.slicing import ChannelShuffle, Slice
from pyramidcalc.passes.bounds import MAX_LOOKS, MAX_POSITIONS
from pyramidcalc.passes.channels import MAX_CHANNELS, MAX_CLASSES, PART_OF_A_VECTOR
from pyramidcalc.passes.receptive_field import (
    MAX_PARTS,
    fields,
)
from tests.passes.asking import all_fields, brute_force, ends, field_of, resolved_on, width
from tests.passes.published import chain

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap


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
