"""The rows of a sweep: one for each combination of values, worked out by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.summary import diagnosis, named
from pyramidcalc.cli.sweeping.template import Template
from pyramidcalc.cli.sweeping.variables import variables_of
from pyramidcalc.cli.values import whole_number
from pyramidcalc.cli.wording import by_input, field_size, field_stride
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.passes.outline import Outline, Outliner
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pyramidcalc.cli.subjects import Request
    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.receptive_field import ReceptiveField

HEADINGS = (
    "output (C×H×W)",
    "receptive field (pixels)",
    "stride (pixels)",
    "parameters",
    "MACs",
    "activations (elements)",
    "peak activation memory (bytes)",
    "warnings",
    "problem",
)
WORDS = ("warnings", "problem")
"""Headings of texts; all others stand to the right in a table."""
LARGEST_VALUE = 10**18
MOST_GRAPHS = 64
"""Graphs that are kept; more are built again, so that memory stays constant."""
MOST_FIELDS = 256
"""Receptive fields in words that are kept."""


class Done(Record):
    """One row in its written form, a JSON text or cells, and whether the combination is valid."""

    written: str | tuple[str | int, ...]
    valid: bool


class Sweep:
    """The product of the variables' values over a template; the last variable changes first.

    Raises click.UsageError for a template or values that cannot be read.
    """

    def __init__(self, line: str, settings: Sequence[str]) -> None:
        self.line = line
        self.variables = variables_of(settings)
        self.template = Template(line, self.variables)
        self.count = 1
        for variable in self.variables:
            self.count *= variable.length
        self.names = tuple([variable.name for variable in self.variables])
        self._outliner = Outliner()
        self._graphs: dict[tuple[Any, ...], Graph] = {}
        self._fields: dict[int, tuple[ReceptiveField, str, str]] = {}

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings of the columns: variables, then results."""
        return (*self.names, *HEADINGS)

    def rows(self, start: int, stop: int, form: str) -> list[Done]:
        """The rows from number `start` to before `stop`."""
        write = as_json if form == "json" else self.cells
        made = []
        for number in range(start, min(stop, self.count)):
            values = self.values(number)
            found = self.outline(values)
            made.append(Done(write(values, found), isinstance(found, Outline)))
        return made

    def values(self, number: int) -> dict[str, str]:
        """The values of one combination, by variable."""
        texts = []
        for variable in reversed(self.variables):
            number, index = divmod(number, variable.length)
            texts.append(variable.value(index))
        return dict(zip(self.names, reversed(texts), strict=True))

    def outline(self, values: Mapping[str, str]) -> Outline | Diagnostic:
        """The totals of one combination, or what is wrong with it."""
        try:
            request = self.template.request(values)
            return self._outliner.outline(self._graph_for(request), request.inputs, request.batch)
        except PyramidcalcError as error:
            return Diagnostic(error.code, "error", error.message, error.hint)
        except click.UsageError as error:
            return Diagnostic("usage", "error", error.format_message())
        except (MemoryError, OverflowError) as error:
            return Diagnostic(
                "too-large", "error", f"these numbers are too large to work with ({type(error).__name__})"
            )

    def _graph_for(self, request: Request) -> Graph:
        """The request's graph; rows that differ in the input's size alone share it."""
        channels = {name: shape[0] for name, shape in request.inputs.items()}
        key = (*request.options.values(), *channels.values())
        if key not in self._graphs:
            if len(self._graphs) >= MOST_GRAPHS:
                self._graphs.clear()
            self._graphs[key] = request.subject.graph(channels, request.options)
        return self._graphs[key]

    def cells(self, values: Mapping[str, str], found: Outline | Diagnostic) -> tuple[str | int, ...]:
        """The cells of one row."""
        if isinstance(found, Diagnostic):
            return (*values.values(), *[""] * (len(HEADINGS) - 1), diagnosis(found).text)
        told = {name: self._told(field) for name, field in found.receptive_fields.items()}
        return (
            *values.values(),
            named(found.outputs),
            by_input({name: size for name, (_, size, _) in told.items()}, found.inputs),
            by_input({name: stride for name, (_, _, stride) in told.items()}, found.inputs),
            found.parameters,
            found.macs,
            found.activations,
            found.peak_activation_bytes,
            warnings(found.diagnostics),
            "",
        )

    def _told(self, field: ReceptiveField) -> tuple[ReceptiveField, str, str]:
        """A field with its size and stride in words; most rows of a graph have the same one."""
        if id(field) not in self._fields:
            if len(self._fields) >= MOST_FIELDS:
                self._fields.clear()
            self._fields[id(field)] = (field, field_size(field), field_stride(field))
        return self._fields[id(field)]


def warnings(notes: Sequence[Diagnostic]) -> str:
    """`degenerate-rate (rate18.conv)`: the codes of warnings, each with the layers that it holds for."""
    layers: dict[str, list[str]] = {}
    for note in notes:
        if note.severity == "warning":
            layers.setdefault(note.code, []).append(note.layer or "")
    return "; ".join([f"{code} ({', '.join(found)})" for code, found in layers.items()])


def as_json(values: Mapping[str, str], found: Outline | Diagnostic) -> str:
    """One row as a JSON object; what is not there is null."""
    from json import dumps

    made: dict[str, Any] = {"values": {name: plain(text) for name, text in values.items()}}
    if isinstance(found, Diagnostic):
        nothing = dict.fromkeys(("output", "receptive_field", "parameters", "macs", "activations"))
        made |= {"valid": False, "outputs": {}, **nothing, "peak_activation_bytes": None}
        return dumps(made | {"diagnostics": [found.to_dict()]})
    fields = {name: field.to_dict() for name, field in found.receptive_fields.items()}
    main = next(iter(found.inputs))
    made |= {
        "valid": True,
        "outputs": found.outputs,
        "output": next(iter(found.outputs.values())),
        "receptive_field": fields.get(main),
    }
    if set(fields) - {main}:
        made["receptive_fields"] = fields
    made |= {
        "parameters": found.parameters,
        "macs": found.macs,
        "activations": found.activations,
        "peak_activation_bytes": found.peak_activation_bytes,
        "diagnostics": [note.to_dict() for note in found.diagnostics],
    }
    return dumps(made)


def plain(text: str) -> Any:
    """A value as JSON has it: a number, a list of them, or text."""
    pieces = text.replace(",", " ").split()
    numbers = [whole_number(piece, -LARGEST_VALUE) for piece in pieces]
    if None in numbers:
        return text
    return numbers[0] if len(numbers) == 1 else numbers
