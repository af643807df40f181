"""All passes on one graph and one input, as frozen rows; `to_dict` is the JSON object of schema 1."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.catalog import find
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Graph
from pyramidcalc.importing.results import is_file
from pyramidcalc.layers.base import Diagnostic, shape_text
from pyramidcalc.passes.cost import cost
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.receptive_field import fields, receptive_fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.valid_taps import valid_taps
from pyramidcalc.quantities import numbers
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.importing.results import Imported
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.layers.base import Layer
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


class LayerGroup(Record):
    """One layer, or some that are taken together: output and fields are the last one's, numbers are sums."""

    name: str
    layers: tuple[LayerReport, ...]

    @property
    def output(self) -> tuple[int, ...]:
        """Shape of the last layer's output."""
        return self.layers[-1].output

    @property
    def receptive_fields(self) -> dict[str, ReceptiveField]:
        """Of the last layer, by input."""
        return self.layers[-1].receptive_fields

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Of the last layer, with respect to the main input; None where that is not read."""
        return self.layers[-1].receptive_field

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs of the graph."""
        return self.layers[-1].input_names

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
        """Of the one dilated layer among them; None where there is none or several."""
        dilated = [each.valid_taps for each in self.layers if each.valid_taps is not None]
        return dilated[0] if len(dilated) == 1 else None


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
    def failed(self) -> bool:
        """Whether the architecture is invalid on this input."""
        return any(note.severity == "error" for note in self.diagnostics)

    def __getitem__(self, name: str) -> LayerReport:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of schema 1, with plain lists, numbers and strings."""
        return {**self.totals(), "layers": [layer.to_dict() for layer in self.layers], **self.remarks()}

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

    def remarks(self) -> dict[str, Any]:
        """The part of the JSON object behind the layers."""
        return {"diagnostics": [note.to_dict() for note in self.diagnostics], "verification": None}


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
    costs, memories, taps = cost(resolved), memory(resolved), valid_taps(resolved)
    input_names = tuple(resolved.inputs)
    layers = [
        LayerReport(
            applied.name,
            applied.layer,
            applied.inputs,
            applied.shape,
            described[applied.name],
            input_names,
            parameters,
            macs,
            taps.get(applied.name),
        )
        for applied, parameters, macs in zip(resolved.layers, costs.parameters, costs.macs, strict=True)
    ]
    return Report(
        architecture,
        dict(options or {}),
        batch,
        resolved.inputs,
        {} if resolved.failure else {label: resolved.shapes[name] for label, name in graph.outputs},
        tuple(layers),
        diagnose(resolved, known, described),
        costs.total_parameters,
        costs.total_macs,
        memories.activations,
        memories.peak_bytes,
        resolved,
    )


class Request(Record):
    """One architecture with its complete options, the shapes of its inputs (C, *spatial) and a batch."""

    architecture: Architecture
    options: dict[str, Any]
    inputs: dict[str, tuple[int, ...]]
    batch: int
    notes: tuple[str, ...] = ()
    """What a user should know of how the architecture was read."""

    @classmethod
    def of(
        cls, architecture: Architecture, size: tuple[int, ...] | int | None, batch: int, options: Mapping[str, Any]
    ) -> Self:
        """The request for some options, defaults in place of the others, and an input as `analyze` takes it.

        Raises UsageError for an unknown option, a value of another kind, or an input that is none.
        """
        complete = architecture.checked(options)
        shape = input_shape(size, architecture.default_input(complete))
        return cls(architecture, complete, architecture.inputs(shape, complete), batch)

    def graph(self) -> Graph:
        """The graph. Raises LayerError where the options make none on any input."""
        return self.architecture.build({name: shape[0] for name, shape in self.inputs.items()}, self.options)

    def forms(self) -> dict[str, FloorForm]:
        """How the sizes of every input follow from the first one's."""
        levels = self.architecture.levels(next(iter(self.inputs.values()))[0], self.options)
        return {name: form for name, (_, form) in levels.items()}

    def report(self) -> Report:
        """All passes; options that no input makes legal give a report with that one error, and no layers."""
        try:
            graph = self.graph()
        except LayerError as error:
            note = Diagnostic(error.code, "error", error.message, error.hint)
            name = self.architecture.name
            return Report(name, self.options, self.batch, self.inputs, {}, (), (note,), 0, 0, 0, 0, None)
        return self.analyzed(graph)

    def analyzed(self, graph: Graph) -> Report:
        """All passes on the graph of this request."""
        name = self.architecture.name
        report = analyze_graph(graph, self.inputs, architecture=name, options=self.options, batch=self.batch)
        return noted(report, self.notes)


