"""The graph of a report as SVG: a box a row, which the page lets choose, and edges with their shapes."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import drawing
from pyramidcalc.cli.page.layout import HEIGHT, WIDTH, layout
from pyramidcalc.quantities import shape_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.drawing import Box
    from pyramidcalc.layer_report import LayerGroup
    from pyramidcalc.report import Report

MARGIN = 4
MOST = 23
"""Characters of a name that fit a box."""


def drawn(report: Report, rows: Sequence[LayerGroup]) -> str | None:
    """The graph; None where there is none, or where it is too large to look at."""
    if report.resolved is None:
        return None
    graph = drawing(report, rows)
    plane = layout(graph)
    if plane is None:
        return None
    names = {box.key: box.name for box in graph.boxes}
    lines = []
    for edge, points in zip(graph.edges, plane.edges, strict=True):
        title = escape(f"{names[edge.source]} → {names[edge.target]}: {edge.text}")
        lines.append(f'<path class="edge" d="{curve(points)}"><title>{title}</title></path>')
    row = iter(rows)
    for box, place in zip(graph.boxes, plane.places, strict=True):
        lines.append(node(box, place, next(row) if box.kind == "row" else None))
    wide, tall = [side + 2 * MARGIN for side in plane.size]
    return (
        f'<svg viewBox="{-MARGIN} {-MARGIN} {wide} {tall}" width="{wide}" height="{tall}" role="group" '
        f'aria-label="graph of the layers">{"".join(lines)}</svg>'
    )


def curve(points: Sequence[tuple[float, float]]) -> str:
    """A path through some points, level in each of them."""
    parts = ["M{},{}".format(*points[0])]
    for (x0, y0), (x, y) in pairwise(points):
        middle = (x0 + x) / 2
        parts.append(f"L{x},{y}" if y == y0 else f"C{middle},{y0} {middle},{y} {x},{y}")
    return "".join(parts)


def node(box: Box, place: tuple[float, float], row: LayerGroup | None) -> str:
    """A box with its name and a line below; that of a row is a button."""
    below = shape_text(row.output) if row else box.lines[0]
    name = box.name if len(box.name) <= MOST else f"…{box.name[1 - MOST :]}"
    chosen = ""
    if row:
        label = escape(f"{box.name}, {below}")
        chosen = f' data-layer="{escape(row.layers[-1].name)}" role="button" tabindex="0" aria-label="{label}"'
    return (
        f'<g class="box {box.kind}{" warned" * box.warned}" transform="translate({place[0]},{place[1]})"{chosen}>'
        f"<title>{escape(chr(10).join([box.name, *box.lines]))}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="{6 if box.kind in ("row", "failed") else HEIGHT // 2}"/>'
        f'<text class="name" x="{WIDTH // 2}" y="17">{escape(name)}</text>'
        f'<text x="{WIDTH // 2}" y="31">{escape(below)}</text></g>'
    )
