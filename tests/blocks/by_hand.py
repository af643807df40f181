"""The pyramids as practitioners write them in torch, to compare the blocks with; shares nothing with the package."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it


class ASPP(nn.Module):
    """v3, laid out as in torchvision.models.segmentation.deeplabv3; v3+ with `separable`."""

    def __init__(self, channels: int, rates: tuple[int, ...], width: int, separable: bool = False) -> None:
        super().__init__()

        def unit(n: int, m: int, k: int = 1, d: int = 1, groups: int = 1) -> nn.Sequential:
            conv = nn.Conv2d(n, m, k, padding=d if k == 3 else 0, dilation=d, groups=groups, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(m), nn.ReLU())

        branches = [unit(channels, width)]
        for d in rates:
            if separable:
                branches.append(nn.Sequential(unit(channels, channels, 3, d, channels), unit(channels, width)))
            else:
                branches.append(unit(channels, width, 3, d))
        branches.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), unit(channels, width)))
        self.branches = nn.ModuleList(branches)
        self.project = nn.Sequential(unit(len(branches) * width, width), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, width, H, W)."""
        maps = [branch(x) for branch in self.branches]
        maps[-1] = F.interpolate(maps[-1], size=x.shape[-2:], mode="bilinear", align_corners=False)
        y: Tensor = self.project(torch.cat(maps, 1))
        return y


class ASPPv2(nn.Module):
    """DeepLab v2: one 3×3 a rate, or fc6, fc7 and fc8, summed."""

    def __init__(self, channels: int, rates: tuple[int, ...], classes: int, hidden: int | None = None) -> None:
        super().__init__()
        self.branches = nn.ModuleList()
        for d in rates:
            if hidden is None:
                self.branches.append(nn.Conv2d(channels, classes, 3, padding=d, dilation=d))
                continue
            fc6 = nn.Conv2d(channels, hidden, 3, padding=d, dilation=d)
            fc7, fc8 = nn.Conv2d(hidden, hidden, 1), nn.Conv2d(hidden, classes, 1)
            self.branches.append(nn.Sequential(fc6, nn.ReLU(), nn.Dropout(), fc7, nn.ReLU(), nn.Dropout(), fc8))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, classes, H, W)."""
        return torch.stack([branch(x) for branch in self.branches]).sum(0)


class PPM(nn.Module):
    """PSPNet's module, as in the authors' PyTorch code."""

    def __init__(self, channels: int, width: int, bins: tuple[int, ...]) -> None:
        super().__init__()
        self.features = nn.ModuleList(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(n), nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
            )
            for n in bins
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C + width·levels, H, W)."""
        size = x.shape[-2:]
        levels = [F.interpolate(f(x), size, mode="bilinear", align_corners=True) for f in self.features]
        return torch.cat([x, *levels], 1)


