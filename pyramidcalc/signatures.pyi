"""`analyze` and `build` as type checkers see them: an overload an architecture. `python -m tests.stubs` writes this."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, overload

from pyramidcalc.graph import Graph
from pyramidcalc.report import Report

Given: TypeAlias = Sequence[int] | int | str

@overload
def analyze(
    what: Literal["adaptive-pool"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kind: str = ...,
    output_size: int | Sequence[int | None] = ...,
    dims: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["aspp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    variant: str = ...,
    rate: int | Sequence[int] | None = ...,
    output_stride: int | None = ...,
    channels: int | None = ...,
    classes: int | None = ...,
    hidden: int | None = ...,
    dropout: bool = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["bifpn"],
    *,
    input: Given | None = None,
    batch: int = 1,
    out_channels: int = ...,
    repeats: int = ...,
    extra_levels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["conv"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] = ...,
    padding: int | Sequence[int] | str = ...,
    dilation: int | Sequence[int] = ...,
    out_channels: int | None = ...,
    groups: int = ...,
    bias: bool = ...,
    padding_mode: str = ...,
    dims: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["conv-transpose"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] = ...,
    padding: int | Sequence[int] = ...,
    output_padding: int | Sequence[int] = ...,
    dilation: int | Sequence[int] = ...,
    out_channels: int | None = ...,
    groups: int = ...,
    bias: bool = ...,
    dims: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["deeplabv1"],
    *,
    input: Given | None = None,
    batch: int = 1,
    fov: str = ...,
    msc: bool = ...,
    ceil_mode: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["deeplabv2"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    pool: str | None = ...,
    hidden: int | None = ...,
    dropout: bool = ...,
    upsample: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["deeplabv3"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    style: str = ...,
    output_stride: int | None = ...,
    multi_grid: int | Sequence[int] | None = ...,
    rate: int | Sequence[int] | None = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["deeplabv3plus"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    output_stride: int = ...,
    rate: int | Sequence[int] | None = ...,
    separable: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["dense-aspp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    rate: int | Sequence[int] = ...,
    hidden: int = ...,
    channels: int = ...,
    dropout: bool = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["dspp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    bins: int | Sequence[int] = ...,
    filters: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["fpn"],
    *,
    input: Given | None = None,
    batch: int = 1,
    out_channels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["fpn-resnet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    out_channels: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["hdc"],
    *,
    input: Given | None = None,
    batch: int = 1,
    rate: int | Sequence[int] = ...,
    channels: int | None = ...,
    bottleneck: bool = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["lraspp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["mdspp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    bins: int | Sequence[int] = ...,
    filters: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["mobilenet-v3-large"],
    *,
    input: Given | None = None,
    batch: int = 1,
    dilated: bool = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["panet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    out_channels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["pool"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kind: str = ...,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] | None = ...,
    padding: int | Sequence[int] = ...,
    dilation: int | Sequence[int] = ...,
    ceil_mode: bool = ...,
    dims: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["ppm"],
    *,
    input: Given | None = None,
    batch: int = 1,
    bins: int | Sequence[int] = ...,
    channels: int | None = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["pspnet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["resize"],
    *,
    input: Given | None = None,
    batch: int = 1,
    size: int | Sequence[int] | None = ...,
    scale_factor: float | Sequence[float] | None = ...,
    mode: str | None = ...,
    align_corners: bool | None = ...,
    dims: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["resnet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    variant: int = ...,
    output_stride: int = ...,
    multi_grid: int | Sequence[int] | None = ...,
    style: str = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["rfb"],
    *,
    input: Given | None = None,
    batch: int = 1,
    variant: str = ...,
    visual: int | None = ...,
    stride: int | None = ...,
    out_channels: int | None = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["speed"],
    *,
    input: Given | None = None,
    batch: int = 1,
    part: str = ...,
    alpha: float = ...,
    depth_multiplier: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["spp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    bins: int | Sequence[int] = ...,
    method: str = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["spp-net"],
    *,
    input: Given | None = None,
    batch: int = 1,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["sppcspc"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kernel: int | Sequence[int] = ...,
    out_channels: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["tcn"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kernel_size: int = ...,
    levels: int = ...,
    channels: int = ...,
    dropout: float = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["unet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    padding: str = ...,
    channels: int = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["upernet"],
    *,
    input: Given | None = None,
    batch: int = 1,
    backbone: str = ...,
    stem: int | Sequence[int] | None = ...,
    bins: int | Sequence[int] = ...,
    channels: int = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["vgg16"],
    *,
    input: Given | None = None,
    batch: int = 1,
) -> Report: ...
@overload
def analyze(
    what: Literal["xception"],
    *,
    input: Given | None = None,
    batch: int = 1,
    output_stride: int = ...,
) -> Report: ...
@overload
def analyze(
    what: Literal["yolo-spp"],
    *,
    input: Given | None = None,
    batch: int = 1,
    kernel: int | Sequence[int] | None = ...,
    sppf: bool = ...,
    project: bool = ...,
    out_channels: int | None = ...,
) -> Report: ...
@overload
def analyze(
    what: str | PathLike[str] | Graph | Any,
    *,
    input: Given | Mapping[str, Given] | None = None,
    batch: int = 1,
) -> Report: ...
@overload
def build(
    name: Literal["adaptive-pool"],
    *,
    in_channels: int | None = None,
    kind: str = ...,
    output_size: int | Sequence[int | None] = ...,
    dims: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["aspp"],
    *,
    in_channels: int | None = None,
    variant: str = ...,
    rate: int | Sequence[int] | None = ...,
    output_stride: int | None = ...,
    channels: int | None = ...,
    classes: int | None = ...,
    hidden: int | None = ...,
    dropout: bool = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["bifpn"],
    *,
    in_channels: int | None = None,
    out_channels: int = ...,
    repeats: int = ...,
    extra_levels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["conv"],
    *,
    in_channels: int | None = None,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] = ...,
    padding: int | Sequence[int] | str = ...,
    dilation: int | Sequence[int] = ...,
    out_channels: int | None = ...,
    groups: int = ...,
    bias: bool = ...,
    padding_mode: str = ...,
    dims: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["conv-transpose"],
    *,
    in_channels: int | None = None,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] = ...,
    padding: int | Sequence[int] = ...,
    output_padding: int | Sequence[int] = ...,
    dilation: int | Sequence[int] = ...,
    out_channels: int | None = ...,
    groups: int = ...,
    bias: bool = ...,
    dims: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["deeplabv1"],
    *,
    in_channels: int | None = None,
    fov: str = ...,
    msc: bool = ...,
    ceil_mode: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["deeplabv2"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    pool: str | None = ...,
    hidden: int | None = ...,
    dropout: bool = ...,
    upsample: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["deeplabv3"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    style: str = ...,
    output_stride: int | None = ...,
    multi_grid: int | Sequence[int] | None = ...,
    rate: int | Sequence[int] | None = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["deeplabv3plus"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    output_stride: int = ...,
    rate: int | Sequence[int] | None = ...,
    separable: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["dense-aspp"],
    *,
    in_channels: int | None = None,
    rate: int | Sequence[int] = ...,
    hidden: int = ...,
    channels: int = ...,
    dropout: bool = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["dspp"],
    *,
    in_channels: int | None = None,
    bins: int | Sequence[int] = ...,
    filters: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["fpn"],
    *,
    in_channels: int | None = None,
    out_channels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["fpn-resnet"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    out_channels: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["hdc"],
    *,
    in_channels: int | None = None,
    rate: int | Sequence[int] = ...,
    channels: int | None = ...,
    bottleneck: bool = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["lraspp"],
    *,
    in_channels: int | None = None,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["mdspp"],
    *,
    in_channels: int | None = None,
    bins: int | Sequence[int] = ...,
    filters: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["mobilenet-v3-large"],
    *,
    in_channels: int | None = None,
    dilated: bool = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["panet"],
    *,
    in_channels: int | None = None,
    out_channels: int = ...,
    channels: int | Sequence[int] = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["pool"],
    *,
    in_channels: int | None = None,
    kind: str = ...,
    kernel_size: int | Sequence[int] = ...,
    stride: int | Sequence[int] | None = ...,
    padding: int | Sequence[int] = ...,
    dilation: int | Sequence[int] = ...,
    ceil_mode: bool = ...,
    dims: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["ppm"],
    *,
    in_channels: int | None = None,
    bins: int | Sequence[int] = ...,
    channels: int | None = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["pspnet"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["resize"],
    *,
    in_channels: int | None = None,
    size: int | Sequence[int] | None = ...,
    scale_factor: float | Sequence[float] | None = ...,
    mode: str | None = ...,
    align_corners: bool | None = ...,
    dims: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["resnet"],
    *,
    in_channels: int | None = None,
    variant: int = ...,
    output_stride: int = ...,
    multi_grid: int | Sequence[int] | None = ...,
    style: str = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["rfb"],
    *,
    in_channels: int | None = None,
    variant: str = ...,
    visual: int | None = ...,
    stride: int | None = ...,
    out_channels: int | None = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["speed"],
    *,
    in_channels: int | None = None,
    part: str = ...,
    alpha: float = ...,
    depth_multiplier: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["spp"],
    *,
    in_channels: int | None = None,
    bins: int | Sequence[int] = ...,
    method: str = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["spp-net"],
    *,
    in_channels: int | None = None,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["sppcspc"],
    *,
    in_channels: int | None = None,
    kernel: int | Sequence[int] = ...,
    out_channels: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["tcn"],
    *,
    in_channels: int | None = None,
    kernel_size: int = ...,
    levels: int = ...,
    channels: int = ...,
    dropout: float = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["unet"],
    *,
    in_channels: int | None = None,
    padding: str = ...,
    channels: int = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["upernet"],
    *,
    in_channels: int | None = None,
    backbone: str = ...,
    stem: int | Sequence[int] | None = ...,
    bins: int | Sequence[int] = ...,
    channels: int = ...,
    aux: bool = ...,
    classes: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["vgg16"],
    *,
    in_channels: int | None = None,
) -> Graph: ...
@overload
def build(
    name: Literal["xception"],
    *,
    in_channels: int | None = None,
    output_stride: int = ...,
) -> Graph: ...
@overload
def build(
    name: Literal["yolo-spp"],
    *,
    in_channels: int | None = None,
    kernel: int | Sequence[int] | None = ...,
    sppf: bool = ...,
    project: bool = ...,
    out_channels: int | None = ...,
) -> Graph: ...
@overload
def build(
    name: str,
    *,
    in_channels: int | None = None,
) -> Graph: ...
