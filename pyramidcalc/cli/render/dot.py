"""DOT: the graph for Graphviz, as in `pyramidcalc fpn --format dot | dot -Tsvg > fpn.svg`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import Cluster, drawn
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.cli.drawing import Box

STYLE = (
    'graph [rankdir=TB, fontname="Helvetica", fontsize=10, color="#9fb0c0"]',
    'node [shape=box, style="rounded,filled", fillcolor="#f3f5f7", color="#6b7c8d", fontname="Helvetica", fontsize=10]',
    'edge [color="#6b7c8d", fontcolor="#4a5968", fontname="Helvetica", fontsize=9]',
)
WARNING = 'color="#d55e00", penwidth=2.5'
FAILED = 'color="#c62f2b", fillcolor="#fbe3e1", penwidth=2.5'
END = "shape=oval"
"""Inputs and outputs."""


def write(answer: Answer) -> None:
    """Writes the graph of an answer that has one."""
    drawing = drawn(answer)
    ids = {box.key: f"n{number}" for number, box in enumerate(drawing.boxes)}
    edges = [f"{ids[source]} -> {ids[target]} [label={quoted(text)}]" for source, target, text in drawing.edges]
    lines = [*STYLE, *members(drawing.clusters(), ids, "", "cluster_"), *edges]
    sys.stdout.write("\n".join(["digraph {", *[f"  {line}" for line in lines], "}"]) + "\n")


def members(
    inside: Sequence[Cluster | tuple[str, Box]], ids: Mapping[str, str], indent: str, scope: str
) -> Iterator[str]:
    """The lines of boxes and clusters; the identifier of a cluster is made of those around it."""
    for number, member in enumerate(inside):
        if isinstance(member, Cluster):
            name = f"{scope}{number}"
            yield f"{indent}subgraph {name} {{"
            yield f"{indent}  label={quoted(member.name)}"
            yield from members(member.members, ids, f"{indent}  ", f"{name}_")
            yield f"{indent}}}"
        else:
            yield indent + node(*member, ids)


def node(name: str, box: Box, ids: Mapping[str, str]) -> str:
    """One box: its name and its lines."""
    styles = {"failed": [FAILED], "input": [END], "output": [END]}.get(box.kind, [WARNING] if box.warned else [])
    return f"{ids[box.key]} [{', '.join([f'label={quoted(name, *box.lines)}', *styles])}]"


def quoted(*lines: str) -> str:
    """Some lines as a string of DOT; its labels read backslashes and HTML's entities, so both are escaped."""
    texts = [printable(line).replace("\\", "\\\\").replace("&", "&amp;").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(texts) + '"'
