"""Branches: what one output pixel reads through each of the values that its last merge joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.passes.reach import Reach, reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.passes.shapes import Resolved


def branches(resolved: Resolved, node: str, position: Sequence[int]) -> tuple[Reach, ...]:
    """The reach of each value that the last merge before a pixel joins, at that pixel; they cover the pixel's own.

    A merge that a merge reads is part of it. None where the layers behind the merge move positions, where fewer than
    two values are joined, or where some of a value's channels are not read. Raises UsageError as `reach` does.
    """
    whole = reach(resolved, node, position)
    names = joined(resolved, node)
    if whole.unknown or len(names) < 2:
        return ()
    parts = tuple([of_value(resolved, name, position) for name in names])
    return parts if not any(part.unknown for part in parts) and cover(parts, whole) else ()


def joined(resolved: Resolved, node: str) -> tuple[str, ...]:
    """What the last merge before a node joins, each once; () where there is none, or where layers behind it move."""
    applied = {each.name: each for each in resolved.layers}
    while node in applied and len(applied[node].inputs) == 1 and in_place(applied[node].axes[0][1:]):
        node = applied[node].inputs[0]
    names: dict[str, None] = {}
    waiting = [node]
    while waiting:
        name = waiting.pop()
        if name in applied and len(applied[name].inputs) > 1 and in_place(sum((m[1:] for m in applied[name].axes), ())):
            waiting += reversed(applied[name].inputs)
        else:
            names[name] = None
    return tuple(names)


def in_place(maps: Sequence[object]) -> bool:
    """Whether all spatial axes stay as they are."""
    return all(axis_map is IDENTITY for axis_map in maps)


def of_value(resolved: Resolved, name: str, position: Sequence[int]) -> Reach:
    """The reach of a node's pixel; an input's pixel reads itself."""
    if name not in resolved.inputs:
        return reach(resolved, name, position)
    itself = ((1 << resolved.inputs[name][0]) - 1, *[1 << i for i in position])
    nothing: dict[str, tuple[tuple[int, ...], ...]] = dict.fromkeys(resolved.inputs, ())
    return Reach(name, tuple(position), resolved.inputs, nothing | {name: (itself,)})


def cover(parts: Sequence[Reach], whole: Reach) -> bool:
    """Whether the parts together read what the whole reads, no more and no less."""
    for name in whole.inputs:
        union: dict[tuple[int, ...], int] = {}
        for part in parts:
            for place, bits in part.mask(name).items():
                union[place] = union.get(place, 0) | bits
        if union != whole.mask(name):
            return False
    return True
