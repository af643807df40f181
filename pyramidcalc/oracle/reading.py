"""What a graph reads, asked of torch: float64 autograd through positive layers.

At every node the gradient is replaced by whether it is above 1e-9 of its greatest value: a plain
`!= 0` would take the rounding of bilinear weights for reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.oracle.device import torch
from pyramidcalc.oracle.positive import operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.oracle.positive import Style

SMALLEST = 1e-9


class Part:
    """One layer of a twin: its name, the plain layer, what it reads, the real shapes, and which inputs are cut."""

    __slots__ = ("cut", "inputs", "layer", "name", "shapes")

    def __init__(
        self,
        name: str,
        layer: Layer,
        inputs: tuple[str, ...],
        shapes: tuple[tuple[int, ...], ...],
        cut: tuple[bool, ...] = (),
    ) -> None:
        self.name = name
        self.layer = layer
        self.inputs = inputs
        self.shapes = shapes
        self.cut = cut or (False,) * len(inputs)


class Twin:
    """The values of a graph of positive layers, ready for gradients: one sample a position to ask for."""

    def __init__(
        self,
        parts: Sequence[Part],
        inputs: Mapping[str, tuple[int, ...]],
        samples: int,
        device: torch.device,
        style: Style,
    ) -> None:
        self.inputs = {
            name: torch.ones(samples, *shape, dtype=torch.float64, device=device).requires_grad_()
            for name, shape in inputs.items()
        }
        self.values: dict[str, Tensor] = dict(self.inputs)
        for part in parts:
            given = [
                self.values[name].detach() if cut else self.values[name]
                for name, cut in zip(part.inputs, part.cut, strict=True)
            ]
            value = operation(part.layer, part.shapes, style)(given)
            if value.requires_grad:
                value.register_hook(as_mask)  # type: ignore[no-untyped-call]  # torch leaves it bare
            self.values[part.name] = value

    def reads(self, name: str, seeds: Tensor) -> dict[str, Tensor]:
        """For each input, which of its values each sample reads; `seeds` marks what is asked for, sample by sample."""
        value = self.values[name]
        if not value.requires_grad:
            return {key: torch.zeros_like(x, dtype=torch.bool) for key, x in self.inputs.items()}
        gradients = torch.autograd.grad(
            value, list(self.inputs.values()), seeds.to(value.dtype), retain_graph=True, allow_unused=True
        )
        return {
            key: torch.zeros_like(x, dtype=torch.bool) if gradient is None else as_mask(gradient).bool()
            for (key, x), gradient in zip(self.inputs.items(), gradients, strict=True)
        }

    def seeds(self, name: str, positions: Iterable[tuple[int, int]]) -> Tensor:
        """One sample a position, all its channels; a vector is one position."""
        marked = torch.zeros_like(self.values[name])
        for sample, (row, column) in enumerate(positions):
            if marked.dim() == 4:
                marked[sample, :, row, column] = 1
            else:
                marked[sample] = 1
        return marked


def as_mask(gradient: Tensor) -> Tensor:
    """1 where a sample's gradient is above rounding, else 0."""
    size = gradient.abs()
    return (size > SMALLEST * size.flatten(1).amax(1).reshape(-1, *[1] * (size.dim() - 1))).to(gradient.dtype)
