"""What torch makes of a layer kind's arguments, read from the sources rather than from our layers."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torch import Tensor

functional = torch.nn.functional


class Reference(torch.nn.Module):
    """A function of tensors as a module."""

    def __init__(self, run: Callable[..., Tensor]) -> None:
        super().__init__()
        self._run = run

    def forward(self, *inputs: Tensor) -> Tensor:
        """The function's value."""
        return self._run(*inputs)


def reference(kind: str, arguments: dict[str, Any]) -> torch.nn.Module:
    """The module; torch.nn's own class where it has one. Raises what torch raises for bad arguments."""
    if kind in REFERENCES:
        return REFERENCES[kind](**arguments)
    module: torch.nn.Module = getattr(torch.nn, kind)(**arguments)
    return module


def merged(join: Callable[[tuple[Tensor, ...]], Tensor]) -> Callable[[], torch.nn.Module]:
    """A merge of samples, each a map or each a vector."""

    def run(*inputs: Tensor) -> Tensor:
        if len({x.dim() for x in inputs}) > 1:
            # Over whole batches torch would align a vector's features with a map's columns.
            raise RuntimeError("maps and vectors do not merge")
        return join(inputs)

    return lambda: Reference(run)


def product(inputs: tuple[Tensor, ...]) -> Tensor:
    """Element by element."""
    total = inputs[0]
    for x in inputs[1:]:
        total = torch.mul(total, x)
    return total


def total(inputs: tuple[Tensor, ...]) -> Tensor:
    """Element by element."""
    result = inputs[0]
    for x in inputs[1:]:
        result = torch.add(result, x)
    return result


def resize_to(mode: str = "bilinear", align_corners: bool | None = None) -> torch.nn.Module:
    """interpolate to the size of the second tensor, as every decoder calls it."""
    return Reference(
        lambda x, like: functional.interpolate(x, size=like.shape[2:], mode=mode, align_corners=align_corners)
    )


class LayerNorm2d(torch.nn.Module):
    """torchvision's LayerNorm2d: torch.nn.LayerNorm between two permutations."""

    def __init__(
        self, num_channels: int, eps: float = 1e-6, elementwise_affine: bool = True, bias: bool = True
    ) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(num_channels, eps, elementwise_affine, bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        value: Tensor = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return value


def pyramid_pool(bins: int, method: str = "pad") -> torch.nn.Module:
    """One level of the PyTorch ports of SPP-net (pad), of the paper's text (window), or adaptive."""
    whole(bins)

    def run(x: Tensor) -> Tensor:
        if method == "adaptive":
            return functional.adaptive_max_pool2d(x, bins)
        _, _, height, width = x.shape
        kernel = ceil(height / bins), ceil(width / bins)
        if method == "window":
            return functional.max_pool2d(x, kernel, (floor(height / bins), floor(width / bins)))
        pads = floor((kernel[0] * bins - height + 1) / 2), floor((kernel[1] * bins - width + 1) / 2)
        return functional.max_pool2d(x, kernel, kernel, pads)

    if method not in ("pad", "window", "adaptive"):
        raise ValueError(f"no method {method!r}")
    return Reference(run)


def grid_pool(bins: int) -> torch.nn.Module:
    """SPEED's pool: pool size and strides ⌊H/bins⌋, ⌊W/bins⌋."""
    whole(bins)

    def run(x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, (x.shape[2] // bins, x.shape[3] // bins))

    return Reference(run)


def same_pad(kernel_size: Any, stride: Any = 1, dilation: Any = 1) -> torch.nn.Module:
    """TensorFlow's SAME by its definition: the least zeros for which a window makes ⌈n/stride⌉ outputs."""
    numbers = [pair(kernel_size), pair(stride), pair(dilation)]

    def run(x: Tensor) -> Tensor:
        pads: list[int] = []
        for axis in (1, 0):
            k, s, d = (number[axis] for number in numbers)
            n, zeros = x.shape[2 + axis], 0
            while (n + zeros - d * (k - 1) - 1) // s + 1 < ceil(n / s):
                zeros += 1
            pads += [zeros // 2, zeros - zeros // 2]
        if x.dim() != 4:
            raise RuntimeError("needs a map")
        return functional.pad(x, pads)

    return Reference(run)


def of_maps(kind: str) -> Callable[..., torch.nn.Module]:
    """torch's layer for maps alone: given a batch of vectors it would pad or average over samples."""

    def made(**arguments: Any) -> torch.nn.Module:
        layer = getattr(torch.nn, kind)(**arguments)

        def run(x: Tensor) -> Tensor:
            if x.dim() != 4:
                raise RuntimeError(f"{kind} of {x.dim()} axes would mix samples")
            value: Tensor = layer(x)
            return value

        return Reference(run)

    return made


def pair(value: Any) -> tuple[int, int]:
    """Two whole numbers of at least 1. Raises ValueError or TypeError."""
    one, other = value if isinstance(value, tuple) else (value, value)
    for each in (one, other):
        whole(each)
    return one, other


def whole(value: Any) -> None:
    """Refuses what is no whole number of at least 1."""
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no int")
    if value < 1:
        raise ValueError(f"{value} is below 1")


REFERENCES: dict[str, Callable[..., torch.nn.Module]] = {
    "Concat": merged(lambda inputs: torch.cat(inputs, 1)),
    "Add": merged(total),
    "Multiply": merged(product),
    "ResizeTo": resize_to,
    "LayerNorm2d": LayerNorm2d,
    "SpatialPyramidPool2d": pyramid_pool,
    "GridAvgPool2d": grid_pool,
    "SamePad2d": same_pad,
    "ZeroPad2d": of_maps("ZeroPad2d"),
    "AdaptiveAvgPool2d": of_maps("AdaptiveAvgPool2d"),
}
