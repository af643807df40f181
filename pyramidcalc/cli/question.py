"""Groups of commands over architectures: `pyramidcalc reach ARCH …` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.options import architecture_params, request_from
from pyramidcalc.cli.root import ArchitectureGroup
from pyramidcalc.cli.show import help_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.cli.sources import Source
    from pyramidcalc.request import Request

    Ask = Callable[..., tuple[Answer, int]]
    """Takes the request and the question's own options by name; gives the answer and the exit code."""


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

        def callback(*, form: str, picture: str | None = None, **values: object) -> None:
            request = request_from(architecture, values)
            answer, code = self.ask(request, **values)
            write(answer, form, picture)
            click.get_current_context().exit(code)

        params = [*self.own_params, *architecture_params(architecture), *output_params()]
        return Command(architecture.name, callback, params, f"{self.lead}\n\n{help_text(architecture)}")


def header(request: Request) -> dict[str, object]:
    """The first keys of a question's JSON object."""
    inputs = {name: list(shape) for name, shape in request.inputs.items()}
    return {"schema": 1, "architecture": request.architecture.name, "options": request.options, "inputs": inputs}
