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


def bn_unit(
    n: int, m: int, k: int | tuple[int, int] = 1, s: int = 1, d: int = 1, act: nn.Module | None = None
) -> nn.Module:
    """Convolution without bias that keeps the size but for its stride, BatchNorm, and an activation."""
    kernel = (k, k) if isinstance(k, int) else k
    pads = (d * (kernel[0] - 1) // 2, d * (kernel[1] - 1) // 2)
    conv = nn.Conv2d(n, m, kernel, s, pads, d, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(m), nn.Identity() if act is None else act)


class PANet(nn.Module):
    """The feature pyramid and the paper's way up."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.fpn = FPN(channels, width)
        self.steps = [(nn.Conv2d(width, width, 3, 2, 1), nn.Conv2d(width, width, 3, padding=1)) for _ in channels[1:]]
        self.convs = nn.ModuleList(conv for step in self.steps for conv in step)

    def forward(self, *levels: Tensor) -> list[Tensor]:
        """Levels, finest first → outputs, finest first."""
        finest, *coarser = self.fpn(*levels)
        outputs = [finest]
        for (down, conv), level in zip(self.steps, coarser, strict=True):
            outputs.append(F.relu(conv(F.relu(down(outputs[-1])) + level)))
        return outputs


class FastFusion(nn.Module):
    """EfficientDet's weighted sum, term by term."""

    def __init__(self, count: int, eps: float = 1e-4) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(count)), eps

    def forward(self, *maps: Tensor) -> Tensor:
        """Maps of one shape → one."""
        positive = [F.relu(w) for w in self.weight]
        terms = [w * x / (sum(positive) + self.eps) for w, x in zip(positive, maps, strict=True)]
        return torch.stack(terms).sum(0)


class BiFPN(nn.Module):
    """Three levels and two more, P3 to P7, written out as in ports of EfficientDet; parameters in the order of use."""

    def __init__(self, channels: tuple[int, int, int], width: int, repeats: int) -> None:
        super().__init__()

        def reduce(n: int) -> nn.Module:
            return nn.Sequential(nn.Conv2d(n, width, 1), nn.BatchNorm2d(width, 1e-3, 0.01))

        def conv() -> nn.Module:
            depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
            pointwise, norm = nn.Conv2d(width, width, 1), nn.BatchNorm2d(width, 1e-3, 0.01)
            return nn.Sequential(nn.SiLU(), depthwise, pointwise, norm)

        self.p6 = reduce(channels[2])
        self.cells = []
        for number in range(repeats):
            c3, c4, c5 = channels if number == 0 else (0, 0, 0)
            # (channels of a level that has others, inputs): P6, P5, P4, P3 down, then P4, P5, P6, P7 up.
            plan = [(0, 2), (c5, 2), (c4, 2), (c3, 2), (c4, 3), (c5, 3), (0, 3), (0, 2)]
            self.cells.append([(reduce(n) if n else nn.Identity(), FastFusion(count), conv()) for n, count in plan])
        self.parts = nn.ModuleList(part for cell in self.cells for node in cell for part in node)

    def forward(self, c3: Tensor, c4: Tensor, c5: Tensor) -> list[Tensor]:
        """P3 to P7."""

        def half(x: Tensor) -> Tensor:
            return F.max_pool2d(x, 3, 2, 1)

        def merged(node: tuple[nn.Module, ...], x: Tensor, *others: Tensor) -> Tensor:
            reduce, fuse, conv = node
            x = reduce(x)
            others = tuple(F.interpolate(y, x.shape[2:]) if y.shape[2] <= x.shape[2] else half(y) for y in others)
            y: Tensor = conv(fuse(x, *others))
            return y

        c6 = half(self.p6(c5))
        maps = [c3, c4, c5, c6, half(c6)]
        for steps in self.cells:
            p3, p4, p5, p6, p7 = maps
            d6 = merged(steps[0], p6, p7)
            d5 = merged(steps[1], p5, d6)
            d4 = merged(steps[2], p4, d5)
            n3 = merged(steps[3], p3, d4)
            n4 = merged(steps[4], p4, d4, n3)
            n5 = merged(steps[5], p5, d5, n4)
            n6 = merged(steps[6], p6, d6, n5)
            maps = [n3, n4, n5, n6, merged(steps[7], p7, n6)]
        return maps


