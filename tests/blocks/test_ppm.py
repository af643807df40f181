"""PSPNet's pyramid pooling module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.blocks.ppm import ppm
from pyramidcalc.errors import LayerError
from tests.blocks.building import built

if TYPE_CHECKING:
    from typing import Any


def test_channels_double() -> None:
    """2048 channels become 4096, as in the paper's figure 3."""
    assert built(ppm, (2048, 60, 61)).output == (4096, 60, 61)


def test_parameters() -> None:
    """Four 1×1 from 2048 to 512 without biases, and their BatchNorms: 4·(2048·512 + 2·512)."""
    assert built(ppm, (2048, 60, 60)).parameters == 4_198_400


def test_levels_are_pooled_convolved_and_resized() -> None:
    """Each level goes to its bins and back."""
    block = built(ppm, (8, 11, 13), bins=(3, 2))
    names = [f"{level}.{name}" for level in ("bin3", "bin2") for name in ("pool", "conv", "norm", "act", "resize")]
    assert block.names == [*names, "concat"]
    assert [block.shape(f"bin3.{name}") for name in ("pool", "act", "resize")] == [(8, 3, 3), (4, 3, 3), (4, 11, 13)]


def test_the_map_comes_first() -> None:
    """The concatenation starts with the input."""
    assert built(ppm, (8, 11, 13), bins=(3, 2)).node("concat").inputs == ("input", "bin3.resize", "bin2.resize")


def test_levels_share_the_channels_rounded_down() -> None:
    """10 channels over 4 bins are 2 a level, so the output has 18 and not 20."""
    assert built(ppm, (10, 7, 9)).output == (18, 7, 9)


def test_channels_of_a_level_can_be_given() -> None:
    """Any number, whatever the input's."""
    assert built(ppm, (3, 7, 9), channels=5).output == (3 + 4 * 5, 7, 9)


def test_equal_bins_get_names_of_their_own() -> None:
    """The second level of 2 bins is bin2_2."""
    assert "bin2_2.pool" in built(ppm, (8, 7, 9), bins=(2, 2)).names


def test_maps_smaller_than_the_bins_work() -> None:
    """Adaptive bins overlap, as in torch."""
    assert built(ppm, (8, 3, 2)).output == (16, 3, 2)


def test_image_pooling_normalises_one_value_a_channel() -> None:
    """BatchNorm after the 1×1 bin trains only with a batch of two."""
    assert built(ppm, (8, 7, 9)).warned("batchnorm-1x1") == ["bin1.norm"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, r"3 input channels over 4 bins leave ⌊3/4⌋ = 0 channels a level; use at least 4"),
        ({"bins": ()}, "`bins` is empty"),
        ({"bins": (1, 0)}, r"`bins` \(=0\) must be at least 1"),
        ({"channels": 0}, r"`channels` \(=0\) must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"ppm: {reason}"):
        built(ppm, (3, 7, 9), **options)
