"""ResNet as torchvision, Caffe's DeepLab and TensorFlow's slim have it, without the classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pyramidcalc.blocks._units import RELU, batch_norm, padded_conv, positive
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.sized import SamePad2d
from pyramidcalc.networks._residual import basic, bottleneck
from pyramidcalc.networks._units import strides_and_rates

if TYPE_CHECKING:
    from collections.abc import Sequence


INPUT = (3, 224, 224)

COUNTS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Units of layer1 … layer4. Source: arXiv 1512.03385, table 1."""
BASIC = (18, 34)
WIDTHS = (64, 128, 256, 512)
STEM_STRIDE = 4


class Style(NamedTuple):
    """Where a kind of ResNet has its strides and rates."""

    strides_last: bool = False
    """A stage's stride is its last unit's (stages 1 to 3), not its first's (stages 2 to 4)."""
    stride_first_conv: bool = False
    """A unit's stride is on its first 1×1, not on its 3×3."""
    uniform: bool = False
    """Every unit of a dilated stage has the stage's rate, the one that lost the stride too."""


STYLES = {
    "torchvision": Style(),
    "deeplab": Style(stride_first_conv=True, uniform=True),
    "slim": Style(strides_last=True),
    "semseg": Style(uniform=True),  # PSPNet's, on a stem of its own
}


def resnet(
    b: Builder,
    x: Value,
    *,
    variant: Literal[18, 34, 50, 101, 152] = 50,
    output_stride: Literal[32, 16, 8] = 32,
    multi_grid: tuple[int, ...] | None = None,
    style: Literal["torchvision", "deeplab", "slim"] = "torchvision",
) -> Value:
    """ResNet without its classifier: stem and four stages of residual units.

    Below output stride 32 the last strides give way to dilation. torchvision: the stride is on the 3x3 of a stage's
    first unit, and a dilated stage's first unit keeps the rate before. deeplab (Caffe): the stride is on the first
    1x1 of a stage's first unit, every 3x3 of a stage has the stage's rate, and the pool rounds up. slim
    (TensorFlow): the stride is on the 3x3 of the last unit of stages 1 to 3, a lost stride doubles the rate from
    the next unit on, and the pool pads as TensorFlow's SAME. 18 and 34 are torchvision's, at output stride 32, only.

    Options:
        variant: number of layers.
        output_stride: input pixels per step of the last map.
        multi_grid: factors on the rates of layer4's three units; deeplab and slim styles only.
        style: torchvision, deeplab or slim: where strides and rates are.

    Source: He et al. 2016, arXiv 1512.03385; torchvision.models.resnet; arXiv 1606.00915 (deeplab); 1706.05587 (slim).
    """
    return resnet_stages(b, x, variant, style=style, output_stride=output_stride, multi_grid=multi_grid)["layer4"]


def resnet_stages(
    b: Builder, x: Value, variant: int, *, style: str, output_stride: int, multi_grid: Sequence[int] | None = None
) -> dict[str, Value]:
    """The maps `stem`, `layer1` … `layer4` and `low_level`, of a ResNet with the usual stem.

    `low_level` is the branch of layer1's second unit before the addition: what DeepLab v3+ reads.
    Raises UsageError and LayerError for options that do not go together.
    """
    check(variant, style, output_stride, multi_grid)
    x = b.add("conv1", padded_conv(x.width, 64, 7, stride=2), x)
    x = b.add("bn1", batch_norm(64), x)
    x = b.add("relu", RELU, x)
    if style == "slim":
        # What enters is at least 0, so padding a maximum with zeros is padding it with nothing.
        x = b.add("maxpool_pad", SamePad2d(3, 2), x)
        x = b.add("maxpool", MaxPool2d(3, 2), x)
    else:
        x = b.add("maxpool", MaxPool2d(3, 2, 1, ceil_mode=style == "deeplab"), x)
    return {"stem": x} | resnet_layers(b, x, variant, style=style, output_stride=output_stride, multi_grid=multi_grid)


def resnet_layers(
    b: Builder, x: Value, variant: int, *, style: str, output_stride: int, multi_grid: Sequence[int] | None = None
) -> dict[str, Value]:
    """The maps `layer1` … `layer4` and `low_level` behind a stem of stride 4."""
    maps: dict[str, Value] = {}
    plan = stage_plan(COUNTS[variant], STYLES[style], output_stride, multi_grid)
    for stage, (width, units) in enumerate(zip(WIDTHS, plan, strict=True), 1):
        for number, (stride, rate) in enumerate(units):
            with b.scope(f"layer{stage}.{number}"):
                if variant in BASIC:
                    unit = basic(b, x, width, stride=stride)
                else:
                    first = STYLES[style].stride_first_conv
                    unit = bottleneck(b, x, width, stride=stride, rate=rate, stride_first=first)
            x = unit.output
            if (stage, number) == (1, 1):
                maps["low_level"] = unit.branch
        maps[f"layer{stage}"] = x
    return maps


def stage_plan(
    counts: Sequence[int], style: Style, output_stride: int, multi_grid: Sequence[int] | None
) -> list[list[tuple[int, int]]]:
    """(stride, rate) of every unit, a list a stage."""
    strides: list[int] = []
    for stage, count in enumerate(counts, 1):
        stage_strides = [1] * count
        if style.strides_last and stage < len(counts):
            stage_strides[-1] = 2
        elif not style.strides_last and stage > 1:
            stage_strides[0] = 2
        strides += stage_strides
    planned = iter(strides_and_rates(strides, STEM_STRIDE, output_stride))
    plan = [[next(planned) for _ in range(count)] for count in counts]
    if style.uniform:
        plan = [[(stride, stage[-1][1]) for stride, _ in stage] for stage in plan]
    if multi_grid is not None:
        plan[-1] = [(stride, rate * factor) for (stride, rate), factor in zip(plan[-1], multi_grid, strict=True)]
    return plan


def check(variant: int, style: str, output_stride: int, multi_grid: Sequence[int] | None) -> None:
    """Refuses options that do not go together."""
    if variant in BASIC and style != "torchvision":
        raise UsageError(
            f"resnet: `style` (={style!r}) has units of three convolutions, `variant` (={variant}) of two",
            hint="use variant 50, 101 or 152, or style torchvision",
        )
    if variant in BASIC and output_stride != 32:
        raise UsageError(
            f"resnet: `variant` (={variant}) cannot have `output_stride` (={output_stride}): its units have no "
            "dilation in torchvision",
            hint="use variant 50, 101 or 152, or output stride 32",
        )
    if multi_grid is None:
        return
    if style == "torchvision":
        raise UsageError(
            "resnet: `multi_grid` is for styles deeplab and slim, not torchvision", hint="leave `multi_grid` out"
        )
    if len(multi_grid) != COUNTS[variant][-1]:
        given = " ".join(map(str, multi_grid))
        raise LayerError(
            f"resnet: `multi_grid` ({given}) has {len(multi_grid)} factors, and layer4 has {COUNTS[variant][-1]} units",
            hint="give three, such as 1 2 4",
        )
    for factor in multi_grid:
        positive("resnet", "multi_grid", factor)
