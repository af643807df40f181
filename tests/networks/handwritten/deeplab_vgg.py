"""DeepLab v1 (LargeFOV, with and without MSc) and v2 on VGG-16, written by hand; shares nothing with the package."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it


def stage(n: int, m: int, convs: int, stride: int, dilation: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolutions with ReLU and a max pool, 3×3 or 2×2."""
    layers: list[nn.Module] = []
    for i in range(convs):
        layers += [nn.Conv2d(n if i == 0 else m, m, 3, padding=dilation, dilation=dilation), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(kernel, stride=stride, padding=kernel // 2 if kernel == 3 else 0))
    return nn.Sequential(*layers)


class VGG16(nn.Module):
    """VGG-16 at output stride 8."""

    def __init__(self, kernel: int = 3) -> None:
        super().__init__()
        self.stage1 = stage(3, 64, 2, 2, kernel=kernel)
        self.stage2 = stage(64, 128, 2, 2, kernel=kernel)
        self.stage3 = stage(128, 256, 3, 2, kernel=kernel)
        self.stage4 = stage(256, 512, 3, 1)
        self.stage5 = stage(512, 512, 3, 1, dilation=2)

    def forward(self, x: Tensor) -> list[Tensor]:
        """The maps of all pools."""
        maps = []
        for part in (self.stage1, self.stage2, self.stage3, self.stage4, self.stage5):
            x = part(x)
            maps.append(x)
        return maps


class DeepLabLargeFOV(nn.Module):
    """DeepLab v1."""

    def __init__(self, classes: int = 21, msc: bool = False) -> None:
        super().__init__()
        self.backbone = VGG16()
        self.pool5a = nn.AvgPool2d(3, stride=1, padding=1)
        self.fc6 = nn.Sequential(nn.Conv2d(512, 1024, 3, padding=12, dilation=12), nn.ReLU(), nn.Dropout(0.5))
        self.fc7 = nn.Sequential(nn.Conv2d(1024, 1024, 1), nn.ReLU(), nn.Dropout(0.5))
        self.msc = nn.ModuleList(
            nn.Sequential(
                *(nn.Conv2d(channels, 128, 3, stride=stride, padding=1), nn.ReLU(), nn.Dropout(0.5)),
                *(nn.Conv2d(128, 128, 1), nn.ReLU(), nn.Dropout(0.5)),
            )
            for channels, stride in (((3, 8), (64, 4), (128, 2), (256, 1), (512, 1)) if msc else ())
        )
        self.fc8 = nn.Conv2d(1024 + 128 * len(self.msc), classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes, H, W)."""
        maps = self.backbone(x)
        y = self.fc7(self.fc6(self.pool5a(maps[-1])))
        if self.msc:
            y = torch.cat([y, *[branch(z) for branch, z in zip(self.msc, (x, *maps[:4]), strict=True)]], 1)
        return F.interpolate(self.fc8(y), size=x.shape[2:], mode="bilinear", align_corners=True)


class DeepLabV2(nn.Module):
    """DeepLab v2 on VGG-16."""

    def __init__(self, classes: int = 21, hidden: int = 1024, kernel: int = 3) -> None:
        super().__init__()
        self.backbone = VGG16(kernel)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(512, hidden, 3, padding=rate, dilation=rate),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.Conv2d(hidden, hidden, 1),
                nn.ReLU(),
                nn.Dropout(0.5),
                nn.Conv2d(hidden, classes, 1),
            )
            for rate in (6, 12, 18, 24)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes, H/8, W/8)."""
        x = self.backbone(x)[-1]
        y: Tensor = self.branches[0](x)
        for branch in self.branches[1:]:
            y = y + branch(x)
        return y
