"""Carries something of each axis of each input along a graph, channels told apart where that matters.

Where channels are sliced, split, shuffled or grouped after a merge, each class of channels has its own history: the
second half of a concatenation, sliced off again, has read what its own branch has. A reverse sweep marks the nodes
whose channels are told apart later on; everywhere else all channels are one class, and cost what one costs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pyramidcalc.indexmap import IDENTITY, Broadcast, Pad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

T = TypeVar("T")
"""What is carried of one axis of an input."""
S = TypeVar("S")

ALL = -1
"""The bit set of all channels, however many."""
MAX_CLASSES = 64
"""A node of more classes than this is given up; shuffled nets have some twenty."""
MAX_CHANNELS = 1 << 14
"""More channels than this are not told apart: a bit set of them takes too long to look through."""

PART_OF_A_VECTOR = "a part of `{}` is read, and the values of a flattened map come from different places"
Classes = tuple[tuple[int, S], ...]
"""(bit set of channels, what is carried for them), together all channels of a node."""
ByInput = dict[str, tuple[T, ...]]
"""Of each input that is read, what is carried of each of its spatial axes."""


def carried(
    resolved: Resolved,
    start: Mapping[str, tuple[T, ...]],
    behind: Callable[[IndexMap, int, T], T],
    hull: Callable[[Sequence[T]], T],
    alike: Callable[[T, T], bool],
    give_up: Callable[[T, str], T],
    opaque: Callable[[T, str], T],
) -> dict[str, Classes[ByInput[T]]]:
    """What every input and node carries, by classes of channels; `start` is of each axis of every input.

    `behind(map, n, value)` is the value of an axis behind a map of n positions, `hull(values)` that of several branches
    together, `give_up(value, reason)` what stands for it at a node of too many classes or channels,
    `opaque(value, reason)` at an opaque layer.
    """
    through, merge = partial(through_maps, behind), partial(merged, hull)
    apart = told_apart(resolved)
    known: dict[str, Classes[ByInput[T]]] = {name: ((ALL, {name: axes}),) for name, axes in start.items()}
    for applied in resolved.layers:
        inputs = applied.inputs
        if applied.layer.opaque:
            before = merge([together(known[name], merge) for name in inputs])
            reason = f"`{applied.name}`: {applied.layer.reason}"
            known[applied.name] = ((ALL, given_up(before, opaque, reason)),)
            continue
        if applied.name in apart and takes_apart(applied):
            reason = PART_OF_A_VECTOR.format(applied.name)
            known[applied.name] = ((ALL, given_up(together(known[inputs[0]], merge), give_up, reason)),)
            continue
        if (
            len(inputs) == 1
            and len(classes := known[inputs[0]]) == 1
            and not (applied.name in apart and spreads(applied))
        ):
            before = classes[0][1]
            value = before if applied.layer.elementwise else through(applied.axes[0], applied.shapes[0], before)
            # Nodes that carry the same share one object.
            known[applied.name] = classes if value is before else ((ALL, value),)
            continue
        sources = [known[name] for name in inputs]
        tell_apart = applied.name in apart or any(len(classes) > 1 for classes in sources)
        channels = max([applied.shape[0], *[shape[0] for shape in applied.shapes]])
        if tell_apart and channels <= MAX_CHANNELS:
            cells = by_channels(applied, sources, through, merge)
            classes = grouped(cells, alike)
            if len(classes) > MAX_CLASSES:
                reason = f"its channels read in more than {MAX_CLASSES} different ways"
                classes = ((ALL, given_up(merge([value for _, value in cells]), give_up, reason)),)
        else:
            branches = zip(applied.axes, applied.shapes, sources, strict=True)
            value = merge([through(maps, shape, together(classes, merge)) for maps, shape, classes in branches])
            if tell_apart and not all(maps[0].whole for maps in applied.axes):
                reason = f"more than {MAX_CHANNELS} channels, here {channels}, are not told apart"
                value = given_up(value, give_up, reason)
            classes = ((ALL, value),)
        known[applied.name] = classes
    return known


def through_maps(behind: Callable[[IndexMap, int, T], T], maps: Maps, shape: Shape, by_input: ByInput[T]) -> ByInput[T]:
    """What is carried through one branch of a node; the same object where the branch changes nothing."""
    if all(axis_map is IDENTITY for axis_map in maps[1:]):
        return by_input
    sizes = spatial(shape, maps)
    result = {}
    for name, axes in by_input.items():
        if len(axes) != len(sizes):
            # A vector has been on the way, which is one position.
            result[name] = axes
            continue
        values: list[T] = []
        for axis_map, n, value in zip(maps[1:], sizes, axes, strict=True):
            # Rows and columns are mostly alike: what is equal is worked out once.
            if values and value is axes[0] and n == sizes[0] and axis_map == maps[1]:
                values.append(values[0])
            else:
                values.append(value if axis_map is IDENTITY else behind(axis_map, n, value))
        result[name] = tuple(values)
    return result


def spatial(shape: Shape, maps: Maps) -> Shape:
    """The sizes of the axes that maps are of, without channels: a vector is one position of every axis."""
    return shape[1:] + (1,) * (len(maps) - len(shape))


def merged(hull: Callable[[Sequence[T]], T], branches: Sequence[ByInput[T]]) -> ByInput[T]:
    """What several branches carry together, for every input that any of them reads."""
    first = branches[0] if branches else {}
    if all(branch is first for branch in branches):
        return first
    result = {}
    for name in dict.fromkeys([name for branch in branches for name in branch]):
        by_axis = list(zip(*[branch[name] for branch in branches if name in branch], strict=True))
        values: list[T] = []
        for given in by_axis:
            if all(value is given[0] for value in given):
                values.append(given[0])
            elif values and all(one is other for one, other in zip(given, by_axis[0], strict=True)):
                values.append(values[0])
            else:
                values.append(hull(given))
        result[name] = tuple(values)
    return result


def given_up(by_input: ByInput[T], give_up: Callable[[T, str], T], reason: str) -> ByInput[T]:
    """What stands for everything that is carried, for this reason."""
    return {name: tuple([give_up(value, reason) for value in axes]) for name, axes in by_input.items()}


def takes_apart(applied: AppliedLayer) -> bool:
    """Whether the positions of a map become values of a vector, which then read different positions."""
    return any(len(applied.shape) < len(shape) for shape in applied.shapes[:1]) and applied.axes[0][0].whole


def spreads(applied: AppliedLayer) -> bool:
    """Whether positions of an axis come to lie in different channels."""
    return len(applied.layer.terms(*applied.shapes)) > len(applied.axes)


def told_apart(resolved: Resolved) -> set[str]:
    """Names of the nodes some of whose channels are read apart from others later on."""
    apart: set[str] = set()
    for applied in reversed(resolved.layers):
        for source, maps in zip(applied.inputs, applied.axes, strict=True):
            if applied.name in apart:
                if not maps[0].whole:
                    apart.add(source)
            elif not (maps[0] is IDENTITY or maps[0].whole or keeps_all(maps[0])):
                apart.add(source)
    return apart


def keeps_all(channels: IndexMap) -> bool:
    """Whether every input channel is in the output, as all others are: a broadcast, or a concatenation's."""
    return isinstance(channels, Broadcast) or (isinstance(channels, Pad) and min(channels.lo, channels.hi) >= 0)


