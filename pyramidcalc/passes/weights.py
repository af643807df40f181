"""Whole numbers over one denominator on a box of a map, and what an operator's index maps make of them in reverse."""

from __future__ import annotations

from itertools import chain, product
from math import lcm, prod
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.indexmap import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap

    Row = list[int]

MEASURES = ("mean", "paths")
MAX_BYTES = 1 << 27
"""The weights of one map: two million pixels of a deep network. A few such maps are held at once."""
MAX_ADDITIONS = 1 << 26
"""Of whole numbers, in all: some seconds."""
TAP_ADDITIONS = 16
"""To come to a tap takes as long as so many additions."""
MAX_BITS = 14_000
"""Of one weight: Python writes no longer number out, as that takes a time that grows with its square."""
OBJECT_BYTES = 40
"""Of an int in a list, beside its digits."""


class UnknownWeightsError(Exception):
    """Weights that are not settled, or too many."""


class Block(NamedTuple):
    """Weights on a box of a map: `values` over `denominator`, the last axis fastest; all others are 0.

    `first` and `sizes` are of the box's axes; `bound` is no less than the sum of the values.
    """

    values: list[int]
    first: tuple[int, ...]
    sizes: tuple[int, ...]
    denominator: int = 1
    bound: int = 1


class Gatherer:
    """Carries blocks from the outputs of operators to their inputs, by one measure; counts its additions."""

    __slots__ = ("additions", "measure")

    def __init__(self, measure: str) -> None:
        self.measure = measure
        self.additions = 0

    def through(self, block: Block, maps: Sequence[IndexMap], sizes: Sequence[int]) -> Block | None:
        """The weights on the inputs of maps over `sizes` positions, from those on their outputs; None: nothing is read.

        Raises UnknownWeightsError.
        """
        if all(axis_map is IDENTITY for axis_map in maps):
            return block
        values, denominator, bound = block.values, block.denominator, block.bound
        firsts, counts = list(block.first), list(block.sizes)
        for axis, (axis_map, n) in enumerate(zip(maps, sizes, strict=True)):
            rows = rows_of(values, counts[axis])
            if axis_map is not IDENTITY:
                read, over, most = self._spread(rows, firsts[axis], axis_map, n)
                if not read:
                    return None
                low, width = min(read), len(rows[0])
                denominator, bound = denominator * over, bound * most
                firsts[axis], counts[axis] = low, max(read) - low + 1
                check_size(width * counts[axis], bound)
                nothing = [0] * width
                rows = [read.get(j, nothing) for j in range(low, low + counts[axis])]
            # The axis comes to stand last, and the next one leads.
            values = turned(rows)
        return Block(values, tuple(firsts), tuple(counts), denominator, bound)

    def _spread(self, rows: list[Row], first: int, axis_map: IndexMap, n: int) -> tuple[dict[int, Row], int, int]:
        """Input to its row, from rows of the outputs from `first` on; the denominator; how often the sum grows at most.

        Raises UnknownWeightsError.
        """
        if axis_map.whole and len(rows) > 1:
            # All outputs read the same.
            rows = [[sum(column) for column in zip(*rows, strict=True)]]
        read: dict[int, Row] = {}
        denominator, most = 1, 1
        for i, row in enumerate(rows, first):
            if not any(row):
                continue
            taps, over = self._taps(axis_map, n, i)
            self.additions += len(taps) * (len(row) + TAP_ADDITIONS)
            if self.additions > MAX_ADDITIONS:
                raise UnknownWeightsError(f"it takes the work of more than {MAX_ADDITIONS} additions")
            if denominator % over:
                common = lcm(denominator, over)
                read = {j: scaled(known, common // denominator) for j, known in read.items()}
                denominator = common
            factor, most = denominator // over, max(most, len(taps))
            for j, share in taps:
                new = scaled(row, share * factor)
                read[j] = list(map(add, read[j], new)) if j in read else new
        return read, denominator, max(denominator, most)

    def _taps(self, axis_map: IndexMap, n: int, i: int) -> tuple[list[tuple[int, int]], int]:
        """(input, whole number) of what output `i` reads, and their denominator; 1 a tap where paths are counted.

        Raises UnknownWeightsError.
        """
        if self.measure == "paths":
            return [(j, 1) for j in axis_map.samples(n, i)], 1
        shares = axis_map.shares(n, i)
        if shares is None:
            raise UnknownWeightsError("cubic weights are of both signs, and no shares")
        return shares


def rows_of(values: list[int], count: int) -> list[Row]:
    """The values at each of `count` positions of the first axis."""
    width = len(values) // count
    return [values[start : start + width] for start in range(0, len(values), width)]


def turned(rows: list[Row]) -> list[int]:
    """The values with the first axis last."""
    return list(chain.from_iterable(zip(*rows, strict=True)))


def scaled(row: Row, factor: int) -> Row:
    """The row times a whole number."""
    return row if factor == 1 else [factor * value for value in row]


def check_size(count: int, bound: int) -> None:
    """Raises UnknownWeightsError where so many weights, none over `bound`, take too much memory."""
    if bound.bit_length() > MAX_BITS:
        raise UnknownWeightsError(f"weights of up to {bound.bit_length()} bits are over the limit of {MAX_BITS}")
    if count * (OBJECT_BYTES + bound.bit_length() // 8) > MAX_BYTES:
        size = f"{count} weights of up to {bound.bit_length()} bits"
        raise UnknownWeightsError(f"{size} are over the limit of {MAX_BYTES >> 20} MiB")


def added(one: Block, other: Block) -> Block:
    """The sum of two blocks on one map. Raises UnknownWeightsError."""
    common = lcm(one.denominator, other.denominator)
    factors = common // one.denominator, common // other.denominator
    bound = one.bound * factors[0] + other.bound * factors[1]
    ends = [max(a + m, b + n) for a, m, b, n in zip(one.first, one.sizes, other.first, other.sizes, strict=True)]
    first = tuple(map(min, one.first, other.first))
    sizes = tuple([end - start for end, start in zip(ends, first, strict=True)])
    check_size(prod(sizes), bound)
    parts = [scaled(placed(block, first, sizes), factor) for block, factor in zip((one, other), factors, strict=True)]
    return Block(list(map(add, *parts)), first, sizes, common, bound)


def placed(block: Block, first: tuple[int, ...], sizes: tuple[int, ...]) -> list[int]:
    """The values of a block on a box that holds it."""
    if sizes == block.sizes:
        return block.values
    values, width = [0] * prod(sizes), block.sizes[-1]
    corner = [own - start for own, start in zip(block.first, first, strict=True)]
    for index, place in enumerate(product(*map(range, block.sizes[:-1]))):
        start = 0
        for i, lead, n in zip((*place, 0), corner, sizes, strict=True):
            start = start * n + i + lead
        values[start : start + width] = block.values[index * width : (index + 1) * width]
    return values


def marginals(block: Block) -> tuple[list[int], ...]:
    """For each axis of a block, the sum of the weights at each position."""
    values, sums = block.values, []
    for n in block.sizes:
        width = len(values) // n
        sums.append([sum(row) for row in rows_of(values, n)])
        values = [sum(values[start::width]) for start in range(width)]
    return tuple(sums)


def centre_of_gravity(block: Block) -> tuple[int, ...]:
    """The position nearest to where the weights of a block balance."""
    nearest = []
    for first, sums in zip(block.first, marginals(block), strict=True):
        total, moment = sum(sums), sum([i * weight for i, weight in enumerate(sums)])
        nearest.append(first + (2 * moment + total) // (2 * total))
    return tuple(nearest)
