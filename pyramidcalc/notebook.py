"""HTML without scripts or styles of a page: what Jupyter shows of a report, and browsers that run no scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pyramidcalc.quantities import QUANTITIES, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from pyramidcalc.layers.base import Diagnostic

MAX_OPEN = 40
"""A table of more rows is folded at first."""
COLOURS = {"error": "#c62f2b", "warning": "#b34e00", "info": "inherit"}


def report_html(report: Any) -> str:
    """What Jupyter shows of a report."""
    facts: dict[str, str | int] = {"input": named(report.inputs)}
    facts["output"] = named(report.outputs) if report.outputs else "none: invalid here"
    numbers = [q for q in QUANTITIES if q.in_whole and q.form != "shape" and (q.counts or not report.failed)]
    facts |= {q.heading: q.cell(report) for q in numbers}
    columns = [quantity for quantity in QUANTITIES if quantity.in_table]
    headings = ["layer", "operation", *[column.heading_for([report.input]) for column in columns]]
    rows = [(each.name, each.op, *[column.cell(each) for column in columns]) for each in report.layers]
    return html(report.architecture, facts, report.diagnostics, headings, rows)


def html(
    title: str,
    facts: Mapping[str, str | int],
    notes: Iterable[Diagnostic],
    headings: Sequence[str],
    rows: Sequence[Sequence[str | int]],
) -> str:
    """A title, facts with their labels, diagnostics, and a table of layers, which folds."""
    totals = "".join([row([cell(label, "th"), cell(text)]) for label, text in facts.items()])
    parts = [f"<p><b>{escape(title)}</b></p>", f"<table>{totals}</table>", *map(remark, notes)]
    if rows:
        lines = [row([cell(first, "th"), *map(cell, others)]) for first, *others in rows]
        table = f"<table>{row(cell(heading, 'th') for heading in headings)}{''.join(lines)}</table>"
        state = " open" if len(rows) <= MAX_OPEN else ""
        parts.append(f"<details{state}><summary>{len(rows)} layers</summary>{table}</details>")
    return f"<div>{''.join(parts)}</div>"


def remark(note: Diagnostic) -> str:
    """One diagnostic."""
    text = " ".join([note.layer or "", f"{note.message}; {note.hint}" if note.hint else note.message])
    return f'<p style="color: {COLOURS[note.severity]}"><b>{note.severity}</b> {escape(text)}</p>'


def row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"<tr>{''.join(cells)}</tr>"


def cell(value: str | int, tag: str = "td") -> str:
    """A cell of a table."""
    text = f"{value:,}" if isinstance(value, int) else value
    return f"<{tag} style='text-align: left'>{escape(text)}</{tag}>"
