"""Carries the fields of all nodes along a graph, channels told apart where that matters.

Where channels are sliced, split, shuffled or grouped after a merge, each class of channels has its own field: the
second half of a concatenation, sliced off again, has read what its own branch has. A reverse sweep marks the nodes
whose channels are told apart later on; everywhere else all channels are one class, and cost what one costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, Broadcast, Pad
from pyramidcalc.passes.axis_field import ITSELF, NOTHING, AxisField, alike, compose, merge_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Fields = tuple[AxisField, ...]
    """One field for each spatial axis of an input."""
    ByInput = dict[str, Fields]
    """The fields of every input that is read."""
    Classes = tuple[tuple[int, ByInput], ...]
    """(bit set of channels, their fields), together all channels of a node."""

ALL = -1
"""The bit set of all channels, however many."""
MAX_CLASSES = 64
"""A node of more classes than this is given up; shuffled nets have some twenty."""
MAX_CHANNELS = 1 << 14
"""More channels than this are not told apart: a bit set of them takes too long to look through."""

PART_OF_A_VECTOR = "a part of `{}` is read, and the values of a flattened map come from different places"


def fields(resolved: Resolved) -> dict[str, Classes]:
    """Per node and class of channels, the fields by input; an input that is not read is absent."""
    known: dict[str, Classes] = {}
    for _ in follow(resolved, known):
        pass
    return known


def follow(resolved: Resolved, known: dict[str, Classes], only: int | None = None) -> Iterator[AppliedLayer]:
    """Puts the fields of each layer into `known`, then gives the layer.

    With `only`, a spatial axis counted from 1, all other axes are as if they read nothing.
    """
    apart = told_apart(resolved)
    for name, shape in resolved.inputs.items():
        axes = [ITSELF if only in (None, axis) else NOTHING for axis in range(1, len(shape))]
        known[name] = ((ALL, {name: tuple(axes)}),)
    for applied in resolved.layers:
        inputs = applied.inputs
        if applied.layer.elementwise:
            # Nodes that carry the same share one object.
            known[applied.name] = known[inputs[0]]
        elif applied.layer.opaque:
            reason = f"`{applied.name}`: {applied.layer.reason}"
            before = merge([together(known[name]) for name in inputs])
            known[applied.name] = ((ALL, given_up(before, reason, opaque=True)),)
        elif applied.name in apart and takes_apart(applied):
            reason = PART_OF_A_VECTOR.format(applied.name)
            known[applied.name] = ((ALL, given_up(together(known[inputs[0]]), reason)),)
        elif len(inputs) == 1 and len(known[inputs[0]]) == 1 and not (applied.name in apart and spreads(applied)):
            ((_, before),) = classes = known[inputs[0]]
            value = through_maps(applied.axes[0], applied.shapes[0], before)
            known[applied.name] = classes if value is before else ((ALL, value),)
        else:
            known[applied.name] = merged_classes(applied, [known[name] for name in inputs], applied.name in apart)
        yield applied


def merged_classes(applied: AppliedLayer, sources: Sequence[Classes], apart: bool) -> Classes:
    """The classes of a node of several inputs, or of an input of several classes."""
    channels = max([applied.shape[0], *[shape[0] for shape in applied.shapes]])
    apart = apart or any(len(classes) > 1 for classes in sources)
    if apart and channels <= MAX_CHANNELS:
        cells = by_channels(applied, sources)
        classes = grouped(cells)
        if len(classes) <= MAX_CLASSES:
            return classes
        reason = f"its channels read in more than {MAX_CLASSES} different ways"
        return ((ALL, given_up(merge([value for _, value in cells]), reason)),)
    value = merge([branch for _, branch in branches(applied, sources)])
    if apart and not all(maps[0].whole for maps in applied.axes):
        value = given_up(value, f"more than {MAX_CHANNELS} channels, here {channels}, are not told apart")
    return ((ALL, value),)


def branches(applied: AppliedLayer, sources: Sequence[Classes]) -> list[tuple[str, ByInput]]:
    """The name of each input of a node, and what the node reads through it, all channels together."""
    maps = zip(applied.inputs, applied.axes, applied.shapes, sources, strict=True)
    return [(name, through_maps(axes, shape, together(classes))) for name, axes, shape, classes in maps]


def through_maps(maps: Maps, shape: Shape, by_input: ByInput) -> ByInput:
    """What is carried through one branch of a node; the same object where the branch changes nothing."""
    axis_maps = maps[1:]
    for axis_map in axis_maps:
        if axis_map is not IDENTITY:
            break
    else:
        return by_input
    sizes = spatial(shape, maps)
    # A vector on the way is one position, and has no other.
    return {name: along(axis_maps, sizes, axes) if len(axes) == len(sizes) else axes for name, axes in by_input.items()}


def along(maps: Maps, sizes: Shape, axes: Fields) -> Fields:
    """What is carried of each axis behind its map."""
    values: list[AxisField] = []
    for axis_map, n, field in zip(maps, sizes, axes, strict=True):
        # Rows and columns are mostly alike: what is equal is worked out once.
        if values and field is axes[0] and n == sizes[0] and (axis_map is maps[0] or axis_map == maps[0]):
            values.append(values[0])
        else:
            values.append(field if axis_map is IDENTITY or field is NOTHING else compose(axis_map, n, field))
    return tuple(values)


def spatial(shape: Shape, maps: Maps) -> Shape:
    """The sizes of the axes that maps are of, without channels: a vector is one position of every axis."""
    return shape[1:] + (1,) * (len(maps) - len(shape))


def merge(branches: Sequence[ByInput]) -> ByInput:
    """What several branches carry together, for every input that any of them reads."""
    first = branches[0] if branches else {}
    if all(branch is first for branch in branches):
        return first
    result = {}
    for name in dict.fromkeys([name for branch in branches for name in branch]):
        by_axis = list(zip(*[branch[name] for branch in branches if name in branch], strict=True))
        values: list[AxisField] = []
        for given in by_axis:
            if all(field is given[0] for field in given):
                values.append(given[0])
            elif values and all(one is other for one, other in zip(given, by_axis[0], strict=True)):
                values.append(values[0])
            else:
                values.append(merge_axis(given))
        result[name] = tuple(values)
    return result


def given_up(by_input: ByInput, reason: str, opaque: bool = False) -> ByInput:
    """Nothing is said of the local paths, for this reason; where opaque, nor of what is read at all."""
    return {
        name: tuple([AxisField((), None if opaque else field.global_positions, reason, opaque) for field in axes])
        for name, axes in by_input.items()
    }


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
        is_apart = applied.name in apart
        if applied.layer.elementwise:
            if is_apart:
                apart.update(applied.inputs)
            continue
        for source, maps in zip(applied.inputs, applied.axes, strict=True):
            channels = maps[0]
            if not (channels.whole or (not is_apart and (channels is IDENTITY or keeps_all(channels)))):
                apart.add(source)
    return apart


def keeps_all(channels: IndexMap) -> bool:
    """Whether every input channel is in the output, as all others are: a broadcast, or a concatenation's."""
    return isinstance(channels, Broadcast) or (isinstance(channels, Pad) and min(channels.lo, channels.hi) >= 0)


