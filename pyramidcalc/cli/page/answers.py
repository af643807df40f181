"""What the page asks and is told: plain JSON in and out, the same behind the server and in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.drawing import drawing
from pyramidcalc.cli.page.layout import layout
from pyramidcalc.cli.page.lines import asked
from pyramidcalc.cli.page.maps import reads, weights
from pyramidcalc.cli.show import shown
from pyramidcalc.cli.sources import Source
from pyramidcalc.cli.summary import field_words
from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.layer_report import LayerGroup
from pyramidcalc.passes.memory import FLOAT32_BYTES
from pyramidcalc.quantities import LETTERS, memory_text, shape_text, si

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.cli.answer import Answer, Column
    from pyramidcalc.cli.page.lines import Asked, Code
    from pyramidcalc.layer_report import LayerReport
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.report import Report

MAX_ROWS = 3000
"""Rows of a table on the page, opened ones included."""


class Page:
    """Answers the page's questions; keeps the last line's report, as every move of the pointer asks about it."""

    def __init__(self, trusted: Code | None = None) -> None:
        self.trusted = trusted
        self.last: tuple[str, Asked, Report] | None = None

    def answer(self, question: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, or `error` and perhaps `hint`: what the prompt would say of the same line.

        Raises KeyError for a question that there is not, and TypeError for values that do not belong to it.
        """
        questions: dict[str, Callable[..., dict[str, Any]]] = {
            "catalogue": self.catalogue,
            "analyse": self.analyse,
            "reads": self.reads,
            "weights": self.weights,
        }
        try:
            return questions[question](**values)
        except click.ClickException as error:
            return {"error": error.format_message()}
        except PyramidcalcError as error:
            return {"error": error.message, "hint": error.hint}
        except (MemoryError, OverflowError, RecursionError):
            return {"error": "these numbers are too large to work with"}

    def catalogue(self) -> dict[str, Any]:
        """Names of architectures by kind, each with its first sentence."""
        from pyramidcalc.catalog import find, names

        kinds = {"Pyramid blocks": "block", "Networks": "network", "Layers": "layer"}
        return {
            heading: [{"name": name, "summary": find(name).documentation.summary} for name in names(kind)]
            for heading, kind in kinds.items()
        }

    def analyse(self, line: str) -> dict[str, Any]:
        """All that stands on the page but the maps."""
        known, report = self.analysed(line)
        answer = shown(known.architecture, report, None, None, ())
        return {
            "name": known.architecture.name,
            "about": about(known.architecture),
            "form": known.form,
            **contents(answer),
        }

    def reads(self, line: str, layer: str, at: Sequence[int], input: str | None = None) -> dict[str, Any]:  # noqa: A002
        """What one pixel of a layer reads."""
        return reads(self.resolved(line), layer, at, input)

    def weights(self, line: str, layer: str, at: Sequence[int], input: str | None = None) -> dict[str, Any]:  # noqa: A002
        """How much of one pixel of a layer each input pixel makes up."""
        return weights(self.resolved(line), layer, at, input)

    def analysed(self, line: str) -> tuple[Asked, Report]:
        """What a line asks, and its report."""
        last = self.last
        if last is None or last[0] != line:
            known = asked(line, self.trusted)
            self.last = last = (line, known, known.request.report())
        return last[1:]

    def resolved(self, line: str) -> Resolved:
        """The network of a line. Raises UsageError where its options make none."""
        _, report = self.analysed(line)
        if report.resolved is None:
            raise UsageError("these options make no valid architecture")
        return report.resolved


def about(architecture: Architecture | Source) -> str:
    """What an architecture is, and where from."""
    if isinstance(architecture, Source):
        return architecture.help.partition("\n")[0]
    return " ".join(filter(None, [architecture.documentation.summary, architecture.documentation.source]))


