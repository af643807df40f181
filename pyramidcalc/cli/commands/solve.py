"""`pyramidcalc solve`: layers for a size, and rates for a receptive field."""

from __future__ import annotations

import click

from pyramidcalc.cli.command import CONTEXT
from pyramidcalc.cli.root import LazyGroup
from pyramidcalc.cli.values import did_you_mean, shown

HELP = """The other way round: from a size to the layers that give it, from a receptive field to rates.

pyramidcalc solve conv --input 64 --output 32 --kernel 1..7

pyramidcalc solve aspp --input 33x33 --receptive-field 37
"""
LAYERS = ("conv", "conv-transpose", "pool")


class SolveGroup(LazyGroup):
    """`pyramidcalc solve WHAT`."""

    def __init__(self) -> None:
        super().__init__("solve", help=HELP, context_settings=dict(CONTEXT))

    def sections(self) -> dict[str, list[str]]:
        """Layers and pyramids."""
        return {"Layers": list(LAYERS), "Pyramid blocks": ["aspp"]}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of what is solved for."""
        if name in LAYERS:
            from pyramidcalc.cli.solving.layers import command as layer_command

            return layer_command(name)
        if name == "aspp":
            from pyramidcalc.cli.solving.aspp import command as aspp_command

            return aspp_command()
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """click's, with what can be solved for."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            near = did_you_mean(name, known) or f"; these can: {', '.join(known)}"
            raise click.UsageError(f"{shown(name)} cannot be solved for{near}", ctx)
        return super().resolve_command(ctx, args)


def command() -> click.Command:
    """The command."""
    return SolveGroup()
