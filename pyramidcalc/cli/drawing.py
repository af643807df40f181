"""The rows of a table as a graph: a box a row, shapes on the edges, scopes as clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from pyramidcalc.cli.rows import operations
from pyramidcalc.quantities import field_size, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.layer_report import LayerGroup
    from pyramidcalc.report import Report


class Box(NamedTuple):
    """What is drawn of an input, a row, an output or the failing layer; `kind` is one of these words.

    `key` is unique, `name` a dotted path whose scopes are clusters, `lines` what stands below the name.
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

    def clusters(self) -> tuple[Cluster | tuple[str, Box], ...]:
        """The boxes by scope, each with its name there; inputs and outputs stand outside."""
        return tuple(nested([(box.name.split(".") if box.kind == "row" else [box.name], box) for box in self.boxes]))


def drawing(report: Report, rows: Sequence[LayerGroup]) -> Drawing:
    """The graph of a report as its rows show it, up to a failing layer."""
    resolved = report.resolved
    assert resolved is not None, "a report without layers has no graph"
    warned = {note.layer for note in report.diagnostics if note.severity == "warning"}
    boxes = [Box(f"input {name}", "input", name, (shape_text(shape),)) for name, shape in report.inputs.items()]
    owner = {name: box.key for name, box in zip(report.inputs, boxes, strict=True)}
    for row in rows:
        key = f"row {len(boxes)}"
        owner.update(dict.fromkeys([layer.name for layer in row.layers], key))
        field = [] if row.receptive_field is None else [f"receptive field {field_size(row.receptive_field)}"]
        loud = any(layer.name in warned for layer in row.layers)
        boxes.append(Box(key, "row", row.name, (operations(row), *field), loud))
    reads = [(layer.name, layer.inputs) for row in rows for layer in row.layers]
    if resolved.failure is not None:
        node = resolved.graph.nodes[len(resolved.layers)]
        owner[node.name] = "failed"
        reads.append((node.name, node.inputs))
        boxes.append(Box("failed", "failed", node.name, (node.layer.name, resolved.failure.message)))
    else:
        for label, name in resolved.graph.outputs:
            owner[f"output {label}"] = f"output {label}"
            reads.append((f"output {label}", (name,)))
            boxes.append(Box(f"output {label}", "output", label, (shape_text(resolved.shapes[name]),)))
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
