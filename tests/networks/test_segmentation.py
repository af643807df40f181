"""DeepLab v1 to v3+, PSPNet, LR-ASPP and FPN: sizes, options, and what does not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.errors import LayerError, UsageError

if TYPE_CHECKING:
    from typing import Any

TORCHVISION = {"style": "torchvision"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deeplabv1", {}),
        ("deeplabv2", {"upsample": True}),
        ("deeplabv2", {"backbone": "resnet101", "upsample": True}),
        ("deeplabv3", {"backbone": "resnet50"}),
        ("deeplabv3", TORCHVISION | {"backbone": "mobilenet-v3-large"}),
        ("deeplabv3plus", {"backbone": "xception"}),
        ("pspnet", {}),
        ("lraspp", {}),
    ],
)
def test_output_has_the_images_size(name: str, options: dict[str, Any]) -> None:
    """On sizes that no stride divides, with as many channels as classes."""
    report = pc.analyze(name, input=(211, 334), **(options | {"classes": 7}))
    assert report.outputs == {"out": (7, 211, 334)}


@pytest.mark.parametrize(("ceil_mode", "sides"), [(False, (112, 56, 28, 28, 28)), (True, (113, 57, 29, 29, 29))])
def test_caffes_pools_round_up(ceil_mode: bool, sides: tuple[int, ...]) -> None:
    """224 → 113, 57, 29 in Caffe, where torch has 112, 56, 28."""
    report = pc.analyze("deeplabv1", input=224, ceil_mode=ceil_mode)
    assert tuple(report[f"features.{index}"].output[1] for index in (4, 9, 16, 23, 30)) == sides


@pytest.mark.parametrize("k", [1, 17, 28, 40])
def test_both_roundings_agree_at_8k_plus_1(k: int) -> None:
    """321 and the like give k + 1."""
    sides = [pc.analyze("deeplabv1", input=8 * k + 1, ceil_mode=mode)["fc6.conv"].output[1] for mode in (False, True)]
    assert sides == [k + 1, k + 1]


def test_multi_scale_features_join_fc7() -> None:
    """Five branches of 128 beside fc7's 1024; the first reads the image at stride 8."""
    report = pc.analyze("deeplabv1", msc=True)
    assert report["concat"].output == (1024 + 5 * 128, 41, 41)
    assert report["concat"].inputs[0] == "fc7.dropout"
    assert report["msc_image.conv1"].inputs == ("input",)
    assert report["msc_image.conv1"].attributes["stride"] == (8, 8)


def test_multi_scale_features_need_pools_that_round_alike() -> None:
    """With Caffe's pools 224 makes 29 of the pools and 28 of the image; the hint names sizes that work."""
    note = pc.analyze("deeplabv1", msc=True, ceil_mode=True, input=(224, 321)).diagnostics[-1]
    assert (note.code, note.layer) == ("shape-mismatch", "concat")
    assert "`msc_image.dropout2` is 128x28x41 but `fc7.dropout` is 1024x29x41" in note.message
    assert note.hint is not None
    assert "an input of 217x321 or 225x321 works" in note.hint


@pytest.mark.parametrize(("pool", "sides"), [("3x3", (161, 81, 41)), ("2x2", (160, 80, 40))])
def test_deeplabv2_pools(pool: str, sides: tuple[int, ...]) -> None:
    """The published 3×3 with padding, and the 2×2 of some ports; the last two pools keep the size."""
    report = pc.analyze("deeplabv2", pool=pool, hidden=64)
    assert tuple(report[f"features.{index}"].output[1] for index in (4, 9, 16)) == sides
    assert report.output == (21, sides[-1], sides[-1])


def test_deeplabv2_has_no_average_pool() -> None:
    """ASPP reads pool5, where v1 has pool5a before fc6."""
    nodes = {node.name: node.inputs for node in pc.build("deeplabv2").nodes}
    assert "pool5a" not in nodes
    assert nodes["aspp.rate6.fc6.conv"] == ("features.30",)


