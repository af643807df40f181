"""`pyramidcalc list`: every layer, block and network with its source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, format_param, write
from pyramidcalc.cli.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.quantities import Quantity
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

HELP = """All layers, blocks and networks: what each is, its default input and its source.

With --numbers (the default in json, csv and markdown) also output, receptive field, parameters and MACs there.
"""
NUMBERS = ("output", "receptive-field", "parameters", "macs")
"""The quantities that are listed."""
JSON_KEYS = ("outputs", "output", "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes")


class Entry:
    """One architecture on its default input."""

    def __init__(self, request: Request, report: Report | None) -> None:
        self.architecture = request.architecture
        self.options = request.options
        self.default_input = self.architecture.default_input(request.options)
        self.report = report

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        parts, totals = self.architecture.documentation, self.report.totals() if self.report else {}
        return {
            "name": self.architecture.name,
            "kind": self.architecture.kind,
            "summary": parts.summary,
            "source": parts.source or None,
            "default_input": list(self.default_input),
            "options": self.options,
            **{key: totals[key] for key in JSON_KEYS if key in totals},
        }


def columns(entries: Sequence[Entry], numbers: bool) -> Iterator[Column]:
    """One row an architecture."""
    from pyramidcalc.quantities import QUANTITIES, times

    shapes = [entry.default_input for entry in entries]
    yield Column("name", lambda entry: entry.architecture.name)
    yield Column("kind", lambda entry: entry.architecture.kind)
    yield Column("default input", lambda entry: times(entry.default_input), right=True)
    for quantity in QUANTITIES if numbers else ():
        if quantity.key in NUMBERS:
            yield Column(quantity.heading_for(shapes), partial(cell, quantity), right=True)
    yield Column("what it is", lambda entry: entry.architecture.documentation.summary)
    yield Column("source", lambda entry: entry.architecture.documentation.source or "–")


def cell(quantity: Quantity, entry: Entry) -> str | int:
    """One number of an entry that has its report."""
    return quantity.cell(entry.report) if entry.report else ""


def callback(form: str, numbers: bool | None) -> None:
    """Writes the list."""
    from pyramidcalc.catalog import KINDS, find, names
    from pyramidcalc.request import Request

    wanted = form != "table" if numbers is None else numbers
    requests = [Request.of(find(name), None, 1, {}) for kind in KINDS for name in names(kind)]
    entries = [Entry(request, request.report() if wanted else None) for request in requests]
    data = lambda: {"schema": 1, "architectures": [entry.to_dict() for entry in entries]}  # noqa: E731  # made where asked
    write(Answer(tuple(columns(entries, wanted)), entries, (), data), form)


def command() -> click.Command:
    """The command."""
    numbers = click.Option(
        ["--numbers/--no-numbers"], default=None, help="Output, receptive field, parameters and MACs of each."
    )
    return Command("list", callback, [format_param(), numbers], HELP)
