"""All passes on one graph and one input, as frozen rows; `to_dict` is the JSON object of schema 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.valid_taps import valid_taps
from pyramidcalc.quantities import QUANTITIES, named, numbers
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic, Layer
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.passes.valid_taps import ValidTaps

SCHEMA = 1


class LayerReport(NamedTuple):
    """One layer on one input. Shapes are (C, H, W) or (F,); MACs are of the whole batch."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    output: tuple[int, ...]
    receptive_fields: dict[str, ReceptiveField]
    input_names: tuple[str, ...]
    parameters: int
    macs: int
    valid_taps: ValidTaps | None

    @property
    def op(self) -> str:
        """torch.nn's name of the layer."""
        return self.layer.name

    @property
    def attributes(self) -> dict[str, Any]:
        """The layer's arguments, normalised."""
        return self.layer.attributes()

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """With respect to the main input; None where that is not read."""
        return self.receptive_fields.get(self.input_names[0])

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        values = {
            "name": self.name,
            "op": self.op,
            "attributes": self.attributes,
            "inputs": list(self.inputs),
            "output": list(self.output),
            **fields_to_dict(self.receptive_fields, self.input_names[0]),
            **numbers(self, layers_only=True),
        }
        return values if self.valid_taps is None else values | {"valid_taps": self.valid_taps.to_dict()}


class LayerGroup(NamedTuple):
    """One layer, or some that are taken together: output and fields are the last one's, numbers are sums.

    `valid_taps` are of the one dilated layer among them; None where there is none or several.
    """

    name: str
    layers: tuple[LayerReport, ...]
    output: tuple[int, ...]
    receptive_fields: dict[str, ReceptiveField]
    receptive_field: ReceptiveField | None
    input_names: tuple[str, ...]
    parameters: int
    macs: int
    valid_taps: ValidTaps | None

    @classmethod
    def of(cls, name: str, layers: tuple[LayerReport, ...]) -> Self:
        """Some layers, one at least, under one name."""
        last = layers[-1]
        parameters, macs = sum(each.parameters for each in layers), sum(each.macs for each in layers)
        dilated = [each.valid_taps for each in layers if each.valid_taps is not None]
        taps = dilated[0] if len(dilated) == 1 else None
        fields = last.receptive_fields, last.receptive_field
        return cls(name, layers, last.output, *fields, last.input_names, parameters, macs, taps)


def fields_to_dict(fields: Mapping[str, ReceptiveField], main_input: str) -> dict[str, Any]:
    """`receptive_field` of the main input, and `receptive_fields` where another input is read."""
    main = fields.get(main_input)
    values: dict[str, Any] = {"receptive_field": main.to_dict() if main else None}
    if set(fields) - {main_input}:
        values["receptive_fields"] = {name: field.to_dict() for name, field in fields.items()}
    return values


class Report(Record):
    """Everything that pyramidcalc says of one architecture on one input.

    `layers` are all leaf layers in order, up to the failing one; `outputs` is label to shape and
    empty where the architecture is invalid. Sums are over `layers`.
    """

    architecture: str
    options: dict[str, Any]
    batch: int
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    layers: tuple[LayerReport, ...]
    diagnostics: tuple[Diagnostic, ...]
    parameters: int
    macs: int
    activations: int
    peak_activation_bytes: int
    resolved: Resolved | None

    @property
    def input(self) -> tuple[int, ...]:
        """Shape of the main input."""
        return next(iter(self.inputs.values()))

    @property
    def output(self) -> tuple[int, ...] | None:
        """Shape of the main output; None where the architecture is invalid."""
        return next(iter(self.outputs.values()), None)

    @property
    def main(self) -> LayerReport | None:
        """The layer of the main output; None where the architecture is invalid."""
        if self.resolved is None or self.failed:
            return None
        name = self.resolved.graph.outputs[0][1]
        return None if name in self.inputs else self[name]

    @property
    def receptive_fields(self) -> dict[str, ReceptiveField]:
        """Of the main output, by input; empty where the architecture is invalid."""
        return self.main.receptive_fields if self.main else {}

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Of the main output with respect to the main input."""
        return self.receptive_fields.get(self.input_names[0])

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs of the graph, the main one first."""
        return tuple(self.inputs)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why the architecture is invalid on this input."""
        return tuple(note for note in self.diagnostics if note.severity == "error")

    @property
    def failed(self) -> bool:
        """Whether the architecture is invalid on this input."""
        return bool(self.errors)

    def __getitem__(self, name: str) -> LayerReport:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def _repr_html_(self) -> str:
        # Jupyter shows this in place of repr.
        from pyramidcalc.notebook import html

        facts = {"input": named(self.inputs), "output": named(self.outputs) if self.outputs else "none: invalid here"}
        facts |= {q.heading_for([self.input]): f"{q.value(self):,}" for q in QUANTITIES if q.form == "number"}
        columns = [quantity for quantity in QUANTITIES if quantity.in_table]
        headings = ["layer", "operation", *[column.heading_for([self.input]) for column in columns]]
        rows = [(each.name, each.op, *[column.cell(each) for column in columns]) for each in self.layers]
        return html(self.architecture, facts, self.diagnostics, headings, rows)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of schema 1, with plain lists, numbers and strings."""
        return {
            **self.totals(),
            "layers": [layer.to_dict() for layer in self.layers],
            "diagnostics": [note.to_dict() for note in self.diagnostics],
            "verification": None,
        }

    def totals(self) -> dict[str, Any]:
        """The part of the JSON object before the layers."""
        return {
            "schema": SCHEMA,
            "architecture": self.architecture,
            "options": self.options,
            "batch": self.batch,
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "input": list(self.input),
            "outputs": {label: list(shape) for label, shape in self.outputs.items()},
            "output": None if self.output is None else list(self.output),
            **fields_to_dict(self.receptive_fields, self.input_names[0]),
            **numbers(self, layers_only=False),
        }


def analyze_graph(
    graph: Graph,
    inputs: Mapping[str, tuple[int, ...]],
    *,
    architecture: str = "graph",
    options: Mapping[str, Any] | None = None,
    batch: int = 1,
) -> Report:
    """Runs every pass on a graph; `inputs` is name to (C, H, W).

    A layer that cannot work on its input ends the rows and is told in the diagnostics.
    Raises UsageError where the inputs are not the graph's.
    """
    resolved = shapes(graph, inputs, batch)
    if resolved.failure is not None:
        from pyramidcalc.passes.nearest_sizes import advised

        resolved = advised(resolved)
    known = fields(resolved)
    described = receptive_fields(resolved, known)
    memories, taps, input_names = memory(resolved), valid_taps(resolved), tuple(resolved.inputs)
    layers = tuple(
        LayerReport(
            applied.name,
            applied.layer,
            applied.inputs,
            applied.shape,
            described[applied.name],
            input_names,
            applied.node.parameters,
            applied.macs * batch,
            taps.get(applied.name),
        )
        for applied in resolved.layers
    )
    return Report(
        architecture,
        dict(options or {}),
        batch,
        resolved.inputs,
        {} if resolved.failure else {label: resolved.shapes[name] for label, name in graph.outputs},
        layers,
        diagnose(resolved, known, described),
        sum(layer.parameters for layer in layers),
        sum(layer.macs for layer in layers),
        memories.activations,
        memories.peak_bytes,
        resolved,
    )
