"""Parameters, MACs and receptive fields as published, without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.passes.receptive_field import ReceptiveField

TORCHVISION = {"style": "torchvision", "aux": True}


@pytest.mark.parametrize(
    ("name", "options", "parameters", "gmacs"),
    [
        ("deeplabv3", TORCHVISION | {"backbone": "resnet50"}, 42_004_074, 178.722),
        ("deeplabv3", TORCHVISION | {"backbone": "resnet101"}, 60_996_202, 258.743),
        ("deeplabv3", TORCHVISION | {"backbone": "mobilenet-v3-large"}, 11_029_328, 10.452),
        ("lraspp", {}, 3_221_538, 2.086),
    ],
)
def test_torchvisions_segmentation(name: str, options: dict[str, Any], parameters: int, gmacs: float) -> None:
    """`num_params` and `_ops` of torchvision's weights, at 520×520, auxiliary heads included."""
    report = pc.analyze(name, input=520, **options)
    assert (report.parameters, round(report.macs / 1e9, 3)) == (parameters, gmacs)


@pytest.mark.parametrize(
    ("variant", "published", "features", "gmacs"),
    [
        (18, 11_689_512, 512, 1.814),
        (34, 21_797_672, 512, 3.664),
        (50, 25_557_032, 2048, 4.089),
        (101, 44_549_160, 2048, 7.801),
        (152, 60_192_808, 2048, 11.514),
    ],
)
def test_torchvisions_resnets(variant: int, published: int, features: int, gmacs: float) -> None:
    """`num_params` and `_ops` of torchvision's weights at 224×224, less the classifier's 1000 outputs."""
    report = pc.analyze("resnet", variant=variant)
    assert report.parameters == published - 1000 * features - 1000
    assert round((report.macs + 1000 * features) / 1e9, 3) == gmacs


def test_torchvisions_vgg16() -> None:
    """138,357,544 less three linear layers, and 15.47 GMACs less theirs."""
    linear = ((512 * 7 * 7, 4096), (4096, 4096), (4096, 1000))
    report = pc.analyze("vgg16")
    assert report.parameters == 14_714_688 == 138_357_544 - sum(n * m + m for n, m in linear)
    assert round((report.macs + sum(n * m for n, m in linear)) / 1e9, 3) == 15.47


@pytest.mark.parametrize("dilated", [False, True])
def test_torchvisions_mobilenet(dilated: bool) -> None:
    """5,483,032 less two linear layers; dilation adds no weights."""
    report = pc.analyze("mobilenet-v3-large", dilated=dilated)
    assert report.parameters == 2_971_952 == 5_483_032 - (960 * 1280 + 1280) - (1280 * 1000 + 1000)


def test_torchvisions_mobilenet_macs() -> None:
    """0.217 GMACs at 224×224 with its two linear layers."""
    assert round((pc.analyze("mobilenet-v3-large").macs + 960 * 1280 + 1280 * 1000) / 1e9, 3) == 0.217


@pytest.mark.parametrize("output_stride", [32, 16, 8])
def test_xception_65(output_stride: int) -> None:
    """timm's xception65 has 39.92 M with a classifier of 2048·1000 + 1000; strides change no weights."""
    parameters = pc.analyze("xception", output_stride=output_stride).parameters
    assert parameters == 37_867_312
    assert round((parameters + 2048 * 1000 + 1000) / 1e6, 2) == 39.92


@pytest.mark.parametrize(("fov", "millions"), [("large", 20.5), ("7x7-r4", 134.3), ("4x4-r4", 65.1), ("4x4-r8", 65.1)])
def test_deeplab_v1_table_2(fov: str, millions: float) -> None:
    """Parameters of the paper's four heads, with 21 classes."""
    report = pc.analyze("deeplabv1", fov=fov)
    assert round(report.parameters / 1e6, 1) == millions
    assert report.output == (21, 321, 321)


