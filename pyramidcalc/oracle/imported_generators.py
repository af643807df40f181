"""Arguments at random of the layers that imported networks alone are made of. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.activation import Pointwise
from pyramidcalc.layers.linear import ChannelLinear, Unflatten
from pyramidcalc.layers.merging import Combine
from pyramidcalc.layers.normalization import LocalResponseNorm
from pyramidcalc.layers.rearranging import Along, Expand, Part, Rearrange
from pyramidcalc.layers.sliding import SlidingPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.layers.rearranging import Factor
    from pyramidcalc.oracle.draw import Arguments, Draw


def sliding_pool(d: Draw, shape: Shape) -> Arguments:
    """Of any dilation, padded differently before and after."""
    kernel, dilation = d.different(1, 4 if d.rank < 3 else 3), d.different(1, 3 if d.rank < 3 else 2)
    spans = [step * (k - 1) for k, step in zip(kernel, dilation, strict=True)]
    return {
        "op": d.one_of("MaxPool", "LpPool"),
        "kernel_size": kernel,
        "stride": d.different(1, 3),
        "dilation": dilation,
        "before": tuple([d.randint(0, span) for span in spans]),
        "after": tuple([d.randint(0, span) for span in spans]),
        "ceil_mode": d.flag(),
    }


def factors_of(d: Draw, axis: int, n: int, parts: int) -> list[Factor]:
    """An axis as digits, the outermost first, now and then of a size that follows."""
    result: list[Factor] = []
    stride = 1
    for left in range(parts, 0, -1):
        size = n // stride if left == 1 else d.divisor(n // stride)
        result.insert(0, (axis, stride, -1 if left == 1 and d.flag() else size))
        stride *= size
    return result


def rearrange(d: Draw, shape: Shape) -> Arguments:
    """Parts of the channels in another order, some on the axes; or a part of an axis among the channels."""
    channels, *axes = [factors_of(d, axis, n, d.randint(1, 3 if not axis else 2)) for axis, n in enumerate(shape)]
    if d.flag():
        d.shuffle(channels)
    for axis in axes:
        if d.chance(0.4):
            channels.insert(d.randint(0, len(channels)), axis.pop(d.randint(0, len(axis) - 1)))
        elif d.chance(0.4) and channels and channels[-1][0] == 0:
            axis.insert(d.randint(0, len(axis)), channels.pop())
        elif d.chance(0.2):
            axis.append((axis[0][0], 0, d.randint(2, 3)))
    return {"factors": tuple([tuple(parts) for parts in (channels, *axes)])}


def along(d: Draw, shape: Shape) -> Arguments:
    """Over digits of different axes."""
    axes = d.sample(range(len(shape)), d.randint(1, len(shape)))
    factors = tuple([d.one_of(*factors_of(d, axis, shape[axis], d.randint(1, 3))) for axis in axes])
    return {"op": "mean", "factors": factors, "keeps_size": d.flag()}


def part(d: Draw, shape: Shape) -> Arguments:
    """Some values of a digit, in steps."""
    axis = d.one_of(0, d.randint(0, len(shape) - 1))
    factor = d.one_of(*factors_of(d, axis, shape[axis], d.randint(1, 3)))
    n = shape[axis] // factor[1] if factor[2] == -1 else factor[2]
    start, step = d.randint(0, n - 1), d.randint(1, 3)
    return {"factor": factor, "start": start, "count": d.randint(1, -(-(n - start) // step)), "step": step}


def unflatten(d: Draw, shape: Shape) -> Arguments:
    """A vector as channels and axes whose sizes multiply to its own."""
    sizes = [size for _, _, size in factors_of(d, 0, shape[0], d.rank + 1)]
    return {"dim": d.one_of(1, -1), "unflattened_size": tuple(sizes)}


def local_response_norm(d: Draw, shape: Shape) -> Arguments:
    """Over any number of channels, with effects that show."""
    return {
        "size": d.randint(1, 6),
        "alpha": d.one_of(0.1, 0.5),
        "beta": d.one_of(0.75, 2.0),
        "k": d.one_of(1.0, 2.5, True),
    }


IMPORTED: dict[type, Callable[[Draw, Shape], Arguments]] = {
    SlidingPool: sliding_pool,
    Rearrange: rearrange,
    Along: along,
    Part: part,
    Expand: lambda d, shape: {"sizes_wanted": tuple([d.one_of(None, d.randint(1, 5) if n == 1 else n) for n in shape])},
    Unflatten: unflatten,
    LocalResponseNorm: local_response_norm,
    ChannelLinear: lambda d, shape: {"in_features": shape[0], "out_features": d.randint(1, 9), "bias": d.flag()},
    Pointwise: lambda *_: {"op": "erf"},
    Combine: lambda *_: {"op": "maximum"},
}
