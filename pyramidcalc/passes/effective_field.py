"""Effective fields: how much of one output pixel each input pixel makes up before training, exactly.

One channel wide, every operator averages what it reads, merges add, norms and activations pass through: the gradient
of a network of uniform weights. One reverse sweep over the graph carries whole numbers over one denominator.
Source: Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
arXiv 1701.04128, section 2.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from functools import reduce
from itertools import chain, islice, product
from math import ceil, gcd, lcm
from operator import itemgetter
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
    held,
    marginals,
    scaled,
    trimmed,
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
        return tuple([(axis[0], axis[-1]) for axis in self.blocks[name].axes]) if name in self.blocks else None

    def weights(self, name: str) -> dict[tuple[int, ...], list[int]]:
        """Position on all spatial axes but the last to the weights along the last one: rows of an image. Only those of
        the hull are in it, in ascending order."""
        if name not in self.blocks:
            return {}
        block = self.blocks[name]
        values, width = block.values(), len(block.axes[-1]) if block.axes else 1
        return {place: list(islice(values, width)) for place in product(*block.axes[:-1])}

    def total(self, name: str) -> int:
        """Sum of the weights."""
        return held(self.blocks[name], self.hull(name) or ()) if name in self.blocks else 0

    def marginals(self, name: str) -> tuple[list[int], ...]:
        """For each spatial axis, the sum of the weights at each position of the hull."""
        return marginals(self.blocks[name]) if name in self.blocks else ()

    def largest(self, name: str) -> tuple[int, tuple[int, ...]] | None:
        """The largest weight, and the first position that has it; None where nothing is read."""
        if name not in self.blocks:
            return None
        block = self.blocks[name]
        return max(zip(block.values(), product(*block.axes), strict=True), key=itemgetter(0))

    def square(self, name: str, share: Fraction | float) -> Box | None:
        """The smallest square around the centre that holds a share of the total: its ends, which may lie beyond the
        input. None where nothing is read."""
        if name not in self.blocks:
            return None
        block, centre = self.blocks[name], self.centres[name]
        wanted = ceil(Fraction(share).limit_denominator(10**6) * self.total(name))
        farthest = max([max(c - axis[0], axis[-1] - c) for c, axis in zip(centre, block.axes, strict=True)], default=0)
        radii = range(farthest)
        return around(centre, bisect_left(radii, wanted, key=lambda radius: held(block, around(centre, radius))))


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
    pixel = Block([1], tuple([range(i, i + 1) for i in position]))
    try:
        blocks = over_one_denominator(sweep(resolved, layers, pixel, measure))
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
    reached = {name: wanted[name].values() for name in resolved.inputs if name in wanted}
    return {name: trimmed(reduce(added, blocks)) for name, blocks in reached.items()}


def through(gatherer: Gatherer, block: Block, maps: Maps, shape: Shape) -> Block | None:
    """The weights on one input of a layer; a vector is one position of every axis before and behind it."""
    missing = len(maps) - 1 - len(block.axes)
    whole = block._replace(axes=block.axes + (range(1),) * missing)
    below = gatherer.through(whole, maps[1:], spatial(shape, maps))
    return below and below._replace(axes=below.axes[: len(shape) - 1])


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
    blocks = {name: scaled(block, common // block.denominator) for name, block in blocks.items()}
    shared = common
    for value in chain.from_iterable([block.values() for block in blocks.values()]):
        if shared == 1:
            return blocks
        shared = gcd(shared, value)
    # All numbers of a row are multiples: it is divided as one.
    return {
        name: block._replace(rows=[row // shared for row in block.rows], denominator=common // shared)
        for name, block in blocks.items()
    }
