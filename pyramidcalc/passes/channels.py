"""Carries something along a graph, channels told apart where that matters.

Where channels are sliced, split, shuffled or grouped after a merge, each class of channels has its own history: the
second half of a concatenation, sliced off again, has read what its own branch has. A reverse sweep marks the nodes
whose channels are told apart later on; everywhere else all channels are one class, and cost what one costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pyramidcalc.indexmap import IDENTITY, Broadcast, Pad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

T = TypeVar("T")

ALL = -1
"""The bit set of all channels, however many."""
MAX_CLASSES = 64
"""A node of more classes than this is given up; shuffled nets have some twenty."""
MAX_CHANNELS = 1 << 14
"""More channels than this are not told apart: a bit set of them takes too long to look through."""

Classes = tuple[tuple[int, T], ...]
"""(bit set of channels, what is carried for them), together all channels of a node."""


def carried(
    resolved: Resolved,
    start: Mapping[str, T],
    through: Callable[[Maps, Shape, T], T],
    merge: Callable[[Sequence[T]], T],
    alike: Callable[[T, T], bool],
    give_up: Callable[[T, str], T],
    opaque: Callable[[T, str], T],
) -> dict[str, Classes[T]]:
    """What every input and node carries, by classes of channels.

    `through(maps, shape, value)` is the value behind one branch of a layer, `merge(values)` that of several together,
    `give_up(value, reason)` what stands for a node of too many classes or channels, `opaque(value, reason)` for an
    opaque layer's.
    """
    apart = told_apart(resolved)
    known: dict[str, Classes[T]] = {name: ((ALL, value),) for name, value in start.items()}
    for applied in resolved.layers:
        inputs = applied.inputs
        if applied.layer.opaque:
            reason = f"`{applied.name}`: {applied.layer.reason}"
            known[applied.name] = ((ALL, opaque(merge([together(known[name], merge) for name in inputs]), reason)),)
            continue
        if len(inputs) == 1 and len(classes := known[inputs[0]]) == 1:
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
                value = merge([value for _, value in cells])
                classes = ((ALL, give_up(value, f"its channels read in more than {MAX_CLASSES} different ways")),)
        else:
            branches = zip(applied.axes, applied.shapes, sources, strict=True)
            value = merge([through(maps, shape, together(classes, merge)) for maps, shape, classes in branches])
            if tell_apart and not all(maps[0].whole for maps in applied.axes):
                value = give_up(value, f"more than {MAX_CHANNELS} channels, here {channels}, are not told apart")
            classes = ((ALL, value),)
        known[applied.name] = classes
    return known


def spatial(shape: Shape, maps: Maps) -> Shape:
    """The sizes of the axes that maps are of, without channels: a vector is one position of every axis."""
    return shape[1:] + (1,) * (len(maps) - len(shape))


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
    sources: Sequence[Classes[T]],
    through: Callable[[Maps, Shape, T], T],
    merge: Callable[[Sequence[T]], T],
) -> Classes[T]:
    """What the channels of a node carry: those that read the same classes of the inputs are together."""
    every = (1 << applied.shape[0]) - 1
    cells: list[tuple[int, list[T]]] = [(every, [])]
    for index, maps in applied.layer.terms(*applied.shapes):
        shape = applied.shapes[index]
        for channels, value in sources[index]:
            if reading := maps[0].spread(shape[0], channels & ((1 << shape[0]) - 1)):
                cells = split(cells, reading, through(maps, shape, value))
    return tuple([(channels, merge(values) if len(values) != 1 else values[0]) for channels, values in cells])


def grouped(cells: Classes[T], alike: Callable[[T, T], bool]) -> Classes[T]:
    """The same, those together that carry the same; MAX_CLASSES and one where there are more."""
    classes: list[tuple[int, T]] = []
    for channels, value in cells:
        for index, (others, other) in enumerate(classes):
            if alike(value, other):
                classes[index] = (others | channels, other)
                break
        else:
            classes.append((channels, value))
            if len(classes) > MAX_CLASSES:
                break
    return ((ALL, classes[0][1]),) if len(classes) == 1 else tuple(classes)


def split(cells: Sequence[tuple[int, list[T]]], reading: int, value: T) -> list[tuple[int, list[T]]]:
    """The cells, those channels apart that read one value more."""
    parts = []
    for channels, values in cells:
        if both := channels & reading:
            parts.append((both, [*values, value]))
        if rest := channels & ~reading:
            parts.append((rest, values))
    return parts


def together(classes: Classes[T], merge: Callable[[Sequence[T]], T]) -> T:
    """What all channels of a node carry together."""
    return classes[0][1] if len(classes) == 1 else merge([value for _, value in classes])
