"""Random graphs: chains with branches that come back, of one, two or three axes. Needs no torch."""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import GraphError, LayerError, ShapeError
from pyramidcalc.graph import Builder
from pyramidcalc.layers import kinds
from pyramidcalc.layers.base import shape_text
from pyramidcalc.layers.convolution import Convolution
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.slicing import ChannelShuffle, Slice, Split
from pyramidcalc.oracle.configurations import GRAPHS, drawn_kinds
from pyramidcalc.oracle.draw import Draw
from pyramidcalc.oracle.generators import random_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.layers.base import Layer, Shape

    Piece = Callable[["Chain", Value], Value]

SIZES = {1: (12, 40), 2: (8, 24), 3: (4, 9)}
"""Smallest and largest input by the number of axes."""
MAX_SIZES = {1: 120, 2: 48, 3: 16}
MAX_CHANNELS = 20
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def random_graph(seed: int, rank: int | None = None, legal: bool = False) -> tuple[Graph, dict[str, Shape]]:
    """The graph of a seed, on inputs of `rank` axes (None: any), and their shapes; where `legal`, all layers work."""
    d = Draw(GRAPHS, seed)
    d.rank = rank or d.one_of(1, 2, 2, 3)
    return Chain(d, legal or d.chance(0.8)).build()


def graph_text(seed: int) -> str:
    """The graph of a seed in one line."""
    graph, inputs = random_graph(seed)
    nodes = (f"{node.name} = {node.layer!r} of {', '.join(node.inputs)}" for node in graph.nodes)
    return "; ".join([*(f"{name} {shape_text(shape)}" for name, shape in inputs.items()), *nodes])


class Chain:
    """Builds a random graph, layer after layer; where `legal`, a layer that refuses its inputs is left out."""

    def __init__(self, d: Draw, legal: bool) -> None:
        self.d = d
        self.legal = legal
        self.b = Builder()
        self.b.checks_channels = False
        self.values: list[Value] = []
        self.shapes: dict[str, Shape] = {}
        layers = [k for k in drawn_kinds().values() if k.arity == 1 and d.rank in k.ranks and k is not Flatten]
        often = Convolution, Upsample
        self.kinds = [kind for kind in layers for _ in range(5 + 10 * issubclass(kind, often) - 4 * kind.elementwise)]

    def build(self) -> tuple[Graph, dict[str, Shape]]:
        """The graph and its inputs' shapes; one graph in six has a second input."""
        d = self.d
        sizes = d.different(*SIZES[d.rank])
        inputs = {"input": (d.randint(1, 4), *sizes)}
        if d.chance(0.15):
            inputs["other"] = (2, *[n * d.one_of(1, 2) for n in sizes])
        self.shapes |= inputs
        self.values += [self.b.input(name, shape[0]) for name, shape in inputs.items()]
        x = self.values[0]
        for _ in range(d.randint(2, 7)):
            x = self.attempt(d.one_of(*PIECES), x)
        if d.chance(0.15):
            x = self.attempt(vector, x)
        if x.name in inputs:
            x = self.add(self.layer("ZeroPad", 1), x)
        self.b.output("result", x)
        return self.b.build(), inputs

    def attempt(self, piece: Piece, x: Value) -> Value:
        """The value behind a piece; the value before it where the piece does not fit."""
        try:
            return piece(self, x)
        except (LayerError, ShapeError, GraphError):
            return x

    def layer(self, family: str, *arguments: object, **named: object) -> Layer:
        """A layer by its name without the number of axes."""
        return kinds()[f"{family}{self.d.rank}d"](*arguments, **named)

    def add(self, layer: Layer, *inputs: Value) -> Value:
        """One more node, named after its layer. Raises ShapeError where it would refuse, or grow too large."""
        shape: Shape = (1,) * (1 + self.d.rank)
        try:
            shape = layer.output_shape(*[self.shapes[value.name] for value in inputs])
        except ShapeError:
            if self.legal:
                raise
        if len(shape) > 1 and (shape[0] > MAX_CHANNELS or max(shape[1:]) > MAX_SIZES[self.d.rank]):
            raise ShapeError("too large")
        name = f"{layer.name.lower()}{len(self.shapes)}"
        self.shapes[name] = shape
        self.values.append(self.b.add(name, layer, *inputs)._replace(channels=shape[0]))
        return self.values[-1]


