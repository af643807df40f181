"""SPEED in torch with TensorFlow's paddings, written by hand.

Only DSPP and MDSPP come from the hand-written blocks; nothing is shared with the package.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it

from tests.blocks.by_hand import DSPP, MDSPP, separable

BINS = (2, 4, 6, 8)


def norm(channels: int) -> nn.BatchNorm2d:
    """Keras's BatchNormalization."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class DepthwiseBlock(nn.Module):
    """Keras MobileNet's block; gives its output and the raw output of its depthwise convolution."""

    def __init__(self, n: int, m: int, stride: int, multiplier: int) -> None:
        super().__init__()
        self.stride = stride
        inner = n * multiplier
        self.depthwise = nn.Conv2d(n, inner, 3, stride, padding=0 if stride == 2 else 1, groups=n, bias=False)
        self.bn1 = norm(inner)
        self.pointwise = nn.Conv2d(inner, m, 1, bias=False)
        self.bn2 = norm(m)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, n, H, W) → (N, m, H/stride, W/stride) and (N, n·multiplier, H/stride, W/stride)."""
        if self.stride == 2:
            x = F.pad(x, (0, 1, 0, 1))
        raw = self.depthwise(x)
        x = F.relu6(self.bn1(raw))
        return F.relu6(self.bn2(self.pointwise(x))), raw


class Encoder(nn.Module):
    """Stem, seven blocks, DSPP, two blocks."""

    def __init__(self, alpha: float, multiplier: int) -> None:
        super().__init__()

        def width(channels: int) -> int:
            return int(channels * alpha)

        self.conv = nn.Conv2d(3, width(32), 3, 2, bias=False)
        self.bn = norm(width(32))
        widths = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
        self.blocks = nn.ModuleList(DepthwiseBlock(width(n), width(m), s, multiplier) for n, m, s in widths)
        self.dspp = DSPP(width(512), 128, BINS)
        self.block8 = DepthwiseBlock(width(512) + 4 * 128, width(1024), 2, multiplier)
        self.block9 = DepthwiseBlock(width(1024), width(256), 1, multiplier)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, 256·alpha, H/32, W/32), and the raw depthwise outputs of blocks 1 to 7."""
        top, left = (0 if n % 2 == 0 else 1 for n in x.shape[2:])
        x = F.relu6(self.bn(self.conv(F.pad(x, (left, 1, top, 1)))))
        skips = []
        for block in self.blocks:
            x, raw = block(x)
            skips.append(raw)
        x = self.block8(self.dspp(x))[0]
        return self.block9(x)[0], skips


class Up(nn.Module):
    """Transposed convolution to twice the size, skip, separable convolution."""

    def __init__(self, n: int, filters: int, skip: int, out: int, pyramid: bool) -> None:
        super().__init__()
        self.mdspp = MDSPP(n, filters, BINS) if pyramid else None
        self.transposed = nn.ConvTranspose2d(n + filters if pyramid else n, filters, 3, 2, bias=False)
        self.separable = separable(filters + skip, out, False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(N, n, h, w), (N, skip, 2h, 2w) → (N, out, 2h, 2w)."""
        if self.mdspp is not None:
            x = self.mdspp(x)
        x = self.transposed(x)[:, :, :-1, :-1]
        return F.relu(self.separable(F.relu(torch.cat([x, skip], 1))))


class SPEED(nn.Module):
    """The whole network; `out` are the channels of the three separable convolutions."""

    def __init__(self, alpha: float = 1.0, multiplier: int = 1, out: tuple[int, int, int] = (64, 32, 16)) -> None:
        super().__init__()
        self.encoder = Encoder(alpha, multiplier)
        skips = [int(n * alpha) * multiplier for n in (256, 128, 64)]
        self.reduce = nn.Conv2d(int(256 * alpha), 256, 1)
        self.up1 = Up(256, 128, skips[0], out[0], False)
        self.up2 = Up(out[0], 64, skips[1], out[1], True)
        self.up3 = Up(out[1], 32, skips[2], out[2], True)
        self.depth = nn.Conv2d(out[2], 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, 1, H/4, W/4)."""
        x, skips = self.encoder(x)
        x = self.up1(self.reduce(x), skips[5])
        x = self.up2(x, skips[3])
        x = self.up3(x, skips[1])
        y: Tensor = self.depth(x)
        return y
