"""Random graphs of any layers with small and huge numbers, most of which no machine could run."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Builder

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Layer

    Shape = tuple[int, ...]

HUGE = (64, 97, 4097, 16384, 16385, 65536, 10**6, 10**9 + 7, 10**15, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1)
FACTORS = (0.5, 1.1, 2.0, 1 / 3, 3.7, 1e-9, 1e9, 1e300)
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
KINDS = (
    *("Conv", "Conv", "groups", "ConvTranspose", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool"),
    *("ZeroPad", "ReplicationPad", "ReflectionPad", "CircularPad", "size", "size", "scale"),
    *("Slice", "Split", "SliceChannels", "ChannelShuffle", "PixelShuffle", "ReLU", "Flatten", "merge", "merge"),
)


def huge_graph(seed: int) -> tuple[Graph, dict[str, Shape]]:
    """A graph and its input's shape."""
    random = Random(seed)
    rank = random.choice((1, 1, 2, 2, 3))
    shape: Shape = (random.choice((1, 2, 4, 8)), *[number(random, 0.5) for _ in range(rank)])
    b = Builder()
    maps = [(b.input("input", shape[0]), shape)]
    for index in range(random.randint(1, 10)):
        value, size = maps[-1]
        kind = random.choice(KINDS)
        try:
            if kind != "merge":
                layer = random_layer(random, kind, len(size) - 1 or rank, size[0])
                maps.append((b.add(f"{kind}{index}", layer, value), layer.output_shape(size)))
                continue
            other, after = random.choice(maps)
            if after[1:] != size[1:]:
                resize = layers.kinds()["ResizeTo"](random.choice(("nearest", LINEAR[rank])))
                after = resize.output_shape(after, size)
                other = b.add(f"resize{index}", resize, other, value)
            layer = layers.kinds()[random.choice(("Concat", "Add"))]()
            maps.append((b.add(f"merge{index}", layer, value, other), layer.output_shape(size, after)))
        except (ShapeError, LayerError):
            continue
    b.output("output", maps[-1][0])
    return b.build(), {"input": shape}


def number(random: Random, huge: float = 0.2) -> int:
    """A small number, or with this probability a huge one."""
    return random.choice(HUGE) if random.random() < huge else random.randint(1, 9)


def random_layer(random: Random, kind: str, rank: int, channels: int) -> Layer:
    """A layer of a kind, which may refuse its numbers."""
    make, suffix = layers.kinds(), f"{rank}d"

    def each(*also: int) -> tuple[int, ...]:
        return tuple(random.choice([*also, number(random)]) for _ in range(rank))

    match kind:
        case "Conv":
            return make[f"Conv{suffix}"](
                channels, random.choice((1, 2, 8, number(random))), each(), each(), each(0, 1), each()
            )
        case "groups":
            return make[f"Conv{suffix}"](channels, 2 * channels, 3, 1, 1, groups=random.choice((channels, 2, 4)))
        case "ConvTranspose":
            return make[f"ConvTranspose{suffix}"](channels, random.choice((1, 2, 4)), each(), each(1, 2, 3), each(0, 1))
        case "MaxPool" | "AvgPool":
            return make[f"{kind}{suffix}"](each(), each())
        case "AdaptiveAvgPool":
            return make[f"{kind}{suffix}"](each(1, 2))
        case "ZeroPad" | "ReplicationPad" | "ReflectionPad" | "CircularPad":
            return make[f"{kind}{suffix}"](tuple(random.choice((0, 1, -1, number(random))) for _ in range(2 * rank)))
        case "size":
            return make["Upsample"](each(), None, random.choice(("nearest", "nearest-exact", "area", LINEAR[rank])))
        case "scale":
            factors = tuple(random.choice(FACTORS) for _ in range(rank))
            return make["Upsample"](None, factors, random.choice(("nearest", "area", LINEAR[rank])))
        case "Slice":
            start, end = random.choice((None, 0, -1, number(random))), random.choice((None, -1, number(random)))
            return make["Slice"](random.randint(2, rank + 1), start, end, number(random))
        case "Split":
            return make["Split"](number(random), random.choice((0, 1, number(random))), random.randint(2, rank + 1))
        case "SliceChannels":
            return make["Slice"](1, random.choice((0, 1, -2)), random.choice((None, 2, -1)), random.randint(1, 2))
        case "ChannelShuffle":
            return make["ChannelShuffle"](random.choice((1, 2, channels)))
        case "PixelShuffle":
            return make["PixelShuffle"](2)
        case _:
            return make[kind]()
