"""Networks of a user's own, as text of a Python file: what `model` imports in tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NET = '''
from torch import nn, zeros
from torch.nn.functional import relu


class Net(nn.Module):
    """Stride 2, then a dilated layer beside a skip."""

    def __init__(self, classes=5, kind="plain"):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Conv2d(8, 8, (3, 5), padding=(2, 4), dilation=2)
        self.head = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        x = self.stem(x)
        return self.head(relu(x + self.body(x)))


class Two(nn.Module):
    """Two inputs of different channels."""

    def __init__(self):
        super().__init__()
        self.colours = nn.Conv2d(3, 4, 3, padding=1)
        self.depths = nn.Conv2d(1, 4, 1)

    def forward(self, image, depth):
        return self.colours(image) + self.depths(depth)


class Sorted(nn.Module):
    """An operator without a rule."""

    def forward(self, x):
        return x.cummax(2)[0]


class Fixed(nn.Module):
    """A module that looks at values while it is built, and only takes one size."""

    def __init__(self):
        super().__init__()
        self.flat = nn.Linear(3 * 4 * 6, int(nn.Conv2d(1, 2, 1).weight.sum() * 0 + 7))

    def forward(self, x):
        return self.flat(x.flatten(1))


class Placed(nn.Module):
    """A number for each row: any width, and one height."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(zeros(1, 1, 4, 1))

    def forward(self, x):
        return x + self.place


class Raises(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError("no such width")


class Exits(nn.Module):
    def __init__(self):
        raise SystemExit(3)


class Looks(nn.Module):
    def forward(self, x):
        print("looking")
        if x.sum() > 0:
            return x
        return x + 1


def make(classes=5):
    return Net(classes)


def number():
    return 3


net = Net(6)
'''
"""The last conv's field: 3×3 at stride 2, then (3, 5) at rate 2 of it: 11×19."""

CHAIN = "conv 8 k3 s2 p1; bn; relu; conv 5 k1"


def forget(folder: Path) -> None:
    """Takes the modules of a folder out of Python's list."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
