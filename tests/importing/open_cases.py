"""Modules for inputs of open sizes: those that have one graph for any size, and those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody calls it

from tests.importing.cases import Run

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN: dict[str, Callable[[], nn.Module]] = {
    "feature pyramid": lambda: Run(
        lambda s, x: F.interpolate(s.b(s.a(x)), s.a(x).shape[-2:], mode="bilinear") + s.a(x),
        a=nn.Conv2d(3, 4, 3, 2, 1),
        b=nn.Conv2d(4, 4, 3, 2, 1),
    ),
    "crop": lambda: Run(lambda s, x: x[:, :, 1:-1, 2:]),
    "every other": lambda: Run(lambda s, x: torch.cat([x[..., ::2, ::2], x[..., 1::2, 1::2]], 1)),
    "space to depth": lambda: nn.PixelUnshuffle(2),
    "squeeze": lambda: Run(lambda s, x: x * x.mean((2, 3), keepdim=True)),
}
"""Modules that have one graph for any size."""

ONE_SIZE: list[tuple[Callable[..., Any], list[str]]] = [
    (lambda s, x: F.pad(x, (0, -x.shape[-1] % 8)), ["at other sizes `pad` is not there"]),
    (lambda s, x: F.avg_pool2d(x, x.shape[-2:]), ["the export fixes H (LINE)", "the export fixes W (LINE)"]),
    (lambda s, x: x + torch.ones(1, 1, 16, 1), ["the export fixes H (LINE)"]),
    (lambda s, x: x if x.shape[3] % 2 else F.relu(x), ["the export holds where (W % 2) == 0 (LINE)"]),
    (lambda s, x: F.relu(x) if x.shape[2] <= 40 else x, ["the export holds where H <= 40 (LINE)"]),
]
"""Functions that have one graph a size, and what is said of them; LINE is that of the function."""


class Broken(nn.Module):
    """A module that fails in its forward."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Never gives anything."""
        if x.sum() > 0:
            return x
        raise ValueError("no\nway")
