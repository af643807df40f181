"""What layers are that torch.nn does not have, by their definitions, on batches.

None of these asks pyramidcalc's size rules anything, so that they can judge them.
"""

from __future__ import annotations

from functools import reduce
from math import ceil, prod
from operator import index
from typing import TYPE_CHECKING

from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from torch import Tensor

    Factor = tuple[int, int, int]
    """One digit of an axis: (axis, stride, size), channels first."""

functional = torch.nn.functional


class LayerNorm2d(torch.nn.LayerNorm):
    """torchvision's LayerNorm2d: torch.nn.LayerNorm between two permutations."""

    def __init__(
        self, num_channels: int, eps: float = 1e-6, elementwise_affine: bool = True, bias: bool = True
    ) -> None:
        super().__init__(num_channels, eps, elementwise_affine, bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        return super().forward(of_maps(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class WeightedAdd(torch.nn.Module):
    """EfficientDet's fast normalised fusion: one learned number an input."""

    def __init__(self, count: int, eps: float = 1e-4) -> None:
        super().__init__()
        self.weights, self.eps = torch.nn.Parameter(torch.ones(whole(count))), float(eps)

    def forward(self, *inputs: Tensor) -> Tensor:
        """The sum, with torch's broadcasting."""
        weights = functional.relu(self.weights)
        shares = weights / (weights.sum() + self.eps)
        total: Tensor = reduce(torch.add, [share * x for share, x in zip(shares, alike(inputs), strict=True)])
        return total


class ChannelLinear(torch.nn.Linear):
    """torch.nn.Linear over the channels of each position."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *spatial) → (N, C', *spatial)."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def concat(*inputs: Tensor) -> Tensor:
    """One after the other along the channels."""
    return torch.cat(alike(inputs), 1)


def add(*inputs: Tensor) -> Tensor:
    """The sum, with torch's broadcasting."""
    return reduce(torch.add, alike(inputs))


def multiply(*inputs: Tensor) -> Tensor:
    """The product, with torch's broadcasting."""
    return reduce(torch.mul, alike(inputs))


def alike(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Refuses maps beside vectors: over whole batches torch would align a vector's features with a map's columns."""
    if len({x.dim() for x in inputs}) > 1:
        raise RuntimeError("maps and vectors do not merge")
    return inputs


def slice_(x: Tensor, dim: int = 1, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """x[..., start:end:step] on one axis that is not the batch's."""
    part: Tensor = torch.ops.aten.slice.Tensor(x, of_samples(x, dim), start, end, step)
    return part


def split(x: Tensor, split_size: int | tuple[int, ...], index: int, dim: int = 1) -> Tensor:
    """The piece of `index`, counted from 0, of torch.split."""
    if isinstance(index, bool) or index < 0:
        raise IndexError("pieces are counted from 0")
    size = list(split_size) if isinstance(split_size, tuple | list) else whole(split_size)
    return torch.split(x, size, of_samples(x, dim))[index]


def of_samples(x: Tensor, dim: int) -> int:
    """The axis; refuses the batch's."""
    if dim in (0, -x.dim()):
        raise IndexError("the batch is no axis of a sample")
    return dim


def resize_to(x: Tensor, like: Tensor, mode: str = "bilinear", align_corners: bool | None = None) -> Tensor:
    """interpolate to the sizes of a second tensor, as every decoder calls it."""
    return functional.interpolate(x, like.shape[2:], mode=mode, align_corners=align_corners)


def spatial_pyramid_pool(x: Tensor, bins: int, method: str = "pad") -> Tensor:
    """One level of the PyTorch ports of SPP-net (pad), of the paper's text (window), or adaptive."""
    bins, sizes = whole(bins), of_maps(x).shape[2:]
    kernel = [ceil(n / bins) for n in sizes]
    if method == "adaptive":
        return functional.adaptive_max_pool2d(x, bins)
    if method == "window":
        return functional.max_pool2d(x, kernel, [n // bins for n in sizes])
    if method != "pad":
        raise ValueError(f"no method {method!r}")
    pads = [(k * bins - n + 1) // 2 for k, n in zip(kernel, sizes, strict=True)]
    return functional.max_pool2d(x, kernel, kernel, pads)


def grid_avg_pool(x: Tensor, bins: int) -> Tensor:
    """SPEED's pool: pool size and strides ⌊H/bins⌋, ⌊W/bins⌋."""
    return functional.avg_pool2d(x, [n // whole(bins) for n in of_maps(x).shape[2:]])


def same_pad(x: Tensor, kernel_size: Any, stride: Any = 1, dilation: Any = 1, odd_first: Any = False) -> Tensor:
    """SAME of TensorFlow and ONNX by its definition: the least zeros for which a window makes ⌈n/stride⌉ outputs."""
    sizes, pads = x.shape[2:], list[int]()
    settings = kernel_size, stride, dilation
    numbers = [value if isinstance(value, tuple | list) else (value,) * len(sizes) for value in settings]
    if not isinstance(odd_first, bool):
        raise TypeError(f"odd_first is {odd_first!r}, no bool")
    for n, *window in zip(sizes, *numbers, strict=True):
        k, s, d = map(whole, window)
        zeros = 0
        while (n + zeros - d * (k - 1) - 1) // s + 1 < ceil(n / s):
            zeros += 1
        before = (zeros + odd_first) // 2
        pads = [before, zeros - before, *pads]
    return functional.pad(x, pads)


def sliding_pool(x: Tensor, op: str, ceil_mode: bool = False, **windows: Sequence[int]) -> Tensor:
    """The mean of every window in the place of any pool, which reads the same; `windows` are torch's, one an axis."""
    least = {"kernel_size": 1, "stride": 1, "dilation": 1, "before": 0, "after": 0}
    numbers = [[whole(value, low) for value in windows[name]] for name, low in least.items()]
    for axis, (n, k, s, d, lo, hi) in enumerate(zip(x.shape[2:], *numbers, strict=True), 2):
        starts = [i for i in range(-lo, n + hi, s) if i + d * (k - 1) < n + hi]
        after = starts[-1] + s if starts else -lo
        if ceil_mode and after - s + d * (k - 1) + 1 < n + hi and after < n:
            starts.append(after)
        taps = [[j for j in range(i, i + d * k, d) if j < n + hi] for i in starts]
        inside = [[j for j in each if 0 <= j < n] for each in taps]
        columns = [
            x[(slice(None),) * axis + (some,)].sum(axis) / len(each) for some, each in zip(inside, taps, strict=True)
        ]
        x = torch.stack(columns, axis)
    return x


def rearrange(x: Tensor, factors: Sequence[Sequence[Factor]]) -> Tensor:
    """A view of every axis as its factors, a permute, and a view of them as the new axes; a stride of 0 repeats.

    Raises RuntimeError.
    """
    listed = [factor for parts in factors for factor in parts]
    sizes = [x.shape[1 + axis] // stride if size == -1 else size for axis, stride, size in listed]
    order = sorted((i for i in range(len(listed)) if listed[i][1]), key=lambda i: (listed[i][0], -listed[i][1]))
    inside = [
        prod([sizes[j] for j in order if listed[j][0] == listed[i][0] and listed[j][1] < listed[i][1]]) for i in order
    ]
    if len(factors) != x.dim() - 1 or inside != [listed[i][1] for i in order]:
        raise RuntimeError(f"{factors} are not the axes of {tuple(x.shape)}")
    apart = x.reshape(len(x), *[sizes[i] for i in order])
    moved = apart.permute(0, *[1 + order.index(i) for i in sorted(order)])
    for i in range(len(listed)):
        moved = moved if i in order else moved.unsqueeze(1 + i)
    left = iter(sizes)
    return moved.expand(len(x), *sizes).reshape(len(x), *[prod([next(left) for _ in parts]) for parts in factors])


def digit(x: Tensor, factor: Factor) -> Tensor:
    """The axis of a factor as three: what is outside of it, the factor, and what is inside."""
    axis, stride, size = factor
    n = x.shape[1 + axis]
    sizes = -1, n // stride if size == -1 else size, stride
    return x.reshape(*x.shape[: 1 + axis], *sizes, *x.shape[2 + axis :])


def part(x: Tensor, factor: Factor, start: int, count: int, step: int = 1) -> Tensor:
    """Some values of a factor of one axis."""
    axis = 1 + factor[0]
    apart = digit(x, factor)
    taken = apart.index_select(1 + axis, torch.arange(start, start + count * whole(step), step, device=x.device))
    return taken.flatten(axis, axis + 2)


def along(x: Tensor, op: str, factors: Sequence[Factor], keeps_size: bool = False) -> Tensor:
    """The mean over some factors in the place of any function along them, which reads the same."""
    for factor in factors:
        axis, apart = 1 + factor[0], digit(x, factor)
        mean = apart.mean(1 + axis, keepdim=True)
        x = (mean.expand_as(apart) if keeps_size else mean).flatten(axis, axis + 2)
    return x


def expand(x: Tensor, sizes_wanted: Sequence[int | None]) -> Tensor:
    """torch's expand, which keeps the axes of None. Raises RuntimeError for other sizes than 1."""
    if len(sizes_wanted) != x.dim() - 1:
        raise RuntimeError(f"{sizes_wanted} are not the axes of {tuple(x.shape)}")
    return x.expand(-1, *[-1 if size is None else whole(size) for size in sizes_wanted])


def pointwise(x: Tensor, op: str, weights: int = 0) -> Tensor:
    """The value itself in the place of any function of it."""
    return x


def combine(*inputs: Tensor, op: str) -> Tensor:
    """The sum in the place of any function of several values."""
    return add(*inputs)


def unknown(x: Tensor, *_: Tensor, shape: Sequence[int], **__: Any) -> Tensor:
    """Zeros of a known shape in the place of what is not known."""
    return x.new_zeros(len(x), *shape)


def of_maps(x: Tensor) -> Tensor:
    """Refuses what is no batch of maps."""
    if x.dim() != 4:
        raise RuntimeError(f"expected (N, C, H, W), got {x.dim()} axes")
    return x


def whole(value: Any, least: int = 1) -> int:
    """A whole number of at least 1, or `least`. Raises ValueError or TypeError."""
    if isinstance(value, bool) or index(value) < least:
        raise ValueError(f"{value!r} is no whole number of at least {least}")
    return index(value)


MODULES: dict[str, type[torch.nn.Module]] = {
    "LayerNorm2d": LayerNorm2d,
    "ChannelLinear": ChannelLinear,
    "WeightedAdd": WeightedAdd,
}
"""Layers that torch.nn does not have, and that learn."""
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "Concat": concat,
    "Add": add,
    "Multiply": multiply,
    "Slice": slice_,
    "Split": split,
    "Rearrange": rearrange,
    "Part": part,
    "Expand": expand,
    "ResizeTo": resize_to,
    "SpatialPyramidPool2d": spatial_pyramid_pool,
    "GridAvgPool2d": grid_avg_pool,
    **dict.fromkeys(("SamePad1d", "SamePad2d", "SamePad3d"), same_pad),
}
"""Layers that torch.nn does not have, and that learn nothing."""
STAND_INS: dict[str, Callable[..., Tensor]] = {
    "SlidingPool": sliding_pool,
    "Along": along,
    "Pointwise": pointwise,
    "Combine": combine,
    "Unknown": unknown,
}
"""Layers of imported networks that say what is read, at most, and not what is computed: these read the same."""
