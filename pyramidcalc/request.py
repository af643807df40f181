"""What is asked about an architecture: its name, options, input and batch; and the ways to ask it from Python."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

from pyramidcalc.catalog import find
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.graph import Graph
from pyramidcalc.importing.results import Imported, is_file
from pyramidcalc.layers.base import Diagnostic, shape_text
from pyramidcalc.mistakes import ANALYZE, BUILD, refuse_kind
from pyramidcalc.passes.shapes import Family, check_inputs
from pyramidcalc.quantities import named
from pyramidcalc.reading import size_of
from pyramidcalc.records import Record
from pyramidcalc.report import Report, analyze_graph

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.passes.shapes import Condition

    Given = tuple[int, ...] | int | str
    """(C, *spatial) or a part of it, as a user gives it."""


class Request(Record):
    """One architecture with its complete options, the shapes of its inputs (C, *spatial) and a batch."""

    architecture: Architecture
    options: dict[str, Any]
    inputs: dict[str, tuple[int, ...]]
    forms: dict[str, FloorForm] | None
    """How the sizes of all inputs follow from the first one's; None where that is not known."""
    batch: int
    dtype: str
    notes: tuple[str, ...] = ()
    """What a user should know of how the architecture was read."""
    conditions: tuple[Condition, ...] = ()
    """On which sizes of its inputs it is known."""

    @classmethod
    def of(
        cls,
        architecture: Architecture,
        size: Given | None,
        batch: int,
        options: Mapping[str, Any],
        dtype: str = "float32",
    ) -> Self:
        """The request for some options, defaults in place of the others, and an input as `analyze` takes it.

        Raises UsageError for an unknown option, a value of another kind, or an input that is none.
        """
        complete = architecture.checked(options)
        channels, *sizes = input_shape(size, architecture.default_input(complete))
        levels = architecture.levels(channels, complete)
        inputs = {name: (count, *[form.at(n) for n in sizes]) for name, (count, form) in levels.items()}
        forms = {name: form for name, (_, form) in levels.items()}
        return cls(architecture, complete, inputs, forms, batch, dtype)

    def graph(self) -> Graph:
        """The graph. Raises LayerError where the options make none on any input."""
        return self.architecture.build({name: shape[0] for name, shape in self.inputs.items()}, self.options)

    def family(self, graph: Graph) -> Family | None:
        """The graph of this request on other sizes, where it is known how those of all inputs follow."""
        return None if self.forms is None else Family(graph, self.forms, self.conditions, self.batch)

    def report(self) -> Report:
        """All passes; options that no input makes legal give a report with that one error, and no layers."""
        try:
            graph = self.graph()
        except LayerError as error:
            notes = (Diagnostic.error(error),)
            name, options, batch, dtype = self.architecture.name, self.options, self.batch, self.dtype
            return Report(name, options, batch, dtype, self.inputs, {}, {}, notes, 0, 0, 0, 0, 0, (), None)
        return self.analyzed(graph)

    def analyzed(self, graph: Graph) -> Report:
        """All passes on the graph of this request."""
        report = analyze_graph(
            graph,
            self.inputs,
            architecture=self.architecture.name,
            options=self.options,
            batch=self.batch,
            family=self.family(graph),
            dtype=self.dtype,
        )
        return noted(report, self.notes)


def noted(report: Report, notes: Iterable[str]) -> Report:
    """The report with notes of how the architecture was read before its diagnostics."""
    said = [Diagnostic("imported", "info", note) for note in notes]
    return report.replace(diagnostics=(*said, *report.diagnostics)) if said else report


