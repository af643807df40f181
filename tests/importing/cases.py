"""Small torch modules, one an operator or a trap, with what is known of them by hand."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody calls it

if TYPE_CHECKING:
    from collections.abc import Callable


class Run(nn.Module):
    """A function of modules, which are named as they are given, and inputs."""

    def __init__(self, function: Callable[..., Any], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs: torch.Tensor) -> Any:
        """The function."""
        return self.function(self, *inputs)


class Case(NamedTuple):
    """A module, the shapes of its inputs, and the receptive field of the first output: None where it is global."""

    module: Callable[[], nn.Module]
    inputs: tuple[tuple[int, ...], ...]
    field: tuple[int | None, ...]


X = ((4, 9, 12),)


def conv(out: int = 4, kernel: Any = 3, into: int = 4, **more: Any) -> nn.Module:
    """A convolution that keeps the size at stride 1."""
    return nn.Conv2d(into, out, kernel, padding="same" if more.get("stride", 1) == 1 else 1, **more)


def rates(self: Any, x: torch.Tensor) -> Any:
    """Three dilated branches, summed."""
    x = self.stem(x)
    return self.a(x) + self.b(x) + self.c(x)


def sliced_in_place(self: Any, x: torch.Tensor) -> Any:
    """What is added to a part is seen by the whole."""
    y = x.clone()
    y[:, :2] += self.c(x)
    return self.last(y)


def written_view(self: Any, x: torch.Tensor) -> Any:
    """A part that was cut out before the whole was written to."""
    y = x * 1
    part = y[:, 2:]
    y[:, 1:] = self.c(x)
    return part


def under_view(self: Any, x: torch.Tensor) -> Any:
    """A view of what is written to later."""
    y = x.clone()
    rows = y.flatten(2)
    y.add_(self.c(x))
    return rows.view(1, 4, 9, 12)


def filled(self: Any, x: torch.Tensor) -> Any:
    """A tensor of zeros, written part by part."""
    y = torch.zeros(1, 6, 9, 12)
    y[:, :4] = self.c(x)
    y[:, 4:] = x[:, :2]
    return y[:, 4:]


def excited(self: Any, x: torch.Tensor) -> Any:
    """Squeeze and excitation by two Linear layers."""
    gate = self.b(F.relu(self.a(x.mean((2, 3))))).sigmoid()
    return x * gate.view(1, -1, 1, 1)


def shuffled(self: Any, x: torch.Tensor) -> Any:
    """Two groups of channels of a concatenation, dealt out in turn, and one of them taken."""
    y = torch.cat([self.c(x), x], 1)
    n, c, h, w = y.shape
    y = y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
    return y[:, 1::2]


def attended(self: Any, x: torch.Tensor) -> Any:
    """Single-head attention over all positions, in torch's own operators."""
    tokens = x.flatten(2).transpose(1, 2)
    q, k, v = self.qkv(tokens).chunk(3, -1)
    out = (q @ k.transpose(1, 2) / 2).softmax(-1) @ v
    return out.transpose(1, 2).reshape(x.shape)


def einsum(self: Any, x: torch.Tensor) -> Any:
    """The same by einsum, queries last."""
    q, k, v = self.qkv(x).flatten(2).chunk(3, 1)
    scores = torch.einsum("bcn, bcm -> bnm", q, k).softmax(-1)
    return torch.einsum("bnm,bcm->bcn", scores, v).view(x.shape)


def heads(self: Any, x: torch.Tensor) -> Any:
    """torch's own attention with several heads."""
    tokens = x.flatten(2).transpose(1, 2)
    out, _ = self.a(tokens, tokens, tokens, need_weights=False)
    return out.transpose(1, 2).reshape(x.shape)


