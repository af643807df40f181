"""`pyramidcalc compare`: architectures side by side, one row a quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import format_param

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.report import Report

HELP = """Architectures side by side, one row a quantity.

Each is one command line in quotes: pyramidcalc compare "aspp --rate 6 12 18" "aspp --variant separable".
"""
INVALID = "invalid"


class Quantity:
    """One row: its name, and the cell of a report."""

    def __init__(self, name: str, cell: Any) -> None:
        self.name = name
        self._cell = cell

    def cell(self, report: Report) -> str | int:
        """Text, or a number; an invalid architecture has neither."""
        value: str | int = INVALID if report.failed else self._cell(report)
        return value


def quantities() -> list[Quantity]:
    """What is compared, each with its unit."""
    from pyramidcalc.cli.summary import named
    from pyramidcalc.cli.wording import by_input, field_size, field_stride

    def field(told: Any) -> Any:
        def cell(report: Report) -> str:
            found: dict[str, ReceptiveField] = report.main.receptive_fields if report.main else {}
            return by_input({name: told(each) for name, each in found.items()}, report.inputs)

        return cell

    return [
        Quantity("input (C×H×W)", lambda report: named(report.inputs)),
        Quantity("output (C×H×W)", lambda report: named(report.outputs)),
        Quantity("output stride (input pixels)", field(field_stride)),
        Quantity("receptive field (input pixels)", field(field_size)),
        Quantity("parameters", lambda report: report.parameters),
        Quantity("MACs", lambda report: report.macs),
        Quantity("activations (elements)", lambda report: report.activations),
        Quantity("peak activation memory (bytes)", lambda report: report.peak_activation_bytes),
    ]


def columns(names: tuple[str, ...], reports: list[Report]) -> list[Column]:
    """The quantity, then one column an architecture."""
    from pyramidcalc.cli.columns import Column

    def column(name: str, report: Report) -> Column:
        return Column(name, lambda quantity: quantity.cell(report), right=True)

    return [Column("quantity", lambda quantity: quantity.name), *map(column, names, reports)]


def failures(names: tuple[str, ...], reports: list[Report]) -> list[Line]:
    """Why an architecture is invalid."""
    from pyramidcalc.cli.summary import Line, diagnosis

    return [
        Line("error", "error", f"{name}: {diagnosis(note).text}")
        for name, report in zip(names, reports, strict=True)
        for note in report.diagnostics
        if note.severity == "error"
    ]


def to_dict(name: str, report: Report) -> dict[str, Any]:
    """The JSON of one architecture: its report without the layers."""
    made = report.to_dict()
    del made["schema"], made["layers"], made["verification"]
    return {"command": name, **made}


def callback(architectures: tuple[str, ...], form: str) -> None:
    """Analyses all and writes them side by side."""
    from pyramidcalc.cli.lines import request_of

    if len(architectures) < 2:
        raise click.UsageError(
            "give at least two architectures to compare, each in quotes", click.get_current_context()
        )
    reports = [request_of(line).report() for line in architectures]
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        found = [to_dict(name, report) for name, report in zip(architectures, reports, strict=True)]
        click.echo(json_text({"schema": 1, "architectures": found}))
    else:
        from pyramidcalc.cli.tables import write_table

        write_table(columns(architectures, reports), quantities(), failures(architectures, reports), form)
    click.get_current_context().exit(1 if any(report.failed for report in reports) else 0)


def command() -> click.Command:
    """The command."""
    architectures = click.Argument(["architectures"], nargs=-1, metavar='"ARCH [OPTIONS]" "ARCH [OPTIONS]" ...')
    return Command("compare", callback, [architectures, format_param()], HELP)
