"""DeepLab v2 on Caffe's ResNet-101, and PSPNet, written by hand.

Only the pyramids come from the hand-written blocks; nothing is shared with the package.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # everyone's name for it

from tests.blocks.by_hand import PPM, ASPPv2


class Bottleneck(nn.Module):
    """Strides of the first 1×1 and of the 3×3, and the 3×3's rate; a projection where asked for."""

    def __init__(self, n: int, width: int, strides: tuple[int, int] = (1, 1), rate: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n, width, 1, strides[0], bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, strides[1], rate, rate, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = nn.Sequential()
        if n != 4 * width:
            stride = max(strides)
            conv = nn.Conv2d(n, 4 * width, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(4 * width))

    def forward(self, x: Tensor) -> Tensor:
        """(N, n, H, W) → (N, 4·width, …)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def stage(n: int, width: int, count: int, strides: tuple[int, int] = (1, 1), rate: int = 1) -> nn.Sequential:
    """Units of one rate, the first with strides."""
    rest = (Bottleneck(4 * width, width, rate=rate) for _ in range(count - 1))
    return nn.Sequential(Bottleneck(n, width, strides, rate), *rest)


class DeepLabV2ResNet(nn.Module):
    """Caffe's ResNet-101 at output stride 8, and four classifiers."""

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)
        self.layer1 = stage(64, 64, 3)
        self.layer2 = stage(256, 128, 4, strides=(2, 1))
        self.layer3 = stage(512, 256, 23, rate=2)
        self.layer4 = stage(1024, 512, 3, rate=4)
        self.aspp = ASPPv2(2048, (6, 12, 18, 24), classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, classes, H/8, W/8)."""
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        y: Tensor = self.aspp(self.layer4(self.layer3(self.layer2(self.layer1(x)))))
        return y


class PSPNet(nn.Module):
    """PSPNet on ResNet-50, with the auxiliary classifier."""

    def __init__(self, classes: int = 21) -> None:
        super().__init__()

        def unit(n: int, m: int, stride: int = 1) -> list[nn.Module]:
            return [nn.Conv2d(n, m, 3, stride, 1, bias=False), nn.BatchNorm2d(m), nn.ReLU(inplace=True)]

        self.layer0 = nn.Sequential(*unit(3, 64, 2), *unit(64, 64), *unit(64, 128), nn.MaxPool2d(3, 2, 1))
        self.layer1 = stage(128, 64, 3)
        self.layer2 = stage(256, 128, 4, strides=(1, 2))
        self.layer3 = stage(512, 256, 6, rate=2)
        self.layer4 = stage(1024, 512, 3, rate=4)
        self.ppm = PPM(2048, 512, (1, 2, 3, 6))
        self.cls = nn.Sequential(*unit(4096, 512), nn.Dropout2d(0.1), nn.Conv2d(512, classes, 1))
        self.aux = nn.Sequential(*unit(1024, 256), nn.Dropout2d(0.1), nn.Conv2d(256, classes, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """(N, 3, H, W) → twice (N, classes, H, W)."""
        third = self.layer3(self.layer2(self.layer1(self.layer0(x))))
        maps = {"out": self.cls(self.ppm(self.layer4(third))), "aux": self.aux(third)}
        return {
            name: F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=True) for name, y in maps.items()
        }
