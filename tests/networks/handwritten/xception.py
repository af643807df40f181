"""Aligned Xception-65 for DeepLab, written by hand; shares nothing with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it

if TYPE_CHECKING:
    from torch import Tensor

PLANS = {
    32: ((2, 1), (1, 1), (2, 1), (1, 1)),
    16: ((2, 1), (1, 1), (1, 1), (1, 2)),
    8: ((1, 1), (1, 2), (1, 2), (1, 4)),
}
"""(stride, rate) of the third entry block, the middle flow and both exit blocks by output stride."""


class SeparableConv(nn.Module):
    """Depthwise and pointwise, each with BatchNorm; ReLU before both, or after each."""

    def __init__(self, n: int, m: int, stride: int, rate: int, relu_first: bool) -> None:
        super().__init__()
        self.relu_first = relu_first
        self.depthwise = nn.Conv2d(n, n, 3, stride, padding=rate, dilation=rate, groups=n, bias=False)
        self.bn1 = nn.BatchNorm2d(n)
        self.pointwise = nn.Conv2d(n, m, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(m)

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, m, H/stride, W/stride)."""
        if self.relu_first:
            y: Tensor = self.bn2(self.pointwise(self.bn1(self.depthwise(F.relu(x)))))
            return y
        x = F.relu(self.bn1(self.depthwise(x)))
        return F.relu(self.bn2(self.pointwise(x)))


class Block(nn.Module):
    """Three separable convolutions, the third with the stride, and a skip."""

    def __init__(self, widths: tuple[int, int, int, int], stride: int, rate: int, skip: str = "conv") -> None:
        super().__init__()
        n, a, b, m = widths
        self.skip = skip
        first = skip != "none"
        self.conv1 = SeparableConv(n, a, 1, rate, first)
        self.conv2 = SeparableConv(a, b, 1, rate, first)
        self.conv3 = SeparableConv(b, m, stride, rate, first)
        if skip == "conv":
            self.shortcut = nn.Sequential(nn.Conv2d(n, m, 1, stride, bias=False), nn.BatchNorm2d(m))

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, m, H/stride, W/stride)."""
        y: Tensor = self.conv3(self.conv2(self.conv1(x)))
        if self.skip == "none":
            return y
        added: Tensor = y + (self.shortcut(x) if self.skip == "conv" else x)
        return added


class Xception65(nn.Module):
    """Entry, middle and exit flow."""

    def __init__(self, output_stride: int) -> None:
        super().__init__()
        entry, middle, first, last = PLANS[output_stride]
        self.conv1 = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        blocks = [
            Block((64, 128, 128, 128), 2, 1),
            Block((128, 256, 256, 256), 2, 1),
            Block((256, 728, 728, 728), *entry),
            *(Block((728, 728, 728, 728), *middle, "sum") for _ in range(16)),
            Block((728, 728, 1024, 1024), *first),
            Block((1024, 1536, 1536, 2048), *last, "none"),
        ]
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, 2048, H/output_stride, W/output_stride)."""
        x = F.relu(self.bn1(self.conv1(x)))
        y: Tensor = self.blocks(F.relu(self.bn2(self.conv2(x))))
        return y
