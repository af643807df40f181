"""What the command line can analyse: blocks and networks of the catalogue, and single layers.

A subject says its options as click parameters and makes a report of their values; every command
that asks something of an architecture is built over one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import SeveralOption
from pyramidcalc.cli.values import Choice, Real, Size, Whole
from pyramidcalc.errors import LayerError
from pyramidcalc.indexmap import FloorForm
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from pyramidcalc.catalog import Architecture, Documentation, Option
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.graph import Graph
    from pyramidcalc.report import Report


class Request(Record):
    """One architecture with its options, input shapes and batch, ready to be asked."""

    name: str
    options: dict[str, Any]
    inputs: dict[str, tuple[int, ...]]
    batch: int
    subject: Subject

    def report(self) -> Report:
        """All passes; options that no input makes legal give a report with that one error."""
        from pyramidcalc.report import analyze_graph, rejected

        try:
            graph = self.subject.graph({name: shape[0] for name, shape in self.inputs.items()}, self.options)
        except LayerError as error:
            return rejected(self.name, self.options, self.inputs, self.batch, error)
        return analyze_graph(graph, self.inputs, architecture=self.name, options=self.options, batch=self.batch)


class Subject(Record):
    """A layer, block or network as the command line sees it."""

    name: str

    kind: str

    @property
    def documentation(self) -> Documentation:
        """Summary, text and source."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The command's help."""
        parts = self.documentation
        default = "×".join(map(str, self.default_input(self.complete({}))))
        tail = [f"Source: {parts.source}"] if parts.source else []
        return "\n\n".join(filter(None, [parts.summary, parts.text, *tail, f"Default input: {default}."]))

    @property
    def collapsed(self) -> bool:
        """Whether tables show one row a stage unless --depth asks for more."""
        return self.kind == "network"

    def params(self) -> list[click.Parameter]:
        """Its own options."""
        raise NotImplementedError

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All options with their values, from those that were given."""
        raise NotImplementedError

    def default_input(self, options: Mapping[str, Any]) -> tuple[int, int, int]:
        """(C, H, W) where no --input is given."""
        raise NotImplementedError

    def inputs(self, shape: tuple[int, int, int], options: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """Name to (C, H, W) of every input."""
        return {"input": shape}

    def forms(self, channels: int, options: Mapping[str, Any]) -> dict[str, FloorForm]:
        """How the sizes of every input follow from the given one's."""
        return {"input": FloorForm()}

    def graph(self, channels: Mapping[str, int], options: Mapping[str, Any]) -> Graph:
        """The graph for inputs of these channels. Raises LayerError or UsageError."""
        raise NotImplementedError

    def extras(self, report: Report) -> dict[str, Any]:
        """What the JSON object has beyond the report."""
        return {}

    def lines(self, report: Report) -> list[Line]:
        """What stands below the table before the totals."""
        return []

    def request(self, size: tuple[int, ...] | None, batch: int, values: Mapping[str, Any]) -> Request:
        """The request that the values of a command line make."""
        return self.asked(size, batch, self.options(values))

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All options, from the values of a command line: None and () mean that one was not given."""
        return self.complete({name: value for name, value in values.items() if value not in (None, ())})

    def asked(self, size: tuple[int, ...] | None, batch: int, options: dict[str, Any]) -> Request:
        """The request for an input size (None: the default) and complete options."""
        channels, *square = self.default_input(options)
        height, width = square
        if size is not None:
            channels = size[0] if len(size) == 3 else channels
            height, width = size[-2:] if len(size) > 1 else size * 2
        return Request(self.name, options, self.inputs((channels, height, width), options), batch, self)


class ArchitectureSubject(Subject):
    """A block or network of the catalogue; its options come from its signature."""

    architecture: Architecture

    @classmethod
    def of(cls, architecture: Architecture) -> Self:
        """The subject of an architecture."""
        return cls(architecture.name, architecture.kind, architecture)

    @property
    def documentation(self) -> Documentation:
        return self.architecture.documentation

    def params(self) -> list[click.Parameter]:
        return [option_param(option) for option in self.architecture.options]

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return self.architecture.checked(values)

    def default_input(self, options: Mapping[str, Any]) -> tuple[int, int, int]:
        return self.architecture.default_input(options)

    def inputs(self, shape: tuple[int, int, int], options: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        return self.architecture.inputs(shape, options)

    def forms(self, channels: int, options: Mapping[str, Any]) -> dict[str, FloorForm]:
        return {name: form for name, (_, form) in self.architecture.levels(channels, options).items()}

    def graph(self, channels: Mapping[str, int], options: Mapping[str, Any]) -> Graph:
        return self.architecture.build(channels, options)


def option_param(option: Option) -> click.Option:
    """The click option of an architecture's option."""
    flag = f"--{option.name.replace('_', '-')}"
    if option.kind is bool:
        return click.Option(
            [f"{flag}/--no-{flag[2:]}", option.name], default=option.default, help=option.help, show_default=True
        )
    text = option.help
    if option.default is not None:
        text += f"  [default: {words(option.default)}]"
    if option.multiple:
        example = words(option.default or (6, 12, 18))
        return SeveralOption([flag, option.name], type=value_type(option), help=text, example=example, metavar="N")
    if option.choices is None and option.kind is not str:
        return click.Option([flag, option.name], type=value_type(option), help=text, metavar="N")
    return click.Option([flag, option.name], type=value_type(option), help=text)


def value_type(option: Option) -> click.ParamType[Any]:
    """How one value of an option is read."""
    if option.choices is not None:
        return Choice(option.choices)
    if option.kind is float:
        return Real()
    if option.kind is int:
        # An option that is 0 by default (a padding, say) may be 0; all others count something.
        return Whole(0 if option.default == 0 else 1, words(option.default))
    return click.STRING


def words(value: Any) -> str:
    """`6 12 18` for (6, 12, 18)."""
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def common_params() -> list[click.Parameter]:
    """What every command on an architecture takes: its input and batch."""
    return [
        click.Option(
            ["--input", "input_size"],
            type=Size(),
            metavar="[Cx]HxW",
            help="Input: HxW, CxHxW, or one number for a square; × and , work for x.",
        ),
        click.Option(
            ["--batch"], type=Whole(), default=1, metavar="N", help="Samples at once; MACs and memory scale with it."
        ),
    ]
