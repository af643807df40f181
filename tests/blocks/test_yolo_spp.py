"""YOLO's spatial pyramid pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.blocks.yolo_spp import yolo_spp
from pyramidcalc.errors import LayerError, UsageError
from tests.blocks.building import built
from tests.passes.asking import all_fields

if TYPE_CHECKING:
    from typing import Any


@given(height=st.integers(1, 40), width=st.integers(1, 40), sppf=st.booleans())
def test_size_is_kept_and_channels_grow_fourfold(height: int, width: int, sppf: bool) -> None:
    """Three pools at stride 1 beside their input, on every map."""
    assert built(yolo_spp, (6, height, width), sppf=sppf).output == (24, height, width)


def test_pools_stand_side_by_side() -> None:
    """Without sppf every pool reads the input."""
    block = built(yolo_spp, (4, 13, 15))
    assert block.names == ["pool5", "pool9", "pool13", "concat"]
    assert block.node("pool13").inputs == ("input",)
    assert block.node("concat").inputs == ("input", "pool5", "pool9", "pool13")


def test_sppf_chains_its_pools() -> None:
    """With sppf every pool reads the pool before it."""
    block = built(yolo_spp, (4, 13, 15), sppf=True)
    assert block.names == ["pool5", "pool5_2", "pool5_3", "concat"]
    assert block.node("pool5_3").inputs == ("pool5_2",)
    assert block.node("concat").inputs == ("input", "pool5", "pool5_2", "pool5_3")


def test_sppf_sees_as_far_as_spp() -> None:
    """Two and three chained pools of 5 have the receptive fields of pools of 9 and 13."""
    side, chain = (all_fields(built(yolo_spp, (4, 33, 35), sppf=sppf).resolved) for sppf in (False, True))
    for one, other in (("pool5", "pool5"), ("pool9", "pool5_2"), ("pool13", "pool5_3")):
        assert side[one]["input"] == chain[other]["input"]


def test_pools_learn_nothing() -> None:
    """The bare block has no parameters."""
    assert built(yolo_spp, (512, 13, 13)).parameters == 0


@pytest.mark.parametrize("sppf", [False, True])
def test_projected_parameters_are_yolov5s(sppf: bool) -> None:
    """SPPF [512, 512, 5] has 656,896 parameters. Source: the model summary of YOLOv5s, layer 9."""
    block = built(yolo_spp, (512, 20, 20), sppf=sppf, project=True)
    assert block.parameters == 656_896
    assert block.output == (512, 20, 20)


def test_projection_halves_and_then_sets_the_channels() -> None:
    """c1 = 12 goes to 6, the pools to 24, the projection to c2 = 10; no biases: 12·6 + 12 + 24·10 + 20."""
    block = built(yolo_spp, (12, 7, 9), project=True, out_channels=10)
    assert block.shape("reduce.act") == (6, 7, 9)
    assert block.shape("concat") == (24, 7, 9)
    assert block.output == (10, 7, 9)
    assert block.parameters == 12 * 6 + 12 + 24 * 10 + 20


def test_kernels_can_be_given() -> None:
    """Any number of odd kernels."""
    assert built(yolo_spp, (4, 9, 8), kernel=(3, 7)).output == (12, 9, 8)


@pytest.mark.parametrize(
    ("options", "channels", "reason"),
    [
        ({"kernel": (5, 8)}, 4, r"`kernel` \(=8\) must be odd.*; use 7 or 9"),
        ({"kernel": ()}, 4, "`kernel` is empty"),
        ({"kernel": (0,)}, 4, r"`kernel` \(=0\) must be at least 1"),
        ({"project": True}, 7, "`project` halves the channels, and 7 is odd"),
        ({"project": True, "out_channels": 0}, 4, r"`out_channels` \(=0\) must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], channels: int, reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"yolo-spp: {reason}"):
        built(yolo_spp, (channels, 13, 13), **options)


def test_output_channels_without_a_projection_are_refused() -> None:
    """They would mean nothing."""
    with pytest.raises(UsageError, match=r"`out_channels` .* is for `project` only"):
        built(yolo_spp, (4, 13, 13), out_channels=8)
