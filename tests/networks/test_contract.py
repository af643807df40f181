"""What the catalogue asks of every network file, and what networks promise each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.catalog import find, names
from pyramidcalc.graph import Builder

if TYPE_CHECKING:
    from typing import Any

NETWORKS = names("network")


def test_all_systems_are_there() -> None:
    """Helpers with an underscore are no networks."""
    assert NETWORKS == (
        "deeplabv1", "deeplabv2", "deeplabv3", "deeplabv3plus", "fpn-resnet", "lraspp", "mobilenet-v3-large", "pspnet",
        "resnet", "speed", "spp-net", "unet", "upernet", "vgg16", "xception",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("vgg16", 224), ("resnet", 224), ("mobilenet-v3-large", 224), ("spp-net", 224), ("xception", 299)),
        *(("deeplabv1", 321), ("deeplabv2", 321), ("deeplabv3", 513), ("deeplabv3plus", 513), ("pspnet", 473)),
        *(("lraspp", 520), ("speed", (192, 256)), ("fpn-resnet", (800, 1088)), ("upernet", 512)),
    ],
)
def test_defaults_work(name: str, size: int | tuple[int, int]) -> None:
    """Without any option the network works, on its authors' input size."""
    report = pc.analyze(name)
    assert report.input == (3, *(size if isinstance(size, tuple) else (size, size)))
    assert not report.failed
    assert report.output is not None


def test_default_input_follows_the_options() -> None:
    """torchvision's DeepLab v3 is evaluated at 520; U-Net's tiles are grey, and padded ones need no border."""
    assert pc.analyze("deeplabv3", style="torchvision").input == (3, 520, 520)
    assert pc.analyze("unet").input == (1, 572, 572)
    assert pc.analyze("unet", padding="same").input == (1, 512, 512)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_work_inside_a_scope(name: str) -> None:
    """A larger system can call the network twice, in two scopes; all names carry the scope."""
    network = find(name)
    b = Builder()
    image = b.input("input", 3)
    for scope in ("first", "second"):
        with b.scope(scope):
            result = network.function(b, image)
        for value in result.values() if isinstance(result, dict) else (result,):
            assert value.name.startswith(f"{scope}.")
            b.output(value.name, value)
    inner = [
        [node.name.split(".", 1)[1] for node in b.build().nodes if node.name.startswith(scope)] for scope in ("f", "s")
    ]
    assert inner[0] == inner[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_other_channels_are_taken(name: str) -> None:
    """Only the first layer depends on the input's channels."""
    three, four = (pc.build(name, in_channels=count) for count in (3, 4))
    differing = [a.name for a, b in zip(three.nodes, four.nodes, strict=True) if a.layer != b.layer]
    assert len(differing) == 1


@pytest.mark.parametrize(
    ("name", "options", "stages"),
    [
        ("resnet", {}, ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"]),
        ("vgg16", {}, ["features"]),
        ("mobilenet-v3-large", {}, ["features"]),
        ("xception", {}, ["stem", "entry1", "entry2", "entry3", "middle", "exit1", "exit2"]),
        ("deeplabv1", {}, ["features", "pool5a", "fc6", "fc7", "fc8"]),
        ("deeplabv2", {"upsample": True}, ["features", "aspp", "resize"]),
        ("deeplabv3", {"style": "torchvision", "aux": True}, ["backbone", "aspp", "classifier", "aux_classifier"]),
        ("deeplabv3plus", {}, ["backbone", "aspp", "decoder", "classifier"]),
        ("pspnet", {"aux": True}, ["layer0", "layer1", "layer2", "layer3", "layer4", "ppm", "cls", "aux"]),
        ("lraspp", {}, ["backbone", "classifier"]),
        ("fpn-resnet", {}, ["backbone", "fpn"]),
        ("upernet", {"aux": True}, ["backbone", "ppm", "fpn", "fusion", "classifier", "aux"]),
        (
            "unet",
            {},
            [
                *("down1", "pool1", "down2", "pool2", "down3", "pool3", "down4", "pool4", "bottom"),
                *("up4", "up3", "up2", "up1", "classes"),
            ],
        ),
        (
            "speed",
            {},
            [
                *("stem", "block1", "block2", "block3", "block4", "block5", "block6", "block7", "dspp", "block8"),
                *("block9", "reduce", "up1", "up2", "up3", "depth"),
            ],
        ),
    ],
)
def test_first_names_are_the_stages(name: str, options: dict[str, Any], stages: list[str]) -> None:
    """In the order in which they work, so that a table of stages reads from input to output."""
    nodes = pc.build(name, **options).nodes
    assert list(dict.fromkeys(node.name.split(".")[0] for node in nodes)) == stages
