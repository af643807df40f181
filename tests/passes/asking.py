"""Asks a graph on one input what the passes say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Resolved


def resolved_on(graph: Graph, *shape: int) -> Resolved:
    """A graph on one input that works."""
    resolved = shapes(graph, {graph.inputs[0][0]: shape})
    assert resolved.failure is None, resolved.failure
    return resolved


def all_fields(resolved: Resolved) -> dict[str, dict[str, ReceptiveField]]:
    """The receptive fields of every node, by input."""
    return receptive_fields(resolved, fields(resolved))


def field_of(graph: Graph, *shape: int, node: str | None = None) -> ReceptiveField:
    """The receptive field of a node (the output's where none is named) of a graph of one input."""
    return all_fields(resolved_on(graph, *shape))[node or graph.outputs[0][1]][graph.inputs[0][0]]


def axis_field(resolved: Resolved, node: str, axis: int) -> AxisField:
    """What is known of one spatial axis, counted from 0, of a node all of whose channels read the same."""
    ((_, by_input),) = fields(resolved)[node]
    return by_input[resolved.graph.inputs[0][0]][axis]


def notes_on(graph: Graph, **inputs: tuple[int, ...]) -> tuple[Diagnostic, ...]:
    """What is said of a graph."""
    resolved = shapes(graph, inputs)
    known = fields(resolved)
    return diagnose(resolved, known, receptive_fields(resolved, known))
