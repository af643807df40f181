"""Graphs with what it takes to ask for their sizes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pyramidcalc.catalog import find
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.indexmap import FloorForm
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.size_rules import valid_rule
from pyramidcalc.passes.sizes import AxisSizes, inputs, sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.graph import Value

Shapes = dict[str, tuple[int, ...]]


class Case:
    """A graph with what it takes to ask for its sizes."""

    def __init__(self, graph: Graph, given: tuple[int, int], forms: dict[str, FloorForm] | None = None) -> None:
        self.graph = graph
        self.given = given
        self.forms = forms or {"input": FloorForm()}

    def axes(self, most: int = 64) -> tuple[AxisSizes, AxisSizes]:
        """Its heights and widths."""
        found = sizes(self.graph, self.forms, self.given, most=most)
        assert found is not None
        return found

    def at(self, axis: AxisSizes, n: int) -> Shapes:
        """The inputs with one axis at n, beside what it was judged beside."""
        pair = (n, axis.beside) if axis.axis == "height" else (axis.beside, n)
        return inputs(self.graph, self.forms, *pair)

    def works(self, axis: AxisSizes, n: int) -> bool:
        """Whether the graph runs there."""
        return shapes(self.graph, self.at(axis, n)).failure is None


@cache
def axes_of(name: str) -> tuple[AxisSizes, AxisSizes]:
    """Heights and widths of an architecture, looked for up to 256 at least."""
    return case_of(name).axes(256)


def case_of(name: str) -> Case:
    """An architecture of the catalogue with its defaults."""
    found = find(name)
    options = found.checked({})
    channels, height, width = found.default_input(options)
    levels = found.levels(channels, options)
    graph = found.build({label: count for label, (count, _) in levels.items()}, options)
    return Case(graph, (height, width), {label: form for label, (_, form) in levels.items()})


def case(make: Callable[[Builder, Value], Value], given: tuple[int, int] = (32, 48)) -> Case:
    """A graph on one map of 2 channels."""
    builder = Builder()
    builder.output("out", make(builder, builder.input("input", 2)))
    return Case(builder.build(), given)


def rules(made: Case) -> tuple[str, str]:
    """Both rules in words."""
    height, width = made.axes()
    return valid_rule(height).text("H"), valid_rule(width).text("W")