def single(c: Chain, x: Value) -> Value:
    """Any layer of one input, seldom one that reads each value where it is."""
    kind = c.d.one_of(*c.kinds)
    return c.add(kind(**random_arguments(kind, c.d, c.shapes[x.name])), x)


def gate(c: Chain, x: Value) -> Value:
    """A gate of squeeze-excitation."""
    y = c.add(c.layer("AdaptiveAvgPool", 1), x)
    return c.add(Multiply(), x, c.add(c.layer("Conv", x.width, x.width, 1), y))


def pyramid_level(c: Chain, x: Value) -> Value:
    """A level of a pyramid: pooled to a grid and resized back."""
    d = c.d
    y = c.add(c.layer("GridAvgPool" if d.rank == 2 and d.chance(0.5) else "AdaptiveAvgPool", d.randint(1, 4)), x)
    y = c.add(c.layer("Conv", x.width, 2, 3, padding=1), y)
    return c.add(Concat(), x, c.add(ResizeTo(LINEAR[d.rank], d.chance(0.5)), y, x))


def pixel_shuffle(c: Chain, x: Value) -> Value:
    """A pixel shuffle on channels made for it, where there are two axes."""
    r = c.d.randint(2, 3)
    y = x if x.width % (r * r) == 0 else c.add(c.layer("Conv", x.width, r * r, 1), x)
    return c.add(PixelShuffle(r), y) if c.d.rank == 2 else y


def unit(c: Chain, x: Value) -> Value:
    """A unit of ShuffleNet or CSPNet: some channels pass by, the others are convolved; then they are mixed again."""
    d = c.d
    left = d.randint(1, max(x.width - 1, 1))
    passed, taken = [c.add(Split((left, x.width - left), index), x) for index in (0, 1)]
    taken = c.add(c.layer("Conv", taken.width, taken.width, 3, 1, "same", d.randint(1, 2)), taken)
    x = c.add(Concat(), *d.one_of((passed, taken), (taken, passed)))
    return c.add(ChannelShuffle(gcd(x.width, d.randint(2, 4))), x) if d.chance(0.6) else x


def halves(c: Chain, x: Value) -> Value:
    """The first two pieces of an axis, added up or multiplied."""
    d = c.d
    dim = d.one_of(1, 1, d.randint(2, d.rank + 1))
    size = max(c.shapes[x.name][dim - 1] // d.randint(2, 3), 1)
    one, other = [c.add(Split(size, index, dim), x) for index in (0, 1)]
    return c.add(d.one_of(Add(), Multiply()), one, c.attempt(single, other) if d.chance(0.3) else other)


def join(c: Chain, x: Value) -> Value:
    """A merge with an earlier map, mostly resized to the same size."""
    d = c.d
    other: Value = d.one_of(*c.values)
    if d.chance(0.7):
        other = c.add(ResizeTo(**random_arguments(ResizeTo, d, c.shapes[x.name])), other, x)
    if d.chance(0.6) or other.width != x.width:
        return c.add(Concat(), x, other)
    return c.add(d.one_of(Add(), Multiply()), x, other)


def branches(c: Chain, x: Value) -> Value:
    """Two or three branches at random rates, merged."""
    rates = [c.d.randint(1, 4) for _ in range(c.d.randint(2, 3))]
    levels = [c.add(c.layer("Conv", x.width, 2, 3, padding=rate, dilation=rate), x) for rate in rates]
    return c.add(c.d.one_of(Add(), Concat(), Concat()), *levels)


def vector(c: Chain, x: Value) -> Value:
    """A classifier's end: flattened, mostly after a pool, through a linear layer, of which a part is kept."""
    d = c.d
    if d.chance(0.5):
        x = c.add(c.layer("AdaptiveAvgPool", d.randint(1, 2)), x)
    x = c.add(Flatten(), x)
    if d.chance(0.6):
        x = c.add(Linear(prod(c.shapes[x.name]), d.randint(4, 9)), x)
    return c.add(d.one_of(Slice(1, 1, -1), Split(2, 1)), x) if d.chance(0.5) else x


PIECES: tuple[Piece, ...] = (
    *[single] * 8,
    *(gate, pyramid_level, pixel_shuffle, unit, unit, halves, join, join, branches, branches),
)