@pytest.mark.parametrize(("stride", "rates"), [(None, (6, 12, 18)), (16, (6, 12, 18)), (8, (12, 24, 36))])
def test_paper_rates_follow_the_output_stride(stride: int | None, rates: tuple[int, ...]) -> None:
    """And the map has the stride asked for, 16 where none is."""
    report = pc.analyze("deeplabv3", backbone="resnet50", output_stride=stride)
    side = 513 // (stride or 16) + 1
    assert all(report[f"aspp.rate{rate}.conv"].output == (256, side, side) for rate in rates)


def test_aux_is_an_output_of_its_own() -> None:
    """Main output first; MobileNet's is on index 4, 40 channels to 10."""
    resnet, mobilenet = (
        pc.analyze("deeplabv3", style="torchvision", aux=True, backbone=backbone, input=(97, 161))
        for backbone in ("resnet50", "mobilenet-v3-large")
    )
    assert resnet.outputs == mobilenet.outputs == {"out": (21, 97, 161), "aux": (21, 97, 161)}
    assert resnet["aux_classifier.0"].output[0] == 256
    assert mobilenet["aux_classifier.0"].output == (10, 13, 21)
    assert mobilenet["aux_classifier.0"].inputs == ("backbone.4.block.3.1",)


@pytest.mark.parametrize(("backbone", "low"), [("resnet50", "layer1.1.bn3"), ("xception", "entry2.separable2")])
@pytest.mark.parametrize("stride", [16, 8])
def test_decoder_reads_256_channels_at_stride_4(backbone: str, low: str, stride: int) -> None:
    """ResNet's second unit before its addition, Xception's second separable convolution after its last norm."""
    report = pc.analyze("deeplabv3plus", backbone=backbone, output_stride=stride)
    source = report[report["decoder.low_level.conv"].inputs[0]]
    assert source.name.startswith(f"backbone.{low}")
    assert source.output == (256, 129, 129)
    assert source.receptive_field is not None
    assert set(source.receptive_field.stride) == {4}
    assert report["decoder.concat"].inputs == ("decoder.resize", "decoder.low_level.act")
    assert report["decoder.concat"].output == (304, 129, 129)


def test_xceptions_low_level_features_are_normalised() -> None:
    """After the last BatchNorm of the separable convolution."""
    nodes = {node.name: node.inputs for node in pc.build("deeplabv3plus", backbone="xception").nodes}
    assert nodes["decoder.low_level.conv"] == ("backbone.entry2.separable2.pointwise_norm",)


def test_separable_changes_every_3x3_of_pyramid_and_decoder() -> None:
    """No dense 3×3 is left behind the backbone."""
    nodes = pc.build("deeplabv3plus", separable=True).nodes
    dense = [
        node.name
        for node in nodes
        if not node.name.startswith("backbone.")
        and node.layer.attributes().get("kernel_size") == (3, 3)
        and node.layer.attributes().get("groups") == 1
    ]
    assert dense == []


def test_pspnet_dilates_whole_stages() -> None:
    """Every 3×3 of layer3 at rate 2, of layer4 at rate 4; layer2's first keeps its stride on the 3×3."""
    report = pc.analyze("pspnet")
    for stage, count, rate in ((2, 4, 1), (3, 6, 2), (4, 3, 4)):
        rates = [report[f"layer{stage}.{unit}.conv2"].attributes["dilation"] for unit in range(count)]
        assert rates == [(rate, rate)] * count
    assert report["layer2.0.conv2"].attributes["stride"] == (2, 2)
    assert report["layer0.9"].output == (128, 119, 119)
    assert report["ppm.concat"].output == (4096, 60, 60)


def test_pspnet_aux() -> None:
    """On layer3, 256 channels."""
    report = pc.analyze("pspnet", aux=True)
    assert report.outputs == {"out": (21, 473, 473), "aux": (21, 473, 473)}
    assert report["aux.0"].inputs == ("layer3.5.relu",)
    assert report["aux.0"].output == (256, 60, 60)


