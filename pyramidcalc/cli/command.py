"""The command and option classes: options with several values, and errors that name a way out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.errors import ModelError, PyramidcalcError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

WORDS = "pyramidcalc.words"
"""Where click's context holds the words of the command line, from the command's name on."""


class MissingValueError(Exception):
    """An option with several values stands without any; holds the option's name."""


def is_value(token: str) -> bool:
    """Whether a token is a value, not an option: what does not start with `-`, and numbers: -1, -.5, -1x3, -inf."""
    rest = token.removeprefix("-")
    number = rest.removeprefix(".")[:1].isdigit() or rest.lower() in ("inf", "nan", "infinity")
    return number or not token.startswith("-")


def rewrite(
    tokens: Sequence[str], several: Collection[str], single: Collection[str], *, lenient: bool = False
) -> list[str]:
    """The tokens with one `--name=value`, which click can read, for each value of an option in `several`.

    `--rate 6 12 18`, `--rate 6,12,18`, `--rate=6 12 18` and `--rate 6 --rate 12 --rate 18` are all the same.
    Options in `single` take one value, which may look like an option. Everything after `--` stays as it is. Raises
    MissingValueError, unless `lenient` (for completion).
    """
    rewritten: list[str] = []
    left = deque(tokens)
    while left:
        token = left.popleft()
        if token == "--":
            return [*rewritten, token, *left]
        name, equals, first = token.partition("=")
        if name not in several:
            rewritten.append(token)
            if left and not equals and name in single:
                rewritten.append(left.popleft())
            continue
        values = [first] if equals else []
        while left and is_value(left[0]):
            values.append(left.popleft())
        if not values and not lenient:
            raise MissingValueError(name)
        for value in values:
            # One comma at the end of a token is let pass, as in `6, 12, 18`.
            trimmed = value[:-1] if len(value) > 1 and value.endswith(",") else value
            rewritten += [f"{name}={piece}" for piece in trimmed.split(",")]
    return rewritten


class SeveralOption(click.Option):
    """An option with one value or more, in all spellings; `example` shows one in errors."""

    def __init__(self, names: Sequence[str], *, example: str = "", **settings: Any) -> None:
        super().__init__(names, multiple=True, **settings)
        self.example = example

    def make_metavar(self, ctx: click.Context) -> str:
        """The value's name, then dots."""
        return f"{super().make_metavar(ctx)}..."


class Command(click.Command):
    """A command whose options may take several values; such a command takes no positional arguments.

    What pyramidcalc refuses (PyramidcalcError) becomes wrong usage, exit code 2.
    """

    other_options = ""
    """What to say behind an option that it does not have."""

    def __init__(self, name: str, callback: Callable[..., Any], params: Sequence[click.Parameter], text: str) -> None:
        super().__init__(name, callback=callback, params=list(params), help=text)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """click's parsing, after options with several values are taken apart."""
        # Command lines within quotes are read later, and are not what the user typed first.
        ctx.meta.setdefault(WORDS, (self.name or "", *args))
        options = [param for param in self.params if isinstance(param, click.Option)]
        several = {flag: option for option in options if isinstance(option, SeveralOption) for flag in option.opts}
        single = {flag for option in options if not option.is_flag for flag in option.opts if flag not in several}
        positional = len(options) < len(self.params)
        try:
            args = rewrite(args, several, single, lenient=ctx.resilient_parsing)
        except MissingValueError as error:
            example = several[str(error)].example
            message = f"`{error}` needs at least one value" + (f", for example {error} {example}" if example else "")
            raise click.UsageError(message, ctx) from None
        if not positional:
            ctx.allow_extra_args = True
        try:
            super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = [flag for param in self.get_params(ctx) for flag in param.opts]
            message = f"there is no option {shown(error.option_name)}{did_you_mean(error.option_name, known)}"
            raise click.NoSuchOption(error.option_name, message + self.other_options, ctx=ctx) from None
        if not positional and ctx.args and not ctx.resilient_parsing:
            raise click.UsageError(unexpected(ctx.args, several, single), ctx)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the callback; what pyramidcalc refuses is wrong usage."""
        try:
            return super().invoke(ctx)
        except ModelError as error:
            raise click.ClickException(str(error)) from error
        except PyramidcalcError as error:
            raise click.UsageError(str(error), ctx) from None
        except (MemoryError, OverflowError) as error:
            raise click.UsageError(f"these numbers are too large to work with ({type(error).__name__})", ctx) from None


def line_without(ctx: click.Context, *options: str, flags: Sequence[str] = ()) -> str:
    """The command line from the command's name on, less some options with their values, and some flags."""
    from shlex import join

    words = iter(ctx.meta[WORDS])
    kept = []
    for word in words:
        if word in options:
            next(words, None)
        elif word not in flags and word.partition("=")[0] not in options:
            kept.append(word)
    return join(kept)


def unexpected(words: Sequence[str], several: Any, single: Any) -> str:
    """What to say of words that belong to no option."""
    if words[0] in several or words[0] in single:
        return f"{shown(words[0])} stands after `--`, where no options are read"
    near = did_you_mean(f"--{words[0]}", [*several, *single])
    return f"{shown(words[0])} belongs to no option; values follow their option, as in --input 64x64{near}"