def involved(self: Any, x: torch.Tensor) -> Any:
    """Involution: weights of a window that follow from the position, one for all channels of a group."""
    n, c, h, w = x.shape
    weights = self.c(x).view(n, 2, 1, 15, h, w)
    taps = F.unfold(x, (3, 5), padding=(1, 2)).view(n, 2, c // 2, 15, h, w)
    return (weights * taps).sum(3).view(n, c, h, w)


def excited_channels(self: Any, x: torch.Tensor) -> Any:
    """ECA: a convolution over channels of pooled values."""
    gate = self.c(F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(1, 2))
    return x * gate.transpose(1, 2).unsqueeze(-1).sigmoid().expand_as(x)


def windows(self: Any, x: torch.Tensor) -> Any:
    """Attention inside windows of 3×3."""
    n, c, h, w = x.shape
    tokens = x.view(n, c, h // 3, 3, w // 3, 3).permute(0, 2, 4, 3, 5, 1).reshape(h // 3 * (w // 3), 9, c)
    out = F.scaled_dot_product_attention(tokens, tokens, tokens)
    return out.view(n, h // 3, w // 3, 3, 3, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)


def weighted(self: Any, x: torch.Tensor) -> Any:
    """Weight standardisation: a convolution of computed weights."""
    w = self.c.weight
    return F.conv2d(x, (w - w.mean()) / w.std(), self.c.bias, padding=1)


def unfolded(self: Any, x: torch.Tensor) -> Any:
    """Space to depth by a view and a permute."""
    n, c, h, w = x.shape
    return self.c(x.view(n, c, h // 3, 3, w // 3, 3).permute(0, 1, 3, 5, 2, 4).reshape(n, c * 9, h // 3, w // 3))


def adapted(self: Any, x: torch.Tensor) -> Any:
    """A convolution whose weights are a product of two smaller ones."""
    return F.conv2d(x, (self.up.weight @ self.down.weight).view(4, 4, 3, 3), padding=1)


class Scale(nn.Module):
    """Layer scale."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One learned factor a channel."""
        scaled: torch.Tensor = x * self.gamma
        return scaled


def tied() -> nn.Module:
    """Two convolutions of one weight, with a bias each."""
    module = Run(lambda s, x: s.b(s.a(x)), a=conv(), b=conv())
    module.b.weight = module.a.weight  # type: ignore[union-attr]
    return module


def fixed() -> nn.Module:
    """A convolution of a buffer."""
    module = Run(lambda s, x: F.conv2d(x, s.kernel, padding=1, groups=4))
    module.register_buffer("kernel", torch.ones(4, 1, 3, 3))
    return module


CASES: dict[str, Case] = {
    "conv": Case(lambda: conv(6, (3, 5)), X, (3, 5)),
    "rates": Case(
        lambda: Run(rates, stem=conv(), a=conv(dilation=6), b=conv(dilation=12), c=conv(dilation=18)),
        ((4, 40, 44),),
        (39, 39),
    ),
    "residual": Case(
        lambda: Run(
            lambda s, x: s.last(s.b(s.a(x)) + s.skip(x)),
            a=conv(stride=2),
            b=conv(),
            skip=nn.Conv2d(4, 4, 1, 2),
            last=conv(),
        ),
        ((4, 15, 18),),
        (11, 11),
    ),
    "transposed": Case(
        lambda: nn.Sequential(conv(stride=2), nn.ConvTranspose2d(4, 4, 4, 2, 1), conv()), ((4, 16, 18),), (7, 7)
    ),
    "sliced back": Case(lambda: Run(lambda s, x: torch.cat([s.c(x), x], 1)[:, 4:], c=conv(dilation=2)), X, (1, 1)),
    "in place": Case(lambda: nn.Sequential(conv(), nn.ReLU(inplace=True), nn.BatchNorm2d(4)), X, (3, 3)),
    "in place on a slice": Case(lambda: Run(sliced_in_place, c=conv(2), last=conv(4, 1)), X, (3, 3)),
    "in place behind a view": Case(lambda: Run(written_view, c=conv(3)), X, (3, 3)),
    "filled zeros": Case(lambda: Run(filled, c=conv()), X, (1, 1)),
    "in place under a view": Case(lambda: Run(under_view, c=conv(dilation=2)), X, (5, 5)),
    "shared": Case(lambda: Run(lambda s, x: s.c(s.c(x)), c=conv()), X, (5, 5)),
    "tied": Case(tied, X, (5, 5)),
    "layer scale": Case(lambda: nn.Sequential(conv(), Scale(4)), X, (3, 3)),
    "weight standardisation": Case(lambda: Run(weighted, c=conv()), X, (3, 3)),
    "weight norm": Case(lambda: nn.utils.parametrizations.weight_norm(conv()), X, (3, 3)),
    "fixed weights": Case(fixed, X, (3, 3)),
    "max pool": Case(lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), X, (3, 3)),
    "avg pool": Case(lambda: nn.AvgPool2d((2, 3)), X, (2, 3)),
    "adaptive pool": Case(lambda: nn.AdaptiveAvgPool2d((3, 4)), X, (3, 3)),
    "adaptive max pool": Case(lambda: nn.AdaptiveMaxPool2d((3, 4)), X, (3, 3)),
    "global pool": Case(lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), X, (None, None)),
    "mean of rows": Case(lambda: Run(lambda s, x: x.mean(2, keepdim=True)), X, (None, 1)),
    "max of channels": Case(lambda: Run(lambda s, x: s.c(x).max(1, keepdim=True)[0], c=conv()), X, (3, 3)),
    "excitation": Case(lambda: Run(excited, a=nn.Linear(4, 2), b=nn.Linear(2, 4)), X, (None, None)),
    "shuffle": Case(lambda: Run(shuffled, c=conv()), X, (1, 1)),
    "channel shuffle": Case(lambda: nn.Sequential(conv(), nn.ChannelShuffle(2)), X, (3, 3)),
    "pixel shuffle": Case(lambda: nn.Sequential(conv(), nn.PixelShuffle(2)), X, (3, 3)),
    "pixel unshuffle": Case(lambda: nn.PixelUnshuffle(3), X, (3, 3)),
    "space to depth": Case(lambda: Run(unfolded, c=nn.Conv2d(36, 2, 1)), X, (3, 3)),
    "every other": Case(
        lambda: Run(lambda s, x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2]], 1)), ((4, 10, 12),), (2, 1)
    ),
    "channels last": Case(
        lambda: Run(
            lambda s, x: s.b(F.gelu(s.a(s.n(s.c(x).permute(0, 2, 3, 1))))).permute(0, 3, 1, 2),
            c=conv(),
            n=nn.LayerNorm(4),
            a=nn.Linear(4, 8),
            b=nn.Linear(8, 4),
        ),
        X,
        (3, 3),
    ),
    "bilinear": Case(lambda: Run(lambda s, x: F.interpolate(x, scale_factor=2, mode="bilinear")), X, (2, 2)),
    "nearest": Case(lambda: Run(lambda s, x: F.interpolate(s.c(x), scale_factor=2), c=conv()), X, (3, 3)),
    "resize to another": Case(
        lambda: Run(lambda s, x: F.interpolate(s.c(x), x.shape[-2:]) + x, c=conv(stride=2)), X, (3, 3)
    ),
    "pad": Case(lambda: Run(lambda s, x: s.c(F.pad(x, (1, 2, 0, 1), mode="reflect")), c=nn.Conv2d(4, 4, 3)), X, (3, 3)),
    "group norm": Case(lambda: nn.Sequential(conv(), nn.GroupNorm(2, 4), nn.SiLU()), X, (3, 3)),
    "chunk": Case(lambda: Run(lambda s, x: torch.cat(s.c(x).chunk(2, 1)[::-1], 1), c=conv()), X, (3, 3)),
    "split": Case(lambda: Run(lambda s, x: x.split([1, 3], 1)[1].relu()), X, (1, 1)),
    "unbind": Case(lambda: Run(lambda s, x: torch.stack(s.c(x).unbind(1), 1), c=conv()), X, (3, 3)),
    "glu": Case(lambda: nn.Sequential(conv(), nn.GLU(1)), X, (3, 3)),
    "crop": Case(lambda: Run(lambda s, x: s.c(x)[:, :, 1:-1, 2:], c=conv()), X, (3, 3)),
    "attention": Case(lambda: Run(attended, qkv=nn.Linear(4, 12)), X, (None, None)),
    "windows": Case(lambda: Run(windows), X, (3, 3)),
    "computed weights": Case(
        lambda: Run(adapted, up=nn.Linear(2, 4, bias=False), down=nn.Linear(36, 2, bias=False)), X, (3, 3)
    ),
    "einsum": Case(lambda: Run(einsum, qkv=nn.Conv2d(4, 12, 1)), X, (None, None)),
    "einsum of weights": Case(
        lambda: Run(lambda s, x: torch.einsum("nchw,cd->ndhw", x, s.a.weight), a=nn.Linear(5, 4, bias=False)), X, (1, 1)
    ),
    "several heads": Case(lambda: Run(heads, a=nn.MultiheadAttention(4, 2, batch_first=True)), X, (None, None)),
    "unfold": Case(
        lambda: Run(lambda s, x: s.c(F.unfold(x, 3, 2, 2, (2, 3)).view(1, 36, 5, 4)), c=nn.Conv2d(36, 2, 1)), X, (5, 5)
    ),
    "involution": Case(lambda: Run(involved, c=nn.Conv2d(4, 30, 1)), X, (3, 5)),
    "gate of channels": Case(
        lambda: Run(excited_channels, c=nn.Conv1d(1, 1, 3, padding=1, bias=False)), X, (None, None)
    ),
    "repeat": Case(lambda: Run(lambda s, x: x.repeat(1, 2, 1, 1) + s.c(x), c=conv(8)), X, (3, 3)),
    "repeat each": Case(lambda: Run(lambda s, x: x.repeat_interleave(3, 2)), X, (1, 1)),
    "from zero": Case(lambda: Run(lambda s, x: sum([s.c(x), x]), c=conv()), X, (3, 3)),
    "softmax of rows": Case(lambda: Run(lambda s, x: s.c(x).softmax(2), c=conv()), X, (None, 3)),
    "several inputs": Case(lambda: Run(lambda s, x, y: s.a(x) + s.b(y), a=conv(), b=conv(4, 5)), X * 2, (3, 3)),
    "dict and tuple": Case(lambda: Run(lambda s, x: OrderedDict(map=(s.c(x), x)), c=conv()), X, (3, 3)),
    "grouped": Case(lambda: nn.Sequential(conv(4, 3, groups=4), conv(6, 1, groups=2)), X, (3, 3)),
    "signal": Case(
        lambda: nn.Sequential(nn.Conv1d(4, 6, 5, 2, 2), nn.BatchNorm1d(6), nn.MaxPool1d(2)), ((4, 21),), (7,)
    ),
    "volume": Case(lambda: nn.Sequential(nn.Conv3d(2, 3, 3, padding=1), nn.BatchNorm3d(3)), ((2, 5, 6, 7),), (3, 3, 3)),
    "vector": Case(lambda: nn.Sequential(nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 2)), ((7,),), ()),
    "coordinates": Case(
        lambda: Run(lambda s, x: s.c(torch.cat([x, torch.ones(1, 2, 9, 12)], 1)), c=nn.Conv2d(6, 4, 3)), X, (3, 3)
    ),
    "type as": Case(lambda: Run(lambda s, x: x + torch.arange(12.0).type_as(x) * x.new_ones(9, 1)), X, (1, 1)),
}
