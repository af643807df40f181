"""Where write-ups go wrong: one test for each mistake that concerns a whole network."""

from __future__ import annotations

import pytest

import pyramidcalc as pc
from pyramidcalc.indexmap import Resize


def test_3_grids_of_speeds_encoder() -> None:
    """Bins 6 and 8 of DSPP on its 12×16 give 6×8 and 12×8."""
    report = pc.analyze("speed")
    assert [report[f"dspp.bin{n}.pool"].output[1:] for n in (2, 4, 6, 8)] == [(2, 2), (4, 4), (6, 8), (12, 8)]


@pytest.mark.parametrize("size", [(224, 224), (64, 97), (180, 300)])
def test_5_the_vector_of_spp_net_is_512_times_21(size: tuple[int, int]) -> None:
    """10752 on every size that it takes, not 256·21 = 5376."""
    report = pc.analyze("spp-net", input=size)
    assert report["conv4"].output[0] == 512
    assert report["spp.concat"].output == (10752,) == (512 * (16 + 4 + 1),)


def test_5_spp_net_does_not_take_every_size() -> None:
    """A last map of 9 rows is refused by `pad`; the hint names inputs that work."""
    report = pc.analyze("spp-net", input=(24, 224))
    assert report["conv4"].output[1] == 9
    assert report.diagnostics[-1].code == "padding-too-large"
    assert "an input of 23x224 or 26x224 works" in (report.diagnostics[-1].hint or "")


def test_6_speeds_decoder_concatenates_384_192_and_96_channels() -> None:
    """Its skips are raw depthwise outputs of 256, 128 and 64 channels, before BatchNorm."""
    report = pc.analyze("speed")
    assert [report[f"up{n}.concat"].output[0] for n in (1, 2, 3)] == [384, 192, 96]
    assert [report[f"up{n}.pointwise"].output[0] for n in (1, 2, 3)] == [64, 32, 16]


def test_7_mdspp_doubles_in_speed_because_its_filters_are_its_channels() -> None:
    """64 on 64 and 32 on 32."""
    report = pc.analyze("speed")
    for name, before in (("up2", "up1.act"), ("up3", "up2.act")):
        assert report[f"{name}.mdspp.concat"].output[0] == 2 * report[before].output[0]


def test_8_deeplab_v3_concatenates_five_branches() -> None:
    """1280 channels, in the paper's style as in torchvision's."""
    for style in ("paper", "torchvision"):
        concat = pc.analyze("deeplabv3", style=style, input=129)["aspp.concat"]
        assert (len(concat.inputs), concat.output[0]) == (5, 1280)


def test_8_rates_of_the_paper_and_of_torchvision() -> None:
    """6 12 18 at output stride 16, 12 24 36 in torchvision."""
    for style, rates in (("paper", (6, 12, 18)), ("torchvision", (12, 24, 36))):
        inputs = pc.analyze("deeplabv3", style=style, input=129)["aspp.concat"].inputs
        assert inputs[1:4] == tuple(f"aspp.rate{rate}.act" for rate in rates)


def test_10_only_8k_plus_1_comes_back_by_exactly_8() -> None:
    """DeepLab v1 brings 41 back to 321 by 8, and 28 to 224 by 223/27."""
    for size, side in ((321, 41), (224, 28)):
        report = pc.analyze("deeplabv1", input=size)
        assert report["fc8.conv"].output[1] == side
        assert report["fc8.resize"].output[1] == size
        assert report["fc8.resize"].attributes["align_corners"] is True
        assert (1 / Resize("bilinear", True, size).ratio(side) == 8) == (size == 321)


def test_12_no_layer_for_a_crf() -> None:
    """DeepLab v1 ends with its resize, v2 with its sum."""
    assert pc.build("deeplabv1").nodes[-1].name == "fc8.resize"
    assert pc.build("deeplabv2").nodes[-1].name == "aspp.sum"