def contents(answer: Answer) -> dict[str, Any]:
    """What the page shows of an answer that is of a whole architecture."""
    report, rows = answer.report, tuple(answer.rows)
    assert report is not None
    columns = answer.chosen()
    tree = [row_of(row, columns, nested=len(report.layers) <= MAX_ROWS) for row in rows[:MAX_ROWS]]
    left_out = f"the first {MAX_ROWS:,} of {len(rows):,} rows"
    return {
        "failed": report.failed,
        "inputs": {name: list(shape) for name, shape in report.inputs.items()},
        "outputs": {} if report.failed or not report.resolved else dict(report.resolved.graph.outputs),
        "tiles": [dict(zip(("label", "big", "small"), tile, strict=True)) for tile in tiles(report)],
        "notes": [
            {"kind": line.kind, "label": line.label, "text": line.text}
            for line in answer.lines
            if line.kind != "total" or line.label.startswith("formula")
        ],
        "columns": [{"heading": each.heading, "right": each.right, "key": each.key} for each in columns],
        "rows": tree,
        "left_out": left_out if len(rows) > MAX_ROWS else None,
        "graph": graph_of(report, rows),
    }


def row_of(row: LayerGroup, columns: Sequence[Column], *, nested: bool) -> dict[str, Any]:
    """One row, with the rows that it opens to."""
    inner = [row_of(each, columns, nested=True) for each in opened(row)] if nested else []
    return {
        "cells": [column.text(row, exact=False) for column in columns],
        "exact": [column.text(row) for column in columns],
        "name": row.name,
        "layer": row.layers[-1].name,
        "output": list(row.output),
        "bars": {"parameters": row.parameters, "macs": row.macs},
        "rows": inner,
    }


def opened(row: LayerGroup) -> Iterator[LayerGroup]:
    """The rows inside one: its scopes one step down, or its layers."""
    if len(row.layers) == 1:
        return
    paths = [layer.name.split(".") for layer in row.layers]
    shared = 0
    while all(len(path) > shared + 1 for path in paths) and len({path[shared] for path in paths}) == 1:
        shared += 1
    scopes: dict[str, list[LayerReport]] = {}
    for path, layer in zip(paths, row.layers, strict=True):
        scopes.setdefault(".".join(path[: shared + 1]), []).append(layer)
    for name, layers in scopes.items():
        yield LayerGroup.of(name, tuple(layers))


def graph_of(report: Report, rows: Sequence[LayerGroup]) -> dict[str, Any] | None:
    """The graph with places on a plane; None where there is none, or where it is too large to look at."""
    if report.resolved is None:
        return None
    graph = drawing(report, rows)
    plane = layout(graph)
    if plane is None:
        return None
    drawn = [box.key for box in graph.boxes if box.kind == "row"]
    layers = {key: row.layers[-1].name for key, row in zip(drawn, rows, strict=True)}
    boxes = [
        {
            "kind": box.kind,
            "name": box.name,
            "lines": box.lines,
            "warned": box.warned,
            "layer": layers.get(box.key),
            "at": at,
        }
        for box, at in zip(graph.boxes, plane["places"], strict=True)
    ]
    names = {box.key: box.name for box in graph.boxes}
    edges = [
        {"title": f"{names[edge.source]} → {names[edge.target]}: {edge.text}", "points": points}
        for edge, points in zip(graph.edges, plane["edges"], strict=True)
    ]
    return {"box": plane["box"], "size": plane["size"], "boxes": boxes, "edges": edges}


def tiles(report: Report) -> Iterator[tuple[str, str, str]]:
    """Label, large and small print of the totals."""
    tail = ", up to the failing layer" if report.failed else ""
    yield "input", shape_text(report.input), others(report.inputs)
    if report.output is not None:
        yield "output", shape_text(report.output), others(report.outputs)
        size, *words = field_words(report.receptive_field) if report.receptive_field else ("–",)
        number, *unit = size.split(" pixels")
        yield "receptive field", number, ", ".join([*["pixels" for _ in unit], *words])
    if report.layers:
        yield "parameters", si(report.parameters), f"{report.parameters:,}{tail}"
        yield "MACs", si(report.macs), f"{report.macs:,}{tail}"
        elements = f"{report.activations:,} elements as float32{tail}"
        yield "activations", memory_text(FLOAT32_BYTES * report.activations), elements
        yield "peak memory", memory_text(report.peak_activation_bytes), f"of activations, inference{tail}"


def others(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """What stands below the first of some shapes: its name, and the others with theirs."""
    first, *rest = shapes
    letters = LETTERS[len(shapes[first]) - 1]
    return ", ".join([letters if first == "input" else first, *[f"{name} {shape_text(shapes[name])}" for name in rest]])
