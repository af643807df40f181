"""U-Net written by hand in torch; shares nothing with the package."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it


def double(n: int, m: int, padding: int) -> nn.Sequential:
    """Two 3×3 with ReLU."""
    return nn.Sequential(nn.Conv2d(n, m, 3, padding=padding), nn.ReLU(), nn.Conv2d(m, m, 3, padding=padding), nn.ReLU())


class UNet(nn.Module):
    """The paper's network; copies are cropped in their middle, by however much they are larger."""

    def __init__(self, channels: int = 1, base: int = 64, classes: int = 2, padding: int = 0) -> None:
        super().__init__()
        widths = [base, base * 2, base * 4, base * 8]
        self.down = nn.ModuleList(double(n, m, padding) for n, m in zip([channels, *widths[:-1]], widths, strict=True))
        self.bottom = double(base * 8, base * 16, padding)
        self.up = [(nn.ConvTranspose2d(2 * n, n, 2, 2), double(2 * n, n, padding)) for n in reversed(widths)]
        self.pairs = nn.ModuleList(module for pair in self.up for module in pair)
        self.last = nn.Conv2d(base, classes, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, classes, H − 184, W − 184), or of the same size."""
        copies = []
        for block in self.down:
            x = block(x)
            copies.append(x)
            x = F.max_pool2d(x, 2)
        x = self.dropout(self.bottom(x))
        for transposed, block in self.up:
            x = transposed(x)
            copy = copies.pop()
            top, left = ((a - b) // 2 for a, b in zip(copy.shape[2:], x.shape[2:], strict=True))
            copy = copy[:, :, top : top + x.shape[2], left : left + x.shape[3]]
            x = block(torch.cat([copy, x], 1))
        y: Tensor = self.last(x)
        return y
