"""Valid sizes: the sizes of one input axis for which every layer is legal and every merge matches.

An operator acts on each axis separately, so an axis is judged on its own, beside sizes of the others that work. Sizes
1 to `checked` are followed one by one through the graph. Where the laws of all layers are known (`Layer.growth`), a
whole period of sizes of which each goes on as it is decides all others: size n + j·period has every node at its size
for n plus j times a fixed step, merges included.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain, islice
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.indexmap import ZERO, Growth
from pyramidcalc.layers.base import AXES
from pyramidcalc.passes.alignment import misaligned
from pyramidcalc.passes.channels import follow
from pyramidcalc.passes.nearest_sizes import nearby
from pyramidcalc.passes.shapes import AppliedLayer, shapes
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from fractions import Fraction

    from pyramidcalc.graph import Graph, Node
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.shapes import Apply, Resolved

    Forms = Mapping[str, FloorForm]
    """How the sizes of every input follow from the given one's."""

MAX_PERIOD = 4096
MAX_START = 4096
"""So many sizes are followed at most in search of a period that goes on for ever: seconds for a large net."""
MAX_PROVED = 2**24
"""Far over any image; up to here laws are exact: pools count in 32 bits, resizes by a factor in double precision."""


class Followed(NamedTuple):
    """What one size makes of the graph: its outputs' shapes in order (None: a layer refuses), and whether all branches
    of every merge are aligned."""

    outputs: tuple[Shape, ...] | None
    aligned: bool = False


class Proof(NamedTuple):
    """From `start` on, up to MAX_PROVED, size n + period is legal or not as n is.

    `rates`: what each output grows by for each position more of the input, where that is known, for each legal size
    of the period from `start` on.
    """

    start: int
    period: int
    rates: dict[int, tuple[Fraction | None, ...]]


class AxisSizes(Record):
    """One spatial axis (counted from 1) of a graph, judged beside `beside`, the (C, *spatial) that works.

    `sizes` holds what sizes 1 … `checked` make of the graph; `proof` extends it to all sizes, where there is one.
    """

    graph: Graph
    forms: Forms
    batch: int
    axis: int
    beside: Shape
    sizes: tuple[Followed, ...]
    proof: Proof | None

    @property
    def name(self) -> str:
        """height, width, …"""
        return AXES[len(self.beside) - 1][self.axis - 1]

    @property
    def letter(self) -> str:
        """H, W, …"""
        return self.name[0].upper()

    @property
    def checked(self) -> int:
        """The largest size up to which all were followed."""
        return len(self.sizes)

    def legal(self, n: int) -> bool:
        """Whether the graph works at size n."""
        if n <= self.checked:
            return self.sizes[n - 1].outputs is not None
        if self.proof is None or n > MAX_PROVED:
            shape = (*self.beside[: self.axis], n, *self.beside[self.axis + 1 :])
            resolved = on(self.graph, self.forms, self.batch, shape)
            return resolved is not None and resolved.failure is None
        start, period = self.proof.start, self.proof.period
        return self.sizes[start + (n - start) % period - 1].outputs is not None

    def valid(self, least: int, most: int) -> tuple[int, ...]:
        """The valid sizes from `least` to `most`."""
        return tuple(n for n in range(least, most + 1) if self.legal(n))

    def nearest(self, n: int, span: int) -> tuple[int, ...]:
        """n where it is valid; else the nearest valid sizes below and above it, where there are any.

        All sizes are looked at where all are proved, and up to `span` away otherwise.
        """
        if self.legal(n):
            return (n,)
        proof = self.proof if n <= MAX_PROVED else None
        if proof is not None:
            span = proof.period
        low = max(n - span, 1)
        below: Iterator[int] = (m for m in range(n - 1, low - 1, -1) if self.legal(m))
        if n <= MAX_PROVED:
            # Below one period everything is as at `checked` or less, where each size speaks for itself.
            below = chain(below, (m for m in range(min(low - 1, self.checked), 0, -1) if self.legal(m)))
        high = max(n, self.checked if proof is not None else n) + span
        above = (m for m in range(n + 1, high + 1) if self.legal(m))
        return (*islice(below, 1), *islice(above, 1))

    @cached_property
    def output_forms(self) -> dict[str, FloorForm | None]:
        """Output label to its size as one floor of the given one; None where it is none."""
        forms: dict[str, FloorForm | None] = dict(self.forms)
        for node in self.graph.nodes:
            forms[node.name] = node.layer.closed(self.axis, tuple([forms[name] for name in node.inputs]))
        return {label: forms[name] for label, name in self.graph.outputs}


def on(graph: Graph, forms: Forms, batch: int, shape: Shape, apply: Apply = AppliedLayer) -> Resolved | None:
    """The graph where its first input is of this (C, *spatial); None where another would be empty."""
    inputs = {name: (channels, *[forms[name].at(n) for n in shape[1:]]) for name, channels in graph.inputs}
    return shapes(graph, inputs, batch, apply) if min(map(min, inputs.values())) >= 1 else None


