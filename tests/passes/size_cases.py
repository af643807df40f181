"""Graphs with what it takes to ask for their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.catalog import find
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import FloorForm
from pyramidcalc.passes.shapes import Family
from pyramidcalc.passes.size_rules import output_texts, valid_rule
from pyramidcalc.passes.sizes import sizes
from pyramidcalc.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.passes.sizes import AxisSizes


class Case:
    """A graph with what it takes to ask for its sizes; `given` is (C, *spatial) of the first input."""

    def __init__(self, graph: Graph, given: tuple[int, ...], forms: Mapping[str, FloorForm] | None = None) -> None:
        self.graph = graph
        self.given = given
        self.forms = forms or {"input": FloorForm()}

    def axes(self, most: int = 64) -> tuple[AxisSizes, ...]:
        """Its axes."""
        axes = sizes(Family(self.graph, self.forms), self.given, most=most)
        assert axes is not None
        return axes

    def works(self, axis: AxisSizes, n: int) -> bool:
        """Whether the graph runs with the axis at n, beside what it was judged beside."""
        resolved = at(axis, n)
        return resolved is not None and resolved.failure is None

    def rules(self) -> tuple[str, ...]:
        """The rules of all axes in words."""
        return tuple(valid_rule(axis).text(axis.letter) for axis in self.axes())

    def outputs(self) -> list[dict[str, str | None]]:
        """The closed forms of the outputs, axis by axis."""
        return [output_texts(axis, valid_rule(axis)) for axis in self.axes()]


def at(axis: AxisSizes, n: int) -> Resolved | None:
    """The graph with the axis at n, beside what it was judged beside."""
    return axis.at(n)


def case_of(name: str) -> Case:
    """An architecture of the catalogue with its defaults."""
    request = Request.of(find(name), None, 1, {})
    return Case(request.graph(), next(iter(request.inputs.values())), request.forms)


def case(build: Callable[[Builder, Value], Value], *given: int) -> Case:
    """A graph on one map of 2 channels, of 32×48 where nothing else is given."""
    builder = Builder()
    builder.output("out", build(builder, builder.input("input", 2)))
    return Case(builder.build(), (2, *(given or (32, 48))))
