"""VGG-16, Xception and MobileNetV3-Large: strides, rates and the maps that systems read."""

from __future__ import annotations

import pytest

import pyramidcalc as pc

MODULES = ("entry1", "entry2", "entry3", "middle.1", "middle.16", "exit1", "exit2")


def test_vgg16_stages() -> None:
    """Channels double and sizes halve, odd ones rounded down; the pools have torchvision's indices."""
    report = pc.analyze("vgg16", input=(225, 160))
    assert [report[f"features.{index}"].output for index in (4, 9, 16, 23, 30)] == [
        (64, 112, 80), (128, 56, 40), (256, 28, 20), (512, 14, 10), (512, 7, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("output_stride", "plan"),
    [
        (32, [(2, 1), (2, 1), (2, 1), (1, 1), (1, 1), (2, 1), (1, 1)]),
        (16, [(2, 1), (2, 1), (2, 1), (1, 1), (1, 1), (1, 1), (1, 2)]),
        (8, [(2, 1), (2, 1), (1, 1), (1, 2), (1, 2), (1, 2), (1, 4)]),
    ],
)
def test_xception_strides_and_rates(output_stride: int, plan: list[tuple[int, int]]) -> None:
    """(stride, rate) of each module, as in tensorflow/models; the stride is on the third convolution only."""
    report = pc.analyze("xception", output_stride=output_stride)
    for module, (stride, rate) in zip(MODULES, plan, strict=True):
        convs = [report[f"{module}.separable{number}.depthwise"].attributes for number in (1, 2, 3)]
        assert [conv["stride"][0] for conv in convs] == [1, 1, stride]
        assert [conv["dilation"][0] for conv in convs] == [rate] * 3
        assert [conv["padding"][0] for conv in convs] == [rate] * 3


def test_xception_skips() -> None:
    """A convolution with the module's stride, a sum, or nothing."""
    graph = pc.build("xception")
    shortcuts = {node.name.split(".shortcut")[0] for node in graph.nodes if ".shortcut." in node.name}
    sums = [node.name for node in graph.nodes if node.name.endswith(".add")]
    assert shortcuts == {"entry1", "entry2", "entry3", "exit1"}
    assert len(sums) == 20
    assert "exit2.add" not in sums
    assert pc.analyze("xception")["entry1.shortcut.conv"].attributes["stride"] == (2, 2)


def test_xception_activations() -> None:
    """Before each depthwise convolution, but after both convolutions of the last module."""
    nodes = {node.name: node.inputs for node in pc.build("xception").nodes}
    assert nodes["middle.3.separable2.depthwise"] == ("middle.3.separable2.act",)
    assert nodes["middle.3.separable2.pointwise"] == ("middle.3.separable2.depthwise_norm",)
    assert nodes["exit2.separable2.depthwise"] == ("exit2.separable1.pointwise_act",)
    assert nodes["exit2.separable2.pointwise"] == ("exit2.separable2.depthwise_act",)


@pytest.mark.parametrize("dilated", [False, True])
def test_mobilenet_sizes(dilated: bool) -> None:
    """Strides at 0, 2, 4, 7 and 13; the last one is lost where dilated."""
    report = pc.analyze("mobilenet-v3-large", dilated=dilated, input=(224, 320))
    last = (14, 20) if dilated else (7, 10)
    ends = {"0.2": (112, 160), "2.block.2.1": (56, 80), "4.block.3.1": (28, 40), "7.block.2.1": (14, 20)}
    for name, size in (ends | {"13.block.3.1": last, "16.2": last}).items():
        assert report[f"features.{name}"].output[1:] == size


def test_dilated_mobilenet_rates() -> None:
    """13 to 15 have rate 2 and padding 4, the first of them too, which has no skip all the same."""
    report = pc.analyze("mobilenet-v3-large", dilated=True)
    for index in (13, 14, 15):
        attributes = report[f"features.{index}.block.1.0"].attributes
        assert (attributes["stride"], attributes["dilation"], attributes["padding"]) == ((1, 1), (2, 2), (4, 4))
    names = {layer.name for layer in report.layers}
    assert ("features.13.add" in names, "features.14.add" in names) == (False, True)


def test_mobilenet_gates_are_global() -> None:
    """Squeeze-excitation reads the whole map."""
    report = pc.analyze("mobilenet-v3-large")
    before, after = (report[f"features.{name}"].receptive_field for name in ("3.add", "4.block.2.multiply"))
    assert before is not None
    assert after is not None
    assert (before.is_global, after.is_global) == (False, True)