def step_by_step() -> Apply:
    """Applies a layer anew only where what it reads is not what it read last: behind strides, most stays from one size
    to the next."""
    last: dict[str, tuple[tuple[Shape, ...], AppliedLayer]] = {}

    def apply(node: Node, read: tuple[Shape, ...], batch: int) -> AppliedLayer:
        if node.name not in last or last[node.name][0] != read:
            last[node.name] = read, AppliedLayer(node, read, batch)
        return last[node.name][1]

    return apply


def follow_sizes(graph: Graph, forms: Forms, batch: int, beside: Shape, axis: int, most: int) -> AxisSizes:
    """Sizes 1 to `most` of one axis, and further where that proves all others."""
    apply = step_by_step()

    def at(n: int) -> Resolved | None:
        return on(graph, forms, batch, (*beside[:axis], n, *beside[axis + 1 :]), apply)

    proof = prove(at, forms, axis)
    sizes: list[Followed] = []
    for n in range(1, max(most, proof.start + proof.period - 1 if proof else 0) + 1):
        resolved = at(n)
        if resolved is None or resolved.failure:
            sizes.append(Followed(None))
        else:
            known: dict[str, Classes] = {}
            notes = misaligned(follow(resolved, known, axis), known)
            aligned = n <= most and next(notes, None) is None
            sizes.append(Followed(tuple(resolved.shapes[name] for _, name in graph.outputs), aligned))
    return AxisSizes(graph, forms, batch, axis, beside, tuple(sizes), proof)


def prove(at: Callable[[int], Resolved | None], forms: Forms, axis: int) -> Proof | None:
    """A whole period of sizes that all go on as they are, from about the least size on that does."""

    def growth(n: int) -> GraphGrowth:
        resolved = at(n)
        # An empty input says nothing of larger ones.
        return GraphGrowth(False, 1, ()) if resolved is None else growth_of(resolved, forms, axis)

    if not growth(MAX_START).goes_on:
        return None
    start, goes_on = 0, MAX_START
    while goes_on - start > 1:
        middle = (start + goes_on) // 2
        start, goes_on = (start, middle) if growth(middle).goes_on else (middle, goes_on)
    start = n = goes_on
    period = lcm(*[form.divisor for form in forms.values()])
    rates: dict[int, tuple[Fraction | None, ...]] = {}
    while n < start + period:
        here = growth(n)
        period = lcm(period, here.period)
        if here.goes_on:
            rates[n] = here.outputs
        else:
            start, rates = n + 1, {}
        if start > MAX_START or period > MAX_PERIOD:
            return None
        n += 1
    return Proof(start, period, rates)


class GraphGrowth(NamedTuple):
    """How a graph on one input goes on when an axis of the input grows.

    `goes_on`: all sizes a whole number of `period`s larger are legal or refused alike. `outputs` are what the outputs
    grow by for each position more, None where that is not known.
    """

    goes_on: bool
    period: int
    outputs: tuple[Fraction | None, ...]


def growth_of(resolved: Resolved, forms: Forms, axis: int) -> GraphGrowth:
    """Follows the laws of the layers from node to node, up to the one that refuses."""
    rates = {name: forms[name].slope for name, _ in resolved.graph.inputs}
    period, all_known = 1, True
    for node in resolved.graph.nodes[: len(resolved.layers) + 1]:
        given = tuple([rates[name] for name in node.inputs if name in rates])
        growth = None
        if len(given) == len(node.inputs):
            # What is the same for ever is treated alike for ever.
            at = tuple([resolved.shapes[name] for name in node.inputs])
            growth = node.layer.growth(axis, at, given) if any(given) else Growth(ZERO)
        if growth is not None:
            rates[node.name] = growth.rate
            period = lcm(period, growth.period)
        if node.name not in resolved.shapes:
            # A refusal for ever is one whatever stands beside it.
            return GraphGrowth(growth is not None, period, ())
        all_known = all_known and growth is not None
    return GraphGrowth(all_known, period, tuple([rates.get(name) for _, name in resolved.graph.outputs]))


def sizes(
    graph: Graph, forms: Forms, given: Shape, *, batch: int = 1, most: int = 1024
) -> tuple[AxisSizes, ...] | None:
    """Every spatial axis, followed to `most` at least; None where no size works at all.

    `forms` say how the sizes of every input follow; `given` (C, *spatial) are the sizes beside which each axis is
    judged; where they do not work, the nearest that are equal on all axes and do take their place.
    """
    beside = working(graph, forms, given, batch, max(most, MAX_START))
    if beside is None:
        return None
    return tuple(follow_sizes(graph, forms, batch, beside, axis, most) for axis in range(1, len(given)))


def working(graph: Graph, forms: Forms, given: Shape, batch: int, most: int) -> Shape | None:
    """`given`, or the nearest sizes up to `most`, equal on all axes, on which the graph works."""
    alike = (given[:1] + (n,) * (len(given) - 1) for n in nearby(min(given[1], most), most) if n <= most)
    for shape in chain([given], alike):
        resolved = on(graph, forms, batch, shape)
        if resolved is not None and resolved.failure is None:
            return shape
    return None
