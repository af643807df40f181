"""`model` and `chain`: architectures of the user's own, with the options and requests of catalogue architectures."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.imported import ImportedArchitecture, Run, asks_other_sizes, once
from pyramidcalc.cli.values import Choice, Size, WholeNumber, shown
from pyramidcalc.errors import ModelError, PyramidcalcError, UsageError
from pyramidcalc.passes.memory import DTYPES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.catalog import Option
    from pyramidcalc.importing.results import Imported
    from pyramidcalc.request import Request

    Given = tuple[str | None, tuple[int, ...]]
    """The name of an input, where one is given, and its size."""


DTYPE = click.Option(
    ["--dtype"],
    type=Choice(tuple(DTYPES)),
    default="float32",
    help="What a number takes, of weights and activations: float32, float16, bfloat16, float64 or int8.",
)


class Source:
    """A command that takes a network of the user's own."""

    name = ""
    kind = "model"
    help = ""
    variants: tuple[int, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """It has none of the catalogue's kind."""
        return ()

    def params(self) -> list[click.Parameter]:
        """Its arguments, its inputs and its batch."""
        return [
            click.Option(
                ["--input", "sizes"],
                type=NamedSize(),
                multiple=True,
                metavar="[NAME=]CxHxW",
                help="Size of an input; of several inputs one each, with its name.",
            ),
            click.Option(["--batch"], type=WholeNumber(), default=1, metavar="N", help="Samples at once."),
            DTYPE,
            click.Option(["--strict"], is_flag=True, help="Refuse operators without a rule, which are unknown else."),
        ]

    def runs_code(self, values: Mapping[str, Any]) -> bool:
        """Whether the values of a command line name Python code."""
        return False

    def imported(self, sizes: tuple[Given, ...], values: dict[str, Any]) -> ImportedArchitecture:
        """The network that the values of a command line name; takes its own out of `values`."""
        raise NotImplementedError

    def request(self, values: dict[str, Any]) -> Request:
        """Takes the values of `params` out of a command line's and makes the request that they mean."""
        from pyramidcalc.request import Request

        sizes, batch, dtype = values.pop("sizes"), values.pop("batch"), values.pop("dtype")
        strict = values.pop("strict")
        architecture = self.imported(sizes, values)
        imported = architecture.imported
        unknown = [node.name for node in imported.graph.nodes if node.layer.opaque]
        if strict and unknown:
            count = f"{len(unknown)} operator{'s' * (len(unknown) > 1)}"
            raise ModelError(f"{architecture.name} has {count} without a rule: {', '.join(unknown[:3])}")
        named: Any = architecture
        given = imported.inputs, imported.forms, batch, dtype, imported.notes, imported.conditions
        return Request(named, {}, *given)


class NamedSize(Size):
    """`3x512x512` or `name=3x512x512`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        name, equals, size = value.rpartition("=")
        return name if equals else None, super().convert(size, param, ctx)


def by_name(sizes: tuple[Given, ...], known: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Name to shape of the inputs that are given; a size without channels takes the known ones."""
    given: dict[str, tuple[int, ...]] = {}
    for given_name, size in sizes:
        name = next(iter(known)) if given_name is None else given_name
        if name not in known:
            raise UsageError(f"there is no input {shown(name)}", hint=f"the inputs are {', '.join(known)}")
        channels, *spatial = known[name]
        full = size * len(spatial) if len(size) == 1 and spatial else size
        given[name] = full if len(full) == len(known[name]) else (channels, *full)
    return given


class Model(Source):
    """A network of the user's own, from Python code or a file."""

    name = "model"
    help = """A network of your own: a torch module, an exported program, an ONNX file or a TOML file.

    TARGET is MODULE:NAME or FILE.py:NAME (a class, a function that gives a module, or a module; this runs the code), or
    a .pt2, .onnx or .toml file (which runs none, and needs no torch).
    """

    def params(self) -> list[click.Parameter]:
        return [
            click.Argument(["target"]),
            click.Option(["--arg", "arguments"], multiple=True, metavar="NAME=VALUE", help="An argument of NAME."),
            *super().params(),
            click.Option(["--save"], metavar="FILE.pt2", help="Write the exported program."),
            click.Option(["--traceback"], is_flag=True, help="Show Python's traceback where TARGET's code fails."),
        ]

    def runs_code(self, values: Mapping[str, Any]) -> bool:
        from pyramidcalc.importing.results import is_file

        return not is_file(values["target"])

    def imported(self, sizes: tuple[Given, ...], values: dict[str, Any]) -> ImportedArchitecture:
        from pyramidcalc.importing.results import is_file
        from pyramidcalc.importing.targets import from_file

        target, save, traceback = values.pop("target"), values.pop("save"), values.pop("traceback")
        arguments = dict(argument(text) for text in values.pop("arguments"))
        if not is_file(target):
            try:
                return self.of_code(target, arguments, sizes, save)
            except ModelError as error:
                if traceback:
                    click.echo(traceback_of(error), err=True, nl=False)
                raise
        if arguments or save or traceback:
            raise UsageError("--arg, --save and --traceback are for Python code, not for a file of data")
        imported = once((target,), lambda: from_file(target, any_size=asks_other_sizes()))
        given = by_name(sizes, imported.inputs)
        inputs = {**imported.inputs, **given}
        channels = dict(imported.graph.inputs)
        if all(shape[0] == channels[name] for name, shape in given.items()) and imported.against(inputs) is None:
            imported = imported.replace(inputs=inputs)
        elif given:
            imported = from_file(target, given, any_size=asks_other_sizes())
        return ImportedArchitecture(target, self.kind, imported)

    def of_code(
        self, target: str, arguments: dict[str, Any], sizes: tuple[Given, ...], save: str | None
    ) -> ImportedArchitecture:
        """The network of an object of Python code, which is run."""
        from pyramidcalc.importing.targets import named_object, without_torch

        if not sizes:
            raise UsageError(f"{target} needs an input size", hint="for example --input 3x224x224")
        positional = [size for name, size in sizes if name is None]
        named = {name: size for name, size in sizes if name is not None}
        # A question of other sizes takes an export with open ones, which is slower, and which not every module allows.
        dynamic = asks_other_sizes()

        def read(thing: Any, dynamic: bool) -> tuple[Any, Imported]:
            """The module and its graph."""
            try:
                from pyramidcalc.importing.exported import from_object
            except ModuleNotFoundError:
                raise without_torch(target) from None
            return from_object(thing, target, arguments, positional, named, dynamic=dynamic, save=save)

        kinds = tuple([(name, size[0], len(size)) for name, size in sizes])
        key = (target, repr(arguments), kinds)
        module, imported = once(key, lambda: read(named_object(target), dynamic))
        inputs = dict(zip(imported.inputs, [*positional, *named.values()], strict=True))
        if imported.against(inputs) is None:
            imported = imported.replace(inputs=inputs)
        else:
            # Sizes on which the graph is not known have one of their own.
            module, imported = read(module, dynamic=False)
        run = Run(module, tuple(positional), named)
        return ImportedArchitecture(target, self.kind, imported, run)


def traceback_of(error: BaseException) -> str:
    """Python's traceback of what made pyramidcalc refuse a user's code, without pyramidcalc's own errors."""
    from traceback import format_exception

    while isinstance(error, PyramidcalcError) and error.__cause__ is not None:
        error = error.__cause__
    return "".join(format_exception(error))


def argument(text: str) -> tuple[str, Any]:
    """`classes=21`: a name and a literal of Python, or a text where it is none."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise UsageError(f"--arg {shown(text)} is no NAME=VALUE", hint="for example --arg classes=21")
    try:
        return name.strip(), ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name.strip(), value


class Chain(Source):
    """Layers in a row."""

    name = "chain"
    help = """Layers in a row: "conv 64 k7 s2 p3; bn; relu; maxpool 3 s2 p1; aspp rate=6,12,18", or what torch prints.

    Without LAYERS they are read from standard input; `;` or a new line stands between them.
    """

    def params(self) -> list[click.Parameter]:
        return [click.Argument(["layers"], required=False), *super().params()]

    def imported(self, sizes: tuple[Given, ...], values: dict[str, Any]) -> ImportedArchitecture:
        from pyramidcalc.importing.chain import chain

        text = values.pop("layers")
        if len(sizes) != 1:
            raise UsageError("a chain has one input", hint="for example --input 3x224x224")
        if text is None:
            try:
                text = sys.stdin.read() if sys.stdin is not None else ""
            except UnicodeDecodeError as error:
                raise UsageError(f"standard input is no text: {error}") from None
        return ImportedArchitecture(self.name, self.kind, chain(text, sizes[0][1]))


SOURCES = {source.name: source for source in (Model(), Chain())}
"""Commands that are architectures and no files of the catalogue."""
