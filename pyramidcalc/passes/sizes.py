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
from pyramidcalc.passes.shapes import AppliedLayer
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction

    from pyramidcalc.graph import Node
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.shapes import Apply, Family, Forms, Resolved

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
    Sizes on which a condition does not hold are not known, and count as not valid.
    """

    family: Family
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

    def at(self, n: int) -> Resolved | None:
        """The graph with the axis at n; None where an input would be empty, or the graph is not known."""
        return self.family.at(placed(self.beside, self.axis, n))

    @property
    def checked(self) -> int:
        """The largest size up to which all were followed."""
        return len(self.sizes)

    def legal(self, n: int) -> bool:
        """Whether the graph works at size n."""
        if n <= self.checked:
            return self.sizes[n - 1].outputs is not None
        if self.proof is None or n > MAX_PROVED:
            resolved = self.at(n)
            return resolved is not None and resolved.failure is None
        start, period = self.proof.start, self.proof.period
        return self.sizes[start + (n - start) % period - 1].outputs is not None

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Why some of the sizes that were followed are not known."""
        followed = [self.family.inputs(placed(self.beside, self.axis, n)) for n in range(1, self.checked + 1)]
        return tuple(reason for holds, reason in self.family.conditions if not all(map(holds, followed)))

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
        forms: dict[str, FloorForm | None] = dict(self.family.forms)
        for node in self.family.graph.nodes:
            forms[node.name] = node.layer.closed(self.axis, tuple([forms[name] for name in node.inputs]))
        return {label: forms[name] for label, name in self.family.graph.outputs}


def placed(beside: Shape, axis: int, n: int) -> Shape:
    """A shape with one axis at n."""
    return (*beside[:axis], n, *beside[axis + 1 :])


def step_by_step() -> Apply:
    """Applies a layer anew only where what it reads is not what it read last: behind strides, most stays from one size
    to the next."""
    last: dict[str, tuple[tuple[Shape, ...], AppliedLayer]] = {}

    def apply(node: Node, read: tuple[Shape, ...], batch: int) -> AppliedLayer:
        before = last.get(node.name)
        if before is None or before[0] != read:
            before = last[node.name] = read, AppliedLayer(node, read, batch)
        return before[1]

    return apply


def follow_sizes(family: Family, beside: Shape, axis: int, most: int) -> AxisSizes:
    """Sizes 1 to `most` of one axis, and further where that proves all others; that of `beside` is one of them."""

    apply = step_by_step()

    def at(n: int) -> Resolved | None:
        return family.at(placed(beside, axis, n), apply)

    proof = prove(at, family.forms, axis)
    sizes: list[Followed] = []
    for n in range(1, max(most, proof.start + proof.period - 1 if proof else beside[axis]) + 1):
        resolved = at(n)
        if resolved is None or resolved.failure:
            sizes.append(Followed(None))
        else:
            known: dict[str, Classes] = {}
            notes = misaligned(follow(resolved, known, axis), known)
            aligned = n <= most and next(notes, None) is None
            sizes.append(Followed(tuple(resolved.shapes[name] for _, name in family.graph.outputs), aligned))
    return AxisSizes(family, axis, beside, tuple(sizes), proof)


def prove(at: Callable[[int], Resolved | None], forms: Forms, axis: int) -> Proof | None:
    """A whole period of sizes that all go on as they are, from about the least size on that does."""

    def growth(n: int) -> GraphGrowth:
        resolved = at(n)
        # An empty input, or one that is not known, says nothing of larger ones.
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


def sizes(family: Family, given: Shape, *, most: int = 1024) -> tuple[AxisSizes, ...] | None:
    """Every spatial axis, followed to `most` at least; None where no size works at all.

    `given` (C, *spatial) are the sizes beside which each axis is judged; where they do not work, the nearest that are
    equal on all axes and do take their place.
    """
    beside = working(family, given, max(most, MAX_START))
    if beside is None:
        return None
    return tuple(follow_sizes(family, beside, axis, most) for axis in range(1, len(given)))


def working(family: Family, given: Shape, most: int) -> Shape | None:
    """`given`, or the nearest sizes up to `most`, equal on all axes, on which the graph works."""

    alike = (given[:1] + (n,) * (len(given) - 1) for n in nearby(min(given[1], most), most) if n <= most)
    for shape in chain([given], alike):
        resolved = family.at(shape)
        if resolved is not None and resolved.failure is None:
            return shape
    return None
