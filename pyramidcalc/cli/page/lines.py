"""Command lines that the page asks: read as the prompt reads them, and the form that writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from pyramidcalc.cli.command import SeveralOption
from pyramidcalc.cli.options import architecture_named, request_from, words
from pyramidcalc.cli.quoted_command import reader, words_of
from pyramidcalc.cli.sources import Source
from pyramidcalc.cli.values import Size
from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.request import Request


AT_THE_PROMPT = ("save", "traceback")
"""Options of `model` that make no sense on the page."""


class Asked(NamedTuple):
    """A command line that is understood: its architecture, the request that it makes, and the fields of its form."""

    architecture: Architecture | Source
    request: Request
    form: list[dict[str, Any]]


class Code(NamedTuple):
    """Python code that the user named at the prompt: what the page may run again, on other inputs alone."""

    target: str
    arguments: tuple[str, ...]


def asked(line: str, trusted: Code | None) -> Asked:
    """What a line asks. Raises UsageError and click.UsageError, as the prompt would, and for what the page may not do.

    A page is open to links from anywhere: it runs no code but `trusted`, writes no file and reads no stream.
    """
    name, *args = words_of(line)
    architecture = architecture_named(name)
    with reader(architecture).make_context(name, args) as ctx:
        values: dict[str, Any] = dict(ctx.params)
        given = {name for name in values if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if isinstance(architecture, Source):
        refuse(architecture, values, trusted)
    params = [param for param in reader(architecture).params if param.name not in AT_THE_PROMPT]
    fields = [field(param, values[param.name or ""] if param.name in given else None) for param in params]
    request = request_from(architecture, values)
    for each in fields:
        if each["name"] == "input_size":
            each["default"] = written(request.architecture.default_input(request.options))
    return Asked(architecture, request, fields)


def code_of(line: str) -> Code | None:
    """The Python code that a command line names, if any."""
    name, *args = words_of(line)
    architecture = architecture_named(name)
    with reader(architecture).make_context(name, args) as ctx:
        if isinstance(architecture, Source) and architecture.runs_code(ctx.params):
            return Code(ctx.params["target"], ctx.params["arguments"])
    return None


def refuse(source: Source, values: dict[str, Any], trusted: Code | None) -> None:
    """Raises UsageError for what a page may not have done."""
    if values.get("save"):
        raise UsageError("the page writes no files", hint="give --save at the prompt")
    if "layers" in values and values["layers"] is None:
        raise UsageError("a chain needs its layers here", hint="for example chain 'conv 64 k3; relu' --input 3x64x64")
    if source.runs_code(values) and Code(values["target"], values["arguments"]) != trusted:
        raise UsageError(
            "the page runs no Python code but what it was started with",
            hint=f"end it and start `pyramidcalc explore model {values['target']} …`, or save the model as a .pt2 file",
        )


def field(param: click.Parameter, value: Any) -> dict[str, Any]:
    """One field of the form: an option or an argument of the command, and what the line gives it ("" if nothing)."""
    flags = sorted(param.opts, key=len) if isinstance(param, click.Option) else []
    flag = flags[-1] if flags else ""
    choices = [str(choice) for choice in getattr(param.type, "choices", None) or ()]
    says, default = None, param.default if isinstance(param.default, bool | int | float | str) else None
    if isinstance(param, click.Option) and param.is_flag:
        off = next(iter(param.secondary_opts), None)
        says, default, choices = {"yes": flag, "no": off}, default if off else False, ["yes", "no"]
    usual = text(default) or default_in(getattr(param, "help", None) or "")
    return {
        "name": param.name,
        "label": flag[2:] or param.name,
        "leads": param.name in ("input_size", "sizes"),
        "flag": flag,
        "says": says,
        "kind": "box" if says and usual else "choice" if choices else "text",
        "several": "one flag" if isinstance(param, SeveralOption) else "each" if param.multiple else "",
        "choices": choices if usual else ["", *choices],
        "help": (getattr(param, "help", None) or "").partition("  [default")[0],
        "default": usual,
        "value": written(value) if value and isinstance(param.type, Size) and not param.multiple else text(value),
    }


def default_in(text: str) -> str:
    """The default that an option's help ends with."""
    return text.partition("  [default: ")[2].rstrip("]")


def text(value: Any) -> str:
    """A value as the form and a command line have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        # Sizes of inputs, some with their names.
        return " ".join(f"{name}={written(size)}" if name else written(size) for name, size in value)
    return words(value)


def written(size: tuple[int, ...]) -> str:
    """3x64x64."""
    return "x".join(map(str, size))
