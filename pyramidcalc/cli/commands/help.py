"""`pyramidcalc help`: the help of a command."""

from __future__ import annotations

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.values import shown

HELP = """What a command does and which options it takes: `pyramidcalc help reach aspp`.

Exit codes: 0 fine; 1 the architecture is invalid, a check failed or torch disagrees; 2 wrong usage.

Completion in bash: eval "$(_PYRAMIDCALC_COMPLETE=bash_source pyramidcalc)"; zsh_source and fish_source likewise.
"""


def callback(words: tuple[str, ...]) -> None:
    """Prints the help of the command that the words name, from the root's on."""
    context = click.get_current_context().find_root()
    for word in words:
        if not isinstance(context.command, click.Group):
            raise click.UsageError(f"`{context.command_path}` has no commands of its own, such as {shown(word)}")
        _, command, _ = context.command.resolve_command(context, [word])
        assert command is not None
        context = click.Context(command, context, word)
    click.echo(context.get_help())


COMMAND = Command("help", callback, [click.Argument(["words"], nargs=-1, metavar="[COMMAND]...")], HELP)
