"""ResNet's styles: where strides and rates are, and where the stride of a map is lost to dilation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.networks._units import strides_and_rates

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.report import Report


def of_stage(report: Report, stage: int, conv: str, field: str) -> list[int]:
    """One number of the same convolution of every unit of a stage."""
    layers = [each for each in report.layers if each.name.startswith(f"layer{stage}.") and each.name.endswith(conv)]
    return [layer.attributes[field][0] for layer in layers]


def dilations(stage: int, **options: Any) -> list[int]:
    """Rates of the 3×3 of a ResNet-50's stage; each is padded by its rate."""
    report = pc.analyze("resnet", **options)
    rates = of_stage(report, stage, ".conv2", "dilation")
    assert of_stage(report, stage, ".conv2", "padding") == rates
    return rates


def strides(stage: int, conv: str, **options: Any) -> list[int]:
    """Strides of a convolution in a ResNet-50's stage."""
    return of_stage(pc.analyze("resnet", **options), stage, conv, "stride")


@pytest.mark.parametrize("style", ["torchvision", "deeplab", "slim"])
@pytest.mark.parametrize(("stride", "side"), [(32, 8), (16, 15), (8, 29)])
def test_output_stride(style: str, stride: int, side: int) -> None:
    """225 pixels become ⌈225/stride⌉ in every style, with equal weights."""
    report = pc.analyze("resnet", style=style, output_stride=stride, input=(225, 225))
    assert report.output == (2048, side, side)
    assert report.parameters == 23_508_032
    assert report.receptive_field is not None
    assert set(report.receptive_field.stride) == {stride}


@pytest.mark.parametrize(
    ("stride", "third", "fourth"),
    [(32, [1] * 6, [1] * 3), (16, [1] * 6, [1, 2, 2]), (8, [1, 2, 2, 2, 2, 2], [2, 4, 4])],
)
def test_torchvision_keeps_the_rate_before_in_the_first_unit(stride: int, third: list[int], fourth: list[int]) -> None:
    """replace_stride_with_dilation changes the rate from the second unit on."""
    assert (dilations(3, output_stride=stride), dilations(4, output_stride=stride)) == (third, fourth)


@pytest.mark.parametrize(
    ("stride", "third", "fourth"), [(32, [1] * 6, [1] * 3), (16, [1] * 6, [2] * 3), (8, [2] * 6, [4] * 3)]
)
def test_deeplab_has_one_rate_a_stage(stride: int, third: list[int], fourth: list[int]) -> None:
    """Caffe's DeepLab v2: res4 at rate 2, res5 at rate 4."""
    rates = [dilations(stage, style="deeplab", output_stride=stride) for stage in (3, 4)]
    assert rates == [third, fourth]


@pytest.mark.parametrize(
    ("stride", "rates"),
    [
        (32, [[1] * 3, [1] * 4, [1] * 6, [1] * 3]),
        (16, [[1] * 3, [1] * 4, [1] * 6, [2] * 3]),
        (8, [[1] * 3, [1] * 4, [2] * 6, [4] * 3]),
    ],
)
def test_slim_doubles_the_rate_from_the_next_unit_on(stride: int, rates: list[list[int]]) -> None:
    """The last unit of a stage loses the stride, so the next stage is the first to be dilated."""
    assert [dilations(stage, style="slim", output_stride=stride) for stage in (1, 2, 3, 4)] == rates


@pytest.mark.parametrize(
    ("style", "stride", "rates"),
    [("slim", 16, [2, 4, 8]), ("slim", 8, [4, 8, 16]), ("slim", 32, [1, 2, 4]), ("deeplab", 8, [4, 8, 16])],
)
def test_multi_grid_multiplies_the_rates_of_layer4(style: str, stride: int, rates: list[int]) -> None:
    """1 2 4 on top of the stage's rate; other stages keep theirs."""
    assert dilations(4, style=style, output_stride=stride, multi_grid=(1, 2, 4)) == rates
    options = {"style": style, "output_stride": stride}
    assert dilations(3, **options, multi_grid=(1, 2, 4)) == dilations(3, **options)


def test_torchvision_strides_on_the_3x3_of_the_first_unit() -> None:
    """And on the projection beside it."""
    assert strides(3, ".conv1") == [1] * 6
    assert strides(3, ".conv2") == [2, 1, 1, 1, 1, 1]
    assert strides(3, ".downsample.0") == [2]


