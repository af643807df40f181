"""Whole numbers over one denominator on a box of a map, and what an operator's index maps make of them in reverse.

The numbers of a row stand side by side in one large number, each in a field that is wide enough for the sum of all. So
one addition of Python's adds two rows, one multiplication scales a row, and no number runs over into the next.
"""

from __future__ import annotations

from math import lcm, prod
from operator import add
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.indexmap import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.indexmap.base import Shares

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
WORD = 8
"""Bytes: fields are of whole words, which a memoryview moves many at a time."""


class UnknownWeightsError(Exception):
    """Weights that are not settled, or too many."""


class Block(NamedTuple):
    """Weights on a box of a map, whole numbers over `denominator`; all others are 0.

    `axes` are the box's positions on each axis; `rows` hold the numbers at each position of the first, side by side,
    the last axis fastest; `bound` is no less than the sum of the numbers.
    """

    rows: list[int]
    axes: tuple[range, ...]
    denominator: int = 1
    bound: int = 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Positions of the box on each axis."""
        return tuple(map(len, self.axes))

    @property
    def words(self) -> int:
        """Words of a number's field."""
        return (self.bound.bit_length() + 8 * WORD - 1) // (8 * WORD)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return prod(self.sizes[1:]) * self.words * WORD

    def packed(self) -> bytes:
        """The bytes of all rows."""
        length = self.row_bytes
        return b"".join([row.to_bytes(length, "little") for row in self.rows])

    def unpacked(self, packed: bytes | bytearray) -> Block:
        """The block with the rows that stand in some bytes."""
        length = self.row_bytes
        starts = range(0, len(packed), length)
        return self._replace(rows=[int.from_bytes(packed[start : start + length], "little") for start in starts])

    def values(self) -> Iterator[int]:
        """The numbers one by one, the last axis fastest."""
        length, field = self.row_bytes, Struct(f"{self.words * WORD}s")
        for row in self.rows:
            for (number,) in field.iter_unpack(row.to_bytes(length, "little")):
                yield int.from_bytes(number, "little")


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
        below: Block | None = block
        for axis_map, n in zip(reversed(maps), reversed(sizes), strict=True):
            if below is not None:
                below = self._along_the_first_axis(turned(below), axis_map, n)
        return below

    def _along_the_first_axis(self, block: Block, axis_map: IndexMap, n: int) -> Block | None:
        if axis_map is IDENTITY:
            return block
        first, *others = block.axes
        if axis_map.whole:
            # All outputs read the same.
            block, first = block._replace(rows=[sum(block.rows)]), first[:1]
        across = prod(map(len, others))
        taps: dict[int, Shares] = {}
        pairs: dict[tuple[int, int], tuple[int, int]] = {}
        for i, row in zip(first, block.rows, strict=True):
            if row:
                shares, over = self._taps(axis_map, n, i, across)
                # Windows overlap: what they have in common is held once.
                taps[i] = [pairs.setdefault(pair, pair) for pair in shares], over
        if not pairs:
            return None
        denominator = lcm(*[over for _, over in taps.values()])
        bound = block.bound * max(denominator, *[len(shares) for shares, _ in taps.values()])
        read = range(min(pairs)[0], max(pairs)[0] + 1)
        check_size(len(read) * across, bound)
        rows, sums = widened(block, bound).rows, [0] * len(read)
        for i, (shares, over) in taps.items():
            row = times(rows[i - first[0]], denominator // over)
            for j, share in shares:
                sums[j - read[0]] += times(row, share)
        return Block(sums, (read, *others), block.denominator * denominator, bound)

    def _taps(self, axis_map: IndexMap, n: int, i: int, across: int) -> Shares:
        """(input, whole number) of what output `i` reads, and their denominator; 1 a tap where paths are counted.

        Raises UnknownWeightsError.
        """
        shares = axis_map.shares(n, i) if self.measure == "mean" else ([(j, 1) for j in axis_map.samples(n, i)], 1)
        if shares is None:
            raise UnknownWeightsError("cubic weights are of both signs, and no shares")
        self.additions += len(shares[0]) * (across + TAP_ADDITIONS)
        if self.additions > MAX_ADDITIONS:
            raise UnknownWeightsError(f"it takes the work of more than {MAX_ADDITIONS} additions")
        return shares


def times(row: int, factor: int) -> int:
    """The numbers of a row times a whole number."""
    return row if factor == 1 else row * factor


def turned(block: Block) -> Block:
    """The block with its last axis first."""
    packed, words, count = block.packed(), block.words, len(block.axes[-1])
    across, turned_bytes = prod(block.sizes[:-1]), bytearray(len(packed))
    source, target = memoryview(packed).cast("Q"), memoryview(turned_bytes).cast("Q")
    for index in range(across):
        line = source[index * count * words : (index + 1) * count * words]
        for word in range(words):
            target[index * words + word :: across * words] = line[word::words]
    return block._replace(axes=block.axes[-1:] + block.axes[:-1]).unpacked(turned_bytes)


def widened(block: Block, bound: int) -> Block:
    """The block with room for sums up to `bound`."""
    wide = block._replace(bound=bound)
    if wide.words == block.words:
        return wide
    packed = bytearray(prod(block.sizes) * wide.words * WORD)
    source, target = memoryview(block.packed()).cast("Q"), memoryview(packed).cast("Q")
    for word in range(block.words):
        target[word :: wide.words] = source[word :: block.words]
    return wide.unpacked(packed)


def check_size(count: int, bound: int) -> None:
    """Raises UnknownWeightsError where so many weights, none over `bound`, take too much memory."""
    if bound.bit_length() > MAX_BITS:
        raise UnknownWeightsError(f"weights of up to {bound.bit_length()} bits are over the limit of {MAX_BITS}")
    if count * (OBJECT_BYTES + bound.bit_length() // 8) > MAX_BYTES:
        size = f"{count} weights of up to {bound.bit_length()} bits"
        raise UnknownWeightsError(f"{size} are over the limit of {MAX_BYTES >> 20} MiB")


def scaled(block: Block, factor: int) -> Block:
    """The same weights in larger numbers over a larger denominator."""
    wide = widened(block, block.bound * factor)
    return wide._replace(rows=[times(row, factor) for row in wide.rows], denominator=block.denominator * factor)


def added(one: Block, other: Block) -> Block:
    """The sum of two blocks on one map. Raises UnknownWeightsError."""
    common = lcm(one.denominator, other.denominator)
    one, other = (scaled(block, common // block.denominator) for block in (one, other))
    ends = [(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one.axes, other.axes, strict=True)]
    axes, bound = tuple([range(*pair) for pair in ends]), one.bound + other.bound
    check_size(prod(map(len, axes)), bound)
    rows = [placed(widened(block, bound), axes).rows for block in (one, other)]
    return Block(list(map(add, *rows)), axes, common, bound)


def placed(block: Block, axes: tuple[range, ...]) -> Block:
    """The block on another box; what lies outside is left out."""
    for axis in reversed(axes if axes != block.axes else ()):
        block = turned(block)
        first, *others = block.axes
        own = dict(zip(first, block.rows, strict=True))
        block = block._replace(rows=[own.get(i, 0) for i in axis], axes=(axis, *others))
    return block


def trimmed(block: Block) -> Block:
    """The block on the smallest box: where an output reads nothing, other axes come to hold nothing at their ends."""
    axes, rest = [], block
    for axis in block.axes:
        held = [i for i, row in zip(axis, rest.rows, strict=True) if row]
        axes.append(range(held[0], held[-1] + 1))
        rest = summed(rest, axis[0], axis[-1])
    return placed(block, tuple(axes))


def summed(block: Block, low: int, high: int) -> Block:
    """The sum along the first axis, from one position to another."""
    first, *others = block.axes
    row = sum(block.rows[max(low - first.start, 0) : max(high + 1 - first.start, 0)])
    return block._replace(axes=tuple(others)).unpacked(row.to_bytes(block.row_bytes, "little"))


def held(block: Block, box: Sequence[tuple[int, int]]) -> int:
    """The sum of the numbers in a box."""
    for low, high in box:
        block = summed(block, low, high)
    return block.rows[0]


def folded(row: int, count: int, bits: int) -> int:
    """The sum of so many numbers of a row: one half of them comes down on the other until one is left."""
    while count > 1:
        count -= count // 2
        row = (row >> count * bits) + (row & ((1 << count * bits) - 1))
    return row


def marginals(block: Block) -> tuple[list[int], ...]:
    """For each axis of a block, the sum of the weights at each position."""
    sums, bits = [], 8 * WORD * block.words
    for axis in block.axes:
        sums.append([folded(row, prod(block.sizes[1:]), bits) for row in block.rows])
        block = summed(block, axis[0], axis[-1])
    return tuple(sums)


def centre_of_gravity(block: Block) -> tuple[int, ...]:
    """The position nearest to where the weights of a block balance."""
    nearest = []
    for axis, sums in zip(block.axes, marginals(block), strict=True):
        total, moment = sum(sums), sum([i * weight for i, weight in zip(axis, sums, strict=True)])
        nearest.append((2 * moment + total) // (2 * total))
    return tuple(nearest)
