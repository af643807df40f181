"""Options of architectures as click reads them, and those that every command on an architecture takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import SeveralOption
from pyramidcalc.cli.sources import DTYPE, SOURCES, Source
from pyramidcalc.cli.values import (
    LARGEST,
    Choice,
    Real,
    Size,
    Value,
    WholeNumber,
    did_you_mean,
    pieces_of,
    real_number,
    shown,
    whole_number,
    within,
)

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.catalog import Architecture, Kind, Option
    from pyramidcalc.request import Request

DEVICES = ("auto", "cpu", "cuda")
DEVICE = click.Option(
    ["--device"], type=Choice(DEVICES), default="auto", help="Where torch runs; auto is cuda where there is one."
)
EXPECT = click.Option(
    ["--expect"],
    multiple=True,
    metavar="[LAYER.]QUANTITY=VALUE",
    help="What must hold, else exit code 1; in quotes: output=256x64x64, 'macs<=70G', receptive-field=global, "
    "rate6.conv.output=256x64x64, no-warnings. May be given several times.",
)


def architecture_params(architecture: Architecture | Source) -> list[click.Parameter]:
    """The architecture's own options, its input and its batch."""
    if isinstance(architecture, Source):
        return architecture.params()
    return [
        *map(option_param, architecture.options),
        click.Option(
            ["--input", "input_size"],
            type=Size(),
            metavar="[Cx]HxW",
            help="Input: HxW, CxHxW, or one number for a square; CxL or CxDxHxW of 1 or 3 axes; × and , work for x.",
        ),
        click.Option(
            ["--batch"],
            type=WholeNumber(),
            default=1,
            metavar="N",
            help="Samples at once; MACs and memory scale with it.",
        ),
        DTYPE,
    ]


def request_from(architecture: Architecture | Source, values: dict[str, Any]) -> Request:
    """Takes the values of `architecture_params` out of a command line's and makes the request that they mean."""
    if isinstance(architecture, Source):
        return architecture.request(values)
    from pyramidcalc.request import Request

    size, batch, dtype = values.pop("input_size"), values.pop("batch"), values.pop("dtype")
    given = {option.name: values.pop(option.name) for option in architecture.options}
    # None and () mean that an option was not given.
    options = {name: value for name, value in given.items() if value not in (None, ())}
    return Request.of(architecture, size, batch, options, dtype)


def architecture_named(name: str) -> Architecture | Source:
    """The architecture of the catalogue, or `model` or `chain`. Raises UsageError that names the nearest."""
    from pyramidcalc.catalog import find

    return SOURCES[name] if name in SOURCES else find(name)


def option_param(option: Option) -> click.Option:
    """The click option of an architecture's option."""
    kind, flags = option.kind, [option.flag, option.name]
    if option.short is not None:
        flags.insert(0, option.short)
    if kind.type is bool:
        switch = f"{option.flag}/--no-{option.flag[2:]}"
        show = option.default is not None
        return click.Option([switch, option.name], default=option.default, help=option.help, show_default=show)
    text = option.help
    if option.default is not None:
        text += f"  [default: {words(option.default)}]"
    if kind.multiple:
        example = words(option.default or (6, 12, 18))
        return SeveralOption(flags, type=value_type(option), help=text, example=example, metavar="N")
    if kind.per_axis:
        return AxesOption(flags, kind, text)
    metavar = "N" if kind.choices is None and kind.type is not str else None
    return click.Option(flags, type=value_type(option), help=text, metavar=metavar)


def value_type(option: Option) -> click.ParamType[Any]:
    """How one value of an option is read."""
    kind = option.kind
    if kind.choices is not None:
        return Choice(kind.choices)
    if kind.type is float:
        return Real()
    if kind.type is int:
        # An option that is 0 by default (a padding, say) may be 0; all others count something.
        return WholeNumber(0 if option.default == 0 else 1, words(option.default))
    return click.STRING


def words(value: Any) -> str:
    """`6 12 18` for (6, 12, 18)."""
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


class AxesOption(SeveralOption):
    """`--kernel 3` for all axes; `3x5`, `3,5` or `3 5` for height and width."""

    def __init__(self, names: list[str], kind: Kind, text: str) -> None:
        super().__init__(names, type=Axes(kind), help=text, example="3 or 3x5", metavar="N[xN]")

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """All numbers that were given, as one value."""
        given: tuple[tuple[Any, ...], ...] = super().process_value(ctx, value) or ()
        numbers = [number for numbers in given for number in numbers]
        word = next((number for number in numbers if isinstance(number, str)), None)
        if word is not None and len(numbers) > 1:
            raise click.BadParameter(f"{shown(word)} stands alone, for all axes", ctx, self)
        if len(numbers) > 3:
            raise click.BadParameter(f"{len(numbers)} values; give one, or one for each axis", ctx, self)
        if not numbers:
            return None
        if numbers == [None]:
            raise click.BadParameter("'none' keeps one axis; give the others too, as in nonex7", ctx, self)
        return numbers[0] if len(numbers) == 1 else tuple(numbers)


class Axes(Value):
    """Some numbers between `x`, or a word; `none` leaves an axis as it is where the option allows that.

    How small a number may be is the layer's own rule: some paddings may be negative.
    """

    name = "axes"

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.words = [*kind.words, *["none"] * kind.free]

    def read(self, text: str) -> tuple[Any, ...]:
        return (text,) if text in self.kind.words else tuple(self._one(piece, text) for piece in pieces_of(text))

    def _one(self, piece: str, text: str) -> Any:
        if self.kind.free and piece == "none":
            return None
        real = self.kind.type is float
        number = real_number(piece) if real else whole_number(piece, -LARGEST)
        if number is None or (real and not number):
            rule = "a number above 0 and up to 10^18" if real else "a whole number up to 10^18"
            rule += "".join(f", or {word}" for word in self.words) + did_you_mean(piece, self.words)
            self.fail(f"{within(piece, text)} is not {rule}")
        return number

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The words."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words if word.startswith(incomplete)]


def check_device(verify: bool, device: str) -> None:
    """Refuses a device for torch where torch is not asked."""
    if device != "auto" and not verify:
        ctx = click.get_current_context()
        raise click.UsageError("--device says where --verify runs; give --verify too", ctx)
