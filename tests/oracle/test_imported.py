"""Layers of imported networks against torch: rearranged axes, stand-ins, and what has no module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.errors import OracleError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import Pointwise
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.linear import ChannelLinear, Flatten, Linear, Unflatten
from pyramidcalc.layers.merging import Combine, Concat
from pyramidcalc.layers.normalization import LocalResponseNorm
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.rearranging import Along, Constant, Expand, Part, Rearrange
from pyramidcalc.layers.sized import SamePad2d
from pyramidcalc.layers.slicing import Slice
from pyramidcalc.layers.sliding import SlidingPool
from pyramidcalc.layers.unknown import Unknown
from pyramidcalc.oracle import reach_checks
from pyramidcalc.oracle.definitions import rearrange
from pyramidcalc.oracle.effective_checks import verify_effective_field
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain, check, only

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

pytestmark = pytest.mark.torch
DEPTH = (((0, 1, 3), (1, 1, 2), (2, 1, 2)), ((1, 2, -1),), ((2, 2, -1),))
"""Space to depth by 2 of three channels."""
CHAINS: list[tuple[Layer, ...]] = [
    (Rearrange(DEPTH), Conv2d(12, 4, 3, padding=1), Part((0, 1, 4), 1, 2), Slice(1, 1)),
    (SlidingPool("MaxPool", (2, 3), (1, 2), (2, 1), (1, 0), (0, 2)), LocalResponseNorm(3), ChannelLinear(3, 5)),
    (Along("mean", ((2, 1, -1),)), Expand((None, None, 4)), Pointwise("exp")),
    (SamePad2d(3, (1, 2), odd_first=True), Conv2d(3, 4, 3, (1, 2)), Along("softmax", ((0, 2, 2),), True)),
    (AdaptiveAvgPool2d(1), Flatten(), Linear(3, 24), Unflatten(1, (2, -1, 4)), Conv2d(2, 5, (2, 3))),
]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("layers", CHAINS, ids=lambda layers: "-".join(layer.name for layer in layers))
def test_chains_agree(layers: tuple[Layer, ...], wide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real channels, and with one that stands for all."""
    if not wide:
        monkeypatch.setattr(reach_checks, "MAX_WIDE", {True: (0, 0), False: (0, 0)})
    result = check(chain(*layers), input=(3, 8, 14))
    assert result.failures == ()
    assert len([each for each in result.agreed if each.quantity == "reach"]) >= len(layers) - (0 if wide else 2)


def test_channels_that_were_rows_read_those_rows() -> None:
    """After space to depth each quarter of the channels is of one place in four; the branches stay apart, too."""
    b = Builder()
    x = b.input("input", 2)
    both = b.add("concat", Concat(), b.add("wide", Conv2d(2, 1, 5, padding=2), x), b.add("same", ZeroPad2d(0), x))
    deep = b.add("deep", Rearrange(DEPTH), both)
    b.output("plain", b.add("plain", Slice(1, 6, 7), deep))
    b.output("blurred", b.add("blurred", Slice(1, 0, 2), deep))
    result = check(b.build(), input=(2, 8, 12))
    assert result.failures == ()
    assert {each.quantity for each in result.unchecked} <= {"effective-field"}
    assert only(result, "plain", "receptive-field").got["local_size"] == [1, 1]
    assert only(result, "plain", "receptive-field").got["padding"] == [-1, 0]
    assert only(result, "blurred", "receptive-field").got["local_size"] == [5, 6]


def test_a_factor_of_no_axis_is_refused() -> None:
    """By both: a vector has no rows."""
    refusal = only(check(chain(Part((1, 1, 1), 0, 1)), input=(3,)), "a", "shape")
    assert refusal.ok
    assert "tuple index out of range" in str(refusal.got)


def test_repeated_factors_are_repeated() -> None:
    """A stride of 0 stands for what is read again: x.repeat of rows, each twice in a row."""
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    rows = rearrange(x, (((0, 1, -1),), ((1, 1, 3), (1, 0, 2)), ((2, 1, -1),)))
    assert torch.equal(rows, x.repeat_interleave(2, 2))


@pytest.mark.parametrize("layer", [Pointwise("exp", 5), SlidingPool("LpPool", (2,), (1,), (1,), (0,), (0,))])
def test_what_is_known_by_its_reads_alone_makes_no_module(layer: Layer) -> None:
    """A stand-in would compute something else."""
    with pytest.raises(OracleError, match="says what is read, not what is computed"):
        pc.oracle.to_module(chain(layer))


def test_learned_numbers_of_a_stand_in_are_not_checked() -> None:
    """It has none of its own; two values are combined by a sum."""
    b = Builder()
    x = b.input("input", 3)
    b.output("result", b.add("both", Combine("maximum"), x, b.add("scaled", Pointwise("mul", 3), x)))
    result = check(b.build(), input=(3, 5, 6))
    assert result.failures == ()
    assert [(each.layer, each.quantity) for each in result.unchecked] == [("scaled", "parameters")]


def test_an_unknown_layer_is_not_checked_and_others_are() -> None:
    """Its shape is no proof of itself; what stands before it is asked for everything, what follows for its shape."""
    b = Builder()
    x = b.add("before", Conv2d(3, 4, 3), b.input("input", 3))
    b.output("result", b.add("after", Conv2d(5, 2, 1), b.add("odd", Unknown("sorted", (5, 2, 7), 9, 8), x)))
    result = check(b.build(), input=(3, 5, 6))
    assert result.failures == ()
    agreed = {(each.layer, each.quantity) for each in result.agreed}
    assert agreed >= {("before", "reach"), ("before", "effective-field"), ("after", "shape"), ("after", "macs")}
    assert not [
        each for each in result.agreed if each.layer == "odd" or (each.layer, each.quantity) == ("after", "reach")
    ]


def test_what_reads_nothing_adds_nothing_to_an_effective_field() -> None:
    """A constant beside a convolution."""
    b = Builder()
    conv = b.add("conv", Conv2d(3, 4, 3), b.input("input", 3))
    constant = b.add("constant", Constant((4, 3, 4)))
    b.output("result", b.add("scaled", Pointwise("exp"), b.add("sum", Combine("add"), conv, constant)))
    resolved = shapes(b.build(), {"input": (3, 5, 6)})
    field = effective_field(resolved, "scaled", (1, 2))
    assert verify_effective_field(resolved, field, "cpu").ok