def test_deeplab_strides_on_the_first_1x1_of_the_first_unit() -> None:
    """As in Caffe, and on the projection beside it."""
    assert strides(2, ".conv1", style="deeplab") == [2, 1, 1, 1]
    assert strides(2, ".conv2", style="deeplab") == [1] * 4
    assert strides(2, ".downsample.0", style="deeplab") == [2]


def test_slim_strides_on_the_3x3_of_the_last_unit() -> None:
    """Whose identity skip is subsampled; projections have stride 1, and stage 4 has no stride."""
    report = pc.analyze("resnet", style="slim")
    assert [of_stage(report, stage, ".conv2", "stride") for stage in (1, 2, 3, 4)] == [
        [1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 1, 1, 2], [1, 1, 1],
    ]  # fmt: skip
    shortcuts = [layer for layer in report.layers if layer.name.endswith(".shortcut")]
    assert [layer.name for layer in shortcuts] == ["layer1.2.shortcut", "layer2.3.shortcut", "layer3.5.shortcut"]
    assert all(layer.attributes["kernel_size"] == (1, 1) for layer in shortcuts)
    assert [of_stage(report, stage, ".downsample.0", "stride") for stage in (1, 2, 3, 4)] == [[1]] * 4


def test_slim_drops_a_shortcut_with_its_stride() -> None:
    """At output stride 16 the last unit of layer3 has stride 1 and its plain input beside it."""
    names = [node.name for node in pc.build("resnet", style="slim", output_stride=16).nodes]
    assert [name for name in names if name.endswith("shortcut")] == ["layer1.2.shortcut", "layer2.3.shortcut"]


@pytest.mark.parametrize(("style", "sides"), [("torchvision", [56, 57]), ("deeplab", [57, 57]), ("slim", [56, 57])])
def test_pool_of_each_style(style: str, sides: list[int]) -> None:
    """From 112 and 113: padded on both sides, rounded up (Caffe), TensorFlow's SAME."""
    heights = [pc.analyze("resnet", style=style, input=size)["maxpool"].output[1] for size in (224, 225)]
    assert heights == sides


@pytest.mark.parametrize(("size", "padding"), [(224, (0, 1, 0, 1)), (225, (1, 1, 1, 1))])
def test_slim_pads_the_pool_by_the_size(size: int, padding: tuple[int, ...]) -> None:
    """An even map gets no zero before and one after."""
    assert pc.analyze("resnet", style="slim", input=size)["maxpool_pad"].attributes["padding"] == padding


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        ({"variant": 18, "style": "slim"}, UsageError, "`style` .*'slim'.* `variant` .*18.*use variant 50"),
        ({"variant": 34, "style": "deeplab"}, UsageError, "`variant` .=34"),
        ({"variant": 34, "output_stride": 16}, UsageError, "`variant` .=34. cannot have `output_stride` .=16"),
        ({"multi_grid": (1, 2, 4)}, UsageError, "`multi_grid` is for styles deeplab and slim"),
        ({"style": "slim", "multi_grid": (1, 2)}, LayerError, "has 2 factors, and layer4 has 3 units; give three"),
        ({"style": "slim", "multi_grid": (1, 2, 0)}, LayerError, "`multi_grid` .=0. must be at least 1"),
        ({"style": "slin"}, UsageError, "did you mean slim"),
        ({"variant": 51}, UsageError, "must be one of 18, 34, 50, 101, 152"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], kind: type[Exception], reason: str) -> None:
    """Each with its values, the rule and a way out."""
    with pytest.raises(kind, match=reason):
        pc.build("resnet", **options)


@pytest.mark.parametrize(
    ("strides_given", "reached", "output_stride", "planned"),
    [
        ((2, 2, 2), 4, 32, ((2, 1), (2, 1), (2, 1))),
        ((2, 1, 2, 1), 4, 8, ((2, 1), (1, 1), (1, 1), (1, 2))),
        ((1, 2, 2, 1), 8, 8, ((1, 1), (1, 1), (1, 2), (1, 4))),
        ((3, 1), 4, 4, ((1, 1), (1, 3))),
    ],
)
def test_strides_give_way_to_rates(
    strides_given: tuple[int, ...], reached: int, output_stride: int, planned: tuple[tuple[int, int], ...]
) -> None:
    """(stride, rate) of each unit of a row."""
    assert strides_and_rates(strides_given, reached, output_stride) == planned
