"""The rows of a table as a graph: a box a row, shapes on the edges, scopes as clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from pyramidcalc.cli.rows import operations
from pyramidcalc.quantities import field_size, shape_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.layer_report import LayerGroup
    from pyramidcalc.report import Report

    Opened = Callable[[str, str], Sequence[str]]


class Box(NamedTuple):
    """What is drawn of an input, a row, an output or the failing layer; `kind` is one of these words.

    `key` is a unique identifier, `name` a dotted path whose scopes are clusters, `lines` what stands below the name.
    """

    key: str
    kind: str
    name: str
    lines: tuple[str, ...]
    warned: bool = False


class Edge(NamedTuple):
    """Which box's output another box reads, by their keys, and its shape."""

    source: str
    target: str
    text: str


class Cluster(NamedTuple):
    """A scope with boxes, or scopes, of its own; names inside it are told without its own."""

    name: str
    members: tuple[Cluster | tuple[str, Box], ...]


class Drawing(NamedTuple):
    """Boxes in the order of the rows, and edges."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def lines(self, opened: Opened, node: Callable[[str, Box], str], closed: str) -> Iterator[str]:
        """The boxes by scope, as a format writes a cluster's first lines, a box and a cluster's last line."""
        names = [box.name.split(".") if box.kind == "row" else [box.name] for box in self.boxes]
        return written(nested(list(zip(names, self.boxes, strict=True))), opened, node, closed)


def drawing(report: Report, rows: Sequence[LayerGroup]) -> Drawing:
    """The graph of a report as its rows show it, up to a failing layer."""
    resolved = report.resolved
    assert resolved is not None, "a report without layers has no graph"
    warned = {note.layer for note in report.diagnostics if note.severity == "warning"}
    boxes: list[Box] = []
    owner: dict[str, str] = {}

    def place(members: Iterable[str], kind: str, name: str, *lines: str, warned: bool = False) -> None:
        boxes.append(Box(f"n{len(boxes)}", kind, name, lines, warned))
        owner.update(dict.fromkeys(members, boxes[-1].key))

    for name, shape in report.inputs.items():
        place([name], "input", name, shape_text(shape))
    for row in rows:
        field = [] if row.receptive_field is None else [f"receptive field {field_size(row.receptive_field)}"]
        loud = any(layer.name in warned for layer in row.layers)
        place([layer.name for layer in row.layers], "row", row.name, operations(row), *field, warned=loud)
    reads = [(layer.name, layer.inputs) for row in rows for layer in row.layers]
    if resolved.failure is not None:
        node = resolved.graph.nodes[len(resolved.layers)]
        reads.append((node.name, node.inputs))
        place([node.name], "failed", node.name, node.layer.name, resolved.failure.message)
    else:
        for label, name in resolved.graph.outputs:
            reads.append((f"output {label}", (name,)))
            place([f"output {label}"], "output", label, shape_text(resolved.shapes[name]))
    # A set that keeps the order: a row reads the same map once, however many of its layers do.
    edges = {
        Edge(owner[source], owner[target], shape_text(resolved.shapes[source])): None
        for target, sources in reads
        for source in sources
        if owner[source] != owner[target]
    }
    return Drawing(tuple(boxes), tuple(edges))


def nested(boxes: Sequence[tuple[list[str], Box]]) -> Iterator[Cluster | tuple[str, Box]]:
    """Clusters of those that share a first name, in order; one member alone makes no cluster."""
    scopes: dict[str, list[tuple[list[str], Box]]] = {}
    for place, (names, box) in enumerate(boxes):
        # A row alone, and one that is named as the scope of others, stands beside them.
        scopes.setdefault(names[0] if len(names) > 1 else f" {place}", []).append((names, box))
    for scope, members in scopes.items():
        if len(members) == 1:
            names, box = members[0]
            yield ".".join(names), box
            continue
        inner = tuple(nested([(names[1:], box) for names, box in members]))
        # A scope whose only member is a scope is told as one.
        if len(inner) == 1 and isinstance(inner[0], Cluster):
            yield Cluster(f"{scope}.{inner[0].name}", inner[0].members)
        else:
            yield Cluster(scope, inner)


def written(
    members: Iterable[Cluster | tuple[str, Box]],
    opened: Opened,
    node: Callable[[str, Box], str],
    closed: str,
    scope: str = "",
) -> Iterator[str]:
    """The lines of `Drawing.lines`; the identifier of a cluster is made of those around it."""
    for number, member in enumerate(members):
        if isinstance(member, Cluster):
            yield from opened(f"{scope}{number}", member.name)
            inner = written(member.members, opened, node, closed, f"{scope}{number}_")
            yield from (f"  {line}" for line in inner)
            yield closed
        else:
            yield node(*member)


def drawn(answer: Answer) -> Drawing:
    """The graph of an answer that is of a whole architecture. Raises ClickException where options make none."""
    return drawing(whole(answer), tuple(answer.rows))


def whole(answer: Answer) -> Report:
    """The report of an answer that is of a whole architecture. Raises ClickException where options make no network."""
    report = answer.report
    assert report is not None, "commands without a report do not offer formats of one"
    if report.resolved is None:
        raise click.ClickException(f"there is no network to write: {report.errors[0].message}")
    return report
