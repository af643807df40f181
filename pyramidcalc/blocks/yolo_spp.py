"""YOLO's spatial pyramid pooling: max pools at stride 1 beside their input."""

from pyramidcalc.blocks._units import cbr, foreign, labels, positive, several
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import same_pad
from pyramidcalc.layers.activation import SiLU
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import MaxPool2d

INPUT = (512, 13, 13)


def yolo_spp(
    b: Builder,
    x: Value,
    *,
    kernel: tuple[int, ...] | None = None,
    sppf: bool = False,
    project: bool = False,
    out_channels: int | None = None,
) -> Value:
    """YOLO's SPP: the map beside its max pools of 5, 9 and 13 at stride 1; the size is kept.

    Channels grow fourfold: 512×13×13 gives 2048×13×13. This is not SPP-net's SPP (see spp), which makes
    a vector. SPPF chains three pools of 5 instead: max pools of 5, 9 and 13 are one, two and three pools
    of 5 in a row, so the numbers that come out are the same.

    Options:
        kernel: pool kernels, odd numbers; 5 9 13 where absent, and 5 5 5 with --sppf.
        sppf: chain the pools, each on the one before (YOLOv5's SPPF).
        project: add YOLOv5's 1x1 convs with BatchNorm and SiLU: c1 to c1/2 before, all maps to c2 after.
        out_channels: c2, the output channels with --project; the input's channels c1 where absent.

    Source: YOLOv3-SPP and YOLOv4 (arXiv 2004.10934, section 3.4); SPPF and the 1x1 convs: YOLOv5.
    """
    if kernel is None:
        kernel = (5, 5, 5) if sppf else (5, 9, 13)
    kernels = odd_kernels("yolo-spp", kernel)
    if not project:
        foreign("yolo-spp", "`project`", out_channels=out_channels)
        return _pools(b, x, kernels, sppf)
    half, odd = divmod(x.width, 2)
    if odd:
        raise LayerError(
            f"yolo-spp: `project` halves the channels, and {x.width} is odd", hint="use an even number of channels"
        )
    outputs = x.width if out_channels is None else positive("yolo-spp", "out_channels", out_channels)
    with b.scope("reduce"):
        y = cbr(b, x, half, act=SiLU())
    y = _pools(b, y, kernels, sppf)
    with b.scope("project"):
        return cbr(b, y, outputs, act=SiLU())


def odd_kernels(block: str, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """Kernels of pools that keep the size. Raises LayerError in the block's name for an even one."""
    kernels = several(block, "kernel", kernel)
    for k in kernels:
        if k % 2 == 0:
            raise LayerError(
                f"{block}: `kernel` (={k}) must be odd: an even pool at stride 1 cannot keep the map's size",
                hint=f"use {k - 1} or {k + 1}",
            )
    return kernels


def _pools(b: Builder, x: Value, kernels: tuple[int, ...], chained: bool) -> Value:
    """(C, H, W) → (C·(1 + number of pools), H, W)."""
    maps, source = [x], x
    for k, label in zip(kernels, labels(kernels), strict=True):
        pooled = b.add(f"pool{label}", MaxPool2d(k, 1, same_pad(k, 1)[0]), source)
        maps.append(pooled)
        source = pooled if chained else x
    return b.add("concat", Concat(), *maps)
