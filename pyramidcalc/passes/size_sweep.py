"""Follows many sizes of one axis through a graph at once, with how each goes on beyond them.

Nodes with equal layers
and equal inputs share their work, so a sweep costs what its distinct layers and sizes do.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.indexmap import ZERO, Growth
from pyramidcalc.passes.size_centres import Centres, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.layers.base import Layer

Key = tuple[int, ...]


REFUSED = State((), ZERO)
REFUSED_HERE = State((), None)
UNKNOWN, ILLEGAL, FOREVER = 1, 2, 4
FLAGS = {REFUSED: ILLEGAL | FOREVER, REFUSED_HERE: ILLEGAL | UNKNOWN}


class Found(NamedTuple):
    """What one size of the swept axis makes of the graph.

    `settled`: the sizes a whole number of periods on are legal or refused alike. `outputs` are the states of the
    graph's outputs. `aligned`, and the `degree` of what says so, mean nothing where the size is not legal.
    """

    legal: bool
    settled: bool
    outputs: tuple[State, ...]
    aligned: bool
    degree: int | None


class Sweep:
    """One axis (1 rows, 2 columns) of a graph; `forms` say how the inputs' sizes follow the swept one, where known."""

    def __init__(self, graph: Graph, axis: int, batch: int, forms: Mapping[str, FloorForm] | None = None) -> None:
        self.graph = graph
        self.axis = axis
        self.batch = batch
        known = dict(forms or {})
        self.rates = {name: known[name].slope if name in known else None for name, _ in graph.inputs}
        self.period = lcm(*[form.divisor for form in known.values()])
        self.states: list[State] = []
        self.flags: list[int] = []
        self._numbers: dict[State, int] = {}
        self._memos: dict[Layer, dict[Key, int]] = {}
        self._centres = Centres(axis)

    def legal(self, inputs: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether the graph works on these inputs."""
        columns = self._columns((inputs,))
        return not any(self.flags[column[0]] & ILLEGAL for column in columns.values())

    def run(self, given: Sequence[Mapping[str, tuple[int, ...]]]) -> list[Found]:
        """What each of these inputs (name to shape) makes of the graph."""
        columns = self._columns(given)
        flags = [0] * len(given)
        for column in {id(column): column for column in columns.values()}.values():
            if any(self.flags[state] for state in set(column)):
                flags = [flag | self.flags[state] for flag, state in zip(flags, column, strict=True)]
        drifts = self._centres.run(self.graph, self.states, columns)
        ends = [columns[name] for _, name in self.graph.outputs]
        return [
            Found(
                not flag & ILLEGAL,
                bool(flag & FOREVER) or not flag & UNKNOWN,
                tuple([self.states[end[index]] for end in ends]),
                *drifts[index],
            )
            for index, flag in enumerate(flags)
        ]

    def _columns(self, given: Sequence[Mapping[str, tuple[int, ...]]]) -> dict[str, list[int]]:
        """The state numbers of every node, one for each of the inputs; one object where two nodes agree throughout."""
        columns = {
            name: [self._number(self._input(name, shapes[name])) for shapes in given] for name, _ in self.graph.inputs
        }
        shared: dict[tuple[int, ...], list[int]] = {}
        for node in self.graph.nodes:
            layer = node.layer
            memo = self._memos.setdefault(layer, {})
            sources = [columns[name] for name in node.inputs]
            key = (id(memo), *map(id, sources))
            if key not in shared:
                column = self._column(layer, memo, sources)
                shared[key] = next((source for source in sources if source == column), column)
            columns[node.name] = shared[key]
        return columns

    def _column(self, layer: Layer, memo: dict[Key, int], sources: Sequence[list[int]]) -> list[int]:
        column = []
        for key in zip(*sources, strict=True):
            number = memo.get(key)
            if number is None:
                number = memo[key] = self._number(self.state(layer, [self.states[source] for source in key]))
            column.append(number)
        return column

    def _input(self, name: str, shape: tuple[int, ...]) -> State:
        """The state of an input; an empty one is refused here, and says nothing of larger ones."""
        return State(tuple(shape), self.rates[name]) if min(shape) >= 1 else REFUSED_HERE

    def _number(self, state: State) -> int:
        """The number of a state; equal states share it."""
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self.states)
            self.states.append(state)
            self.flags.append(FLAGS.get(state, UNKNOWN if state.rate is None else 0))
        return number

    def state(self, layer: Layer, sources: Sequence[State]) -> State:
        """The state of a layer's output."""
        if any(not source.shape for source in sources):
            return REFUSED if REFUSED in sources else REFUSED_HERE
        shapes = tuple([source.shape for source in sources])
        try:
            shape = layer.output_shape(*shapes, batch=self.batch)
        except (ShapeError, LayerError):
            shape = ()
        growth = growth_of(layer, self.axis, shapes, [source.rate for source in sources])
        if growth is None:
            return State(shape, None) if shape else REFUSED_HERE
        self.period = lcm(self.period, growth.period)
        return State(shape, growth.rate) if shape else REFUSED


def growth_of(
    layer: Layer, axis: int, shapes: tuple[tuple[int, ...], ...], rates: Iterable[Fraction | None]
) -> Growth | None:
    """How a layer's output goes on; unknown where that of an input is."""
    known = tuple([rate for rate in rates if rate is not None])
    if len(known) != len(shapes):
        return None
    # The same shapes for ever are treated alike for ever.
    return layer.growth(axis, shapes, known) if any(known) else Growth(ZERO)
