"""Alignment: whether the branches of a merge are centred on the same input pixels.

A centre line is stride·i + offset: where output i is centred, on average over a map's period.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES, Diagnostic
from pyramidcalc.passes.channels import branches
from pyramidcalc.passes.tables import TooManyPositionsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.channels import ByInput, Classes
    from pyramidcalc.passes.shapes import AppliedLayer

    Lines = list[tuple[Fraction, tuple[Fraction, Fraction]]]
    """Each stride of local paths, ascending, and the first and the last of their offsets."""


def misaligned(layers: Iterable[AppliedLayer], fields: Mapping[str, Classes]) -> Iterator[Diagnostic]:
    """`misaligned`: merges whose branches have other centre lines, one note a merge and input.

    A constant shift is something to mend; a drift (other strides) is what align_corners and
    adaptive pools do in every published net, so it is information. Causal branches of a sequence are aligned by where
    they end, and nothing is said of them.
    """
    for applied in layers:
        if len(applied.inputs) < 2:
            continue
        sources = [fields[name] for name in applied.inputs]
        for note in at_merge(applied, branches(applied, sources)):
            causal = note.severity == "warning" and all(is_causal(classes) for classes in sources)
            if not causal:
                yield note


def is_causal(classes: Classes) -> bool:
    """Whether output 0 of a sequence reads input 0, and nothing after it."""
    return all(len(axes) == 1 and ends_at_zero(axes[0]) for _, by_input in classes for axes in by_input.values())


def ends_at_zero(field: AxisField) -> bool:
    """Whether the last input that position 0 reads is the first of all."""
    try:
        extent = field.extent(0)
    except TooManyPositionsError:
        return False
    return extent is not None and extent[1] == 0


def at_merge(applied: AppliedLayer, branches: Sequence[tuple[str, ByInput]]) -> Iterator[Diagnostic]:
    """The notes of one merge, of the name of each input and what is read through it."""
    if all(by_input is branches[0][1] for _, by_input in branches):
        return
    for name in dict.fromkeys([name for _, by_input in branches for name in by_input]):
        reading = [(source, by_input[name]) for source, by_input in branches if name in by_input]
        for axis, side in enumerate(SIDES[len(reading[0][1])]):
            if axis and all(axes[axis] is axes[0] for _, axes in reading):
                continue  # rows and columns are mostly alike
            note = compare([(source, axes[axis]) for source, axes in reading], side)
            if note is not None:
                yield note.of(applied.name)
                break


def compare(branches: Sequence[tuple[str, AxisField]], side: str) -> Diagnostic | None:
    """The first branch whose centre lines are not those of the branch before, as a diagnostic."""
    local = [(source, field) for source, field in branches if field.parts]
    for (one, field), (other, behind) in pairwise(local):
        if field is behind or courses(field) == courses(behind):
            continue
        first, second = centre_lines(field), centre_lines(behind)
        if first == second:
            continue
        if len(first) == len(second) == 1 and first[0][0] == second[0][0]:
            ((_, (low, high)),), ((_, (least, greatest)),) = first, second
            shift = max(high - least, greatest - low)
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


def courses(field: AxisField) -> list[tuple[object, ...]]:
    """What decides the centre lines, cheaper to compare."""
    return [(part.shift, part.period, part.offsets) for part in field.parts]


def centre_lines(field: AxisField) -> Lines:
    """Where the local paths of an axis are centred."""
    return sorted((part.slope, part.centres) for part in field.parts)


def steps(lines: Lines) -> str:
    """The strides of some centre lines."""
    return " and ".join([str(stride) for stride, _ in lines])
