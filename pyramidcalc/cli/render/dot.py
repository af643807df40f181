"""DOT: the graph for Graphviz, as in `pyramidcalc fpn --format dot | dot -Tsvg > fpn.svg`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import drawn
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
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
    edges = [f"{source} -> {target} [label={quoted(text)}]" for source, target, text in drawing.edges]
    lines = [*STYLE, *drawing.lines(opened, node, "}"), *edges]
    sys.stdout.write("\n".join(["digraph {", *[f"  {line}" for line in lines], "}"]) + "\n")


def opened(identifier: str, name: str) -> tuple[str, str]:
    """The beginning of a cluster."""
    return f"subgraph cluster_{identifier} {{", f"  label={quoted(name)}"


def node(name: str, box: Box) -> str:
    """One box: its name and its lines."""
    styles = {"failed": [FAILED], "input": [END], "output": [END]}.get(box.kind, [WARNING] if box.warned else [])
    return f"{box.key} [{', '.join([f'label={quoted(name, *box.lines)}', *styles])}]"


def quoted(*lines: str) -> str:
    """Some lines as a string of DOT; its labels read backslashes and HTML's entities, so both are escaped."""
    texts = [printable(line).replace("\\", "\\\\").replace("&", "&amp;").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(texts) + '"'
