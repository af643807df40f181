"""Networks against torchvision's own models: names of weights, shapes, published numbers, and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from torch import nn

    from pyramidcalc.graph import Graph

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

SIZE = (65, 96)
LONG = (33, 304)
"""Of 38 columns at stride 8, so that taps at rate 36 lie inside."""
SEGMENTATION: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("deeplabv3_resnet50", "deeplabv3", {"backbone": "resnet50", "style": "torchvision", "aux": True}),
    ("deeplabv3_resnet101", "deeplabv3", {"backbone": "resnet101", "style": "torchvision", "aux": True}),
    ("deeplabv3_mobilenet_v3_large", "deeplabv3", {
        "backbone": "mobilenet-v3-large", "style": "torchvision", "aux": True,
    }),
    ("lraspp_mobilenet_v3_large", "lraspp", {}),
)  # fmt: skip


@pytest.fixture(scope="module")
def models() -> ModuleType:
    """torchvision.models, where it is installed."""
    from tests.networks.torchvision_models import torchvision_models

    return torchvision_models()


def segmentation(models: ModuleType, name: str) -> nn.Module:
    """A segmentation model without pretrained weights; lraspp has no auxiliary head."""
    aux = {} if name.startswith("lraspp") else {"aux_loss": True}
    model: nn.Module = getattr(models.segmentation, name)(weights=None, weights_backbone=None, **aux)
    return model


def names_of(module: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of weights and statistics, sorted."""
    return sorted((name, tuple(value.shape)) for name, value in module.state_dict().items())


def assert_same_names(graph: Graph, theirs: nn.Module, *, but: tuple[str, ...] = ()) -> None:
    """Equal names and shapes, apart from what begins with `but` on either side."""
    from tests.networks.comparing import twin_of

    ours = [item for item in names_of(twin_of(graph)) if not item[0].startswith(but)]
    assert ours == [item for item in names_of(theirs) if not item[0].startswith(but)]


@pytest.mark.parametrize("variant", [18, 34, 50, 101, 152])
def test_resnet_has_torchvisions_names(models: ModuleType, variant: int) -> None:
    """Every weight and statistic but the classifier's, by name."""
    with torch.device("meta"):
        theirs = getattr(models, f"resnet{variant}")()
    assert_same_names(pc.build("resnet", variant=variant), theirs, but=("fc.",))


@pytest.mark.parametrize(("name", "theirs"), [("vgg16", "vgg16"), ("mobilenet-v3-large", "mobilenet_v3_large")])
def test_features_have_torchvisions_names(models: ModuleType, name: str, theirs: str) -> None:
    """`features.N…`, as in torchvision's models."""
    with torch.device("meta"):
        model = getattr(models, theirs)()
    assert_same_names(pc.build(name), model, but=("classifier.",))


@pytest.mark.parametrize(("theirs", "name", "options"), SEGMENTATION)
def test_segmentation_has_torchvisions_names(
    models: ModuleType, theirs: str, name: str, options: dict[str, Any]
) -> None:
    """All names but those inside ASPP, which is the block's own."""
    with torch.device("meta"):
        model = segmentation(models, theirs)
    assert_same_names(pc.build(name, **options), model, but=("aspp.", "classifier.0."))


@pytest.mark.parametrize(("theirs", "name", "options"), SEGMENTATION)
def test_segmentation_has_torchvisions_published_numbers(
    models: ModuleType, theirs: str, name: str, options: dict[str, Any]
) -> None:
    """Parameters and GMACs as torchvision's weights document them, at 520×520."""
    from tests.networks.comparing import assert_same

    meta = models.get_model_weights(theirs).DEFAULT.meta
    report = pc.analyze(name, input=520, **options)
    assert (report.parameters, round(report.macs / 1e9, 3)) == (meta["num_params"], meta["_ops"])
    with torch.device("meta"):
        assert_same(pc.build(name, **options), segmentation(models, theirs), values=False)


@pytest.mark.parametrize(
    ("theirs", "name", "options"), [row for row in SEGMENTATION if row[0] != "deeplabv3_resnet101"]
)
def test_segmentation_computes_what_torchvision_computes(
    models: ModuleType, theirs: str, name: str, options: dict[str, Any]
) -> None:
    """With equal weights both outputs are equal."""
    from tests.networks.comparing import assert_same

    assert_same(pc.build(name, **options), segmentation(models, theirs), SIZE, LONG)


@pytest.mark.parametrize(
    ("stride", "replaced"), [(32, (False, False, False)), (16, (False, False, True)), (8, (False, True, True))]
)
def test_dilated_resnet_computes_what_torchvision_computes(
    models: ModuleType, stride: int, replaced: tuple[bool, bool, bool]
) -> None:
    """Each output stride against `replace_stride_with_dilation`; other dilations would give other values."""
    from tests.networks.comparing import assert_same

    model = models.resnet50(replace_stride_with_dilation=replaced)
    body = torch.nn.Sequential(*list(model.children())[:-2])
    assert_same(pc.build("resnet", output_stride=stride), body, SIZE)


@pytest.mark.parametrize("variant", [18, 34])
def test_basic_resnet_computes_what_torchvision_computes(models: ModuleType, variant: int) -> None:
    """Units of two convolutions."""
    from tests.networks.comparing import assert_same

    body = torch.nn.Sequential(*list(getattr(models, f"resnet{variant}")().children())[:-2])
    assert_same(pc.build("resnet", variant=variant), body, SIZE)


@pytest.mark.parametrize("dilated", [False, True])
def test_mobilenet_computes_what_torchvision_computes(models: ModuleType, dilated: bool) -> None:
    """As it is, and dilated for segmentation."""
    from tests.networks.comparing import assert_same

    model = models.mobilenet_v3_large(dilated=dilated)
    assert_same(pc.build("mobilenet-v3-large", dilated=dilated), model.features, SIZE)


def test_vgg16_computes_what_torchvision_computes(models: ModuleType) -> None:
    """The features."""
    from tests.networks.comparing import assert_same

    with torch.device("meta"):
        model = models.vgg16()
    body = model.features.to_empty(device="cpu")
    for layer in body:
        if isinstance(layer, torch.nn.Conv2d):
            layer.reset_parameters()
    assert_same(pc.build("vgg16"), body, SIZE)


def test_fpn_computes_what_torchvision_computes(models: ModuleType) -> None:
    """P2 to P5 of a ResNet-18, at odd sizes."""
    from torchvision.models.detection.backbone_utils import BackboneWithFPN

    from tests.networks.comparing import assert_equal, twin_of

    layers = {f"layer{n}": f"p{n + 1}" for n in range(1, 5)}
    theirs = BackboneWithFPN(models.resnet18(), layers, [64, 128, 256, 512], 256).eval().double()
    theirs.fpn.extra_blocks = None
    graph = pc.build("fpn-resnet", backbone="resnet18")
    ours = twin_of(graph)
    ours.load_state_dict({fpn_name(name): value for name, value in theirs.state_dict().items()}, assign=True)
    image = torch.rand(1, 3, 97, 130, dtype=torch.float64)
    with torch.no_grad():
        assert_equal(ours(image), dict(theirs(image)))


def fpn_name(name: str) -> str:
    """torchvision's name of a weight, as it is here."""
    name = name.replace("body.", "backbone.")
    for index in range(4):
        name = name.replace(f"fpn.inner_blocks.{index}.0.", f"fpn.lateral{index + 2}.")
        name = name.replace(f"fpn.layer_blocks.{index}.0.", f"fpn.p{index + 2}.")
    return name
