"""Networks hold the blocks and backbones that are commands of their own, layer for layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.catalog import find
from pyramidcalc.graph import Builder

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.graph import Node
    from pyramidcalc.layers.base import Layer

SLIM = {"style": "slim", "output_stride": 16, "multi_grid": (1, 2, 4)}
TORCHVISION = {"style": "torchvision"}
MOBILENET = TORCHVISION | {"backbone": "mobilenet-v3-large"}


def part_of(nodes: tuple[Node, ...], scope: str) -> list[tuple[str, Layer, tuple[str, ...]]]:
    """Names in the scope, layers, and what they read inside it; what lies outside is `outside`."""
    prefix = f"{scope}."

    def inner(name: str) -> str:
        return name.removeprefix(prefix) if name.startswith(prefix) else "outside"

    return [
        (inner(node.name), node.layer, tuple(inner(name) for name in node.inputs))
        for node in nodes
        if node.name.startswith(prefix)
    ]


def alone(name: str, options: dict[str, Any], *channels: int) -> tuple[Node, ...]:
    """Nodes of a block or backbone in the scope `alone`, on inputs of these channels."""
    architecture, b = find(name), Builder()
    inputs = [b.input(f"input{index}", count) for index, count in enumerate(channels)]
    with b.scope("alone"):
        result = architecture.function(b, *inputs, **options)
    b.output("out", next(iter(result.values())) if isinstance(result, dict) else result)
    return b.build().nodes


@pytest.mark.parametrize(
    ("network", "options", "scope", "block", "block_options", "channels"),
    [
        ("deeplabv2", {}, "aspp", "aspp", {"variant": "v2-vgg"}, (512,)),
        ("deeplabv2", {"hidden": 128, "dropout": False, "classes": 5}, "aspp", "aspp",
         {"variant": "v2-vgg", "hidden": 128, "dropout": False, "classes": 5}, (512,)),
        ("deeplabv2", {"backbone": "resnet101", "classes": 5}, "aspp", "aspp",
         {"variant": "v2", "classes": 5}, (2048,)),
        ("deeplabv3", {}, "aspp", "aspp", {"output_stride": 16}, (2048,)),
        ("deeplabv3", {"output_stride": 8}, "aspp", "aspp", {"output_stride": 8}, (2048,)),
        ("deeplabv3", TORCHVISION, "aspp", "aspp", {"rate": (12, 24, 36)}, (2048,)),
        ("deeplabv3", MOBILENET, "aspp", "aspp", {"rate": (12, 24, 36)}, (960,)),
        ("deeplabv3plus", {}, "aspp", "aspp", {}, (2048,)),
        ("deeplabv3plus", {"separable": True, "output_stride": 8}, "aspp", "aspp",
         {"variant": "separable", "output_stride": 8}, (2048,)),
        ("fpn-resnet", {}, "fpn", "fpn", {}, (256, 512, 1024, 2048)),
        ("pspnet", {}, "ppm", "ppm", {}, (2048,)),
        ("speed", {}, "dspp", "dspp", {"filters": 128}, (512,)),
        ("speed", {}, "up2.mdspp", "mdspp", {"filters": 64}, (64,)),
        ("speed", {}, "up3.mdspp", "mdspp", {"filters": 32}, (32,)),
        ("spp-net", {}, "spp", "spp", {}, (512,)),
    ],
)  # fmt: skip
def test_pyramids_are_the_blocks(
    network: str,
    options: dict[str, Any],
    scope: str,
    block: str,
    block_options: dict[str, Any],
    channels: tuple[int, ...],
) -> None:
    """The scope of a pyramid holds what the block's command shows."""
    part = part_of(pc.build(network, **options).nodes, scope)
    assert part == part_of(alone(block, block_options, *channels), "alone")


@pytest.mark.parametrize(
    ("network", "options", "scope", "backbone", "backbone_options"),
    [
        ("deeplabv2", {"backbone": "resnet101"}, "backbone", "resnet",
         {"variant": 101, "style": "deeplab", "output_stride": 8}),
        ("deeplabv3", {}, "backbone", "resnet", SLIM | {"variant": 101}),
        ("deeplabv3", {"output_stride": 8, "multi_grid": (1, 1, 1)}, "backbone", "resnet",
         SLIM | {"variant": 101, "output_stride": 8, "multi_grid": (1, 1, 1)}),
        ("deeplabv3", TORCHVISION | {"backbone": "resnet50"}, "backbone", "resnet", {"output_stride": 8}),
        ("deeplabv3plus", {"backbone": "resnet50"}, "backbone", "resnet", SLIM),
        ("deeplabv3plus", {"backbone": "xception"}, "backbone", "xception", {"output_stride": 16}),
        ("deeplabv3plus", {"backbone": "xception", "output_stride": 8}, "backbone", "xception", {"output_stride": 8}),
        ("fpn-resnet", {"backbone": "resnet34"}, "backbone", "resnet", {"variant": 34}),
    ],
)  # fmt: skip
def test_backbones_are_the_commands(
    network: str, options: dict[str, Any], scope: str, backbone: str, backbone_options: dict[str, Any]
) -> None:
    """The scope of a backbone holds what the backbone's command shows."""
    part = part_of(pc.build(network, **options).nodes, scope)
    assert part == part_of(alone(backbone, backbone_options, 3), "alone")


@pytest.mark.parametrize(("network", "options"), [("lraspp", {}), ("deeplabv3", MOBILENET)])
def test_mobilenet_is_the_command(network: str, options: dict[str, Any]) -> None:
    """torchvision takes the layers out of `features`, and so their indices follow `backbone`."""
    part = part_of(pc.build(network, **options).nodes, "backbone")
    assert part == part_of(alone("mobilenet-v3-large", {"dilated": True}, 3), "alone.features")
