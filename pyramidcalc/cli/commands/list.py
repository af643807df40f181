"""`pyramidcalc list`: every layer, block and network with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.root import find_subject, subject_names
from pyramidcalc.cli.show import format_param

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.subjects import Subject

HELP = """All layers, blocks and networks: what each is, its default input and its source.

With --numbers (the default in json, csv and markdown) also output, receptive field, parameters and MACs there.
"""


class Entry:
    """One subject, with its report on the default input."""

    def __init__(self, subject: Subject, numbers: bool) -> None:
        self.subject = subject
        self.request = subject.request(None, 1, {})
        self.report = self.request.report() if numbers else None

    @property
    def default_input(self) -> tuple[int, ...]:
        """(C, H, W) that --input would give."""
        return self.subject.default_input(self.request.options)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        parts, report = self.subject.documentation, self.report
        made: dict[str, Any] = {
            "name": self.subject.name,
            "kind": self.subject.kind,
            "summary": parts.summary,
            "source": parts.source or None,
            "default_input": list(self.default_input),
            "options": self.request.options,
        }
        if report is None:
            return made
        kept = ("outputs", "output", "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes")
        found = report.to_dict()
        return made | {key: found[key] for key in kept}


def columns(numbers: bool) -> list[Column]:
    """One row a subject."""
    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import named
    from pyramidcalc.cli.wording import by_input, field_size, times

    def field(entry: Entry) -> str:
        main = entry.report.main if entry.report else None
        found = main.receptive_fields if main else {}
        return by_input({name: field_size(each) for name, each in found.items()}, entry.request.inputs)

    made = [
        Column("name", lambda entry: entry.subject.name),
        Column("kind", lambda entry: entry.subject.kind),
        Column("default input (C×H×W)", lambda entry: times(entry.default_input), right=True),
    ]
    if numbers:
        made += [
            Column("output (C×H×W)", lambda entry: named(entry.report.outputs), right=True),
            Column("receptive field (pixels)", field, right=True),
            Column("parameters", lambda entry: entry.report.parameters, right=True),
            Column("GMACs", lambda entry: f"{entry.report.macs / 10**9:.4g}", right=True),
        ]
    return [
        *made,
        Column("what it is", lambda entry: entry.subject.documentation.summary),
        Column("source", lambda entry: entry.subject.documentation.source or "–"),
    ]


def callback(form: str, numbers: bool | None) -> None:
    """Writes the list."""
    wanted = form != "table" if numbers is None else numbers
    subjects = [subject for name in subject_names() if (subject := find_subject(name))]
    entries = [Entry(subject, wanted) for subject in subjects]
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        click.echo(json_text({"schema": 1, "architectures": [entry.to_dict() for entry in entries]}))
        return
    from pyramidcalc.cli.tables import write_table

    write_table(columns(wanted), entries, (), form)


def command() -> click.Command:
    """The command."""
    numbers = click.Option(
        ["--numbers/--no-numbers"], default=None, help="Output, receptive field, parameters and MACs of each."
    )
    return Command("list", callback, [format_param(), numbers], HELP)
