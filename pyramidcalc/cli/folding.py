"""Rows of a table: layers folded into units, stages or scopes, with sums."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyramidcalc.cli.wording import operation
from pyramidcalc.layers.base import Layer
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.valid_taps import ValidTaps
    from pyramidcalc.report import LayerReport, Report

OPENED = ("backbone", "features")
"""Scopes that hold a network of their own: its stages are rows, not the whole."""
MOST_IN_FULL = 4
"""A row of up to so many layers names each with its settings, a larger one counts kinds."""


class Row(Record):
    """One row: one layer, or some that are shown together; output and field are the last one's."""

    name: str
    layers: tuple[LayerReport, ...]

    @property
    def operation(self) -> str:
        """What the row's layers do."""
        if len(self.layers) <= MOST_IN_FULL:
            return " + ".join(operation(each.layer) for each in self.layers)
        kinds = Counter(each.op for each in self.layers)
        return ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items())

    @property
    def output(self) -> tuple[int, ...]:
        """Shape of the last layer's output."""
        return self.layers[-1].output

    @property
    def receptive_fields(self) -> dict[str, ReceptiveField]:
        """Of the last layer, by input."""
        return self.layers[-1].receptive_fields

    @property
    def parameters(self) -> int:
        """Sum over the layers."""
        return sum(each.parameters for each in self.layers)

    @property
    def macs(self) -> int:
        """Sum over the layers."""
        return sum(each.macs for each in self.layers)

    @property
    def valid_taps(self) -> ValidTaps | None:
        """Of the one dilated layer in the row; None where there is none or several."""
        dilated = [each.valid_taps for each in self.layers if each.valid_taps is not None]
        return dilated[0] if len(dilated) == 1 else None


def fold(report: Report, depth: int | None, *, collapsed: bool) -> tuple[Row, ...]:
    """The rows of a report.

    With `depth`, layers with more than so many names share a row a scope, and all others stand
    alone. Without, units are rows, and where `collapsed` every scope is one, save that a backbone's
    scopes are rows each.
    """
    level = depth if depth is not None else 1 if collapsed else None
    heads = {} if depth is not None else units(report)
    groups: dict[tuple[bool, str], list[LayerReport]] = {}
    for layer in report.layers:
        names = layer.name.split(".")
        shown = None if level is None else level + (depth is None and names[0] in OPENED)
        if shown is not None and len(names) > shown:
            key = (True, ".".join(names[:shown]))
        else:
            key = (False, heads.get(layer.name, layer.name))
        groups.setdefault(key, []).append(layer)
    return tuple([Row(name, tuple(group)) for (_, name), group in groups.items()])


def units(report: Report) -> dict[str, str]:
    """Layer to the head of its unit: element-wise layers join the layer that only they read, in its scope."""
    if report.resolved is None:
        return {}
    readers = Counter(name for layer in report.layers for name in layer.inputs)
    readers.update(name for _, name in report.resolved.graph.outputs)
    heads: dict[str, str] = {}
    for layer in report.layers:
        source = layer.inputs[0]
        joins = (
            source in heads
            and elementwise(layer)
            and readers[source] == 1
            and layer.name.rpartition(".")[0] == source.rpartition(".")[0]
        )
        heads[layer.name] = heads[source] if joins else layer.name
    return heads


def elementwise(layer: LayerReport) -> bool:
    """Whether a layer keeps Layer's own axes: norm, activation, dropout, identity."""
    return len(layer.inputs) == 1 and type(layer.layer).axes is Layer.axes
