"""HTML: one file that fetches nothing: the page of `explore` with its answers inside, or a table of other answers."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pyramidcalc.cli.answer import Answer

STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2em;color-scheme:light dark}table{border-collapse:collapse}"
    "th,td{padding:3px 10px;border-bottom:1px solid #8884;text-align:left}.right{text-align:right}"
    ".error{color:#c62f2b}.warning{color:#b34e00}"
)


def write(answer: Answer) -> None:
    """Writes the file."""
    from pyramidcalc.cli.command import line_without

    ctx = click.get_current_context()
    # What stands before the command's own name: `pyramidcalc`, and the question.
    before = ctx.command_path.rpartition(" ")[0]
    line = line_without(ctx, "--format")
    if answer.report is None:
        sys.stdout.write(plain(answer, f"{before} {line}"))
        return
    from pyramidcalc.cli.page.report import page

    sys.stdout.write(page(answer, line))


def plain(answer: Answer, line: str) -> str:
    """The rows as a table, and the lines below it."""
    columns = answer.chosen()
    rows = [
        "".join(f"<td{' class=right' if column.right else ''}>{escape(column.text(row))}</td>" for column in columns)
        for row in answer.rows
    ]
    headings = "".join(f"<th>{escape(column.heading)}</th>" for column in columns)
    body = "".join(f"<tr>{row}</tr>\n" for row in [headings, *rows] if row)
    notes = [f'<p class="{note.kind}"><b>{escape(note.label)}</b> {escape(note.text)}</p>\n' for note in answer.notes()]
    title = escape(line)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n"
        f"</head>\n<body>\n<h1><code>{title}</code></h1>\n<table>\n{body}</table>\n{''.join(notes)}</body>\n</html>\n"
    )
