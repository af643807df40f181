"""The totals of a graph on one input: what `report` says of the whole, without a row for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.passes.axis_field import Composer
from pyramidcalc.passes.cost import cost
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.receptive_field import describe, fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.short_field import short_field
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Works

MOST_KEPT = 16_384
"""Works and straight fields that are kept for later runs; they take about 1 KiB each."""


class Outline(Record):
    """Outputs by label, receptive fields of the main one by input, and the sums over all layers.

    MACs and activations are of the whole batch.
    """

    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    receptive_fields: dict[str, ReceptiveField]
    parameters: int
    macs: int
    activations: int
    peak_activation_bytes: int
    diagnostics: tuple[Diagnostic, ...]


class Outliner:
    """Outlines many inputs and graphs; what equal layers make of equal shapes is worked out once."""

    def __init__(self) -> None:
        self._works: Works = {}
        self._composer = Composer()
        self._described: dict[tuple[int, int], tuple[tuple[AxisField, AxisField], ReceptiveField]] = {}

    def outline(self, graph: Graph, inputs: Mapping[str, tuple[int, ...]], batch: int = 1) -> Outline | Diagnostic:
        """The totals of a graph, or why a layer cannot work on its input.

        Raises UsageError where the inputs are not the graph's.
        """
        if len(self._works) + len(self._composer) + len(self._described) > MOST_KEPT:
            self._works, self._composer, self._described = {}, Composer(), {}
        resolved = shapes(graph, inputs, batch, self._works)
        if resolved.failure is not None:
            return resolved.failure
        known = fields(resolved, self._composer)
        costs, memories = cost(resolved), memory(resolved)
        found = resolved.shapes
        main = graph.outputs[0][1]
        described = {name: self._describe(pair, found[main]) for name, pair in known[main].items()}
        return Outline(
            resolved.inputs,
            {label: found[name] for label, name in graph.outputs},
            described,
            costs.total_parameters,
            costs.total_macs,
            memories.activations,
            memories.peak_bytes,
            (*diagnose(resolved, known, self._composer), *short_field(resolved, {main: described})),
        )

    def _describe(self, pair: tuple[AxisField, AxisField], shape: tuple[int, ...]) -> ReceptiveField:
        """`describe`, done once where it is the same for every shape: of one straight path an axis."""
        if not all(field.straight and len(field.parts) < 2 for field in pair):
            return describe(pair, shape)
        key = (id(pair[0]), id(pair[1]))
        if key not in self._described:
            self._described[key] = (pair, describe(pair, shape))
        return self._described[key][1]
