"""Groups of commands over architectures: `pyramidcalc reach ARCH …` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import output_params
from pyramidcalc.cli.options import architecture_params
from pyramidcalc.cli.root import ArchitectureGroup
from pyramidcalc.cli.show import asking, help_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.cli.show import Ask
    from pyramidcalc.cli.sources import Source
    from pyramidcalc.request import Request


class QuestionGroup(ArchitectureGroup):
    """One question of every architecture: its command has the question's own options, then the architecture's.

    `--picture` is among the question's own where its answers can be drawn.
    """

    def __init__(self, name: str, text: str, lead: str, params: Sequence[click.Parameter], ask: Ask) -> None:
        super().__init__(name, help=text, subcommand_metavar="ARCH [OPTIONS]")
        self.lead = lead
        self.own_params = params
        self.ask = ask

    def command_of(self, architecture: Architecture | Source) -> click.Command:
        """The command that asks an architecture."""
        params = [*self.own_params, *architecture_params(architecture), *output_params()]
        return asking(architecture, self.ask, params, f"{self.lead}\n\n{help_text(architecture)}")


def header(request: Request) -> dict[str, object]:
    """The first keys of a question's JSON object."""
    inputs = {name: list(shape) for name, shape in request.inputs.items()}
    return {"schema": 1, "architecture": request.architecture.name, "options": request.options, "inputs": inputs}