def by_channels(
    applied: AppliedLayer,
    sources: Sequence[Classes[S]],
    through: Callable[[Maps, Shape, S], S],
    merge: Callable[[Sequence[S]], S],
) -> Classes[S]:
    """What the channels of a node carry: those that read the same classes of the inputs are together."""
    every = (1 << applied.shape[0]) - 1
    cells: list[tuple[int, list[S]]] = [(every, [])]
    for index, maps in applied.layer.terms(*applied.shapes):
        shape = applied.shapes[index]
        for channels, value in sources[index]:
            if reading := maps[0].spread(shape[0], channels & ((1 << shape[0]) - 1)):
                cells = split(cells, reading, through(maps, shape, value))
    return tuple([(channels, merge(values) if len(values) != 1 else values[0]) for channels, values in cells])


def grouped(cells: Classes[ByInput[T]], alike: Callable[[T, T], bool]) -> Classes[ByInput[T]]:
    """The same, those together that carry the same; MAX_CLASSES and one where there are more."""
    classes: list[tuple[int, ByInput[T]]] = []
    for channels, value in cells:
        for index, (others, other) in enumerate(classes):
            if value is other or (
                value.keys() == other.keys()
                and all(a is b or alike(a, b) for name in value for a, b in zip(value[name], other[name], strict=True))
            ):
                classes[index] = (others | channels, other)
                break
        else:
            classes.append((channels, value))
            if len(classes) > MAX_CLASSES:
                break
    return ((ALL, classes[0][1]),) if len(classes) == 1 else tuple(classes)


def split(cells: Sequence[tuple[int, list[S]]], reading: int, value: S) -> list[tuple[int, list[S]]]:
    """The cells, those channels apart that read one value more."""
    parts = []
    for channels, values in cells:
        if both := channels & reading:
            parts.append((both, [*values, value]))
        if rest := channels & ~reading:
            parts.append((rest, values))
    return parts


def together(classes: Classes[S], merge: Callable[[Sequence[S]], S]) -> S:
    """What all channels of a node carry together."""
    return classes[0][1] if len(classes) == 1 else merge([value for _, value in classes])
