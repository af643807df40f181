"""What every reader gives."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import FloorForm
from pyramidcalc.passes.shapes import Condition
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Shape


class Imported(Record):
    """A graph from elsewhere, the shapes (C, *spatial) of its inputs there, and what a user should know of it.

    `known` says on which sizes of the inputs the graph holds, without conditions on any; None where that was not
    asked, and it holds on these alone.
    """

    graph: Graph
    inputs: dict[str, Shape]
    notes: tuple[str, ...] = ()
    known: tuple[Condition, ...] | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What the inputs must keep to."""
        if self.known is not None:
            return self.known
        return (Condition(lambda given: given == self.inputs, AT_ONE_SIZE),)

    @property
    def forms(self) -> dict[str, FloorForm] | None:
        """How the sizes of all inputs follow from the first one's."""
        return in_proportion(self.inputs)

    def against(self, inputs: Mapping[str, Shape]) -> str | None:
        """Why the graph is not known on other inputs; None where it is."""
        return next((reason for holds, reason in self.conditions if not holds(inputs)), None)


def in_proportion(inputs: Mapping[str, Shape]) -> dict[str, FloorForm] | None:
    """How the sizes of every input follow from the first one's, in proportion; None where that differs by axis."""
    first = next(iter(inputs.values()))[1:]
    forms = {}
    for name, (_, *sizes) in inputs.items():
        ratios = [Fraction(n, of) for n, of in zip(sizes, first, strict=False)] or [Fraction(1)]
        if len(sizes) != len(first) or len(set(ratios)) > 1:
            return None
        forms[name] = FloorForm(factor=ratios[0].numerator, divisor=ratios[0].denominator)
    return forms


AT_ONE_SIZE = "it was read at one size: `from_torch(…, dynamic=True)` and `from_file(…, any_size=True)` read all"
FILES = (".pt2", ".onnx", ".toml")
"""Endings of files that hold a network as data; reading them runs no code."""


def is_file(target: str) -> bool:
    """Whether a target is a file of data, not a name or Python code."""
    return target.lower().endswith(FILES)
