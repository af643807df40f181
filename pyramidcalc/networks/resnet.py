"""ResNet as torchvision, Caffe's DeepLab and TensorFlow's slim have it, without the classifier."""

from typing import Literal, NamedTuple

from pyramidcalc.blocks._units import RELU, normed, padded_conv, several
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.sized import SamePad2d
from pyramidcalc.networks._units import strides_and_rates

INPUT = (3, 224, 224)

COUNTS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
"""Units of layer1 … layer4. Source: arXiv 1512.03385, table 1."""
BASIC = ("resnet18", "resnet34")
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
    backbone = f"resnet{variant}"
    if backbone in BASIC and style != "torchvision":
        raise UsageError(
            f"resnet: `style` (={style!r}) has units of three convolutions, `variant` (={variant}) of two",
            hint="use variant 50, 101 or 152, or style torchvision",
        )
    if backbone in BASIC and output_stride != 32:
        raise UsageError(
            f"resnet: `variant` (={variant}) cannot have `output_stride` (={output_stride}): its units have no "
            "dilation in torchvision",
            hint="use variant 50, 101 or 152, or output stride 32",
        )
    if multi_grid is not None and style == "torchvision":
        raise UsageError(
            "resnet: `multi_grid` is for styles deeplab and slim, not torchvision", hint="leave `multi_grid` out"
        )
    return resnet_stages(b, x, backbone, style=style, output_stride=output_stride, multi_grid=multi_grid)["layer4"]


def resnet_stages(
    b: Builder, x: Value, backbone: str, *, style: str, output_stride: int, multi_grid: tuple[int, ...] | None = None
) -> dict[str, Value]:
    """The maps `layer1` … `layer4` and `low_level`, of a ResNet with the usual stem. Raises LayerError."""
    x = normed(b, x, padded_conv(x.width, 64, 7, stride=2), "conv1 bn1 relu")
    if style == "slim":
        # What enters is at least 0, so padding a maximum with zeros is padding it with nothing.
        x = b.add("maxpool_pad", SamePad2d(3, 2), x)
        x = b.add("maxpool", MaxPool2d(3, 2), x)
    else:
        x = b.add("maxpool", MaxPool2d(3, 2, 1, ceil_mode=style == "deeplab"), x)
    return resnet_layers(b, x, backbone, style=style, output_stride=output_stride, multi_grid=multi_grid)


def resnet_layers(
    b: Builder, x: Value, backbone: str, *, style: str, output_stride: int, multi_grid: tuple[int, ...] | None = None
) -> dict[str, Value]:
    """The maps `layer1` … `layer4` and `low_level` behind a stem of stride 4. Raises LayerError for `multi_grid`.

    `low_level` is the branch of layer1's second unit before the addition: what DeepLab v3+ reads.
    """
    maps: dict[str, Value] = {}
    plan = stage_plan(COUNTS[backbone], STYLES[style], output_stride, multi_grid)
    for stage, (width, units) in enumerate(zip(WIDTHS, plan, strict=True), 1):
        for number, (stride, rate) in enumerate(units):
            with b.scope(f"layer{stage}.{number}"):
                if backbone in BASIC:
                    branch = _basic(b, x, width, stride)
                else:
                    branch = _bottleneck(b, x, width, stride, rate, stride_first=STYLES[style].stride_first_conv)
                x = _joined(b, x, branch, stride)
            if (stage, number) == (1, 1):
                maps["low_level"] = branch
        maps[f"layer{stage}"] = x
    return maps


def stage_plan(
    counts: tuple[int, ...], style: Style, output_stride: int, multi_grid: tuple[int, ...] | None
) -> list[list[tuple[int, int]]]:
    """(stride, rate) of every unit, a list a stage. Raises LayerError where `multi_grid` does not fit the last."""
    stages = [[1] * count for count in counts]
    for strides in stages[:-1] if style.strides_last else stages[1:]:
        strides[-1 if style.strides_last else 0] = 2
    planned = iter(strides_and_rates([stride for strides in stages for stride in strides], STEM_STRIDE, output_stride))
    plan = [[next(planned) for _ in strides] for strides in stages]
    if style.uniform:
        plan = [[(stride, stage[-1][1]) for stride, _ in stage] for stage in plan]
    if multi_grid is not None:
        if len(multi_grid) != counts[-1]:
            given = " ".join(map(str, multi_grid))
            raise LayerError(
                f"resnet: `multi_grid` ({given}) has {len(multi_grid)} factors, and layer4 has {counts[-1]} units",
                hint="give three, such as 1 2 4",
            )
        factors = several("resnet", "multi_grid", multi_grid)
        plan[-1] = [(stride, rate * factor) for (stride, rate), factor in zip(plan[-1], factors, strict=True)]
    return plan


def _bottleneck(b: Builder, x: Value, width: int, stride: int, rate: int, *, stride_first: bool) -> Value:
    """The branch of 1×1, 3×3 at the rate, 1×1: (C, H, W) → (4·width, H/stride, W/stride).

    The stride is the 3×3's, or the first 1×1's (as in Caffe) with `stride_first`. Source: arXiv 1512.03385, figure 5.
    """
    first, second = (stride, 1) if stride_first else (1, stride)
    y = normed(b, x, padded_conv(x.width, width, stride=first), "conv1 bn1 relu1")
    y = normed(b, y, padded_conv(width, width, 3, stride=second, rate=rate), "conv2 bn2 relu2")
    return normed(b, y, padded_conv(width, 4 * width), "conv3 bn3")


def _basic(b: Builder, x: Value, width: int, stride: int) -> Value:
    """The branch of two 3×3, the first with the stride: (C, H, W) → (width, H/stride, W/stride)."""
    y = normed(b, x, padded_conv(x.width, width, 3, stride=stride), "conv1 bn1 relu1")
    return normed(b, y, padded_conv(width, width, 3), "conv2 bn2")


def _joined(b: Builder, x: Value, branch: Value, stride: int) -> Value:
    """The branch plus the unit's input, projected where the channels change, and ReLU.

    Where only the stride changes (in slim) the input is subsampled, by a 1×1 max pool.
    """
    if x.channels != branch.channels:
        x = normed(b, x, padded_conv(x.width, branch.width, stride=stride), "downsample.0 downsample.1")
    elif stride > 1:
        x = b.add("shortcut", MaxPool2d(1, stride), x)
    return b.add("relu", RELU, b.add("add", Add(), branch, x))
