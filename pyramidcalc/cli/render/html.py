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
COLOURS = {"error": "#c62f2b", "warning": "#b34e00"}
MAX_OPEN = 40
"""A notebook's table of more rows is folded at first."""


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
    """The rows as a table, and the lines below it, which are asked for after the last row."""
    rows = table(answer)
    notes = [f'<p class="{note.kind}"><b>{escape(note.label)}</b> {escape(note.text)}</p>\n' for note in answer.notes()]
    title = escape(line)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n"
        f"</head>\n<body>\n<h1><code>{title}</code></h1>\n{rows}{''.join(notes)}</body>\n</html>\n"
    )


def table(answer: Answer, left: str = "", right: str = " class=right") -> str:
    """The rows; `left` and `right` are attributes of cells."""
    columns = answer.chosen()
    rows = [
        "".join(f"<td{right if column.right else left}>{escape(column.text(row))}</td>" for column in columns)
        for row in answer.rows
    ]
    headings = "".join(f"<th{left}>{escape(column.heading)}</th>" for column in columns)
    body = "".join(f"<tr>{row}</tr>\n" for row in [headings, *rows] if row)
    return f"<table>\n{body}</table>\n"


def for_notebooks(title: str, answer: Answer) -> str:
    """The lines, and the rows in a table that folds, without scripts or a page's styles."""
    notes = [
        f'<p style="color: {COLOURS.get(note.kind, "inherit")}"><b>{escape(note.label)}</b> {escape(note.text)}</p>\n'
        for note in answer.notes()
    ]
    count = len(tuple(answer.rows))
    rows = table(answer, *[f' style="text-align: {side}"' for side in ("left", "right")])
    state = " open" if count <= MAX_OPEN else ""
    details = f"<details{state}><summary>{count} layers</summary>\n{rows}</details>" if count else ""
    return f"<div><p><b>{escape(title)}</b></p>\n{''.join(notes)}{details}</div>"
