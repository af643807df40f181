"""Small random graphs whose channels are sliced, split, shuffled, grouped and merged, of one or two spatial axes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Builder

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.layers.base import Layer

    Shape = tuple[int, ...]

ON_CHANNELS = ("Slice", "Slice", "Split", "ChannelShuffle", "groups", "groups", "depthwise")
ON_AXES = ("Conv", "dilated", "ConvTranspose", "MaxPool", "ZeroPad", "nearest", "linear", "bins", "SliceAxis")
SAME_SIZE = ("same", "dilated", "pointwise", "groups", "itself")


def channel_graph(seed: int, rank: int) -> tuple[Graph, Shape]:
    """A graph and its input (C, *spatial), every axis of another length: branches that meet, and what parts them."""
    random = Random(seed)
    shape: Shape = (random.randint(1, 4), *random.sample((4, 5, 6), rank))
    drawn = Drawn(random, shape)
    for _ in range(random.randint(1, 3)):
        drawn.meet()
        for kind in random.choices(ON_CHANNELS, k=random.randint(1, 3)):
            drawn.add(kind)
        drawn.add(random.choice([*ON_AXES, "PixelShuffle"] if rank == 2 else ON_AXES))
    return drawn.build(), shape


class Drawn:
    """A graph that grows at its newest map."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self.random = random
        self.b = Builder()
        self.maps = [(self.b.input("input", shape[0]), shape)]

    def add(self, kind: str, *others: tuple[Value, Shape]) -> None:
        """One more map, of the newest and others; none where the layer refuses it or it gets too large."""
        given = [self.maps[-1], *others]
        try:
            layer = layers.kinds()[kind]() if others else random_layer(self.random, kind, given[0][1])
            after = layer.output_shape(*[each for _, each in given])
        except (ShapeError, LayerError):
            return
        if after[0] <= 12 and max(after) <= 14:
            value = self.b.add(f"{kind.lower()}{len(self.maps)}", layer, *[value for value, _ in given])
            self.maps.append((value, after))

    def meet(self) -> None:
        """Two branches of the newest map, or that and an earlier one of its size, concatenated or added."""
        start = self.maps[-1]
        branches = []
        for kind in self.random.sample(SAME_SIZE, 2):
            self.maps.append(start)
            if kind != "itself":
                self.add(kind)
            branches.append(self.maps[-1])
        size = start[1][1:]
        if self.random.random() < 0.3:
            branches[1] = self.random.choice([each for each in self.maps if each[1][1:] == size])
        self.maps.append(branches[0])
        self.add(self.random.choice(["Concat", "Concat", "Add"]), branches[1])

    def build(self) -> Graph:
        """The graph, its output behind a node of that name."""
        self.b.output("output", self.b.add("output", layers.kinds()["ReLU"](), self.maps[-1][0]))
        return self.b.build()


def random_layer(random: Random, kind: str, shape: Shape) -> Layer:
    """One layer of a kind for a map of this shape, every axis with numbers of its own."""
    channels, rank = shape[0], len(shape) - 1
    make, suffix = layers.kinds(), f"{rank}d"

    def each(least: int, most: int) -> tuple[int, ...]:
        return tuple(random.randint(least, most) for _ in range(rank))

    out = random.randint(1, 4)
    match kind:
        case "Conv":
            return make[f"Conv{suffix}"](channels, out, each(1, 4), each(1, 2), each(0, 2))
        case "dilated" | "same" | "pointwise":
            kernel, rate = (1 if kind == "pointwise" else 3), (2 if kind == "dilated" else 1)
            return make[f"Conv{suffix}"](channels, out, kernel, padding="same", dilation=rate)
        case "groups" | "depthwise":
            groups = channels if kind == "depthwise" else random.choice([2, 3])
            out = groups * random.randint(1, 2)
            return make[f"Conv{suffix}"](channels, out, 3, padding=1, groups=groups)
        case "ConvTranspose":
            # Holes of one axis leave nothing on the other, of which an axis for itself knows nothing.
            holes = each(1, 3) if rank == 1 else 3
            return make[f"ConvTranspose{suffix}"](channels, out, holes, each(1, 3))
        case "MaxPool":
            return make[f"MaxPool{suffix}"](each(2, 3), each(1, 2), 1)
        case "ZeroPad":
            return make[f"ZeroPad{suffix}"](tuple(random.randint(-1, 2) for _ in range(2 * rank)))
        case "nearest" | "linear":
            mode = {1: "linear", 2: "bilinear"}[rank] if kind == "linear" else kind
            return make["Upsample"](each(2, 9), None, mode)
        case "bins":
            return make[f"AdaptiveAvgPool{suffix}"](each(2, 5))
        case "Slice":
            return make["Slice"](1, random.randint(0, 3), random.choice([None, 2, 4, 6]), random.randint(1, 2))
        case "SliceAxis":
            return make["Slice"](random.randint(2, rank + 1), random.randint(-5, 2), None, random.randint(1, 2))
        case "Split":
            return make["Split"](random.randint(1, 4), random.randint(0, 2))
        case "ChannelShuffle":
            return make["ChannelShuffle"](random.randint(2, 3))
        case _:
            return make["PixelShuffle"](2)
