"""Alignment: whether the branches of a merge are centred on the same input pixels.

A centre line is stride·i + offset: where output i is centred, on average over a map's period.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, ONE, ZERO
from pyramidcalc.layers.base import SIDES, Diagnostic
from pyramidcalc.passes.bounds import TooManyPositionsError
from pyramidcalc.passes.channels import carried, spatial, together
from pyramidcalc.passes.receptive_field import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Maps, Shape
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.receptive_field import AxisField
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Lines = frozenset[tuple[Fraction, Fraction]]
    """(stride, offset) of each local path."""
    ByInput = dict[str, tuple[Lines, ...]]
    """Of each input that is read, one set an axis."""

MAX_LINES = 64
"""More centre lines than this are kept as the outermost of each stride, and of the outermost strides."""
START: Lines = frozenset([(ONE, ZERO)])
NOTHING: Lines = frozenset()


def centre_lines(resolved: Resolved, only: int | None = None) -> dict[str, Classes[ByInput]]:
    """Per node and class of channels, the centre lines by input and axis; with `only`, of one axis, counted from 1."""
    start = {
        name: {name: tuple([START if only in (None, axis) else NOTHING for axis in range(1, len(shape))])}
        for name, shape in resolved.inputs.items()
    }
    return carried(resolved, start, through, merge, dict.__eq__, lambda lines, _: lines, unknown)


def unknown(by_input: ByInput, reason: str) -> ByInput:
    """No centre line is known."""
    return {name: (NOTHING,) * len(axes) for name, axes in by_input.items()}


def through(maps: Maps, shape: Shape, by_input: ByInput) -> ByInput:
    """The centre lines behind one branch of a node."""
    if all(axis_map is IDENTITY for axis_map in maps[1:]):
        return by_input
    sizes = spatial(shape, maps)
    return {
        # A vector on the way, which is one position, leaves axes of another number as they are.
        name: axes
        if len(axes) != len(sizes)
        else tuple([moved(axis_map, n, lines) for axis_map, n, lines in zip(maps[1:], sizes, axes, strict=True)])
        for name, axes in by_input.items()
    }


def moved(axis_map: IndexMap, n: int, lines: Lines) -> Lines:
    """Centre lines behind a map of n positions."""
    if axis_map is IDENTITY or not lines:
        return lines
    if axis_map.whole:
        return NOTHING
    stride, offset = axis_map.centre(n)
    if stride is ONE and offset is ZERO:
        return lines
    return frozenset([(slope * stride, slope * offset + start) for slope, start in lines])


def merge(branches: Sequence[ByInput]) -> ByInput:
    """All lines of all branches."""
    result: ByInput = {}
    for branch in branches:
        for name, axes in branch.items():
            known = result.get(name)
            if known is None or known is axes:
                result[name] = axes
            else:
                pairs = zip(known, axes, strict=True)
                result[name] = tuple([one if one is other else outermost(one | other) for one, other in pairs])
    return result


def outermost(lines: Lines) -> Lines:
    """The first and last offset of each stride, where there are too many lines to keep."""
    if len(lines) <= MAX_LINES:
        return lines
    offsets: dict[Fraction, list[Fraction]] = {}
    for stride, offset in lines:
        offsets.setdefault(stride, []).append(offset)
    strides = sorted(offsets)
    if len(strides) > MAX_LINES // 2:
        strides = strides[: MAX_LINES // 4] + strides[-MAX_LINES // 4 :]
    return frozenset((stride, end) for stride in strides for end in (min(offsets[stride]), max(offsets[stride])))


def misaligned(resolved: Resolved, only: int | None = None) -> Iterator[Diagnostic]:
    """`misaligned`: merges whose branches have other centre lines, one note a merge and input; on one axis with `only`.

    A constant shift is something to mend; a drift (other strides) is what align_corners and
    adaptive pools do in every published net, so it is information. Causal branches of a sequence are aligned by where
    they end, and nothing is said of them.
    """
    known = centre_lines(resolved, only)
    causal = None
    for applied in resolved.layers:
        if len(applied.inputs) > 1:
            for note in at_merge(applied, [together(known[name], merge) for name in applied.inputs]):
                if note.severity == "warning" and len(applied.shape) == 2:
                    causal = causal_nodes(resolved) if causal is None else causal
                    if causal.issuperset(applied.inputs):
                        continue
                yield note


def causal_nodes(resolved: Resolved) -> set[str]:
    """Inputs and nodes on sequences whose output 0 reads input 0, and nothing after it."""
    return {
        name
        for name, classes in fields(resolved).items()
        if all(len(axes) == 1 and ends_at_zero(axes[0]) for _, by_input in classes for axes in by_input.values())
    }


def ends_at_zero(field: AxisField) -> bool:
    """Whether the last input that position 0 reads is the first of all."""
    try:
        extent = field.extent(0)
    except TooManyPositionsError:
        return False
    return extent is not None and extent[1] == 0


def at_merge(applied: AppliedLayer, sources: Sequence[ByInput]) -> Iterator[Diagnostic]:
    """The notes of one merge."""
    branches = [
        through(maps, shape, lines) for maps, shape, lines in zip(applied.axes, applied.shapes, sources, strict=True)
    ]
    if all(branch is branches[0] for branch in branches):
        return
    for name in dict.fromkeys([name for branch in branches for name in branch]):
        reading = [
            (source, branch[name]) for source, branch in zip(applied.inputs, branches, strict=True) if name in branch
        ]
        sides = SIDES[len(reading[0][1])]
        notes = (compare([(source, axes[axis]) for source, axes in reading], side) for axis, side in enumerate(sides))
        note = next((note for note in notes if note is not None), None)
        if note is not None:
            yield note.of(applied.name)


def compare(branches: Sequence[tuple[str, Lines]], side: str) -> Diagnostic | None:
    """The first branch whose centre lines are not those of the branch before, as a diagnostic."""
    local = [(source, lines) for source, lines in branches if lines]
    for (one, first), (other, second) in pairwise(local):
        # Most branches share one object, and comparing sets of fractions takes long.
        if first is second or first == second:
            continue
        if len({stride for stride, _ in first | second}) == 1:
            these, those = [offset for _, offset in first], [offset for _, offset in second]
            shift = max(max(these) - min(those), max(those) - min(these))
            return Diagnostic(
                "misaligned",
                "warning",
                f"`{other}` is centred {shift} input pixels from `{one}` ({side})",
                "make kernels odd with padding dilation·(kernel − 1)/2, or pad both branches alike",
            )
        return Diagnostic(
            "misaligned",
            "info",
            f"`{other}` steps {steps(second)} input pixels where `{one}` steps {steps(first)} ({side}): they drift",
            "sizes that the pooling divides, with align_corners=False, keep branches aligned",
        )
    return None


def steps(lines: Lines) -> str:
    """The strides of some centre lines."""
    return " and ".join(str(stride) for stride in sorted({stride for stride, _ in lines}))
