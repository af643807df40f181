"""Writes rows as a table, CSV or Markdown; each imports only what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line


def write_table(columns: Sequence[Column], rows: Sequence[Any], lines: Sequence[Line], form: str) -> None:
    """Writes to stdout; in CSV, which has no place for them, errors go to stderr and other lines nowhere."""
    if form == "table":
        from pyramidcalc.cli.render.table import print_table

        print_table(columns, rows, lines)
        return
    from pyramidcalc.cli.render.plain import csv_text, markdown_text

    if form == "markdown":
        click.echo(markdown_text(columns, rows, lines))
        return
    click.echo(csv_text(columns, rows), nl=False)
    for line in lines:
        if line.kind == "error":
            click.echo(f"{line.label}: {line.text}", err=True)
