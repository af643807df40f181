"""Gridding: stacks of dilated layers that read a grid of positions, with holes that none of their taps falls into.

Source: Wang et al., "Understanding Convolution for Semantic Segmentation", arXiv 1702.08502, section 3.2.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import gcd, prod
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.indexmap import IDENTITY, Pad, Window, positions_of
from pyramidcalc.layers.base import SIDES, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Offsets = tuple[int, int]
    """Bit set of positions that are read, and where its first bit lies from the position that reads."""

MAX_SPAN = 1 << 12
"""A window that spans more ends a stack: no such stack is worth looking at."""
HERE: Offsets = (1, 0)
"""A position reads itself."""


class Stack(NamedTuple):
    """What a position far from the borders reads of the map where a stack of stride 1 starts.

    `offsets` on each spatial axis, all branches together; `depth` is the most dilated layers in a row.
    """

    start: str
    offsets: tuple[Offsets, ...]
    depth: int = 0


def gridding(resolved: Resolved) -> Iterator[Diagnostic]:
    """`gridding`: two dilated layers in a row, or more, whose taps together leave rows or columns out.

    A stack goes on over layers of stride 1 and merges of branches that start at one map. Only its ends are looked at:
    a later layer may fill holes.
    """
    if sum([applied.layer.dilated for applied in resolved.layers]) < 2:
        return
    stacks: dict[str, Stack] = {}
    goes_on: set[str] = set()
    for applied in resolved.layers:
        sources = zip(applied.inputs, applied.shapes, strict=True)
        below = [stacks.get(name) or Stack(name, (HERE,) * (len(shape) - 1)) for name, shape in sources]
        if stack := continued(applied, below):
            goes_on.update(applied.inputs)
            stacks[applied.name] = stack
    for name, stack in stacks.items():
        if stack.depth > 1 and name not in goes_on and any(map(holes, stack.offsets)):
            yield note(name, stack)


def continued(applied: AppliedLayer, below: Sequence[Stack]) -> Stack | None:
    """The stack behind a layer; None where it does not go on."""
    if applied.layer.elementwise:
        return below[0]
    if applied.layer.opaque or len({stack.start for stack in below}) != 1:
        return None
    branches = [behind(maps, stack.offsets) for maps, stack in zip(applied.axes, below, strict=True)]
    known = [branch for branch in branches if branch is not None]
    if len(known) < len(branches):
        return None
    offsets = known[0] if len(known) == 1 else tuple([united(axis) for axis in zip(*known, strict=True)])
    return Stack(below[0].start, offsets, max([stack.depth for stack in below]) + applied.layer.dilated)


def behind(maps: Maps, offsets: tuple[Offsets, ...]) -> tuple[Offsets, ...] | None:
    """What is read behind the maps of one branch; None where some map is no step of a stack."""
    if len(maps) - 1 != len(offsets):
        return None
    known: list[Offsets] = []
    for axis_map, axis in zip(maps[1:], offsets, strict=True):
        alike = known and axis_map is maps[1] and axis is offsets[0]
        moved = known[0] if alike else step(axis_map, axis)
        if moved is None:
            return None
        known.append(moved)
    return tuple(known)


def step(axis_map: IndexMap, offsets: Offsets) -> Offsets | None:
    """What is read behind one map of stride 1; None behind others."""
    bits, first = offsets
    if axis_map is IDENTITY:
        return offsets
    if isinstance(axis_map, Pad):
        return bits, first - axis_map.lo
    if not isinstance(axis_map, Window) or axis_map.s > 1 or axis_map.span + bits.bit_length() > MAX_SPAN:
        return None
    taps = range(0, axis_map.span, axis_map.d)
    return reduce(or_, [bits << tap for tap in taps]), first - axis_map.lo


def united(axes: Sequence[Offsets]) -> Offsets:
    """What several branches read together."""
    first = min([start for _, start in axes])
    return reduce(or_, [bits << (start - first) for bits, start in axes]), first


def holes(offsets: Offsets) -> int:
    """Number of positions between the first and the last that are not read."""
    return offsets[0].bit_length() - offsets[0].bit_count()


def note(layer: str, stack: Stack) -> Diagnostic:
    """How much of its span a stack reads, and the step that all its taps share."""
    read = [bits.bit_count() for bits, _ in stack.offsets]
    spans = [bits.bit_length() for bits, _ in stack.offsets]
    shared = gcd(*[position for bits, _ in stack.offsets for position in positions_of(bits)])
    sides = SIDES[len(read)]
    if len(set(zip(read, spans, strict=True))) == 1:
        counts = f"{read[0]} of {spans[0]} {' and '.join(sides)}"
    else:
        counts = " and ".join(f"{n} of {span} {side}" for n, span, side in zip(read, spans, sides, strict=True))
    share = float(100 * Fraction(prod(read), prod(spans)))
    message = f"away from all borders, dilated layers in a row read {counts} of `{stack.start}`"
    message += f", at most {share:.1f}% of what they span" if len(read) > 1 else ""
    message += f": all taps lie multiples of {shared} apart" if shared > 1 else ""
    hint = "rates without a common factor that grow step by step, as 1 2 5, leave no holes"
    return Diagnostic("gridding", "info", message, hint, layer)
