"""Cost: learned numbers and multiply-adds, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved


class Cost(Record):
    """Parameters (numbers, as torch's numel) and MACs (multiply-adds of the whole batch), one a step."""

    parameters: tuple[int, ...]
    macs: tuple[int, ...]

    @property
    def total_parameters(self) -> int:
        """Sum over all steps."""
        return sum(self.parameters)

    @property
    def total_macs(self) -> int:
        """Sum over all steps."""
        return sum(self.macs)


def cost(resolved: Resolved) -> Cost:
    """Parameters and MACs of every step.

    Convolutions and matrix products count, one multiply-add = 1; transposed convolutions count
    input positions. Bias, normalisation, activation, pooling and resize count 0.
    """
    return Cost(
        tuple([step.work.parameters for step in resolved.steps]),
        tuple([step.work.macs * resolved.batch for step in resolved.steps]),
    )
