"""Channels told apart: reach and receptive fields of slices, splits, shuffles and groups, against the real channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.resampling import PixelShuffle
from pyramidcalc.layers.slicing import ChannelShuffle, Slice, Split
from pyramidcalc.oracle import reach_checks
from tests.oracle.graphs import check, of_architecture, only

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

pytestmark = pytest.mark.torch


def test_channels_that_a_shuffle_tells_apart_are_run_for_real() -> None:
    """Branches side by side become pixels side by side: one channel could not tell them apart."""
    b = Builder()
    x = b.input("input", 2)
    wide = b.add("wide", Conv2d(2, 2, 5, padding=2), x)
    both = b.add("concat", Concat(), x, wide)
    b.output("result", b.add("shuffle", PixelShuffle(2), both))
    result = check(b.build(), input=(2, 9, 12))
    assert only(result, "shuffle", "reach").ok
    assert only(result, "shuffle", "receptive-field").got["local_size"] == [5, 5]


CHANNELS: dict[str, tuple[Layer, list[int]]] = {
    "the plain half": (Slice(1, 4), [1, 1]),
    "the dilated half": (Slice(1, 0, 4), [9, 5]),
    "a plain channel": (Split((3, 1, 2, 2), 2), [1, 1]),
    "a bit of both": (Split(3, 1), [9, 5]),
    "groups of one branch each": (Conv2d(8, 2, (1, 3), groups=2), [9, 7]),
}


@pytest.mark.parametrize("case", CHANNELS)
def test_channels_of_branches_are_told_apart(case: str) -> None:
    """Parts of a concatenation read what their own branch reads, as torch says of the real channels."""
    part, size = CHANNELS[case]
    b = Builder()
    x = b.input("input", 4)
    dilated = b.add("dilated", Conv2d(4, 4, (3, 2), padding=4, dilation=4), x)
    branches = b.add("crop", Slice(3, 0, 14), dilated), b.add("pad", ZeroPad2d((2, 2, 0, 0)), x)
    b.output("result", b.add("part", part, b.add("concat", Concat(), *branches)))
    result = check(b.build(), input=(4, 9, 10))
    assert (result.failures, result.unchecked) == ((), ())
    assert only(result, "part", "receptive-field").got["local_size"] == size


def test_a_shuffle_brings_branches_together() -> None:
    """After a channel shuffle every group reads both branches, and before it each its own."""
    b = Builder()
    x = b.input("input", 4)
    both = b.add("concat", Concat(), x, b.add("wide", Conv2d(4, 4, 5, padding=2), x))
    apart = b.add("apart", Conv2d(8, 4, 3, padding=1, groups=4), both)
    b.output("plain", b.add("plain", Slice(1, 0, 1), apart))
    shuffled = b.add("together", Conv2d(8, 4, 3, padding=1, groups=4), b.add("shuffle", ChannelShuffle(2), both))
    b.output("result", b.add("first", Slice(1, 0, 1), shuffled))
    result = check(b.build(), input=(4, 8, 11))
    assert (result.failures, result.unchecked) == ((), ())
    assert only(result, "plain", "receptive-field").got["local_size"] == [3, 3]
    assert only(result, "first", "receptive-field").got["local_size"] == [7, 7]


def test_channels_that_cannot_be_afforded_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one channel would not do, and the real ones are too many, nothing is passed."""
    monkeypatch.setattr(reach_checks, "MAX_WIDE", {True: (0, 0), False: (0, 0)})
    b = Builder()
    x = b.input("input", 4)
    both = b.add("concat", Concat(), x, b.add("wide", Conv2d(4, 4, 5, padding=2), x))
    b.output("result", b.add("part", Slice(1, 0, 4), both))
    result = check(b.build(), input=(4, 8, 11))
    assert only(result, "concat", "receptive-field").ok
    for quantity in ("reach", "receptive-field"):
        assert only(result, "part", quantity).ok is None
        assert "too many to run them all" in str(only(result, "part", quantity).note)


@pytest.mark.parametrize("name", ["aspp", "dspp", "fpn", "ppm", "spp", "yolo-spp", "tcn"])
def test_one_channel_stands_for_all_where_they_are_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a network of thousands of channels is checked in full."""
    monkeypatch.setattr(reach_checks, "MAX_WIDE", {True: (0, 0), False: (0, 0)})
    size = {"fpn": (24, 40), "tcn": (8, 600)}.get(name, (12, 24, 48))
    result = of_architecture(name, *size)
    assert (result.failures, result.unchecked) == ((), ())
