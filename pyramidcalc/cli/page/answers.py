"""What the page asks and is told: plain JSON in and out, the same behind the server and in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.page.graph import drawn
from pyramidcalc.cli.page.lines import asked
from pyramidcalc.cli.page.maps import flat, reads, size_text, weights
from pyramidcalc.cli.show import shown
from pyramidcalc.cli.sources import Source
from pyramidcalc.cli.summary import field_words
from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.layer_report import LayerGroup
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

BARS = ("parameters", "macs")
"""Columns whose cells have a bar behind them."""
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
    columns, bars = answer.chosen(), {key: max([getattr(row, key) for row in rows], default=0) for key in BARS}
    deep = len(report.layers) <= MAX_ROWS
    table = [line for row in rows[:MAX_ROWS] for line in lines_of(row, columns, bars, 0, deep=deep)]
    output = next(iter(report.resolved.graph.outputs), ("", ""))[1] if report.resolved and not report.failed else ""
    known = {line["layer"] for line in table}
    return {
        "tiles": [dict(zip(("label", "big", "small"), tile, strict=True)) for tile in tiles(report)],
        "notes": [
            {"kind": line.kind, "label": line.label, "text": line.text}
            for line in answer.lines
            if line.kind != "total" or line.label.startswith("formula")
        ],
        "columns": [{"heading": each.heading, "align": "right" if each.right else ""} for each in columns],
        "rows": table,
        "left_out": f"the first {MAX_ROWS:,} of {len(rows):,} rows" if len(rows) > MAX_ROWS else "",
        "layer": output if output in known else rows[-1].layers[-1].name if rows else None,
        "graph": drawn(report, rows),
    }


def lines_of(
    row: LayerGroup, columns: Sequence[Column], bars: Mapping[str, int], level: int, *, deep: bool
) -> Iterator[dict[str, Any]]:
    """A row, and below it those that it opens to; a cell has the exact text, and its share of the longest bar."""
    inner = list(opened(row)) if deep else []
    cells = []
    for column in columns:
        cell: dict[str, Any] = {"text": column.text(row, exact=False)}
        if column.glance is not None and (exact := column.text(row)) != cell["text"]:
            cell["exact"] = exact
        if bars.get(column.key):
            cell["share"] = min(round(100 * getattr(row, column.key) / bars[column.key], 1), 100)
        cells.append(cell)
    yield {
        "name": row.name,
        "layer": row.layers[-1].name,
        "level": level,
        "opens": bool(inner),
        "map": flat(row.output),
        "rank": len(row.output) - 1,
        "shape": size_text(row.output),
        "cells": cells,
    }
    for each in inner:
        yield from lines_of(each, columns, bars, level + 1, deep=True)


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
        per_byte = f", {report.intensity:.4g} for each byte moved" if report.macs else ""
        peak, weights = memory_text(report.peak_activation_bytes), memory_text(report.weight_bytes)
        yield "parameters", si(report.parameters), f"{report.parameters:,}, {weights}{tail}"
        yield "MACs", si(report.macs), f"{report.macs:,}{per_byte}{tail}"
        yield "activations", memory_text(report.output_bytes), f"{report.activations:,} elements{tail}"
        yield "peak memory", memory_text(report.memory_bytes), f"{peak} + weights, {report.dtype}, inference{tail}"


def others(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """What stands below the first of some shapes: its name, and the others with theirs."""
    first, *rest = shapes
    letters = LETTERS[len(shapes[first]) - 1]
    return ", ".join([letters if first == "input" else first, *[f"{name} {shape_text(shapes[name])}" for name in rest]])
