"""One sliding pool."""

from typing import Literal

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers import pooling


def pool(
    b: Builder,
    x: Value,
    *,
    kind: Literal["max", "avg"] = "max",
    kernel_size: int | tuple[int, ...] = 2,
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    dims: Literal[1, 2, 3] = 2,
) -> Value:
    """One pool: torch.nn.MaxPool2d or AvgPool2d.

    Its channels come from --input.

    Options:
        kind: what a window gives.
        kernel_size (--kernel): kernel size.
        stride: stride; the kernel size where absent.
        padding: padding on both sides, at most half the undilated kernel, as in torch.
        dilation: dilation rate, for max only.
        ceil_mode: keep a last window that starts inside the input or its front padding.
        dims: number of spatial axes.
    """
    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    if kind == "max":
        settings["dilation"] = dilation
    elif set(dilation if isinstance(dilation, tuple) else (dilation,)) != {1}:
        raise UsageError("an average pool has no dilation", hint="leave --dilation out, or use --kind max")
    return b.add("pool", getattr(pooling, f"{kind.title()}Pool{dims}d")(**settings), x)
