"""Mermaid: the graph as GitHub, GitLab and notebooks draw it in a ```mermaid block."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import drawn
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.cli.drawing import Box

PLAIN = frozenset(" .,_-+/×–·…")
"""Signs, beside letters and digits, that mean nothing to mermaid, HTML or Markdown inside a quoted text."""
STYLES = (
    "classDef warning stroke:#d55e00,stroke-width:3px",
    "classDef failed fill:#fbe3e1,stroke:#c62f2b,stroke-width:3px,color:#7a1512",
)


def write(answer: Answer) -> None:
    """Writes the graph of an answer that has one."""
    drawing = drawn(answer)
    edges = [f"{source} -->|{quoted(text)}| {target}" for source, target, text in drawing.edges]
    lines = [*drawing.lines(opened, node, "end"), *edges, *STYLES]
    sys.stdout.write("\n".join(["flowchart TD", *[f"  {line}" for line in lines]]) + "\n")


def opened(identifier: str, name: str) -> tuple[str]:
    """The beginning of a cluster."""
    return (f"subgraph s{identifier}[{quoted(name)}]",)


def node(name: str, box: Box) -> str:
    """One box: its name in bold and its lines; inputs and outputs are round."""
    left, right = ("([", "])") if box.kind in ("input", "output") else ("[", "]")
    text = "<br/>".join([f"<b>{escaped(name)}</b>", *map(escaped, box.lines)])
    style = ":::failed" if box.kind == "failed" else ":::warning" if box.warned else ""
    return f'{box.key}{left}"{text}"{right}{style}'


def quoted(text: str) -> str:
    """A text in quotes."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """Each sign that may mean something as mermaid's code of it."""
    return "".join(sign if sign.isalnum() or sign in PLAIN else f"#{ord(sign)};" for sign in printable(text))
