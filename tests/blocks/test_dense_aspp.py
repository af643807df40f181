"""DenseASPP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.blocks.dense_aspp import dense_aspp
from pyramidcalc.errors import LayerError
from tests.blocks.building import built
from tests.passes.asking import all_fields

if TYPE_CHECKING:
    from typing import Any


def test_each_layer_adds_64_channels() -> None:
    """512 → 576 → 640 → 704 → 768 → 832. Source: the authors' code, num_features + n · d_feature1."""
    block = built(dense_aspp, (512, 64, 63))
    widths = [block.shape(f"concat{rate}")[0] for rate in (3, 6, 12, 18, 24)]
    assert widths == [576, 640, 704, 768, 832]
    assert block.output == (832, 64, 63)


def test_parameters() -> None:
    """By hand: five 1×1 to 128 and five 3×3 to 64 with biases, BatchNorms of 128, and four on the input of a layer."""
    widths = (512, 576, 640, 704, 768)
    reduced = sum(width * 128 + 128 for width in widths)
    dilated = 5 * (128 * 64 * 9 + 64)
    norms = 5 * 2 * 128 + sum(2 * width for width in widths[1:])
    assert built(dense_aspp, (512, 64, 64)).parameters == reduced + dilated + norms == 785_856


def test_only_the_first_layer_starts_without_a_norm() -> None:
    """The first reads a backbone's activations; the others normalise before they read."""
    names = built(dense_aspp, (8, 64, 64), rate=(3, 6)).names
    layer = ["reduce.act", "reduce.conv", "norm", "act", "conv", "dropout"]
    first = [f"rate3.{name}" for name in layer]
    second = [f"rate6.{name}" for name in ("reduce.norm", *layer)]
    assert names == [*first, "concat3", *second, "concat6"]


def test_newest_comes_first() -> None:
    """A layer's output stands before everything that it read."""
    block = built(dense_aspp, (8, 64, 64), rate=(3, 6))
    assert block.node("concat3").inputs == ("rate3.dropout", "input")
    assert block.node("concat6").inputs == ("rate6.dropout", "concat3")


def test_receptive_fields_add_up() -> None:
    """The longest chain passes all rates: 1 + 2·(3 + 6 + 12 + 18 + 24) = 127."""
    block = built(dense_aspp, (8, 200, 201))
    assert all_fields(block.resolved)["concat24"]["input"].size == (127, 127)


def test_widths_can_be_given() -> None:
    """`hidden` lies between, `channels` are what a layer adds."""
    block = built(dense_aspp, (8, 40, 41), rate=(3, 3), hidden=5, channels=7)
    assert block.shape("rate3_2.act") == (5, 40, 41)
    assert block.output == (22, 40, 41)


def test_dropout_can_be_left_out() -> None:
    """Then a layer ends in its convolution."""
    block = built(dense_aspp, (8, 40, 41), rate=(3,), dropout=False)
    assert block.node("concat3").inputs == ("rate3.conv", "input")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"rate": ()}, "`rate` is empty"),
        ({"rate": (3, -6)}, r"`rate` \(=-6\) must be at least 1"),
        ({"hidden": 0}, r"`hidden` \(=0\) must be at least 1"),
        ({"channels": 0}, r"`channels` \(=0\) must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"dense-aspp: {reason}"):
        built(dense_aspp, (8, 40, 41), **options)
