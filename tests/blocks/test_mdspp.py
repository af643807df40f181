"""SPEED's modified depthwise spatial pyramid pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.blocks.mdspp import mdspp
from pyramidcalc.errors import LayerError
from tests.blocks.building import built

if TYPE_CHECKING:
    from typing import Any


@given(channels=st.integers(1, 40), half=st.integers(2, 40))
def test_output_has_filters_more_channels(channels: int, half: int) -> None:
    """filters + C channels, whatever both are."""
    assert built(mdspp, (channels, 12, 16), filters=2 * half).output == (channels + 2 * half, 12, 16)


def test_parameters() -> None:
    """No biases: four branches of 64·9 + 64·16, two pairs of 32·9 + 32·32."""
    assert built(mdspp, (64, 12, 16)).parameters == 4 * (64 * 9 + 64 * 16) + 2 * (32 * 9 + 32 * 32) == 9024


def test_branches_are_joined_crosswise() -> None:
    """Branches 1 and 3, and 2 and 4, in the order of the bins."""
    block = built(mdspp, (6, 12, 16), bins=(8, 2, 4, 6))
    assert block.node("first.concat").inputs == ("bin8.resize", "bin4.resize")
    assert block.node("second.concat").inputs == ("bin2.resize", "bin6.resize")


def test_a_pair_passes_a_separable_convolution_between_activations() -> None:
    """Two quarters of the filters become a half."""
    block = built(mdspp, (6, 12, 16), filters=20)
    names = ["concat", "concat_act", "depthwise", "pointwise", "act"]
    assert [name for name in block.names if name.startswith("first.")] == [f"first.{name}" for name in names]
    assert block.shape("first.concat") == (10, 12, 16)
    assert block.shape("first.act") == (10, 12, 16)


def test_the_map_comes_last() -> None:
    """The concatenation ends with the input."""
    assert built(mdspp, (6, 12, 16)).node("concat").inputs == ("first.act", "second.act", "input")


def test_quarters_are_rounded_down() -> None:
    """22 filters are 5 a branch, 11 a pair."""
    block = built(mdspp, (6, 12, 16), filters=22)
    assert block.shape("bin2.resize") == (5, 12, 16)
    assert block.output == (28, 12, 16)


def test_more_bins_than_columns_fail() -> None:
    """The pool would be 0."""
    failure = built(mdspp, (6, 12, 7)).failure
    assert failure.layer == "bin8.pool"
    assert "width: 8 bins on 7" in failure.message


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"bins": (2, 4, 6)}, r"`bins` \(2 4 6\) are 3, .* takes exactly four; give four bins"),
        ({"bins": (2, 4, 6, 8, 10)}, r"`bins` \(2 4 6 8 10\) are 5"),
        ({"bins": ()}, "`bins` is empty"),
        ({"bins": (2, 4, 6, 0)}, r"`bins` \(=0\) must be at least 1"),
        ({"filters": 0}, r"`filters` \(=0\) must be at least 1"),
        ({"filters": 3}, r"`filters` \(=3\) .* ⌊3/4⌋ = 0 channels each; use at least 4"),
        ({"filters": 33}, r"`filters` \(=33\) must be even.*; use 32 or 34"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"^mdspp: {reason}"):
        built(mdspp, (6, 12, 16), **options)
