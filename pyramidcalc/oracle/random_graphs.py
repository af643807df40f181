"""Random chains and merges, verified as a whole: shapes, costs, reach and receptive fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.base import shape_text
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.padding import CircularPad2d, ReflectionPad2d, ReplicationPad2d, ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.sized import GridAvgPool2d, SamePad2d
from pyramidcalc.oracle.configurations import GRAPHS
from pyramidcalc.oracle.draws import Draw
from pyramidcalc.oracle.verification import verify
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.oracle.random_reads import Mismatch

    Adder = Callable[["Chain", Value], Value]


def graph_outcome(seed: int, device: str) -> tuple[bool, int, list[Mismatch]]:
    """(whether we accept it, numbers compared, mismatches) of the graph of a seed."""
    chain = Chain(Draw(GRAPHS, seed))
    graph, inputs = chain.build()
    resolved = shapes(graph, inputs, chain.d.integer(1, 2))
    checked = verify(resolved, device)
    compared = sum(check.ok is not None for check in checked.checks)
    mismatches: list[Mismatch] = [
        (f"{check.quantity} of {check.layer}", check.expected, check.got, check.note) for check in checked.failures
    ]
    return resolved.failure is None, compared, mismatches


def graph_text(seed: int) -> str:
    """The graph of a seed in one line."""
    graph, inputs = Chain(Draw(GRAPHS, seed)).build()
    nodes = (f"{node.name} = {node.layer!r} of {', '.join(node.inputs)}" for node in graph.nodes)
    return "; ".join([*(f"{name} {shape_text(shape)}" for name, shape in inputs.items()), *nodes])


class Chain:
    """Builds a random graph: layer after layer, with branches that come back."""

    def __init__(self, d: Draw) -> None:
        self.d = d
        self.b = Builder()
        self.made: list[Value] = []

    def build(self) -> tuple[Graph, dict[str, tuple[int, ...]]]:
        """The graph and its inputs' shapes; one graph in six has a second input."""
        d = self.d
        inputs = {"input": d.shape(d.integer(1, 3), 9, 30)}
        x = self.b.input("input", inputs["input"][0])
        self.made.append(x)
        if d.chance(0.15):
            inputs["other"] = (2, *(n * d.one_of(1, 2) for n in inputs["input"][1:]))
            self.made.append(self.b.input("other", 2))
        for _ in range(d.integer(2, 7)):
            try:
                x = d.one_of(*PIECES)(self, x)
            except LayerError:
                continue
        if d.chance(0.1):
            x = self.add(Flatten(), x)
        if x.name in inputs:
            x = self.add(ReLU(), x)
        self.b.output("result", x)
        return self.b.build(), inputs

    def add(self, layer: Layer, *inputs: Value) -> Value:
        """One more node, named after its layer."""
        value = self.b.add(f"{layer.name.lower()}{len(self.made)}", layer, *inputs)
        self.made.append(value)
        return value

    def earlier(self) -> Value:
        """Any map that is there."""
        value: Value = self.d.one_of(*self.made)
        return value


def conv(c: Chain, x: Value) -> Value:
    """A convolution, grouped and dilated now and then."""
    d = c.d
    groups = x.width if d.chance(0.2) else 1
    kernel, dilation = d.pair(1, 4), d.pair(1, 3)
    padding = "same" if d.chance(0.2) else d.pair(0, 3)
    stride = 1 if padding == "same" else d.one_of(1, 1, d.pair(1, 3))
    mode = d.one_of("zeros", "zeros", "zeros", "reflect", "replicate", "circular")
    layer = Conv2d(x.width, groups * d.integer(1, 3), kernel, stride, padding, dilation, groups, d.chance(0.5), mode)
    return c.add(layer, x)


def transposed(c: Chain, x: Value) -> Value:
    """A transposed convolution, now and then with holes."""
    d = c.d
    return c.add(ConvTranspose2d(x.width, d.integer(1, 3), d.pair(1, 4), d.pair(1, 3), d.pair(0, 1)), x)


