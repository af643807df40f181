"""Where write-ups go wrong: one test for each mistake that concerns a block or a layer of one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.blocks.dspp import dspp
from pyramidcalc.blocks.mdspp import mdspp
from pyramidcalc.blocks.spp import spp
from pyramidcalc.blocks.yolo_spp import yolo_spp
from pyramidcalc.errors import LayerError
from pyramidcalc.indexmap import Resize
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import Upsample
from tests.blocks.building import built


def test_1_a_separable_convolution_keeps_its_grid() -> None:
    """With SAME padding 2×2 stays 2×2; some notes print 3×3, 6×6, 8×10, 14×10 for DSPP."""
    block = built(dspp, (512, 12, 16))
    for bins in (2, 4, 6, 8):
        assert block.shape(f"bin{bins}.depthwise")[1:] == block.shape(f"bin{bins}.pool")[1:]


def test_2_dilation_is_the_rate_and_not_the_number_of_zeros() -> None:
    """Rate 6 puts 5 zeros between taps: a 3×3 spans 13, and 33 becomes ⌊(33 − 3 − 2·5)/1⌋ + 1 = 21."""
    layer = Conv2d(1, 1, 3, dilation=6)
    assert list(layer.maps[1].reads(33, 0)) == [0, 6, 12]
    assert layer.output_shape((1, 33, 40)) == (1, 21, 28)


def test_3_dspp_grids_are_not_bins_by_bins() -> None:
    """Bins 6 and 8 on 12×16 give 6×8 and 12×8."""
    block = built(dspp, (512, 12, 16))
    assert block.shape("bin6.pool") == (512, 6, 8)
    assert block.shape("bin8.pool") == (512, 12, 8)


def test_4_padding_equal_to_dilation_keeps_the_size_for_3x3_at_stride_1_alone() -> None:
    """Of kernels 1 … 7, strides 1 … 3 and rates 1 … 6 on 33×64."""
    keeping = {
        (k, s)
        for k in range(1, 8)
        for s in range(1, 4)
        for d in range(1, 7)
        if Conv2d(1, 1, k, s, padding=d, dilation=d).output_shape((1, 33, 64)) == (1, 33, 64)
    }
    assert keeping == {(3, 1)}


def test_5_the_vector_of_spp_net_comes_from_512_channels() -> None:
    """10752 = 512·21, not 256·21."""
    assert built(spp, (512, 13, 13)).output == (10752,) == (512 * 21,)


def test_5_yolos_spp_is_not_spp_nets() -> None:
    """One keeps the map's size, the other makes a vector."""
    assert built(yolo_spp, (512, 13, 15)).output == (2048, 13, 15)
    assert len(built(spp, (512, 13, 15)).output) == 1


@pytest.mark.parametrize(("channels", "doubles"), [(64, True), (96, False)])
def test_7_mdspp_doubles_only_where_filters_are_the_channels(channels: int, doubles: bool) -> None:
    """Its output has filters + C channels."""
    width = built(mdspp, (channels, 12, 16), filters=64).output[0]
    assert width == 64 + channels
    assert (width == 2 * channels) == doubles


def test_8_aspp_v3_concatenates_five_branches() -> None:
    """1280 channels: the 1×1, three rates and the image pooling."""
    block = built(aspp, (2048, 33, 33))
    assert len(block.node("concat").inputs) == 5
    assert block.shape("concat")[0] == 1280


def test_8_torchvision_uses_the_rates_of_output_stride_8() -> None:
    """6 12 18 are the paper's at output stride 16; torchvision's 12 24 36 are those at 8."""
    names = {stride: built(aspp, (8, 65, 65), output_stride=stride).node("concat").inputs[1:4] for stride in (16, 8)}
    assert names == {
        16: ("rate6.act", "rate12.act", "rate18.act"),
        8: ("rate12.act", "rate24.act", "rate36.act"),
    }


def test_9_spp_by_pad_does_not_take_every_size() -> None:
    """9 with 4 bins: window 3, padding 2 > 1."""
    assert built(spp, (3, 9, 9)).failure.code == "padding-too-large"


def test_9_spp_by_window_does_not_always_give_its_bins() -> None:
    """6 bins on 10 are 9."""
    assert built(spp, (3, 10, 10), bins=(6,), method="window").shape("bin6.pool") == (3, 9, 9)


@pytest.mark.parametrize(("n", "m", "scale"), [(28, 224, Fraction(223, 27)), (41, 321, Fraction(8))])
def test_10_align_corners_scales_by_the_steps_between_corners(n: int, m: int, scale: Fraction) -> None:
    """28 → 224 scales by 223/27 and not 8; 41 → 321 is exactly 8."""
    assert Upsample((m, m), mode="bilinear", align_corners=True).output_shape((1, n, n)) == (1, m, m)
    assert 1 / Resize("bilinear", True, m).ratio(n) == scale


def test_11_pool_padding_is_held_against_the_undilated_kernel() -> None:
    """A dilated 3 spans 5, but its padding stays at most 1."""
    with pytest.raises(LayerError, match=r"`padding` \(=2\) must be at most half of `kernel_size` \(=3, undilated\)"):
        MaxPool2d(3, 1, 2, dilation=2)


def test_11_ceil_mode_drops_a_window_that_starts_in_the_end_padding() -> None:
    """Kernel 2, stride 2, padding 1 on 3: ⌈3/2⌉ + 1 = 3 windows, of which the third starts beyond the input."""
    assert MaxPool2d(2, 2, 1, ceil_mode=True).output_shape((1, 3, 4)) == (1, 2, 3)
