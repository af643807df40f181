"""Effective fields: how much of one output pixel each input pixel makes up before training, exactly.

One channel wide, every operator averages what it reads, merges add, norms and activations pass through: the gradient
of a network of uniform weights. One reverse sweep over the graph carries whole numbers over one denominator.
Source: Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
arXiv 1701.04128, section 2.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, product
from math import gcd, lcm
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import Pad
from pyramidcalc.layers.base import shape_text
from pyramidcalc.passes.channels import ALL, PART_OF_A_VECTOR, spatial, takes_apart, told_apart
from pyramidcalc.passes.reach import asked, too_long
from pyramidcalc.passes.weights import (
    MEASURES,
    Block,
    Gatherer,
    UnknownWeightsError,
    added,
    centre_of_gravity,
    marginals,
    scaled,
)
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Box = tuple[tuple[int, int], ...]
    """First and last position on each spatial axis."""


class EffectiveField(Record):
    """How much of one output pixel each pixel of each input makes up: whole numbers over `denominator`.

    `measure` is "mean", every operator averages what it reads, or "paths", every tap counts 1, and the weight of a
    pixel is the number of ways from it to the output. `blocks` hold the weights of each input that is read, `centres`
    the pixel nearest to their centre of gravity. `unknown` says why there is nothing.
    """

    node: str
    position: tuple[int, ...]
    measure: str
    inputs: dict[str, Shape]
    blocks: dict[str, Block]
    denominator: int
    centres: dict[str, tuple[int, ...]]
    unknown: str | None = None

    def __repr__(self) -> str:
        reason = self.unknown and f"unknown, {self.unknown}"
        hulls = ", ".join(f"{shape_text(self.blocks[name].sizes)} pixels of {name}" for name in self.blocks)
        return f"<EffectiveField of {self.node} at {self.position}, {self.measure}: {reason or hulls}>"

    def hull(self, name: str) -> Box | None:
        """First and last position of a weight above 0 on each spatial axis; None where nothing is read."""
        if name not in self.blocks:
            return None
        block = self.blocks[name]
        return tuple([(first, first + n - 1) for first, n in zip(block.first, block.sizes, strict=True)])

    def weights(self, name: str) -> dict[tuple[int, ...], list[int]]:
        """Position on all spatial axes but the last to the weights along the last one: rows of an image. Only those of
        the hull are in it, in ascending order."""
        if name not in self.blocks:
            return {}
        values, first, sizes, *_ = self.blocks[name]
        places = product(*[range(start, start + n) for start, n in zip(first[:-1], sizes[:-1], strict=True)])
        width = sizes[-1] if sizes else 1
        return {place: values[index * width : (index + 1) * width] for index, place in enumerate(places)}

    def total(self, name: str) -> int:
        """Sum of the weights."""
        return sum(self.blocks[name].values) if name in self.blocks else 0

    def marginals(self, name: str) -> tuple[list[int], ...]:
        """For each spatial axis, the sum of the weights at each position of the hull."""
        if name not in self.blocks:
            return ()
        return marginals(self.blocks[name])

    def largest(self, name: str) -> tuple[int, tuple[int, ...]] | None:
        """The largest weight, and the first position that has it; None where nothing is read."""
        if name not in self.blocks:
            return None
        values, first, sizes, *_ = self.blocks[name]
        weight, place = max(values), []
        index = values.index(weight)
        for start, n in zip(reversed(first), reversed(sizes), strict=True):
            index, i = divmod(index, n)
            place.append(start + i)
        return weight, tuple(reversed(place))

    def square(self, name: str, share: Fraction | float) -> Box | None:
        """The smallest square around the centre that holds a share of the total: its ends, which may lie beyond the
        input. None where nothing is read."""
        if name not in self.blocks:
            return None
        centre, wanted = self.centres[name], Fraction(share).limit_denominator(10**6) * self.total(name)
        ends = zip(centre, self.hull(name) or (), strict=True)
        low, high = 0, max([max(c - first, last - c) for c, (first, last) in ends], default=0)
        while low < high:
            middle = (low + high) // 2
            if self._held(name, around(centre, middle)) >= wanted:
                high = middle
            else:
                low = middle + 1
        return around(centre, low)

    def _held(self, name: str, box: Box) -> int:
        """Sum of the weights in a box."""
        values, first, sizes, *_ = self.blocks[name]
        cut = [
            range(max(low - start, 0), min(high - start + 1, n))
            for (low, high), start, n in zip(box, first, sizes, strict=True)
        ]
        if not cut:
            return values[0]
        *outer, last = cut
        held = 0
        for place in product(*outer):
            row = 0
            for i, n in zip(place, sizes, strict=False):
                row = row * n + i
            held += sum(values[row * sizes[-1] + last.start : row * sizes[-1] + max(last.stop, last.start)])
        return held


def around(centre: Sequence[int], radius: int) -> Box:
    """The square of positions up to a distance from a centre on every axis."""
    return tuple([(c - radius, c + radius) for c in centre])


def effective_field(resolved: Resolved, node: str, position: Sequence[int], measure: str = "mean") -> EffectiveField:
    """How much of the pixel at `position`, one index a spatial axis, of a node the pixels of every input make up.

    Raises UsageError where there is no such node, pixel or measure.
    """
    layers, position = asked(resolved, node, position, "effective field")
    if measure not in MEASURES:
        raise UsageError(f"measure {measure!r} is none of {', '.join(MEASURES)}")

    def unknown(reason: str) -> EffectiveField:
        return EffectiveField(node, position, measure, resolved.inputs, {}, 1, {}, reason)

    if reason := too_long(resolved):
        return unknown(reason)
    try:
        blocks = over_one_denominator(sweep(resolved, layers, Block([1], position, (1,) * len(position)), measure))
    except UnknownWeightsError as error:
        return unknown(str(error))
    denominator = max([block.denominator for block in blocks.values()], default=1)
    centres = {name: centre_of_gravity(block) for name, block in blocks.items()}
    return EffectiveField(node, position, measure, resolved.inputs, blocks, denominator, centres)


def sweep(resolved: Resolved, layers: Sequence[AppliedLayer], start: Block, measure: str) -> dict[str, Block]:
    """Carries the weights of an output pixel to the inputs that are read. Raises UnknownWeightsError."""
    gatherer = Gatherer(measure)
    apart = told_apart(resolved)
    wanted: dict[str, dict[int, Block]] = {layers[-1].name: {ALL: start}}
    for applied in reversed(layers):
        for channels, block in wanted.pop(applied.name, {}).items():
            if reason := untold(applied, channels, apart, layers):
                raise UnknownWeightsError(reason)
            for source, maps, shape in zip(applied.inputs, applied.axes, applied.shapes, strict=True):
                read = ALL
                if source in apart:
                    every = (1 << shape[0]) - 1
                    read = maps[0].gather(shape[0], channels if channels != ALL else (1 << applied.shape[0]) - 1)
                    read = ALL if read == every else read
                if not read:
                    continue
                try:
                    below = through(gatherer, block, maps, shape)
                    if below is not None:
                        known = wanted.setdefault(source, {})
                        known[read] = added(known[read], below) if read in known else below
                except UnknownWeightsError as error:
                    raise UnknownWeightsError(f"`{applied.name}`: {error}") from None
    result: dict[str, Block] = {}
    for name in resolved.inputs:
        for block in wanted.get(name, {}).values():
            result[name] = added(result[name], block) if name in result else block
    return result


def through(gatherer: Gatherer, block: Block, maps: Maps, shape: Shape) -> Block | None:
    """The weights on one input of a layer; a vector is one position of every axis before and behind it."""
    missing = len(maps) - 1 - len(block.sizes)
    whole = block._replace(first=block.first + (0,) * missing, sizes=block.sizes + (1,) * missing)
    below = gatherer.through(whole, maps[1:], spatial(shape, maps))
    rank = len(shape) - 1
    return None if below is None else below._replace(first=below.first[:rank], sizes=below.sizes[:rank])


def untold(applied: AppliedLayer, channels: int, apart: set[str], layers: Sequence[AppliedLayer]) -> str | None:
    """Why it is not known what some channels of a node make of its inputs, one channel wide; None where it is."""
    if applied.layer.opaque:
        return f"`{applied.name}`: {applied.layer.reason}"
    if channels != ALL and takes_apart(applied):
        return PART_OF_A_VECTOR.format(applied.name)
    if channels == ALL and apart.isdisjoint(applied.inputs):
        return None
    # Where there are more terms than inputs, it follows the position which channels are read.
    moves = len(applied.layer.terms(*applied.shapes)) > len(applied.inputs)
    if moves and (channels != ALL or not of_many(layers).isdisjoint(applied.inputs)):
        return f"`{applied.name}` moves between channels and positions, and its channels read different pixels"
    return None


def of_many(layers: Sequence[AppliedLayer]) -> set[str]:
    """Names of nodes whose channels read different pixels: concatenations, positions moved among the channels."""
    many: set[str] = set()
    for applied in layers:
        channels = [maps[0] for maps in applied.axes]
        moved = len(applied.layer.terms(*applied.shapes)) > len(applied.inputs) and any(m.whole for m in channels)
        kept = not (many.isdisjoint(applied.inputs) or all(m.whole for m in channels))
        if moved or kept or (len(channels) > 1 and any(isinstance(m, Pad) for m in channels)):
            many.add(applied.name)
    return many


def over_one_denominator(blocks: dict[str, Block]) -> dict[str, Block]:
    """The blocks over one denominator, in lowest terms."""
    common = lcm(*[block.denominator for block in blocks.values()])
    numbers = {name: scaled(block.values, common // block.denominator) for name, block in blocks.items()}
    shared = common
    for value in chain.from_iterable(numbers.values()):
        if shared == 1:
            break
        shared = gcd(shared, value)
    if shared > 1:
        numbers = {name: [value // shared for value in values] for name, values in numbers.items()}
    return {name: block._replace(values=numbers[name], denominator=common // shared) for name, block in blocks.items()}