class DenseASPP(nn.Module):
    """Layers that read everything before them, the newest first."""

    def __init__(self, channels: int, rates: tuple[int, ...], hidden: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for number, d in enumerate(rates):
            n = channels + number * growth
            start: list[nn.Module] = [nn.BatchNorm2d(n)] if number else []
            conv = nn.Conv2d(hidden, growth, 3, padding=d, dilation=d)
            tail = [nn.ReLU(), nn.Conv2d(n, hidden, 1), nn.BatchNorm2d(hidden), nn.ReLU(), conv, nn.Dropout2d(0.1)]
            self.layers.append(nn.Sequential(*start, *tail))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C + growth·layers, H, W)."""
        for layer in self.layers:
            x = torch.cat([layer(x), x], 1)
        return x


class DSPPFront(nn.Module):
    """Grid pools and separable convolutions, resized back."""

    def __init__(self, channels: int, filters: int, bins: tuple[int, ...], bias: bool) -> None:
        super().__init__()
        self.bins = bins
        self.convs = nn.ModuleList(separable(channels, filters, bias) for _ in bins)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, C, H, W) → (N, filters, H, W) a branch."""
        h, w = x.shape[-2:]
        pooled = [F.avg_pool2d(x, (h // n, w // n)) for n in self.bins]
        maps = [conv(y) for conv, y in zip(self.convs, pooled, strict=True)]
        return [F.interpolate(y, (h, w), mode="bilinear", align_corners=False) for y in maps]


def separable(n: int, m: int, bias: bool) -> nn.Sequential:
    """Depthwise 3×3 and 1×1."""
    return nn.Sequential(nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False), nn.Conv2d(n, m, 1, bias=bias))


class DSPP(nn.Module):
    """SPEED's encoder."""

    def __init__(self, channels: int, filters: int, bins: tuple[int, ...]) -> None:
        super().__init__()
        self.front = DSPPFront(channels, filters, bins, True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C + filters·bins, H, W)."""
        return torch.cat([x, *self.front(x)], 1)


class MDSPP(nn.Module):
    """SPEED's decoder."""

    def __init__(self, channels: int, filters: int, bins: tuple[int, ...]) -> None:
        super().__init__()
        self.front = DSPPFront(channels, filters // 4, bins, False)
        self.first = separable(filters // 4 * 2, filters // 2, False)
        self.second = separable(filters // 4 * 2, filters // 2, False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, filters + C, H, W)."""
        a, b, c, d = self.front(x)
        first = F.relu(self.first(F.relu(torch.cat([a, c], 1))))
        second = F.relu(self.second(F.relu(torch.cat([b, d], 1))))
        return torch.cat([first, second, x], 1)


class FPN(nn.Module):
    """Feature pyramid network; parameters in the order of use, from the coarsest level down."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.pairs = [(nn.Conv2d(n, width, 1), nn.Conv2d(width, width, 3, padding=1)) for n in reversed(channels)]
        self.convs = nn.ModuleList(conv for pair in self.pairs for conv in pair)

    def forward(self, *levels: Tensor) -> list[Tensor]:
        """Levels, finest first → outputs, finest first."""
        outputs: list[Tensor] = []
        top: Tensor | None = None
        for (inner, layer), level in zip(self.pairs, reversed(levels), strict=True):
            lateral = inner(level)
            top = lateral if top is None else lateral + F.interpolate(top, size=lateral.shape[-2:], mode="nearest")
            outputs.insert(0, layer(top))
        return outputs


class SPP(nn.Module):
    """SPP as the PyTorch ports compute it, with the floor that Python 3 needs."""

    def __init__(self, bins: tuple[int, ...]) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C·Σn²)."""
        h, w = x.shape[-2:]
        levels = []
        for n in self.bins:
            kernel = math.ceil(h / n), math.ceil(w / n)
            padding = (kernel[0] * n - h + 1) // 2, (kernel[1] * n - w + 1) // 2
            levels.append(F.max_pool2d(x, kernel, kernel, padding).flatten(1))
        return torch.cat(levels, 1)


class SPPF(nn.Module):
    """YOLOv5's SPP and SPPF with their 1×1 convolutions."""

    def __init__(self, c1: int, c2: int, chained: bool) -> None:
        super().__init__()

        def unit(n: int, m: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(n, m, 1, bias=False), nn.BatchNorm2d(m), nn.SiLU())

        self.chained = chained
        self.cv1, self.cv2 = unit(c1, c1 // 2), unit(c1 // 2 * 4, c2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c1, H, W) → (N, c2, H, W)."""
        maps = [self.cv1(x)]
        for k in (5, 9, 13):
            source, kernel = (maps[-1], 5) if self.chained else (maps[0], k)
            maps.append(F.max_pool2d(source, kernel, 1, kernel // 2))
        y: Tensor = self.cv2(torch.cat(maps, 1))
        return y


class TemporalBlock(nn.Module):
    """One level of the authors' code, without the weight norm that is folded in: padded on both sides, then chopped."""

    def __init__(self, c1: int, c2: int, kernel: int, rate: int) -> None:
        super().__init__()
        self.chop = (kernel - 1) * rate
        self.conv1 = nn.Conv1d(c1, c2, kernel, padding=self.chop, dilation=rate)
        self.conv2 = nn.Conv1d(c2, c2, kernel, padding=self.chop, dilation=rate)
        self.downsample = nn.Conv1d(c1, c2, 1) if c1 != c2 else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, c1, L) → (N, c2, L)."""
        length = x.shape[-1]
        y = F.relu(self.conv1(x)[..., :length])
        y = F.relu(self.conv2(y)[..., :length])
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def tcn(channels: int, widths: tuple[int, ...], kernel: int) -> nn.Sequential:
    """A level a width, its rate twice that of the one before."""
    pairs = zip((channels, *widths), widths, strict=False)
    return nn.Sequential(*[TemporalBlock(c1, c2, kernel, 2**level) for level, (c1, c2) in enumerate(pairs)])
