"""SPP_NET as its PyTorch ports write it; shares nothing with the package."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it


def spatial_pyramid_pool(x: Tensor, bins: tuple[int, ...]) -> Tensor:
    """(N, C, H, W) → (N, C·Σn²)."""
    samples, _, height, width = x.shape
    levels = []
    for n in bins:
        kernel = math.ceil(height / n), math.ceil(width / n)
        padding = (kernel[0] * n - height + 1) // 2, (kernel[1] * n - width + 1) // 2
        levels.append(F.max_pool2d(x, kernel, stride=kernel, padding=padding).view(samples, -1))
    return torch.cat(levels, 1)


class SPPNet(nn.Module):
    """Four convolutions, the pyramid and two linear layers."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 4, 2, 1, bias=False)
        self.conv2 = nn.Conv2d(64, 128, 4, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(128)
        self.conv3 = nn.Conv2d(128, 256, 4, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(256)
        self.conv4 = nn.Conv2d(256, 512, 4, 1, 1, bias=False)
        self.fc1 = nn.Linear(10752, 4096)
        self.fc2 = nn.Linear(4096, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes)."""
        x = F.leaky_relu(self.conv1(x))
        x = F.leaky_relu(self.bn1(self.conv2(x)))
        x = F.leaky_relu(self.bn2(self.conv3(x)))
        x = spatial_pyramid_pool(self.conv4(x), (4, 2, 1))
        return torch.sigmoid(self.fc2(self.fc1(x)))
