"""What one output pixel reads through each of the branches that join in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.passes.branches import branches
from pyramidcalc.passes.reach import Reach, reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.passes.shapes import Resolved


def reach_by_branch(resolved: Resolved, node: str, position: Sequence[int]) -> tuple[Reach, ...]:
    """The reach of each branch of a node at a pixel; together they read what the pixel does.

    A merge that a merge reads is part of it. None where there are no branches, where one is unknown, or where some of
    a branch's channels are not read. Raises UsageError as `reach` does.
    """
    whole = reach(resolved, node, position)
    names = joined(resolved, node)
    if whole.unknown or len(names) < 2:
        return ()
    parts = tuple([of_value(resolved, name, position) for name in names])
    return parts if not any(part.unknown for part in parts) and cover(parts, whole) else ()


def joined(resolved: Resolved, node: str) -> tuple[str, ...]:
    """The branches of a node, and in place of those that are merges themselves their branches; each once."""
    merges = {applied.name for applied in resolved.layers if len(applied.inputs) > 1}
    names: dict[str, None] = {}
    waiting = list(branches(resolved, node)[::-1])
    while waiting:
        name = waiting.pop()
        inner = branches(resolved, name) if name in merges else ()
        waiting += inner[::-1]
        if not inner:
            names[name] = None
    return tuple(names)


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


def labels(parts: Sequence[Reach]) -> list[str]:
    """What branches are called: their scopes where these differ, else their layers."""
    nodes = [part.node for part in parts]
    scopes = [node.rpartition(".")[0] or node for node in nodes]
    return scopes if len(set(scopes)) == len(nodes) else nodes
