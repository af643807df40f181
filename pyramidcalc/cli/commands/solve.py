"""`pyramidcalc solve`: layers for a size, and rates for a receptive field."""

from __future__ import annotations

import click

from pyramidcalc.cli.command import CONTEXT
from pyramidcalc.cli.root import LazyGroup
from pyramidcalc.cli.values import did_you_mean, shown

HELP = """The other way round: from a size to the layers that give it, from a receptive field to rates.

pyramidcalc solve conv --input 64 --output 32 --kernel 1..7

pyramidcalc solve aspp --input 769x769 --output-stride 16
"""
LAYERS = ["conv", "conv-transpose", "pool"]


class SolveGroup(LazyGroup):
    """`pyramidcalc solve WHAT`."""

    def sections(self) -> dict[str, list[str]]:
        """Layers and pyramids."""
        return {"Layers": LAYERS, "Pyramid blocks": ["aspp"]}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of what is solved for. Raises UsageError with what can be, except while a line is completed."""
        if name in LAYERS:
            from pyramidcalc.cli.solving.layers import command as layer_command

            return layer_command(name)
        if name == "aspp":
            from pyramidcalc.cli.solving.aspp import command as aspp_command

            return aspp_command()
        if ctx.resilient_parsing:
            return None
        known = self.list_commands(ctx)
        hint = did_you_mean(name, known) or f"; these can: {', '.join(known)}"
        raise click.UsageError(f"{shown(name)} cannot be solved for{hint}", ctx)


def command() -> click.Command:
    """The command."""
    return SolveGroup("solve", help=HELP, context_settings=dict(CONTEXT))