def test_unet_figure_1() -> None:
    """Every size of the paper's figure: two convolutions a step, 572 down to 28 and up to 388."""
    report = pc.analyze("unet")
    convs = [layer for layer in report.layers if "conv" in layer.name]
    sizes = [570, 568, 282, 280, 138, 136, 66, 64, 30, 28, 54, 52, 102, 100, 198, 196, 390, 388]
    assert [layer.output[1] for layer in convs] == sizes
    assert [layer.output[1] for layer in report.layers if "transposed" in layer.name] == [56, 104, 200, 392]
    assert [layer.attributes["padding"][0] for layer in report.layers if "crop" in layer.name] == [-4, -16, -40, -88]
    assert report.output == (2, 388, 388)


def test_unet_counts() -> None:
    """23 convolutional layers (section 2); parameters by hand: 31,030,593 with one class, 65 more with two."""
    down = ((1, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512))
    bottom, up = ((512, 1024), (1024, 1024)), [pair for n in (512, 256, 128, 64) for pair in ((2 * n, n), (n, n))]
    convs = sum(n * m * 9 + m for n, m in (*down, *bottom, *up))
    ups = sum(2 * n * n * 4 + n for n in (512, 256, 128, 64))
    assert pc.analyze("unet", classes=1).parameters == convs + ups + 65 == 31_030_593
    report = pc.analyze("unet")
    assert report.parameters == 31_030_593 + 65
    assert sum(layer.op.startswith("Conv") for layer in report.layers) == 23


@pytest.mark.parametrize("k", [188, 204, 572, 1004])
def test_unet_tiles(k: int) -> None:
    """16m + 12: pools of 2, on maps that two convolutions made 4 smaller, are even four times over; 184 are lost."""
    report = pc.analyze("unet", input=k)
    assert all(layer.output[1] % 2 == 0 for layer in report.layers if layer.name.endswith("4.relu2"))
    assert report.output == (2, k - 184, k - 184)
    assert not [note for note in report.diagnostics if note.code in ("misaligned", "unread-input")]
    assert pc.analyze("unet", input=k + 2).failed


@pytest.mark.parametrize(("backbone", "millions"), [("resnet50", 67), ("resnet101", 86)])
def test_upernet_parameters(backbone: str, millions: int) -> None:
    """As trained in mmsegmentation: deep stem and auxiliary head. Source: arXiv 2401.09417, table 2 (Vim)."""
    report = pc.analyze("upernet", backbone=backbone, stem=(32, 32, 64), aux=True)
    assert round(report.parameters / 1e6) == millions


def test_upernet_macs() -> None:
    """1029 G at 512×2048 without the auxiliary head. Source: Swin, arXiv 2103.14030, table 3, ResNet-101."""
    report = pc.analyze("upernet", backbone="resnet101", stem=(32, 32, 64), input=(512, 2048))
    assert round(report.macs / 1e9) == 1029


def test_spp_net() -> None:
    """10752 features enter the first linear layer."""
    report = pc.analyze("spp-net")
    assert report["spp.concat"].output == (10752,)
    assert report["fc1"].parameters == 10752 * 4096 + 4096


def triple(field: ReceptiveField | None) -> tuple[object, ...]:
    """(size, stride, padding) of a field that is the same on both axes."""
    assert field is not None
    pairs = (field.size, field.stride, field.padding)
    assert all(first == second for first, second in pairs)
    return tuple(first for first, _ in pairs)


@pytest.mark.parametrize(
    ("name", "options", "field"),
    [
        ("vgg16", {}, (212, 32, 90)),
        ("resnet", {"variant": 50, "style": "slim"}, (483, 32, 239)),
        ("resnet", {"variant": 101, "style": "slim"}, (1027, 32, 511)),
        ("resnet", {"variant": 50}, (427, 32, 213)),
    ],
)
def test_published_receptive_fields(name: str, options: dict[str, Any], field: tuple[int, int, int]) -> None:
    """Size, stride and padding at 224×224. Source: Araujo et al., Distill 2019, and torchvision's ResNet-50."""
    assert triple(pc.analyze(name, **options).receptive_field) == field
