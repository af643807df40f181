"""Valid sizes: the input heights and widths for which every layer is legal and every merge matches.

An operator acts on rows and columns separately, so each axis is judged on its own, beside a size of the other one
that works. Every size up to `checked` is followed through the graph. Where the laws of all layers are known
(`Layer.growth`), one whole period of sizes of which each goes on as it is decides all others: size n + j·period has
every node at its size for n plus j times a fixed step, merges included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.passes.nearest_sizes import nearby
from pyramidcalc.passes.size_sweep import Sweep
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.passes.size_sweep import Found

    Forms = Mapping[str, FloorForm]

LONGEST_PERIOD = 4096
FIRST_LOOK = 256
FARTHEST_PROOF = 4096
"""So many sizes are followed at least, if that many are needed, before a proof is given up."""
LARGEST_PROVED = 2**33
"""Up to here the laws of all layers are exact: a resize by a factor computes its size in double precision."""
AXES = ("height", "width")


class Proof(NamedTuple):
    """From `start` on, up to LARGEST_PROVED, size n + period is legal or not as n is."""

    start: int
    period: int


class AxisSizes(Record):
    """One axis ("height" or "width"), judged beside size `beside` of the other one.

    `found` holds what sizes 1 … `checked` make of the graph; `proof` extends it to all sizes, where there is one.
    """

    axis: str
    beside: int
    found: tuple[Found, ...]
    proof: Proof | None
    follow: Callable[[Sequence[int]], list[Found]]

    @property
    def letter(self) -> str:
        """H or W."""
        return self.axis[0].upper()

    @property
    def checked(self) -> int:
        """The largest size up to which all were followed."""
        return len(self.found)

    def legal(self, n: int) -> bool:
        """Whether the graph works at size n."""
        if n <= self.checked:
            return self.found[n - 1].legal
        if self.proof is None or n > LARGEST_PROVED:
            return self.follow((n,))[0].legal
        start, period = self.proof
        return self.found[start + (n - start) % period - 1].legal

    def valid(self, least: int, most: int) -> tuple[int, ...]:
        """The valid sizes from `least` to `most`."""
        return tuple(n for n in range(least, most + 1) if self.legal(n))

    def aligned(self, least: int, most: int) -> tuple[int, ...]:
        """The sizes from `least` to `most` that keep every branch aligned, each followed."""
        known = self.found[least - 1 : most]
        beyond = self.follow(range(max(least, self.checked + 1), most + 1)) if most > self.checked else []
        return tuple(n for n, size in enumerate((*known, *beyond), least) if size.legal and size.aligned)

    def nearest(self, n: int, span: int) -> tuple[int, ...]:
        """n where it is valid; else the nearest valid sizes below and above it, where there are any.

        All sizes are looked at where all are proved, and up to `span` away otherwise.
        """
        if self.legal(n):
            return (n,)
        if self.proof is not None:
            span = self.proof.period
        # Below one period everything is as at `checked` or less, where each size speaks for itself.
        low = max(n - span, 1)
        below = next((m for m in range(n - 1, low - 1, -1) if self.legal(m)), None)
        if below is None:
            below = next((m for m in range(min(low - 1, self.checked), 0, -1) if self.legal(m)), None)
        high = max(n, self.checked if self.proof is not None else n) + span
        above = next((m for m in range(n + 1, high + 1) if self.legal(m)), None)
        return tuple(m for m in (below, above) if m is not None)


def sizes(
    graph: Graph, forms: Forms, given: tuple[int, int], *, batch: int = 1, most: int = 1024
) -> tuple[AxisSizes, AxisSizes] | None:
    """Heights and widths, followed to `most` unless fewer prove all; None where no size works at all.

    `forms` say how the sizes of every input follow; `given` is the (H, W) beside which the other axis is judged;
    where that does not work, the nearest square that does takes its place.
    """
    pair = working(graph, forms, given, batch, most)
    if pair is None:
        return None
    height, width = pair
    return (
        explore("height", width, graph, forms, batch, most),
        explore("width", height, graph, forms, batch, most),
    )


def inputs(graph: Graph, forms: Forms, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """Name to (C, H, W) of every input, where the first is of this size."""
    return {name: (channels, forms[name].at(height), forms[name].at(width)) for name, channels in graph.inputs}


def working(graph: Graph, forms: Forms, given: tuple[int, int], batch: int, most: int) -> tuple[int, int] | None:
    """`given`, or the nearest square up to `most`, or to where proofs are sought, on which the graph works."""
    sweep = Sweep(graph, 1, batch)
    if sweep.legal(inputs(graph, forms, *given)):
        return given
    most = max(most, FARTHEST_PROOF)
    sides = (n for n in nearby(min(given[0], most), most) if n <= most)
    side = next((n for n in sides if sweep.legal(inputs(graph, forms, n, n))), None)
    return None if side is None else (side, side)


def explore(axis: str, beside: int, graph: Graph, forms: Forms, batch: int, most: int) -> AxisSizes:
    """Follows sizes 1, 2, … of one axis until one period is decided, or `most` is reached and a proof is far."""
    sweep = Sweep(graph, AXES.index(axis) + 1, batch, forms)

    def follow(numbers: Sequence[int]) -> list[Found]:
        pairs = [(n, beside) if axis == "height" else (beside, n) for n in numbers]
        return sweep.run([inputs(graph, forms, *pair) for pair in pairs])

    limit = max(most, FARTHEST_PROOF)
    found: list[Found] = []
    goal = FIRST_LOOK
    while True:
        goal = min(goal, limit)
        found += follow(range(len(found) + 1, goal + 1))
        proof = prove(found, sweep.period)
        wanted = goal * 2 if proof is None else sizes_wanted(found, proof, most)
        if wanted <= goal or goal == limit:
            break
        goal = wanted
    return AxisSizes(axis, beside, tuple(found), proof, follow)


def prove(found: list[Found], period: int) -> Proof | None:
    """The first whole period of sizes that all go on as they are."""
    if period > LONGEST_PERIOD:
        return None
    run = 0
    for index, size in enumerate(found):
        run = run + 1 if size.settled else 0
        if run == period:
            return Proof(index + 2 - period, period)
    return None


def sizes_wanted(found: list[Found], proof: Proof, most: int) -> int:
    """Sizes that tell how branches are aligned: where centre lines move, several periods, or all up to `most`."""
    first = found[proof.start - 1 : proof.start - 1 + proof.period]
    moving = [size for size in first if size.legal and size.degree != 0]
    if any(size.degree is None or not size.aligned for size in moving):
        return min(most, FARTHEST_PROOF)
    return proof.start + proof.period * max([2 * size.degree + 1 for size in moving if size.degree], default=1) - 1
