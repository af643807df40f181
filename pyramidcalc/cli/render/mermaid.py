"""Mermaid: the graph as GitHub, GitLab and notebooks draw it in a ```mermaid block."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import Cluster, drawn
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    ids = {box.key: f"n{number}" for number, box in enumerate(drawing.boxes)}
    lines = ["flowchart TD", *members(drawing.clusters(), ids, "  ", "s")]
    for source, target, text in drawing.edges:
        lines.append(f"  {ids[source]} -->|{quoted(text)}| {ids[target]}")
    sys.stdout.write("\n".join([*lines, *[f"  {style}" for style in STYLES]]) + "\n")


def members(
    inside: Sequence[Cluster | tuple[str, Box]], ids: Mapping[str, str], indent: str, scope: str
) -> Iterator[str]:
    """The lines of boxes and clusters; the identifier of a cluster is made of those around it."""
    for number, member in enumerate(inside):
        if isinstance(member, Cluster):
            name = f"{scope}{number}"
            yield f"{indent}subgraph {name}[{quoted(member.name)}]"
            yield from members(member.members, ids, f"{indent}  ", f"{name}_")
            yield f"{indent}end"
        else:
            yield indent + node(*member, ids)


def node(name: str, box: Box, ids: Mapping[str, str]) -> str:
    """One box: its name in bold and its lines; inputs and outputs are round."""
    left, right = ("([", "])") if box.kind in ("input", "output") else ("[", "]")
    text = "<br/>".join([f"<b>{escaped(name)}</b>", *map(escaped, box.lines)])
    style = ":::failed" if box.kind == "failed" else ":::warning" if box.warned else ""
    return f'{ids[box.key]}{left}"{text}"{right}{style}'


def quoted(text: str) -> str:
    """A text in quotes."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """Each sign that may mean something as mermaid's code of it."""
    return "".join(sign if sign.isalnum() or sign in PLAIN else f"#{ord(sign)};" for sign in printable(text))
