"""DeepLab v3 and v3+ on TensorFlow's ResNet at output stride 16, written by hand.

Only the ASPP comes from the hand-written blocks; nothing is shared with the package.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it

from tests.blocks.by_hand import ASPP


class Bottleneck(nn.Module):
    """TensorFlow's unit: an identity skip at stride 2 is subsampled."""

    def __init__(self, n: int, width: int, stride: int, rate: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(n, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=rate, dilation=rate, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.projection = None
        if n != 4 * width:
            self.projection = nn.Sequential(nn.Conv2d(n, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The unit's output, and its branch before the addition."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        branch: Tensor = self.bn3(self.conv3(y))
        skip = x[:, :, :: self.stride, :: self.stride] if self.projection is None else self.projection(x)
        return F.relu(branch + skip), branch


UNITS = {
    64: [(1, 1), (1, 1), (2, 1)],
    128: [(1, 1), (1, 1), (1, 1), (2, 1)],
    256: [(1, 1)] * 6,
    512: [(1, 2), (1, 4), (1, 8)],
}
"""(stride, rate) of ResNet-50's units at output stride 16, multi-grid 1 2 4 in the last stage."""


class Encoder(nn.Module):
    """ResNet-50, beginning with TensorFlow's SAME max pool."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.units = nn.ModuleList()
        n = 64
        for width, units in UNITS.items():
            for stride, rate in units:
                self.units.append(Bottleneck(n, width, stride, rate))
                n = 4 * width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(2048, H/16, W/16), and the low-level features (256, H/4, W/4)."""
        x = F.relu(self.bn1(self.conv1(x)))
        rows, columns = (1 if n % 2 == 0 else 2 for n in x.shape[2:])
        x = F.max_pool2d(F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)), 3, 2)
        low = x
        for number, unit in enumerate(self.units):
            x, branch = unit(x)
            if number == 1:
                low = branch
        return x, low


def conv3x3(n: int, m: int, separable: bool) -> nn.Sequential:
    """3×3 with BatchNorm and ReLU, or its separable version."""
    if not separable:
        return nn.Sequential(nn.Conv2d(n, m, 3, padding=1, bias=False), nn.BatchNorm2d(m), nn.ReLU())
    depthwise = (nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False), nn.BatchNorm2d(n), nn.ReLU())
    return nn.Sequential(*depthwise, nn.Conv2d(n, m, 1, bias=False), nn.BatchNorm2d(m), nn.ReLU())


class DeepLabV3(nn.Module):
    """ASPP and a classifier."""

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.aspp = ASPP(2048, (6, 12, 18), 256)
        self.classifier = nn.Conv2d(256, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes, H, W)."""
        y = self.classifier(self.aspp(self.encoder(x)[0]))
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=True)


class DeepLabV3Plus(nn.Module):
    """ASPP and a decoder on low-level features."""

    def __init__(self, classes: int = 21, separable: bool = False) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.aspp = ASPP(2048, (6, 12, 18), 256, separable)
        self.low = nn.Sequential(nn.Conv2d(256, 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU())
        self.decoder = nn.Sequential(conv3x3(304, 256, separable), conv3x3(256, 256, separable))
        self.classifier = nn.Conv2d(256, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes, H, W)."""
        high, low = self.encoder(x)
        high = F.interpolate(self.aspp(high), size=low.shape[2:], mode="bilinear", align_corners=True)
        y = self.classifier(self.decoder(torch.cat([high, self.low(low)], 1)))
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=True)