class RFB(nn.Module):
    """BasicRFB of the authors' code at scale 1, or RFB-s."""

    def __init__(self, n: int, m: int, stride: int, visual: int, small: bool) -> None:
        super().__init__()
        a = n // (4 if small else 8)
        relu = nn.ReLU()
        if small:
            branches = [
                [bn_unit(n, a, act=relu), bn_unit(a, a, 3)],
                [bn_unit(n, a, act=relu), bn_unit(a, a, (3, 1), act=relu), bn_unit(a, a, 3, d=3)],
                [bn_unit(n, a, act=relu), bn_unit(a, a, (1, 3), act=relu), bn_unit(a, a, 3, d=3)],
                [
                    *(bn_unit(n, a // 2, act=relu), bn_unit(a // 2, a // 4 * 3, (1, 3), act=relu)),
                    *(bn_unit(a // 4 * 3, a, (3, 1), act=relu), bn_unit(a, a, 3, d=5)),
                ],
            ]
        else:
            branches = [
                [bn_unit(n, 2 * a, s=stride, act=relu), bn_unit(2 * a, 2 * a, 3, d=visual)],
                [
                    *(bn_unit(n, a, act=relu), bn_unit(a, 2 * a, 3, stride, act=relu)),
                    bn_unit(2 * a, 2 * a, 3, d=visual + 1),
                ],
                [
                    *(bn_unit(n, a, act=relu), bn_unit(a, a // 2 * 3, 3, act=relu)),
                    *(bn_unit(a // 2 * 3, 2 * a, 3, stride, act=relu), bn_unit(2 * a, 2 * a, 3, d=2 * visual + 1)),
                ],
            ]
        self.branches = nn.ModuleList(nn.Sequential(*branch) for branch in branches)
        self.linear = bn_unit((4 if small else 6) * a, m)
        self.shortcut = bn_unit(n, m, s=stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, m, H/stride, W/stride)."""
        return F.relu(self.linear(torch.cat([branch(x) for branch in self.branches], 1)) + self.shortcut(x))


class SPPCSPC(nn.Module):
    """YOLOv7's, its layers in the order of use."""

    def __init__(self, c1: int, c2: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        act = nn.SiLU()
        self.kernels = kernels
        self.front = nn.Sequential(bn_unit(c1, c2, act=act), bn_unit(c2, c2, 3, act=act), bn_unit(c2, c2, act=act))
        self.back = nn.Sequential(bn_unit((len(kernels) + 1) * c2, c2, act=act), bn_unit(c2, c2, 3, act=act))
        self.around, self.last = bn_unit(c1, c2, act=act), bn_unit(2 * c2, c2, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c1, H, W) → (N, c2, H, W)."""
        y = self.front(x)
        pooled = torch.cat([y, *[F.max_pool2d(y, k, 1, k // 2) for k in self.kernels]], 1)
        z: Tensor = self.last(torch.cat([self.back(pooled), self.around(x)], 1))
        return z


class HDC(nn.Module):
    """Dilated 3×3 in a row, or ResNet's units around them."""

    def __init__(self, n: int, m: int, rates: tuple[int, ...], bottleneck: bool) -> None:
        super().__init__()
        relu = nn.ReLU()
        self.units: list[tuple[nn.Module, nn.Module | None]] = []
        for number, d in enumerate(rates):
            c = m if number else n
            if not bottleneck:
                self.units.append((bn_unit(c, m, 3, d=d, act=relu), None))
                continue
            branch = [bn_unit(c, m // 4, act=relu), bn_unit(m // 4, m // 4, 3, d=d, act=relu), bn_unit(m // 4, m)]
            self.units.append((nn.Sequential(*branch), nn.Identity() if c == m else bn_unit(c, m)))
        self.parts = nn.ModuleList(part for unit in self.units for part in unit if part is not None)

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, m, H, W)."""
        for branch, shortcut in self.units:
            x = branch(x) if shortcut is None else F.relu(branch(x) + shortcut(x))
        return x
