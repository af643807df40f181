"""One axis is one axis, wherever it stands: sequences, maps and volumes say the same of it."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.reach import reach
from pyramidcalc.report import analyze_graph
from tests.passes.asking import all_fields, resolved_on

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.shapes import Resolved

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
NEUTRAL = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
"""What leaves an axis as it is."""
KINDS = ("Conv", "Conv", "ConvTranspose", "MaxPool", "AvgPool", "pad", "nearest", "linear", "bins", "ReLU", "branches")


def cost(resolved: Resolved) -> list[tuple[int, int]]:
    """Parameters and MACs of each layer."""
    return [(applied.layer.parameters, applied.macs) for applied in resolved.layers]


class Step:
    """One layer of a chain, with numbers for each of three axes."""

    def __init__(self, random: Random, kind: str, channels: int) -> None:
        self.kind = kind
        self.plain: dict[str, Any] = {}
        self.axes: dict[str, tuple[int, ...]] = {}

        def each(**limits: tuple[int, int]) -> None:
            self.axes |= {name: tuple(random.randint(*limit) for _ in range(3)) for name, limit in limits.items()}

        if kind in ("Conv", "ConvTranspose"):
            groups = random.choice([each for each in (1, 2, 3) if channels % each == 0])
            out = groups * random.randint(1, 3)
            self.plain = {"in_channels": channels, "out_channels": out, "groups": groups, "bias": random.random() < 0.5}
            each(kernel_size=(1, 4), stride=(1, 3), padding=(0, 2), dilation=(1, 2))
        elif kind in ("MaxPool", "AvgPool"):
            each(kernel_size=(2, 4), stride=(1, 3), padding=(0, 1))
        elif kind == "pad":
            each(before=(-1, 3), after=(-1, 3))
        else:
            each(size=(3, 12))

    def layer(self, axes: tuple[int, ...], rank: int, shape: tuple[int, ...]) -> Layer:
        """The layer over `rank` axes: axis i has the numbers of `axes[i]`, or leaves it as it is where that is -1."""
        make = layers.kinds()

        def numbers(name: str) -> tuple[int, ...]:
            return tuple(NEUTRAL.get(name, 0) if axis < 0 else self.axes[name][axis] for axis in axes)

        if self.kind == "pad":
            pairs = zip(numbers("before"), numbers("after"), strict=True)
            return make[f"ReplicationPad{rank}d"](tuple(side for pair in reversed(list(pairs)) for side in pair))
        if self.kind in ("nearest", "linear", "bins"):
            if self.kind == "bins":
                bins = zip(axes, numbers("size"), strict=True)
                return make[f"AdaptiveAvgPool{rank}d"](tuple(None if axis < 0 else m for axis, m in bins))
            size = tuple(n if axis < 0 else m for axis, n, m in zip(axes, shape[1:], numbers("size"), strict=True))
            return make["Upsample"](size, None, LINEAR[rank] if self.kind == "linear" else "nearest")
        if self.kind == "ReLU":
            return make["ReLU"]()
        return make[f"{self.kind}{rank}d"](**self.plain, **{name: numbers(name) for name in self.axes})


def drawn_steps(seed: int) -> tuple[list[Step], tuple[int, ...]]:
    """Some layers in a row, legal on an input (C, D, H, W)."""
    random = Random(seed)
    shape: tuple[int, ...] = (random.randint(1, 3), *random.sample(range(7, 14), 3))
    steps: list[Step] = []
    current = shape
    while len(steps) < 5:
        step = Step(random, random.choice(KINDS), current[0])
        try:
            after = current if step.kind == "branches" else step.layer((0, 1, 2), 3, current).output_shape(current)
        except (ShapeError, LayerError):
            continue
        if max(after) <= 40:
            steps.append(step)
            current = (2 * current[0], *current[1:]) if step.kind == "branches" else after
    return steps, shape


def graph_of(steps: list[Step], axes: tuple[int, ...], shape: tuple[int, ...]) -> Graph:
    """The layers over some of the axes, in this order; branches are a dilated window beside the map itself, twice."""
    rank, b = len(axes), Builder()
    x, current = b.input("input", shape[0]), shape
    for index, step in enumerate(steps):
        if step.kind == "branches":
            kernel = tuple(1 if axis < 0 else 3 for axis in axes)
            conv = layers.kinds()[f"Conv{rank}d"](current[0], current[0], kernel, padding="same", dilation=2)
            y = b.add(f"branch{index}", conv, x)
            x = b.add(f"concat{index}", Concat(), b.add(f"add{index}", Add(), x, y), x)
            current = (2 * current[0], *current[1:])
            continue
        layer = step.layer(axes, rank, current)
        x, current = b.add(f"layer{index}", layer, x), layer.output_shape(current)
    b.output("output", x)
    return b.build()


@pytest.mark.parametrize("seed", range(25))
def test_an_axis_among_others_is_a_sequence(seed: int) -> None:
    """Kernels of 1 on the other axes, which have one position: shape, field, reach and cost are the sequence's."""
    steps, shape = drawn_steps(seed)
    n = shape[1]
    line = resolved_on(graph_of(steps, (0,), (shape[0], n)), shape[0], n)
    fields, last = all_fields(line), line.layers[-1]
    middle = last.shape[1] // 2
    mask = reach(line, last.name, (middle,)).mask("input")
    for rank, place in ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2)):
        axes = tuple(0 if axis == place else -1 for axis in range(rank))
        size = tuple(n if axis == place else 1 for axis in range(rank))
        resolved = resolved_on(graph_of(steps, axes, (shape[0], *size)), shape[0], *size)
        assert [a.shape[1 + place] for a in resolved.layers] == [a.shape[1] for a in line.layers]
        assert (cost(resolved), memory(resolved)) == (cost(line), memory(line))
        for name, by_input in all_fields(resolved).items():
            field, expected = by_input["input"], fields[name]["input"]
            assert [field.size[place], field.stride[place], field.padding[place], field.is_global] == [
                expected.size[0],
                expected.stride[0],
                expected.padding[0],
                expected.is_global,
            ]
            for other in {*range(rank)} - {place}:
                assert (field.size[other], field.stride[other], field.padding[other]) == (1, Fraction(1), 0)
        at = tuple(middle if axis == place else 0 for axis in range(rank))
        answer = reach(resolved, last.name, at)
        assert answer.positions("input")[place] == next(iter(mask.values()), 0)


