"""The wider pyramids as practitioners write them in torch; shares nothing with the package."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it

from tests.blocks.by_hand import FPN


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
