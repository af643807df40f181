"""The command and option classes: options with several values, and errors that name a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.arguments import MissingValueError, rewrite
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.errors import ModelError, PyramidcalcError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

WORDS = "pyramidcalc.words"
"""Where click's context holds the words of the command line, from the command's name on."""


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
