"""The totals of a graph on one input: what `report` says of the whole, without a row for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.passes.axis_field import Composer
from pyramidcalc.passes.cost import cost
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.receptive_field import describe, fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.short_field import short_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Works

MOST_KEPT = 16_384
"""Works and straight fields that are kept for later runs; they take about 1 KiB each."""


class Outline(NamedTuple):
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

    def outline(self, graph: Graph, inputs: Mapping[str, tuple[int, ...]], batch: int = 1) -> Outline | Diagnostic:
        """The totals of a graph, or why a layer cannot work on its input.

        Raises UsageError where the inputs are not the graph's.
        """
        if len(self._works) + len(self._composer) > MOST_KEPT:
            self._works, self._composer = {}, Composer()
        resolved = shapes(graph, inputs, batch, self._works)
        if resolved.failure is not None:
            return resolved.failure
        known = fields(resolved, self._composer)
        costs, memories = cost(resolved), memory(resolved)
        found = resolved.shapes
        main = graph.outputs[0][1]
        described = {name: describe(pair, found[main]) for name, pair in known[main].items()}
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
