"""Normalisations: BatchNorm, InstanceNorm, GroupNorm and LayerNorm over channels."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, window
from pyramidcalc.layers.activation import Elementwise
from pyramidcalc.layers.base import Diagnostic, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction
    from typing import Any, ClassVar

    from pyramidcalc.indexmap import Growth
    from pyramidcalc.layers.base import Maps, Shape


class Norm(Elementwise, abstract=True):
    """What torch.nn's norms share: a `bias` (beta) that torch before 2.13 cannot leave out.

    Statistics are not counted as reading: each value is read where it is.
    """

    def attributes(self) -> dict[str, Any]:
        given = self.to_dict()
        return given if given.pop("bias") else given | {"bias": False}

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        # A map of one position may be refused for it.
        return None if prod(shapes[0][1:]) == 1 else super().growth(axis, shapes, rates)


def statistics_note(what: str) -> Diagnostic:
    """`norm-statistics`: what is read only for mean and variance is no part of a receptive field."""
    message = f"statistics of {what} are not counted as reading, as in the literature"
    return Diagnostic("norm-statistics", "info", message)


class ChannelNorm(Norm, abstract=True):
    """Keeps (C, *spatial): one mean a channel, over batch and positions; moving averages are no parameters."""

    num_features: int
    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: bool = True

    limits_eps: ClassVar[bool] = True
    """torch's instance norms look at no `eps`."""
    way_out: ClassVar[str] = "use a batch of at least 2, or track_running_stats=True"

    def _normalise(self) -> None:
        self.integer("num_features", self.num_features, 1)
        eps = self.number("eps", self.eps)
        if self.momentum is not None:
            self.number("momentum", self.momentum)
        if self.limits_eps and (eps < 0 or (eps == 0 and not self.track_running_stats)):
            rule = "at least 0" if self.track_running_stats else "over 0 where statistics are the batch's own"
            self.reject(f"`eps` (={self.eps!r}) must be {rule}")

    def values_a_channel(self, shape: Shape, batch: int) -> int:
        """How many values one mean is taken over."""
        return batch * prod(shape[1:])

    def takes(self) -> tuple[str, int] | None:
        return ("num_features", self.num_features) if self.affine or self.track_running_stats else None

    def check(self, *shapes: Shape, batch: int) -> None:
        if not self.track_running_stats and self.values_a_channel(shapes[0], batch) == 1:
            self.refuse(f"statistics of one value per channel on {shapes[0]}", self.way_out, "batchnorm-1x1")

    @property
    def parameters(self) -> int:
        return (1 + bool(self.bias)) * self.num_features if self.affine else 0

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        if not self.track_running_stats:
            return (statistics_note("each channel over the whole map"),)
        if self.values_a_channel(output, batch) > 1:
            return ()
        where = f"on {shape_text(output[1:])} " if len(output) > 1 else ""
        message = f"{self.name} cannot train {where}at batch {batch}: it needs more than one value per channel"
        return (Diagnostic("batchnorm-1x1", "info", message, "train with a batch of at least 2"),)


class BatchNorm1d(ChannelNorm, ranks=(0, 1)):
    """torch.nn.BatchNorm1d: keeps (C, L) and (F,)."""


class BatchNorm2d(ChannelNorm):
    """torch.nn.BatchNorm2d: keeps (C, H, W)."""


class BatchNorm3d(ChannelNorm):
    """torch.nn.BatchNorm3d: keeps (C, D, H, W)."""


class InstanceNorm(ChannelNorm, abstract=True):
    """One mean a channel and sample over the positions; without weights unless `affine`. arXiv 1607.08022."""

    affine: bool = False
    track_running_stats: bool = False

    limits_eps = False
    way_out = "use a larger map, or track_running_stats=True"

    def values_a_channel(self, shape: Shape, batch: int) -> int:
        return prod(shape[1:])


class InstanceNorm1d(InstanceNorm):
    """torch.nn.InstanceNorm1d: keeps (C, L)."""


class InstanceNorm2d(InstanceNorm):
    """torch.nn.InstanceNorm2d: keeps (C, H, W)."""


class InstanceNorm3d(InstanceNorm):
    """torch.nn.InstanceNorm3d: keeps (C, D, H, W)."""


class GroupNorm(Norm):
    """torch.nn.GroupNorm: keeps the shape; needs more than one value a group, as torch does. arXiv 1803.08494."""

    num_groups: int
    num_channels: int
    eps: float = 1e-5
    affine: bool = True
    bias: bool = True

    def _normalise(self) -> None:
        self.integer("num_groups", self.num_groups, 1)
        self.number("eps", self.eps)
        self.integer("num_channels", self.num_channels, 1)
        if self.num_channels % self.num_groups:
            self.reject(f"`num_channels` (={self.num_channels}) must be divisible by `num_groups` (={self.num_groups})")

    def takes(self) -> tuple[str, int] | None:
        return ("num_channels", self.num_channels) if self.affine else None

    def check(self, *shapes: Shape, batch: int) -> None:
        channels = shapes[0][0]
        if channels % self.num_groups:
            self.refuse(f"`num_groups` (={self.num_groups}) must divide the input's {channels} channels")
        if batch * channels // self.num_groups * prod(shapes[0][1:]) == 1:
            self.refuse(
                f"one value per group on {shapes[0]} with {self.num_groups} groups",
                "use fewer groups, a larger map, or a batch of at least 2",
            )

    @property
    def parameters(self) -> int:
        return (1 + bool(self.bias)) * self.num_channels if self.affine else 0

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        return (statistics_note("each group over the whole map"),)


class LayerNorm2d(Norm):
    """LayerNorm over the channels of each position, as torchvision's LayerNorm2d: keeps (C, H, W)."""

    num_channels: int
    eps: float = 1e-6
    elementwise_affine: bool = True
    bias: bool = True

    def _normalise(self) -> None:
        self.integer("num_channels", self.num_channels, 1)
        self.number("eps", self.eps)

    def attributes(self) -> dict[str, Any]:
        return self.to_dict()

    def takes(self) -> tuple[str, int]:
        return "num_channels", self.num_channels

    @property
    def parameters(self) -> int:
        return (1 + bool(self.bias)) * self.num_channels if self.elementwise_affine else 0


class LocalResponseNorm(Elementwise, elementwise=False, ranks=(1, 2, 3)):
    """torch.nn.LocalResponseNorm: each value over those of `size` channels around it. Krizhevsky et al., NIPS 2012."""

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def _normalise(self) -> None:
        self.integer("size", self.size, 1)
        for field in ("alpha", "beta", "k"):
            self.number(field, self.__dict__[field])

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        # Of an even number, torch takes one more before.
        return ((window(self.size, 1, 1, self.size // 2, (self.size - 1) // 2), *[IDENTITY] * (len(shapes[0]) - 1)),)
