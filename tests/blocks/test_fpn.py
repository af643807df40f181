"""The feature pyramid network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import analyze
from pyramidcalc.blocks.fpn import default_input, fpn, inputs
from pyramidcalc.errors import LayerError, UsageError
from tests.blocks.building import built

RESNET = ((256, 200, 272), (512, 100, 136), (1024, 50, 68), (2048, 25, 34))


def test_outputs_have_the_sizes_of_the_levels() -> None:
    """A p for each c, all of 256 channels, the finest first. Source: arXiv 1612.03144, section 3."""
    outputs = built(fpn, *RESNET).outputs
    assert outputs == {f"p{level}": (256, *shape[1:]) for level, shape in enumerate(RESNET, 2)}
    assert next(iter(outputs)) == "p2"


def test_parameters() -> None:
    """Biased 1×1 from each level and biased 3×3, by hand; torchvision's FeaturePyramidNetwork has as many."""
    laterals = sum(channels * 256 + 256 for channels, *_ in RESNET)
    assert built(fpn, *RESNET).parameters == laterals + 4 * (256 * 256 * 9 + 256) == 3_344_384


def test_merges_run_from_the_coarsest_down() -> None:
    """Each merge resizes the merge before it to its lateral's size, and each output reads a merge."""
    block = built(fpn, *RESNET[:3])
    merge = ["lateral3", "topdown3.resize", "topdown3.add", "p3"]
    assert block.names == ["lateral4", "p4", *merge, *(name.replace("3", "2") for name in merge)]
    assert block.node("topdown3.resize").inputs == ("lateral4", "lateral3")
    assert block.node("topdown3.add").inputs == ("lateral3", "topdown3.resize")
    assert block.node("topdown2.resize").inputs == ("topdown3.add", "lateral2")
    assert block.node("p2").inputs == ("topdown2.add",)


@given(height=st.integers(1, 300), width=st.integers(1, 300))
def test_every_size_works(height: int, width: int) -> None:
    """The top-down path resizes to the lateral's size, so odd sizes need no padding."""
    levels = inputs(3, channels=(3, 4, 5, 6)).values()
    shapes = [(count, form.at(height), form.at(width)) for count, form in levels]
    block = built(fpn, *shapes, out_channels=7)
    assert list(block.outputs.values()) == [(7, *shape[1:]) for shape in shapes]


def test_levels_halve_rounded_up() -> None:
    """⌈n/2⌉, ⌈n/4⌉, ⌈n/8⌉, with the channels given."""
    report = analyze("fpn", channels=(3, 4, 5, 6), input=(3, 201, 275))
    assert report.inputs == {"c2": (3, 201, 275), "c3": (4, 101, 138), "c4": (5, 51, 69), "c5": (6, 26, 35)}


def test_default_input_is_the_finest_level() -> None:
    """Its channels are the first of the list."""
    assert default_input({"channels": (64, 128)}) == (64, 200, 272)


def test_one_level_is_a_lateral_and_an_output() -> None:
    """There is nothing to merge."""
    assert built(fpn, (3, 8, 9), out_channels=5).names == ["lateral2", "p2"]


def test_channels_of_another_backbone() -> None:
    """The levels of a ResNet-18, from the catalogue."""
    report = analyze("fpn", channels=(64, 128, 256, 512), input=(96, 128))
    assert report.inputs == {"c2": (64, 96, 128), "c3": (128, 48, 64), "c4": (256, 24, 32), "c5": (512, 12, 16)}
    assert report.output == (256, 96, 128)


def test_an_input_that_is_not_the_first_of_the_channels_is_refused() -> None:
    """The message says how to give all levels."""
    with pytest.raises(
        UsageError, match="the input has 512 channels, the first of `channels` is 256; give the input as"
    ):
        inputs(512)


def test_no_level_is_refused() -> None:
    """A pyramid has at least one map."""
    with pytest.raises(LayerError, match="fpn: there are no levels"):
        built(fpn)


@pytest.mark.parametrize("channels", [(), (256, 0), (256, -1)])
def test_wrong_channels_are_refused(channels: tuple[int, ...]) -> None:
    """No level, or a level without channels."""
    with pytest.raises(LayerError, match="fpn: `channels`"):
        inputs(256, channels=channels)


def test_wrong_output_channels_are_refused() -> None:
    """At least one."""
    with pytest.raises(LayerError, match=r"fpn: `out_channels` \(=0\) must be at least 1"):
        built(fpn, *RESNET, out_channels=0)
