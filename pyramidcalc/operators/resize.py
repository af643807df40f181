"""One interpolation."""

from typing import Literal

from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.resampling import Upsample

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def resize(
    b: Builder,
    x: Value,
    *,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area"] | None = None,
    align_corners: bool | None = None,
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One interpolation: torch.nn.Upsample.

    Where both --size and --scale are absent, by 2. With a factor the size is ⌊n·scale⌋ in double precision and
    source samples lie 1/scale apart, as in torch. Its channels come from --input.

    Options:
        size: output size.
        scale_factor (--scale): factor of each axis.
        mode: how samples are found; linear, bilinear or trilinear where absent.
        align_corners: corners of input and output coincide, for the linear modes and bicubic.
        dims: number of spatial axes.
    """
    factor = 2.0 if size is None and scale_factor is None else scale_factor
    return b.add("resize", Upsample(size, factor, mode or LINEAR[dims], align_corners), x)