def test_lraspp_branches() -> None:
    """The gated branch comes up to index 4's size, where both are scored."""
    report = pc.analyze("lraspp")
    assert report["classifier.cbr.2"].output == (128, 33, 33)
    assert report["classifier.scale.2"].output == (128, 1, 1)
    assert report["classifier.high.resize"].output == (128, 65, 65)
    assert report["classifier.low_classifier"].inputs == ("backbone.4.block.3.1",)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_fpn_levels(backbone: str) -> None:
    """P2 to P5 at strides 4 to 32, of one width, finest first."""
    report = pc.analyze("fpn-resnet", backbone=backbone, out_channels=64, input=(200, 270))
    assert report.outputs == {"p2": (64, 50, 68), "p3": (64, 25, 34), "p4": (64, 13, 17), "p5": (64, 7, 9)}


@pytest.mark.parametrize(
    ("name", "options", "kind", "reason"),
    [
        ("deeplabv1", {"classes": 0}, LayerError, "`classes` .=0. must be at least 1"),
        ("deeplabv1", {"fov": "small"}, UsageError, "must be one of large, 7x7-r4"),
        ("deeplabv2", {"backbone": "resnet101", "pool": "2x2"}, UsageError, "`pool` .* is for backbone vgg16 only"),
        ("deeplabv2", {"backbone": "resnet101", "hidden": 128}, UsageError, "`hidden` .=128. is for backbone vgg16"),
        ("deeplabv2", {"backbone": "resnet101", "dropout": False}, UsageError, "`dropout` .=False. is for backbone"),
        ("deeplabv2", {"hidden": 0}, LayerError, "`hidden` .=0. must be at least 1"),
        ("deeplabv3", {"backbone": "mobilenet-v3-large"}, UsageError, "the paper has ResNets only; use style torchv"),
        ("deeplabv3", {"aux": True}, UsageError, "`aux` .=True. is for style torchvision only; leave `aux` out"),
        ("deeplabv3", TORCHVISION | {"output_stride": 8}, UsageError, "`output_stride` .=8. is for style paper only"),
        ("deeplabv3", TORCHVISION | {"multi_grid": (1, 2, 4)}, UsageError, "`multi_grid` .* is for style paper only"),
        ("deeplabv3", {"multi_grid": (1, 2)}, LayerError, "has 2 factors, and layer4 has 3 units"),
        ("deeplabv3", {"rate": (0,)}, LayerError, "`rate` .=0. must be at least 1"),
        ("deeplabv3plus", {"classes": -1}, LayerError, "`classes` .=-1. must be at least 1"),
        ("pspnet", {"backbone": "resnet18"}, UsageError, "must be one of resnet50, resnet101, resnet152"),
        ("lraspp", {"classes": 0}, LayerError, "`classes`"),
        ("fpn-resnet", {"out_channels": 0}, LayerError, "`out_channels` .=0. must be at least 1"),
        ("spp-net", {"classes": 0}, LayerError, "`classes` .=0. must be at least 1"),
    ],
)
def test_options_that_do_not_go_together(
    name: str, options: dict[str, Any], kind: type[Exception], reason: str
) -> None:
    """Each with its values, the rule and a way out."""
    with pytest.raises(kind, match=reason):
        pc.build(name, **options)


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({}, False),
        ({"output_stride": 8}, False),
        ({"rate": (6, 12, 18), "output_stride": 8}, True),
        ({"rate": (12, 24, 36)}, True),
        (TORCHVISION, False),
        (TORCHVISION | {"backbone": "mobilenet-v3-large"}, True),
    ],
)
def test_rates_of_another_output_stride(options: dict[str, Any], warned: bool) -> None:
    """torchvision's MobileNet has output stride 16 and the rates of 8, and is told so too."""
    notes = [note for note in pc.analyze("deeplabv3", **options).diagnostics if note.code == "output-stride-rates"]
    assert [note.severity for note in notes] == ["warning"] * warned


@pytest.mark.parametrize("name", ["deeplabv2", "deeplabv3plus", "aspp"])
def test_published_rates_are_no_news(name: str) -> None:
    """v2's four rates belong to output stride 8; a block alone has no output stride."""
    assert not [note for note in pc.analyze(name).diagnostics if note.code == "output-stride-rates"]
