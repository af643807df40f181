"""The root command and lazy groups: a command's file is imported when it is asked for."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from pyramidcalc import __version__
from pyramidcalc.cli.values import did_you_mean, shown
from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from pyramidcalc.catalog import Architecture
    from pyramidcalc.cli.sources import Source

PROGRAM = "pyramidcalc"
COMMANDS = "pyramidcalc.cli.commands"
"""Where the questions are, a file each."""
COMPLETION = "_PYRAMIDCALC_COMPLETE"
"""The variable by which click's completion asks."""
HELP = """Exact sizes, receptive fields and costs of convolutional pyramids, in no time.
Try `pyramidcalc aspp --rate 6 12 18`; its options: `pyramidcalc help aspp`.
"""


def run() -> int:
    """Runs the command line with the process's arguments; gives the exit code."""
    root = Root()
    if COMPLETION in os.environ:
        root.main(prog_name=PROGRAM)
    # click's own main would turn a closed pipe and Ctrl-C into other exit codes.
    try:
        with root.make_context(PROGRAM, sys.argv[1:]) as ctx:
            root.invoke(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def command_names() -> list[str]:
    """Names of the files in commands/."""
    files = [file for folder in import_module(COMMANDS).__path__ for file in os.listdir(folder)]
    stems = [file.removesuffix(".py") for file in files if file.endswith(".py") and not file.startswith("_")]
    return sorted(stem.replace("_", "-") for stem in stems)


class LazyGroup(click.Group):
    """A group whose commands are found by name; subclasses say how."""

    def sections(self) -> dict[str, list[str]]:
        """Heading to command names, for the help."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, section by section."""
        return [name for names in self.sections().values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One list a section, with each command's first line."""
        for heading, names in self.sections().items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.first_words(ctx, name)) for name in names])

    def first_words(self, ctx: click.Context, name: str) -> str:
        """What a command does: its first sentence up to a colon."""
        command = self.get_command(ctx, name)
        return (command.get_short_help_str(200) if command else "").partition(":")[0].removesuffix(".")

    def way_out(self, ctx: click.Context, name: str) -> str:
        """What to say behind the name of a command that is none."""
        return did_you_mean(name, self.list_commands(ctx)) or f"; there are {', '.join(self.list_commands(ctx))}"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """click's, with the nearest names where there is no such command."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing and not name.startswith("-"):
            raise click.UsageError(f"there is no command {shown(name)}{self.way_out(ctx, name)}", ctx)
        return super().resolve_command(ctx, args) if command is None else (name, command, args[1:])


class ArchitectureGroup(LazyGroup):
    """A group that has every layer, block and network as a command."""

    def sections(self) -> dict[str, list[str]]:
        """Layers, blocks and networks."""
        from pyramidcalc.catalog import names

        return {
            "Layers": list(names("layer")),
            "Blocks": list(names("block")),
            "Networks": list(names("network")),
            "Your own": ["model", "chain"],
        }

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names alone, a line or two a section: `list` says what each is."""
        formatter.write_paragraph()
        formatter.write_dl([(heading, " ".join(names)) for heading, names in ArchitectureGroup.sections(self).items()])

    def way_out(self, ctx: click.Context, name: str) -> str:
        from pyramidcalc.catalog import suggestion
        from pyramidcalc.importing.results import is_file

        if " " in name and self.get_command(ctx, name.split()[0]):
            return f"; leave out the quotes: {name}"
        if is_file(name) or ".py:" in name:
            return f"; for a network of your own write `model {name}`"
        # Architectures know more ways to a name; commands like `reach` are names too.
        own = [*self.sections().get("Questions", ()), *self.sections()["Your own"]]
        return did_you_mean(name, own) or f"; {suggestion(name)}"

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a layer, block or network."""
        from pyramidcalc.cli.options import architecture_named

        try:
            return self.command_of(architecture_named(name))
        except UsageError:
            return None

    def command_of(self, architecture: Architecture | Source) -> click.Command:
        """The command that this group makes of an architecture."""
        raise NotImplementedError


class Root(ArchitectureGroup):
    """`pyramidcalc`: layers, blocks and networks, and questions of them."""

    def __init__(self) -> None:
        super().__init__(PROGRAM, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
        click.version_option(__version__, "-V", "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")(self)

    def sections(self) -> dict[str, list[str]]:
        """Architectures, then questions."""
        return {**super().sections(), "Questions": command_names()}

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Fits a terminal of 80 columns and 24 rows; click leaves two columns free."""
        from shutil import get_terminal_size

        formatter.width = min(80, get_terminal_size().columns) + 2
        formatter.write_usage(PROGRAM, "[-h] [-V] COMMAND [OPTIONS]")
        formatter.write(HELP)
        self.format_commands(ctx, formatter)
        questions = [name for name in command_names() if name != "help"]
        formatter.write_dl([(name, self.first_words(ctx, name)) for name in questions])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A question, or the command of a layer, block or network."""
        if name in command_names():
            command: click.Command = import_module(f"{COMMANDS}.{name.replace('-', '_')}").COMMAND
            return command
        return super().get_command(ctx, name)

    def command_of(self, architecture: Architecture | Source) -> click.Command:
        """The command that shows an architecture layer by layer."""
        from pyramidcalc.cli.show import show_command

        return show_command(architecture)
