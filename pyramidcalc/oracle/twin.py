"""What a graph reads, asked of torch: float64 autograd through a twin of layers that are sums of what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.oracle.canvas import on_axis
from pyramidcalc.oracle.device import torch
from pyramidcalc.oracle.operations import operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from pyramidcalc.oracle.operations import Style
    from pyramidcalc.passes.shapes import Resolved

SMALLEST = 1e-9
"""A smaller part of the greatest gradient is rounding: a plain `!= 0` would take linear weights' for reading."""


class Twin:
    """The values of a graph of positive layers, ready for gradients: one sample a position to ask for.

    Along one axis, the value of a node may come twice: `local` has the paths that nowhere read the whole axis, `whole`
    has the others.
    """

    def __init__(self, resolved: Resolved, samples: int, device: torch.device, style: Style) -> None:
        self.inputs = leaves(resolved, samples, device, style)
        self.local: dict[str, Tensor] = dict(self.inputs)
        self.whole: dict[str, Tensor] = {}
        for applied in resolved.layers:
            name, run = applied.name, operation(applied.layer, applied.shapes, style)
            cuts = [style.axis is not None and on_axis(maps, (), style.axis)[0].whole for maps in applied.axes]
            local = [self.local[source] for source in applied.inputs]
            self.local[name] = masked(run(*[x.detach() if whole else x for x, whole in zip(local, cuts, strict=True)]))
            if any(cuts) or any(source in self.whole for source in applied.inputs):
                whole = [self.whole.get(source, x.detach()) for source, x in zip(applied.inputs, local, strict=True)]
                # What reads a whole axis takes all paths on to the other side.
                self.whole[name] = masked(
                    run(*[x + y if both else y for x, y, both in zip(local, whole, cuts, strict=True)])
                )

    def reads(self, value: Tensor | None, seeds: Tensor) -> dict[str, Tensor]:
        """For each input, which of its values each sample of a value reads where `seeds` is 1."""
        return {key: as_mask(gradient).bool() for key, gradient in gradients(value, self.inputs, seeds).items()}


def marks(value: Tensor, positions: Iterable[tuple[int, ...]], channels: Sequence[int] | None = None) -> Tensor:
    """1 at one position of each sample of a value, in some channels or all, else 0."""
    marked = torch.zeros_like(value)
    for sample, position in enumerate(positions):
        marked[(sample, slice(None) if channels is None else list(channels), *position)] = 1
    return marked


def leaves(resolved: Resolved, samples: int, device: torch.device, style: Style) -> dict[str, Tensor]:
    """The inputs in float64, all ones, ready for gradients."""
    return {
        name: torch.ones(samples, *style.shape(shape), dtype=torch.float64, device=device).requires_grad_()
        for name, shape in resolved.inputs.items()
    }


def gradients(value: Tensor | None, inputs: Mapping[str, Tensor], seeds: Tensor) -> dict[str, Tensor]:
    """The gradients of what `seeds` marks of a value at each input; zeros where nothing of it follows from one."""
    by_input: Sequence[Tensor | None] = [None] * len(inputs)
    if value is not None and value.requires_grad:
        by_input = torch.autograd.grad(value, list(inputs.values()), seeds, retain_graph=True, allow_unused=True)
    pairs = zip(inputs.items(), by_input, strict=True)
    return {key: torch.zeros_like(x) if gradient is None else gradient for (key, x), gradient in pairs}


def masked(value: Tensor) -> Tensor:
    """The value, its gradient a mask."""
    if value.requires_grad:
        value.register_hook(as_mask)  # type: ignore[no-untyped-call]  # torch leaves it bare
    return value


def as_mask(gradient: Tensor) -> Tensor:
    """1 where a sample's gradient is above rounding, else 0."""
    size = gradient.abs()
    return (size > SMALLEST * size.flatten(1).amax(1).reshape(-1, *[1] * (size.dim() - 1))).to(gradient.dtype)