def by_channels(applied: AppliedLayer, sources: Sequence[Classes]) -> Classes:
    """What the channels of a node carry: those that read the same classes of the inputs are together."""
    every = (1 << applied.shape[0]) - 1
    cells: list[tuple[int, list[ByInput]]] = [(every, [])]
    for index, maps in applied.layer.terms(*applied.shapes):
        shape = applied.shapes[index]
        for channels, by_input in sources[index]:
            if reading := maps[0].spread(shape[0], channels & ((1 << shape[0]) - 1)):
                cells = split(cells, reading, through_maps(maps, shape, by_input))
    return tuple([(channels, merge(branches)) for channels, branches in cells])


def grouped(cells: Classes) -> Classes:
    """The same, those together that carry the same; MAX_CLASSES and one where there are more."""
    classes: list[tuple[int, ByInput]] = []
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


def split(
    cells: Sequence[tuple[int, list[ByInput]]], reading: int, by_input: ByInput
) -> list[tuple[int, list[ByInput]]]:
    """The cells, those channels apart that read one branch more."""
    parts = []
    for channels, branches in cells:
        if both := channels & reading:
            parts.append((both, [*branches, by_input]))
        if rest := channels & ~reading:
            parts.append((rest, branches))
    return parts


def together(classes: Classes) -> ByInput:
    """What all channels of a node carry together."""
    return classes[0][1] if len(classes) == 1 else merge([by_input for _, by_input in classes])
