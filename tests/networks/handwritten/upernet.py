"""UPerNet's head written by hand in torch, on maps of a small backbone; shares nothing with the package."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it


def unit(n: int, m: int, k: int = 1, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(n, m, k, stride, k // 2, bias=False), nn.BatchNorm2d(m), nn.ReLU())


class BasicUnit(nn.Module):
    """ResNet-18's residual unit."""

    def __init__(self, n: int, m: int, stride: int) -> None:
        super().__init__()
        self.first = unit(n, m, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(m, m, 3, padding=1, bias=False), nn.BatchNorm2d(m))
        self.shortcut = (
            nn.Sequential(nn.Conv2d(n, m, 1, stride, bias=False), nn.BatchNorm2d(m)) if n != m else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, m, H/stride, W/stride)."""
        return F.relu(self.second(self.first(x)) + self.shortcut(x))


class UPerNet(nn.Module):
    """On ResNet-18 with a deep stem, and the auxiliary head."""

    def __init__(self, stem: tuple[int, int, int], width: int, classes: int, bins: tuple[int, ...]) -> None:
        super().__init__()
        pairs = zip((3, *stem), stem, strict=False)
        self.stem = nn.Sequential(*[unit(n, m, 3, 1 if index else 2) for index, (n, m) in enumerate(pairs)])
        widths = [64, 128, 256, 512]
        self.stages = nn.ModuleList(
            nn.Sequential(BasicUnit(n, m, s), BasicUnit(m, m, 1))
            for n, m, s in zip([stem[-1], *widths[:-1]], widths, (1, 2, 2, 2), strict=True)
        )
        self.bins = bins
        self.pools = nn.ModuleList(unit(512, width) for _ in bins)
        self.bottleneck = unit(512 + len(bins) * width, width, 3)
        # In the order of use, from the coarsest down.
        self.levels = [(unit(n, width), unit(width, width, 3)) for n in reversed(widths[:-1])]
        self.pairs = nn.ModuleList(module for pair in self.levels for module in pair)
        self.fusion = unit(4 * width, width, 3)
        self.last = nn.Conv2d(width, classes, 1)
        self.aux = nn.Sequential(unit(256, 256, 3), nn.Dropout2d(0.1), nn.Conv2d(256, classes, 1))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """(N, 3, H, W) → out and aux, (N, classes, H, W)."""

        def resized(x: Tensor, like: Tensor) -> Tensor:
            return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)

        x = F.max_pool2d(self.stem(image), 3, 2, 1)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        pooled = [resized(conv(F.adaptive_avg_pool2d(x, n)), x) for n, conv in zip(self.bins, self.pools, strict=True)]
        top = self.bottleneck(torch.cat([x, *pooled], 1))
        merged, outputs = top, [top]
        for (lateral, smooth), level in zip(self.levels, reversed(maps[:-1]), strict=True):
            side = lateral(level)
            merged = side + resized(merged, side)
            outputs.insert(0, smooth(merged))
        fused = self.fusion(torch.cat([outputs[0], *[resized(y, outputs[0]) for y in outputs[1:]]], 1))
        return {"out": resized(self.last(fused), image), "aux": resized(self.aux(maps[2]), image)}