def pool(c: Chain, x: Value) -> Value:
    """A sliding pool."""
    d = c.d
    kernel = d.integer(2, 3)
    if d.chance(0.5):
        return c.add(MaxPool2d(kernel, d.pair(1, 3), d.integer(0, 1), d.integer(1, 2), ceil_mode=d.chance(0.5)), x)
    return c.add(AvgPool2d(kernel, d.pair(1, 3), d.integer(0, 1), ceil_mode=d.chance(0.5)), x)


def bins(c: Chain, x: Value) -> Value:
    """An adaptive pool."""
    made = c.d.one_of(AdaptiveAvgPool2d, AdaptiveMaxPool2d)(c.d.one_of(c.d.pair(1, 6), (None, 2), (3, 1)))
    return c.add(made, x)


def gate(c: Chain, x: Value) -> Value:
    """A gate of squeeze-excitation."""
    y = c.add(AdaptiveAvgPool2d(1), x)
    y = c.add(Conv2d(x.width, x.width, 1), y)
    return c.add(Multiply(), x, y)


def grid_level(c: Chain, x: Value) -> Value:
    """A level of DSPP: pooled to a grid and resized back."""
    y = c.add(GridAvgPool2d(c.d.integer(2, 4)), x)
    y = c.add(Conv2d(x.width, 2, 3, padding=1), y)
    return c.add(Concat(), x, c.add(ResizeTo("bilinear", c.d.chance(0.5)), y, x))


def resize(c: Chain, x: Value) -> Value:
    """A resize to a size or by a factor."""
    d = c.d
    mode = d.one_of("nearest", "nearest-exact", "bilinear", "bilinear", "bicubic", "area")
    corners = d.one_of(None, True, False) if mode in ("bilinear", "bicubic") else None
    if d.chance(0.5):
        return c.add(Upsample(d.pair(4, 30), None, mode, corners), x)
    return c.add(Upsample(None, (d.one_of(2.0, 1.5, 0.5, 0.6), d.one_of(2.0, 3.0, 1.0)), mode, corners), x)


def pad(c: Chain, x: Value) -> Value:
    """A pad or a crop."""
    d = c.d
    made = d.one_of(ZeroPad2d, ReflectionPad2d, ReplicationPad2d, CircularPad2d)
    least = -1 if made is ZeroPad2d else 0
    return c.add(made(tuple(d.integer(least, 3) for _ in range(4))), x)


def same(c: Chain, x: Value) -> Value:
    """TensorFlow's SAME before a window."""
    kernel, stride = c.d.pair(1, 4), c.d.pair(1, 3)
    return c.add(Conv2d(x.width, 2, kernel, stride), c.add(SamePad2d(kernel, stride), x))


def shuffle(c: Chain, x: Value) -> Value:
    """A pixel shuffle on channels made for it."""
    r = c.d.integer(2, 3)
    y = x if x.width % (r * r) == 0 else c.add(Conv2d(x.width, r * r, 1), x)
    return c.add(PixelShuffle(r), y)


def join(c: Chain, x: Value) -> Value:
    """A merge with an earlier map, mostly resized to the same size."""
    d = c.d
    other = c.earlier()
    if d.chance(0.7):
        other = c.add(ResizeTo(d.one_of("nearest", "bilinear", "bicubic"), None), other, x)
    if d.chance(0.6) or other.width != x.width:
        return c.add(Concat(), x, other)
    return c.add(d.one_of(Add, Multiply)(), x, other)


def branches(c: Chain, x: Value) -> Value:
    """Two or three branches at random rates, merged."""
    rates = [c.d.integer(1, 4) for _ in range(c.d.integer(2, 3))]
    levels = [c.add(Conv2d(x.width, 2, 3, padding=rate, dilation=rate), x) for rate in rates]
    return c.add(c.d.one_of(Add, Concat)(), *levels)


def plain(c: Chain, x: Value) -> Value:
    """BatchNorm and ReLU."""
    return c.add(ReLU(), c.add(BatchNorm2d(x.width), x))


def dense(c: Chain, x: Value) -> Value:
    """A linear layer over the last axis."""
    return c.add(Linear(c.d.integer(5, 20), c.d.integer(1, 9)), x)


PIECES: tuple[Adder, ...] = (
    *(conv, conv, conv, transposed, pool, pool, bins, gate, grid_level),
    *(resize, resize, pad, same, shuffle, join, join, branches, plain, dense),
)