def analyze(
    what: str | PathLike[str] | Graph | Any,
    *,
    input: Given | Mapping[str, Given] | None = None,  # noqa: A002  # as on the command line
    batch: int = 1,
    dtype: str = "float32",
    **options: Any,
) -> Report:
    """Everything about an architecture: its name in the catalogue, a torch.nn.Module, a Graph, or a file's path.

    What `from_torch`, `from_file` and `chain` give is taken too, on its own input where none is given.

    `input` is (C, H, W), (H, W) with the default channels, one number for a square, the same as text ("64x64"), or
    None for the default; of sequences and volumes likewise; for your own networks (C, *spatial), or name to shape of
    each input. `options` are the catalogue's. Raises UsageError for an unknown name, option or input, LayerError for
    options that no input makes legal, ModelError for a module or a file that cannot be read; a failing layer is told
    in the report.
    """
    if isinstance(what, str) and not is_file(what):
        request = Request.of(find(what), input, batch, options, dtype)  # type: ignore[arg-type]  # input_shape refuses others
        return request.analyzed(request.graph())
    if options:
        raise UsageError(f"options are of the catalogue's architectures, got {', '.join(options)}")
    if isinstance(what, Graph) and input is None:
        raise UsageError("a Graph needs an input", hint="for example input=(3, 224, 224)")
    if isinstance(what, Graph):
        given = sizes_read(input)
        inputs = given if isinstance(given, Mapping) else {what.inputs[0][0]: given}
        check_inputs(what, inputs, batch)
        imported = Imported(what, dict(inputs), known=())
        return analyze_graph(what, inputs, batch=batch, family=family_of(imported, batch), dtype=dtype)
    imported = read_model(what, sizes_read(input))
    name = str(what) if isinstance(what, str | PathLike) else type(what).__name__
    graph, inputs, family = imported.graph, imported.inputs, family_of(imported, batch)
    report = analyze_graph(graph, inputs, architecture=name, batch=batch, family=family, dtype=dtype)
    return noted(report, imported.notes)


def family_of(imported: Imported, batch: int) -> Family | None:
    """A graph of one's own on other sizes, where its inputs are in proportion."""
    forms = imported.forms
    return None if forms is None else Family(imported.graph, forms, imported.conditions, batch)


def sizes_read(given: Any) -> Any:
    """What is given as `input`, texts in it read. Raises UsageError for one that is no size."""
    if isinstance(given, Mapping):
        return {name: sizes_read(shape) for name, shape in given.items()}
    return size_of(given) if isinstance(given, str) else given


def read_model(what: Any, given: Any) -> Imported:
    """The graph of a file, or of a module on inputs that are given; what was read before, at these inputs."""
    if isinstance(what, Imported):
        inputs = what.inputs | shapes_by_name(given, what)
        if inputs != what.inputs and (reason := what.against(inputs)):
            raise UsageError(f"this graph is not known on {named(inputs)}: {reason}", hint="read it for that size")
        return what.replace(inputs=inputs)
    if isinstance(what, str | PathLike):
        from pyramidcalc.importing.targets import from_file

        imported = from_file(what)
        return imported if given is None else from_file(what, shapes_by_name(given, imported))
    if not hasattr(what, "named_parameters"):
        refuse_kind(what, "analyze takes an architecture", ANALYZE, "give a name, a path, a Graph or a torch.nn.Module")
    if given is None:
        raise UsageError(f"a {type(what).__name__} needs an input", hint="for example input=(3, 224, 224)")
    from pyramidcalc.importing.exported import from_torch

    return from_torch(what, **given) if isinstance(given, Mapping) else from_torch(what, given)


def shapes_by_name(given: Any, imported: Imported) -> dict[str, Any]:
    """Name to shape of the inputs that are given; one without a name is the first one's."""
    name, shape = next(iter(imported.inputs.items()))
    return dict(given) if isinstance(given, Mapping) else {name: input_shape(given, shape)}


def build(name: str, *, in_channels: int | None = None, **options: Any) -> Graph:
    """The graph of an architecture; it needs no input, only its channels (None: the default's)."""
    if not isinstance(name, str):
        refuse_kind(name, "build takes a name of the catalogue", BUILD)
    request = Request.of(find(name), None, 1, options)
    if in_channels is not None:
        shape = (in_channels, *next(iter(request.inputs.values()))[1:])
        request = Request.of(find(name), shape, 1, options)
    return request.graph()


def input_shape(given: Given | None, default: tuple[int, ...]) -> tuple[int, ...]:
    """(C, *spatial) from what the user gives, with as many spatial axes as the default. Raises UsageError."""
    if given is None:
        return default
    if isinstance(given, str):
        given = size_of(given)
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
