"""Cost: learned numbers and multiply-adds, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved


class Cost(Record):
    """Parameters (numbers, as torch's numel, shared ones once) and MACs (multiply-adds of the batch), one a layer."""

    parameters: tuple[int, ...]
    macs: tuple[int, ...]

    @property
    def total_parameters(self) -> int:
        """Sum over all layers."""
        return sum(self.parameters)

    @property
    def total_macs(self) -> int:
        """Sum over all layers."""
        return sum(self.macs)


def cost(resolved: Resolved) -> Cost:
    """Parameters and MACs of every layer.

    Convolutions and matrix products count, one multiply-add = 1; transposed convolutions count
    input positions. Bias, normalisation, activation, pooling and resize count 0.
    """
    return Cost(
        tuple([applied.node.parameters for applied in resolved.layers]),
        tuple([applied.macs * resolved.batch for applied in resolved.layers]),
    )
