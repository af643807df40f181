"""Alignment: whether the branches of a merge are centred on the same input pixels.

A centre line is stride·i + offset: where output i is centred, on average over a map's period.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import ONE, ZERO
from pyramidcalc.layers.base import SIDES, Diagnostic
from pyramidcalc.passes.bounds import TooManyPositionsError
from pyramidcalc.passes.channels import carried, merged, through_maps, together
from pyramidcalc.passes.receptive_field import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.channels import ByInput, Classes
    from pyramidcalc.passes.receptive_field import AxisField
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

    Lines = frozenset[tuple[Fraction, Fraction]]
    """(stride, offset) of each local path."""

MAX_LINES = 64
"""More centre lines than this are kept as the outermost of each stride, and of the outermost strides."""
START: Lines = frozenset([(ONE, ZERO)])
NOTHING: Lines = frozenset()


def centre_lines(resolved: Resolved, only: int | None = None) -> dict[str, Classes[ByInput[Lines]]]:
    """Per node and class of channels, the centre lines by input and axis; with `only`, of one axis, counted from 1."""
    start = {
        name: tuple([START if only in (None, axis) else NOTHING for axis in range(1, len(shape))])
        for name, shape in resolved.inputs.items()
    }
    return carried(resolved, start, moved, outermost, frozenset.__eq__, lambda lines, _: lines, lambda *_: NOTHING)


def moved(axis_map: IndexMap, n: int, lines: Lines) -> Lines:
    """Centre lines behind a map of n positions."""
    if axis_map.whole:
        return NOTHING
    stride, offset = axis_map.centre(n)
    if stride is ONE and offset is ZERO:
        return lines
    return frozenset([(slope * stride, slope * offset + start) for slope, start in lines])


def outermost(branches: Sequence[Lines]) -> Lines:
    """All lines of all branches; the first and last offset of each stride, where there are too many to keep."""
    lines = frozenset().union(*branches)
    if len(lines) <= MAX_LINES:
        return lines
    offsets: dict[Fraction, list[Fraction]] = {}
    for stride, offset in lines:
        offsets.setdefault(stride, []).append(offset)
    ordered = sorted(offsets)
    strides = ordered[: MAX_LINES // 4] + ordered[-MAX_LINES // 4 :]
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
        if len(applied.inputs) < 2:
            continue
        for note in at_merge(applied, [together(known[name], partial(merged, outermost)) for name in applied.inputs]):
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


def at_merge(applied: AppliedLayer, sources: Sequence[ByInput[Lines]]) -> Iterator[Diagnostic]:
    """The notes of one merge."""
    branches = [
        through_maps(moved, maps, shape, lines)
        for maps, shape, lines in zip(applied.axes, applied.shapes, sources, strict=True)
    ]
    if all(branch is branches[0] for branch in branches):
        return
    named = list(zip(applied.inputs, branches, strict=True))
    for name in dict.fromkeys([name for branch in branches for name in branch]):
        reading = [(source, branch[name]) for source, branch in named if name in branch]
        sides = enumerate(SIDES[len(reading[0][1])])
        notes = (compare([(source, axes[axis]) for source, axes in reading], side) for axis, side in sides)
        yield from [note.of(applied.name) for note in notes if note is not None][:1]


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
