"""PANet, BiFPN, RFB, SPPCSPC and HDC: published counts, sizes, fields, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyramidcalc as pc
from pyramidcalc.blocks.bifpn import bifpn
from pyramidcalc.blocks.fpn import fpn
from pyramidcalc.blocks.hdc import hdc
from pyramidcalc.blocks.panet import panet
from pyramidcalc.blocks.rfb import rfb
from pyramidcalc.blocks.sppcspc import sppcspc
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.passes.reach import reach
from tests.blocks.building import Built, built

if TYPE_CHECKING:
    from typing import Any

LEVELS = ((8, 25, 34), (12, 13, 17), (16, 7, 9), (20, 4, 5))
"""A backbone's levels of odd sizes, rounded up."""


def rows_read(block: Built) -> list[int]:
    """The input rows that an output pixel in the middle reads."""
    _, height, width = block.output
    name = block.resolved.graph.outputs[0][1]
    return [row for (row,) in reach(block.resolved, name, (height // 2, width // 2)).mask("input")]


def test_panet_keeps_the_sizes_of_its_levels() -> None:
    """n2 is p2 itself; each coarser output is halved from the finer one, rounded up, as the levels are."""
    block = built(panet, *LEVELS, out_channels=6)
    assert block.outputs == {f"n{level}": (6, *shape[1:]) for level, shape in enumerate(LEVELS, 2)}
    assert dict(block.resolved.graph.outputs)["n2"] == "fpn.p2"
    assert block.node("bottomup3.add").inputs == ("fpn.p3", "bottomup3.down_act")
    assert block.node("bottomup4.down").inputs == ("bottomup3.act",)


def test_panet_parameters() -> None:
    """The feature pyramid's, and two biased 3×3 of 256 channels for each of three steps up, by hand."""
    levels = ((256, 200, 272), (512, 100, 136), (1024, 50, 68), (2048, 25, 34))
    step = 2 * (256 * 256 * 9 + 256)
    assert built(panet, *levels).parameters == built(fpn, *levels).parameters + 3 * step == 6_884_864


# Source: torchvision's EfficientNet_B0_Weights, num_params.
EFFICIENTNET_B0 = 5_288_548


def test_bifpn_of_efficientdet_d0() -> None:
    """With the backbone and the two heads it makes EfficientDet-D0's 3,880,067 parameters.

    Source: arXiv 1911.09070, table 2 (3.9M); the authors' trained weights counted, trainable ones, in paz's tests.
    """
    classifier, last_conv = 1280 * 1000 + 1000, 320 * 1280 + 2 * 1280
    separable = 64 * 9 + 64 * 64 + 64
    # Three convolutions that all levels share, a BatchNorm for each of five levels, and the prediction.
    shared = 3 * separable + 3 * 5 * 2 * 64
    boxes, classes = (shared + 64 * 9 + 64 * outputs + outputs for outputs in (9 * 4, 9 * 90))
    pyramid = pc.analyze("bifpn").parameters
    assert EFFICIENTNET_B0 - classifier - last_conv + pyramid + boxes + classes == 3_880_067


def test_bifpn_weights_are_one_number_an_input() -> None:
    """Of five levels: four merges of 2 on the way down, three of 3 and one of 2 on the way up."""
    report = pc.analyze("bifpn", repeats=1)
    counts = [layer.parameters for layer in report.layers if layer.op == "WeightedAdd"]
    assert counts == [2, 2, 2, 2, 3, 3, 3, 2]


def test_bifpn_outputs() -> None:
    """Two levels more than are given, each half of the one before, rounded up."""
    report = pc.analyze("bifpn", input=(33, 45), out_channels=88)
    sizes = ((33, 45), (17, 23), (9, 12), (5, 6), (3, 3))
    assert report.outputs == {f"p{level}": (88, *size) for level, size in enumerate(sizes, 3)}


def test_bifpn_reads_a_level_through_a_convolution_for_each_use() -> None:
    """In the first cell, where channels differ; the coarsest given level also makes the next, and later cells none."""
    block = built(bifpn, *LEVELS[1:], out_channels=6, repeats=2)
    convs = [name for name in block.names if name.endswith("reduce.conv")]
    scopes = ["c6", "cell1.p5_down", "cell1.p4_down", "cell1.p3_down", "cell1.p4", "cell1.p5"]
    assert convs == [f"{scope}.reduce.conv" for scope in scopes]


def test_bifpn_without_extra_levels() -> None:
    """The coarsest level is read on the way down and on the way up."""
    block = built(bifpn, *LEVELS[:2], out_channels=6, repeats=1, extra_levels=0)
    assert block.outputs == {"p3": (6, 25, 34), "p4": (6, 13, 17)}
    assert block.node("cell1.p4.add").inputs == ("cell1.p4.reduce.norm", "cell1.p4.pool")


@pytest.mark.parametrize("options", [{"extra_levels": 0}, {"repeats": 0}, {"out_channels": 0}, {"extra_levels": -1}])
def test_bifpn_refuses(options: dict[str, Any]) -> None:
    """One level alone, no cell, no channels, and fewer than no levels."""
    with pytest.raises(LayerError, match="bifpn: "):
        built(bifpn, LEVELS[0], **options)


@pytest.mark.parametrize("name", ["panet", "bifpn"])
def test_an_input_that_is_not_the_first_level_is_refused(name: str) -> None:
    """In the block's own name."""
    with pytest.raises(UsageError, match=f"{name}: the input has 7 channels, the first of `channels` is"):
        pc.analyze(name, input=(7, 64, 96))


@pytest.mark.parametrize(
    ("variant", "channels", "parameters"),
    [
        # By hand, from the authors' code: branches, the 1×1 on their concatenation, the shortcut, and BatchNorms.
        ("rfb", 1024, sum((
            1024 * 256 + 256 * 256 * 9 + 2 * 2 * 256,
            1024 * 128 + 128 * 256 * 9 + 256 * 256 * 9 + 2 * (128 + 256 + 256),
            1024 * 128 + 128 * 192 * 9 + 192 * 256 * 9 + 256 * 256 * 9 + 2 * (128 + 192 + 256 + 256),
            768 * 1024 + 2 * 1024, 1024 * 1024 + 2 * 1024,
        ))),
        ("rfb-s", 512, sum((
            512 * 128 + 128 * 128 * 9 + 2 * 2 * 128,
            2 * (512 * 128 + 128 * 128 * 3 + 128 * 128 * 9 + 2 * 3 * 128),
            512 * 64 + 64 * 96 * 3 + 96 * 128 * 3 + 128 * 128 * 9 + 2 * (64 + 96 + 128 + 128),
            512 * 512 + 2 * 512, 512 * 512 + 2 * 512,
        ))),
    ],
)  # fmt: skip
def test_rfb_parameters(variant: str, channels: int, parameters: int) -> None:
    """On conv7 of RFB Net 300, and on conv4_3."""
    assert built(rfb, (channels, 19, 21), variant=variant).parameters == parameters


@pytest.mark.parametrize(
    ("options", "fields"),
    [({}, (5, 9, 15)), ({"visual": 1}, (3, 7, 11)), ({"variant": "rfb-s"}, (3, 9, 7, 13))],
)
def test_rfb_fields_grow_with_the_branch(options: dict[str, Any], fields: tuple[int, ...]) -> None:
    """Rows: the kernels before and the dilated 3×3, 1 + Σ rate·(k − 1); the third branch of rfb-s is flat: 1×3."""
    report = pc.analyze("rfb", **options)
    ends = [report[f"branch{number}.{len(rows) - 1}.conv"] for number, rows in branches(report).items()]
    assert tuple(layer.receptive_field.size[0] for layer in ends if layer.receptive_field) == fields


def branches(report: pc.Report) -> dict[int, list[str]]:
    """Number to convolutions of each branch."""
    convs = [layer.name for layer in report.layers if layer.name.startswith("branch") and layer.name.endswith("conv")]
    return {number: [name for name in convs if name.startswith(f"branch{number}.")] for number in range(4)
            if any(name.startswith(f"branch{number}.") for name in convs)}  # fmt: skip


@given(height=st.integers(1, 40), width=st.integers(1, 40), stride=st.sampled_from([1, 2]))
def test_rfb_size(height: int, width: int, stride: int) -> None:
    """Kept, or halved and rounded up in every branch alike."""
    block = built(rfb, (32, height, width), stride=stride, out_channels=5)
    assert block.output == (5, -(-height // stride), -(-width // stride))


@pytest.mark.parametrize(
    ("channels", "options", "message"),
    [
        (31, {}, "31 input channels are too few"),
        (15, {"variant": "rfb-s"}, "use at least 16 channels"),
        (32, {"visual": 0}, "`visual`"),
        (32, {"variant": "rfb-s", "stride": 2}, "`stride` .=2. is for variant rfb only"),
    ],
)
def test_rfb_refuses(channels: int, options: dict[str, Any], message: str) -> None:
    """Branches without channels, and options of the other variant."""
    with pytest.raises((LayerError, UsageError), match=message):
        built(rfb, (channels, 9, 8), **options)


def test_sppcspc_of_yolov7() -> None:
    """1024 to 512 channels: 7,609,344, as the authors' code prints for layer 51 of yolov7.yaml."""
    report = pc.analyze("sppcspc")
    assert (report.parameters, report.output) == (7_609_344, (512, 20, 20))


def test_sppcspc_goes_around_the_pools() -> None:
    """One 1×1 beside all else; the pools stand side by side."""
    block = built(sppcspc, (10, 13, 15), kernel=(3, 7), out_channels=6)
    assert block.node("pool7").inputs == block.node("pool3").inputs == ("cv4.act",)
    assert block.node("concat").inputs == ("cv6.act", "cv2.act")
    assert block.node("cv2.conv").inputs == ("input",)


def test_sppcspc_refuses_even_pools() -> None:
    """They cannot keep the size."""
    with pytest.raises(LayerError, match=r"sppcspc: `kernel` \(=4\) must be odd"):
        built(sppcspc, (10, 13, 15), kernel=(5, 4))


@pytest.mark.parametrize(
    ("rates", "size", "rows"),
    [
        # Source: arXiv 1702.08502, figure 2 (2 2 2 grids, 1 2 3 does not), and equation 2's two examples.
        ((2, 2, 2), 13, range(26, 39, 2)),
        ((1, 2, 3), 13, range(26, 39)),
        ((1, 2, 5), 17, range(24, 41)),
        ((1, 2, 9), 25, [*range(20, 27), *range(29, 36), *range(38, 45)]),
    ],
)
def test_hdc_leaves_no_hole_where_the_papers_rule_holds(
    rates: tuple[int, ...], size: int, rows: list[int] | range
) -> None:
    """1 + 2·Σ rates pixels, all of them read where M_2 <= 3."""
    block = built(hdc, (4, 64, 66), rate=rates)
    assert rows_read(block) == list(rows)
    assert rows[-1] - rows[0] + 1 == size


def test_hdc_units_are_resnets() -> None:
    """22 units behind the first of ResNet-101's third stage, whatever their rates: 1,117,184 parameters each."""
    layer3 = [layer for layer in pc.analyze("resnet", variant=101).layers if layer.name.startswith("layer3.")]
    wanted = sum(layer.parameters for layer in layer3 if not layer.name.startswith("layer3.0."))
    # Source: section 4.2, groups of 1 2 5 9; the last units 1 2 5.
    rates = (1, 2, 5, 9) * 5 + (1, 2)
    block = built(hdc, (1024, 33, 35), rate=rates, bottleneck=True)
    assert block.parameters == wanted == 22 * 1_117_184
    assert block.output == (1024, 33, 35)


def test_hdc_projects_where_channels_change() -> None:
    """Only the first unit."""
    block = built(hdc, (8, 9, 7), rate=(1, 2), channels=12, bottleneck=True)
    assert [name for name in block.names if "downsample" in name] == ["rate1.downsample.0", "rate1.downsample.1"]


def test_hdc_units_need_channels_of_four() -> None:
    """A quarter of them is inside."""
    with pytest.raises(LayerError, match="hdc: `bottleneck` has a quarter of its channels inside, and 10 is not"):
        built(hdc, (10, 9, 7), bottleneck=True)
