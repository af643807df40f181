"""Centre lines while one axis of the input is swept: at which sizes every merge's branches are aligned.

What a centre line is, and what a merge compares, is `passes.bounds` and `passes.diagnose`; here only one axis, without
the bounds of what is read. Beside each line goes its degree: the line is a fraction of polynomials in the
number of periods, of at most that degree, so two lines that agree at more sizes than their degrees' sum always do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.indexmap import IDENTITY, ONE, ZERO
from pyramidcalc.passes.axis_field import centred, outermost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer

Lines = frozenset[tuple[str, frozenset[tuple["Fraction", "Fraction"]]]]


class State(NamedTuple):
    """A node on one input: its shape, empty where it was refused, and how much its axis grows a unit of the graph's.

    The rate is None where how it goes on is not known; a refusal with a rate is for ever.
    """

    shape: tuple[int, ...]
    rate: Fraction | None


class Centred(NamedTuple):
    """The centre lines of a node by input, and their degree; None where it is not known."""

    lines: Lines
    degree: int | None


NOTHING = Centred(frozenset(), 0)
Verdict = tuple[bool, "int | None"]
FINE: Verdict = (True, 0)


class Centres:
    """The centre lines of one axis (1 rows, 2 columns), node by node."""

    def __init__(self, axis: int) -> None:
        self.axis = axis
        self.known: list[Centred] = []
        self._numbers: dict[Centred, int] = {}
        self._memos: dict[Layer, dict[tuple[int, ...], tuple[int, Verdict]]] = {}

    def run(self, graph: Graph, states: Sequence[State], columns: Mapping[str, list[int]]) -> list[Verdict]:
        """For each size whether all branches are aligned, and the greatest degree among those compared.

        `columns` holds every node's states, numbers into `states`, one a size.
        """
        count = len(columns[graph.inputs[0][0]])
        lines: dict[str, list[int]] = {}
        for name, _ in graph.inputs:
            start = self._number(Centred(frozenset([(name, frozenset([(ONE, ZERO)]))]), 0))
            lines[name] = [start] * count
        verdicts: list[Verdict] = [FINE] * count
        shared: dict[tuple[int, ...], list[int]] = {}
        for node in graph.nodes:
            memo = self._memos.setdefault(node.layer, {})
            sources = [columns[name] for name in node.inputs]
            inner = [lines[name] for name in node.inputs]
            key = (id(memo), id(columns[node.name]), *map(id, sources), *map(id, inner))
            if key not in shared:
                column = self._column(states, node.layer, memo, (columns[node.name], *sources, *inner), verdicts)
                shared[key] = next((line for line in inner if line == column), column)
            lines[node.name] = shared[key]
        return verdicts

    def _column(
        self,
        states: Sequence[State],
        layer: Layer,
        memo: dict[tuple[int, ...], tuple[int, Verdict]],
        sources: tuple[list[int], ...],
        verdicts: list[Verdict],
    ) -> list[int]:
        """The numbers of a node's lines, one a size; what its branches say goes into `verdicts`."""
        column = []
        for index, key in enumerate(zip(*sources, strict=True)):
            found = memo.get(key)
            if found is None:
                own, *given = key
                half = len(given) // 2
                inputs = [states[number] for number in given[:half]]
                lines = [self.known[number] for number in given[half:]]
                made, verdict = self.beyond(layer, states[own], inputs, lines)
                found = memo[key] = (self._number(made), verdict)
            column.append(found[0])
            if found[1] is not FINE:
                (agree, degree), (aligned, highest_yet) = found[1], verdicts[index]
                verdicts[index] = (agree and aligned, highest((degree, highest_yet)))
        return column

    def _number(self, centred_on: Centred) -> int:
        number = self._numbers.get(centred_on)
        if number is None:
            number = self._numbers[centred_on] = len(self.known)
            self.known.append(centred_on)
        return number

    def beyond(
        self, layer: Layer, made: State, sources: Sequence[State], inner: Sequence[Centred]
    ) -> tuple[Centred, Verdict]:
        """The lines behind a layer, and whether its branches agree."""
        if not made.shape:
            return NOTHING, FINE
        shapes = tuple([source.shape for source in sources])
        plain = layer.resolve(*shapes)
        steady = plain is layer or layer.steady
        branches = [
            through(maps[self.axis], source, made, lines, self.axis, steady)
            for maps, source, lines in zip(plain.axes(*shapes[: plain.arity]), sources, inner, strict=False)
        ]
        if len(branches) == 1:
            return branches[0], FINE
        return merged(branches)


def through(axis_map: IndexMap, source: State, made: State, inner: Centred, axis: int, steady: bool) -> Centred:
    """The lines beyond one map of a branch; `steady` where the map stays while sizes grow."""
    if axis_map is IDENTITY or not inner.lines:
        return inner
    if axis_map.whole:
        return NOTHING
    n, m = (shape[axis] if len(shape) == 3 else 1 for shape in (source.shape, made.shape))
    lines = frozenset([(name, centred(axis_map, n, line)) for name, line in inner.lines])
    step = None
    if steady and source.rate is not None and made.rate is not None:
        step = axis_map.drift(n, m, source.rate, made.rate) if source.rate or made.rate else 0
    degree = None if step is None or inner.degree is None else inner.degree + step
    return Centred(lines, degree)


def merged(branches: Sequence[Centred]) -> tuple[Centred, Verdict]:
    """The lines of a merge, and whether those of its branches are the same, input by input."""
    by_input: dict[str, list[frozenset[tuple[Fraction, Fraction]]]] = {}
    for branch in branches:
        for name, lines in branch.lines:
            by_input.setdefault(name, []).append(lines)
    agree = all(lines == found[0] for found in by_input.values() for lines in found)
    union = frozenset((name, outermost(frozenset().union(*found))) for name, found in by_input.items())
    degree = highest([branch.degree for branch in branches])
    if degree and any(len(lines) > 1 for _, lines in union):
        # Which of several moving lines meets which may change from size to size.
        degree = None
    compared = any(len(found) > 1 for found in by_input.values())
    return Centred(union, degree), (agree, degree) if compared and (degree != 0 or not agree) else FINE


def highest(degrees: Sequence[int | None]) -> int | None:
    """The greatest degree; unknown where one is."""
    known = [degree for degree in degrees if degree is not None]
    return max(known) if len(known) == len(degrees) else None