@pytest.mark.parametrize("seed", range(25))
def test_swapping_the_axes_swaps_the_answer(seed: int) -> None:
    """Of a volume in every order: fields and reach follow their axis, costs and memory stay."""
    steps, (channels, *size) = drawn_steps(100 + seed)
    straight = resolved_on(graph_of(steps, (0, 1, 2), (channels, *size)), channels, *size)
    fields, last = all_fields(straight), straight.layers[-1].name
    at = tuple(n // 3 for n in straight.shapes[last][1:])
    hull = reach(straight, last, at).hull("input")
    for order in permutations(range(3)):
        swapped = [size[axis] for axis in order]
        resolved = resolved_on(graph_of(steps, order, (channels, *swapped)), channels, *swapped)
        assert (cost(resolved), memory(resolved)) == (cost(straight), memory(straight))
        for name, by_input in all_fields(resolved).items():
            field, expected = by_input["input"], fields[name]["input"]
            for one, other in (
                (field.size, expected.size),
                (field.stride, expected.stride),
                (field.padding, expected.padding),
                (field.reasons, expected.reasons),
            ):
                assert one == tuple(other[axis] for axis in order)
        answer = reach(resolved, last, tuple(at[axis] for axis in order)).hull("input")
        assert answer == (hull and tuple(hull[axis] for axis in order))


def test_reports_of_sequences_and_volumes_have_an_entry_an_axis() -> None:
    """In every list of the JSON object."""
    steps, (channels, *size) = drawn_steps(0)
    for rank in (1, 2, 3):
        axes, shape = tuple(range(rank)), (channels, *size[:rank])
        report = analyze_graph(graph_of(steps, axes, shape), {"input": shape}).to_dict()
        fields = [report["receptive_field"], *[layer["receptive_field"] for layer in report["layers"]]]
        for field in fields:
            assert {len(field[key]) for key in ("size", "local_size", "stride", "padding")} == {rank}
