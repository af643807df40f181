"""Command lines in quotes: what `compare` and the like read an architecture and its options from."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.options import architecture_named, architecture_params, request_from
from pyramidcalc.cli.sources import Source
from pyramidcalc.cli.values import shown
from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.request import Request

SHOWING = {
    "--format": "give it outside the quotes",
    "--depth": "leave it out",
    "--device": "leave it out",
    "--picture": "leave it out",
    "--traceback": "leave it out",
    "--verify": "leave it out, or in a spec write the key `verify`",
    "--expect": "leave it out, or in a spec write the key `expect`",
}
"""Options that a command has beside those of its architecture, each with what to do instead within quotes."""


class QuotingCommand(Command):
    """A command that takes architectures in quotes."""

    other_options = " (an architecture's own options stand inside its quotes: 'aspp --rate 6 12 18')"


def request_of(line: str, *, allow_import: bool = True) -> Request:
    """The request that `aspp --rate 6 12 --input 64x64` makes.

    Raises click.UsageError for an unknown architecture or option, and UsageError for values that
    do not go together, or for Python code without `allow_import`.
    """
    name, *args = words_of(line)
    with refusals_of(line):
        architecture = architecture_named(name)
        with reader(architecture).make_context(name, args, click.get_current_context(silent=True)) as ctx:
            if not allow_import and isinstance(architecture, Source) and architecture.runs_code(ctx.params):
                raise UsageError(
                    f"{shown(ctx.params['target'])} is Python code, which would run",
                    hint="save it as a .pt2 file with `pyramidcalc model … --save`, or trust it with --allow-import",
                )
            return request_from(architecture, dict(ctx.params))


class Reader(Command):
    """A command that only reads options; it has no --help, which would end more than the reading of one line."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The options, which click would look through for doubles line by line."""
        return self.params


@cache
def reader(architecture: Architecture) -> Reader:
    """The command that reads the options of an architecture."""
    return Reader(architecture.name, lambda **_: None, architecture_params(architecture), "")


@contextmanager
def refusals_of(line: str) -> Iterator[None]:
    """Tells wrong usage inside a quoted command line as that line's, not as the usage of a command of its own."""
    try:
        yield
    except click.UsageError as error:
        message = error.format_message()
        if isinstance(error, click.NoSuchOption) and error.option_name in SHOWING:
            message = f"{error.option_name} says what is done with an architecture, not what it is; "
            message += SHOWING[error.option_name]
        raise click.UsageError(f"in {shown(line)}: {message}", click.get_current_context(silent=True)) from None
    except UsageError as error:
        raise UsageError(f"in {shown(line)}: {error.message}", hint=error.hint, code=error.code) from None


def words_of(line: str) -> list[str]:
    """The words of a command line as a shell splits them; a leading `pyramidcalc` may be left out."""
    from shlex import split

    try:
        words = split(line)
    except ValueError as error:
        raise click.UsageError(f"{shown(line)} is no command line: {str(error).lower()}") from None
    words = words[1:] if words[:1] == ["pyramidcalc"] else words
    if not words:
        raise click.UsageError(f"{shown(line)} names no architecture; write one, for example 'aspp --rate 6 12 18'")
    return words
