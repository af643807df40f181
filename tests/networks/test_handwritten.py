"""Networks against the same ones written by hand in torch: weights, shapes and values.

Where a network has an ASPP, one size is long enough for taps at its largest rate to lie inside the map.
"""

from __future__ import annotations

import pytest

import pyramidcalc as pc

pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch


def test_spp_net() -> None:
    """The ports' SPP_NET, on two sizes with one vector."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.spp_net import SPPNet

    assert_same(pc.build("spp-net"), SPPNet(), (64, 97), (120, 71))


@pytest.mark.parametrize("msc", [False, True])
def test_deeplab_large_fov(msc: bool) -> None:
    """DeepLab v1, with and without multi-scale features."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.deeplab_vgg import DeepLabLargeFOV

    assert_same(pc.build("deeplabv1", msc=msc), DeepLabLargeFOV(msc=msc), (65, 97))


@pytest.mark.parametrize(("hidden", "pool"), [(128, "3x3"), (32, "2x2")])
def test_deeplab_v2(hidden: int, pool: str) -> None:
    """DeepLab v2 on VGG-16, with both kinds of pools."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.deeplab_vgg import DeepLabV2

    graph = pc.build("deeplabv2", hidden=hidden, pool=pool)
    assert_same(graph, DeepLabV2(hidden=hidden, kernel=int(pool[0])), (65, 202))


def test_deeplab_v2_as_published() -> None:
    """1024 channels in the heads: weights only, on the meta device."""
    import torch

    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.deeplab_vgg import DeepLabV2

    with torch.device("meta"):
        by_hand = DeepLabV2()
    assert_same(pc.build("deeplabv2"), by_hand, values=False)


def test_deeplab_v2_on_resnet() -> None:
    """Caffe's ResNet-101: strides on the first 1×1, one rate a stage, a pool that rounds up."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.resnets import DeepLabV2ResNet

    assert_same(pc.build("deeplabv2", backbone="resnet101"), DeepLabV2ResNet(), (64, 201))


def test_pspnet() -> None:
    """The authors' stem and dilation, both outputs."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.resnets import PSPNet

    assert_same(pc.build("pspnet", aux=True), PSPNet(), (89, 65))


@pytest.mark.parametrize("output_stride", [32, 16, 8])
def test_xception(output_stride: int) -> None:
    """Aligned Xception-65 at each output stride."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.xception import Xception65

    assert_same(pc.build("xception", output_stride=output_stride), Xception65(output_stride), (97, 128))


def test_deeplab_v3() -> None:
    """The paper's style on ResNet-50 at output stride 16; odd and even maps before the SAME pool."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.deeplab_v3plus import DeepLabV3

    assert_same(pc.build("deeplabv3", backbone="resnet50"), DeepLabV3(), (65, 96), (320, 33))


@pytest.mark.parametrize("separable", [False, True])
def test_deeplab_v3plus(separable: bool) -> None:
    """ASPP and decoder on ResNet-50."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.deeplab_v3plus import DeepLabV3Plus

    graph = pc.build("deeplabv3plus", backbone="resnet50", separable=separable)
    assert_same(graph, DeepLabV3Plus(separable=separable), (96, 65), (33, 320))


@pytest.mark.parametrize(("padding", "sizes"), [("valid", ((188, 220), (204, 188))), ("same", ((64, 48),))])
def test_unet(padding: str, sizes: tuple[tuple[int, int], ...]) -> None:
    """U-Net, narrow; crops in the middle of each copy are those of fixed numbers."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.unet import UNet

    by_hand = UNet(3, 4, 5, 1 if padding == "same" else 0)
    assert_same(pc.build("unet", in_channels=3, padding=padding, channels=4, classes=5), by_hand, *sizes)


def test_upernet() -> None:
    """Pyramid pooling, pyramid, fusion and auxiliary head on ResNet-18, on sizes that no stride divides."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.upernet import UPerNet

    graph = pc.build("upernet", backbone="resnet18", stem=(8, 12, 64), bins=(1, 3), channels=10, classes=7, aux=True)
    assert_same(graph, UPerNet((8, 12, 64), 10, 7, (1, 3)), (97, 130))


def test_speed() -> None:
    """The whole of SPEED, on its own size and on one whose halves are odd."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.speed import SPEED

    assert_same(pc.build("speed"), SPEED(), (192, 256), (127, 194))


def test_speed_with_other_widths() -> None:
    """alpha scales convolutions and pointwise ones, the multiplier depthwise ones and so the skips."""
    from tests.networks.comparing import assert_same
    from tests.networks.handwritten.speed import SPEED

    assert_same(pc.build("speed", alpha=0.33, depth_multiplier=2), SPEED(0.33, 2, (64, 32, 16)), (128, 160))