def noted(report: Report, notes: Iterable[str]) -> Report:
    """The report with notes of how the architecture was read before its diagnostics."""
    said = [Diagnostic("imported", "info", note) for note in notes]
    return report.replace(diagnostics=(*said, *report.diagnostics)) if said else report


def analyze(
    what: str | PathLike[str] | Graph | Any,
    *,
    input: tuple[int, ...] | int | Mapping[str, tuple[int, ...]] | None = None,  # noqa: A002  # as on the command line
    batch: int = 1,
    **options: Any,
) -> Report:
    """Everything about an architecture: its name in the catalogue, a torch.nn.Module, a Graph, or a file's path.

    `input` is (C, H, W), (H, W) with the default channels, one number for a square, or None for
    the default; of sequences and volumes likewise; for your own networks (C, *spatial), or name to shape of each
    input. `options` are the catalogue's. Raises UsageError for an unknown name, option or input, LayerError for
    options that no input makes legal, ModelError for a module or a file that cannot be read; a failing layer is told
    in the report.
    """
    if isinstance(what, str) and not is_file(what):
        request = Request.of(find(what), input, batch, options)  # type: ignore[arg-type]  # input_shape refuses others
        return request.analyzed(request.graph())
    if options:
        raise UsageError(f"options are of the catalogue's architectures, got {', '.join(options)}")
    if isinstance(what, Graph):
        inputs = input if isinstance(input, Mapping) else {what.inputs[0][0]: input}
        return analyze_graph(what, inputs, batch=batch)  # type: ignore[arg-type]  # the shapes pass refuses others
    imported = read_model(what, input)
    name = str(what) if isinstance(what, str | PathLike) else type(what).__name__
    return noted(analyze_graph(imported.graph, imported.inputs, architecture=name, batch=batch), imported.notes)


def read_model(what: Any, given: Any) -> Imported:
    """The graph of a file, or of a module on inputs that are given."""
    if isinstance(what, str | PathLike):
        from pyramidcalc.importing.targets import from_file

        imported = from_file(what)
        if given is None:
            return imported
        name, shape = next(iter(imported.inputs.items()))
        return from_file(what, given if isinstance(given, Mapping) else {name: input_shape(given, shape)})
    if not hasattr(what, "named_parameters"):
        raise UsageError(f"{what!r} is no architecture", hint="give a name, a path, a Graph or a torch.nn.Module")
    if given is None:
        raise UsageError(f"a {type(what).__name__} needs an input", hint="for example input=(3, 224, 224)")
    from pyramidcalc.importing.exported import from_torch

    return from_torch(what, **given) if isinstance(given, Mapping) else from_torch(what, given)


def build(name: str, *, in_channels: int | None = None, **options: Any) -> Graph:
    """The graph of an architecture; it needs no input, only its channels (None: the default's)."""
    request = Request.of(find(name), None, 1, options)
    if in_channels is not None:
        shape = (in_channels, *next(iter(request.inputs.values()))[1:])
        request = Request.of(find(name), shape, 1, options)
    return request.graph()


def input_shape(given: tuple[int, ...] | int | None, default: tuple[int, ...]) -> tuple[int, ...]:
    """(C, *spatial) from what the user gives, with as many spatial axes as the default. Raises UsageError."""
    if given is None:
        return default
    channels, *spatial = default
    sizes = tuple(given) if isinstance(given, tuple | list) else (given,)
    if len(sizes) == 1:
        sizes *= len(spatial)
    if len(sizes) == len(spatial):
        sizes = (channels, *sizes)
    if len(sizes) != len(default) or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in sizes):
        letters = {1: "CxL or L", 2: "CxHxW, HxW or one number for a square", 3: "CxDxHxW, DxHxW or one number"}
        raise UsageError(
            f"input {given!r} must be {letters[len(spatial)]}, all whole and at least 1",
            hint=f"for example {shape_text(default)}",
        )
    return sizes
