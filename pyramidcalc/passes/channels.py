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

PART_OF_A_VECTOR = "a part of `{}` is read, and the values of a flattened map come from different places"

Classes = tuple[tuple[int, T], ...]
"""(bit set of channels, what is carried for them), together all channels of a node."""


def carried(
    resolved: Resolved,
    start: Mapping[str, T],
    through: Callable[[Maps, Shape, T], T],
    merge: Callable[[Sequence[T]], T],
    alike: Callable[[T, T], bool],
    give_up: Callable[[T, str], T],
) -> dict[str, Classes[T]]:
    """What every input and node carries, by classes of channels.

    `through(maps, shape, value)` is the value behind one branch of a layer, `merge(values)` that of several together,
    `give_up(value, reason)` what stands for a node of too many classes.
    """
    apart = told_apart(resolved)
    known: dict[str, Classes[T]] = {name: ((ALL, value),) for name, value in start.items()}
    for applied in resolved.layers:
        inputs = applied.inputs
        if applied.name in apart and takes_apart(applied):
            reason = PART_OF_A_VECTOR.format(applied.name)
            known[applied.name] = ((ALL, give_up(together(known[inputs[0]], merge), reason)),)
            continue
        if len(inputs) == 1 and len(classes := known[inputs[0]]) == 1:
            before = classes[0][1]
            value = before if applied.layer.elementwise else through(applied.axes[0], applied.shapes[0], before)
            # Nodes that carry the same share one object.
            known[applied.name] = classes if value is before else ((ALL, value),)
            continue
        sources = [known[name] for name in inputs]
        if applied.name in apart or any(len(classes) > 1 for classes in sources):
            classes = by_class(applied, sources, through, merge, alike)
            known[applied.name] = limited(classes, merge, give_up)
        else:
            branches = zip(applied.axes, applied.shapes, sources, strict=True)
            values = [through(maps, shape, classes[0][1]) for maps, shape, classes in branches]
            known[applied.name] = ((ALL, merge(values)),)
    return known


def takes_apart(applied: AppliedLayer) -> bool:
    """Whether the positions of a map become values of a vector, which then read different positions."""
    return len(applied.shape) < len(applied.shapes[0]) and applied.axes[0][0].whole


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


def by_class(
    applied: AppliedLayer,
    sources: Sequence[Classes[T]],
    through: Callable[[Maps, Shape, T], T],
    merge: Callable[[Sequence[T]], T],
    alike: Callable[[T, T], bool],
) -> Classes[T]:
    """The classes of a node: output channels that read the same classes of the inputs are together."""
    every = (1 << applied.shape[0]) - 1
    cells: list[tuple[int, list[T]]] = [(every, [])]
    for index, maps in applied.layer.terms(*applied.shapes):
        shape = applied.shapes[index]
        for channels, value in sources[index]:
            if reading := maps[0].spread(shape[0], channels & ((1 << shape[0]) - 1)):
                cells = split(cells, reading, through(maps, shape, value))
    classes: list[tuple[int, T]] = []
    for channels, values in cells:
        value = merge(values) if len(values) != 1 else values[0]
        for index, (others, other) in enumerate(classes):
            if alike(value, other):
                classes[index] = (others | channels, other)
                break
        else:
            classes.append((channels, value))
    return ((ALL, classes[0][1]),) if len(classes) == 1 else tuple(classes)


def limited(classes: Classes[T], merge: Callable[[Sequence[T]], T], give_up: Callable[[T, str], T]) -> Classes[T]:
    """The classes, or one that is given up where there are too many."""
    if len(classes) <= MAX_CLASSES:
        return classes
    reason = f"its channels read in {len(classes)} different ways, more than {MAX_CLASSES}"
    return ((ALL, give_up(together(classes, merge), reason)),)


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
