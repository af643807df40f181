"""The temporal convolutional network: causal, as wide as its formula, and as many weights as written by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pyramidcalc.blocks.tcn import MAX_LEVELS, tcn
from pyramidcalc.errors import LayerError
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.receptive_field import receptive_fields
from tests.blocks.building import built


@pytest.mark.parametrize("levels", [1, 2, 5, 8])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 7])
def test_receptive_field_is_that_of_the_formula(kernel_size: int, levels: int) -> None:
    """1 + 2(k − 1)(2^levels − 1), all of it before the output."""
    block = built(tcn, (3, 90), kernel_size=kernel_size, levels=levels, channels=5)
    field = receptive_fields(block.resolved, fields(block.resolved))[block.resolved.layers[-1].name]["input"]
    size = 1 + 2 * (kernel_size - 1) * (2**levels - 1)
    assert (field.size, field.stride, field.padding) == ((size,), (Fraction(1),), (size - 1,))


def test_no_output_reads_what_comes_after_it() -> None:
    """Each reads its own position and those before, as far as the field goes."""
    block = built(tcn, (2, 60), kernel_size=3, levels=4, channels=5)
    for position in range(0, 60, 7):
        answer = reach(block.resolved, "level3.relu", (position,))
        assert answer.hull("input") == ((max(position - 60, 0), position),)


def test_the_sequence_keeps_its_length() -> None:
    """Whatever its length; channels are those of the block."""
    for length in (1, 2, 33):
        assert built(tcn, (2, length), kernel_size=4, levels=3, channels=5).output == (5, length)


def test_layers_of_a_level() -> None:
    """Two padded convolutions at the level's rate, and a 1×1 where the channels differ, in the first level alone."""
    block = built(tcn, (2, 20), kernel_size=3, levels=2, channels=5)
    unit = [f"{name}{number}" for number in (1, 2) for name in ("pad", "conv", "relu", "dropout")]
    assert block.names == [
        *(f"level0.{name}" for name in (*unit, "downsample", "add", "relu")),
        *(f"level1.{name}" for name in (*unit, "add", "relu")),
    ]
    assert block.layer("level1.conv2").to_dict()["dilation"] == (2,)
    assert block.layer("level1.pad1").to_dict()["padding"] == (4, 0)


def test_parameters() -> None:
    """8 levels of 25 channels with kernels of 7: the two convolutions of each, their biases, and one 1×1."""
    convolutions = (1 + 15 * 25) * 25 * 7 + 16 * 25
    assert built(tcn, (1, 784)).parameters == convolutions + 25 + 25


def test_causal_branches_are_aligned() -> None:
    """Nothing is said of what every such network does."""
    assert built(tcn, (1, 784)).warned("misaligned") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 0}, "`kernel_size` .=0. must be"),
        ({"levels": 0}, "`levels` .=0. must be"),
        ({"channels": -3}, "`channels` .=-3. must be"),
        ({"levels": MAX_LEVELS + 1}, "63 levels would end at rate 2.62; use at most 62"),
    ],
)
def test_options_that_make_no_block(options: dict[str, int], message: str) -> None:
    """Sizes are at least 1, and rates fit torch's integers."""
    with pytest.raises(LayerError, match=message):
        built(tcn, (1, 784), **options)
