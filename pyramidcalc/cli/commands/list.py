"""`pyramidcalc list`: layers, blocks and networks with their sources."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.values import Choice
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.report import Report
    from pyramidcalc.request import Request

HELP = """Layers, blocks and networks: what each is, its default input and its source.

WORD lists those that have it in their name, summary or source: `pyramidcalc list dilated`. With --numbers (the default
in json, csv and markdown) also output, receptive field, parameters and MACs at the default input.
"""
NUMBERS = ("output", "receptive-field", "parameters", "macs")
"""The quantities that are listed."""
JSON_KEYS = ("outputs", "output", "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes")


class Entry(Record):
    """One architecture, and its report on its default input where numbers are listed."""

    request: Request
    report: Report | None

    @property
    def architecture(self) -> Architecture:
        """What is listed."""
        return self.request.architecture

    @property
    def input(self) -> tuple[int, ...]:
        """The default input."""
        return self.architecture.default_input(self.request.options)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        parts, totals = self.architecture.documentation, self.report.totals() if self.report else {}
        return {
            "name": self.architecture.name,
            "kind": self.architecture.kind,
            "summary": parts.summary,
            "source": parts.source or None,
            "default_input": list(self.input),
            "options": self.request.options,
            **{key: totals[key] for key in JSON_KEYS if key in totals},
        }


def columns(entries: Sequence[Entry], *, numbers: bool) -> Iterator[Column]:
    """One row an architecture."""
    from pyramidcalc.cli.rows import quantity_column
    from pyramidcalc.quantities import BY_KEY, QUANTITIES, times

    shapes = [entry.input for entry in entries]
    yield Column("name", attrgetter("architecture.name"))
    yield Column("kind", attrgetter("architecture.kind"))
    parts = BY_KEY["input"].numbers({len(shape) - 1 for shape in shapes}, ())
    sizes = tuple(Column(part.heading, part.value) for part in parts)
    yield Column("default input", lambda entry: times(entry.input), right=True, numbers=sizes)
    for quantity in QUANTITIES if numbers else ():
        if quantity.key in NUMBERS:
            yield quantity_column(quantity, shapes, (), attrgetter("report"))
    yield Column("what it is", attrgetter("architecture.documentation.summary"), folds=24)
    yield Column("source", lambda entry: entry.architecture.documentation.source or "–", folds=24)


def callback(word: str, kind: str | None, form: str, numbers: bool | None) -> None:
    """Writes the list."""
    from pyramidcalc.catalog import KINDS, find, names, suggestion
    from pyramidcalc.errors import UsageError
    from pyramidcalc.request import Request

    architectures = [find(name) for each in ([kind] if kind else KINDS) for name in names(each)]
    texts = {each: [each.name, *each.documentation.to_dict().values()] for each in architectures}
    listed = [each for each in architectures if word.lower() in f"{texts[each]}".lower()]
    if not listed:
        raise UsageError(f"nothing in the catalogue speaks of {word!r}", hint=suggestion(word))
    wanted = form != "table" if numbers is None else numbers
    requests = [Request.of(each, None, 1, {}) for each in listed]
    entries = [Entry(request, request.report() if wanted else None) for request in requests]
    data = lambda: {"schema": 1, "architectures": [entry.to_dict() for entry in entries]}  # noqa: E731  # made where asked
    write(Answer(tuple(columns(entries, numbers=wanted)), entries, (), data), form)


PARAMS: list[click.Parameter] = [
    click.Argument(["word"], default=""),
    click.Option(["--kind"], type=Choice(("layer", "block", "network")), help="Those of one kind alone."),
    click.Option(
        ["--numbers/--no-numbers"], default=None, help="Output, receptive field, parameters and MACs of each."
    ),
    *output_params(),
]
COMMAND = Command("list", callback, PARAMS, HELP)
