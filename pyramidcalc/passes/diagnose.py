"""Diagnostics: what a user should know of a graph on one input, in the order of the nodes, the failure last."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.layers.windowed import SIDES
from pyramidcalc.passes.axis_field import Composer
from pyramidcalc.passes.pyramid_rates import pyramid_rates
from pyramidcalc.passes.receptive_field import branches, fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.shapes import Resolved, Step


def diagnose(
    resolved: Resolved,
    known: dict[str, dict[str, tuple[AxisField, AxisField]]] | None = None,
    composer: Composer | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything that layers and merges say, then the failure if there is one.

    `known` is the result of `receptive_field.fields` where the caller has it already, `composer` what it was made with.
    """
    composer = Composer() if composer is None else composer
    known = fields(resolved, composer) if known is None else known
    found: list[Diagnostic] = []
    for step in resolved.steps:
        if notes := step.work.notes:
            found += [note.of(step.name) for note in notes]
        if len(step.inputs) > 1 and any(axis.mixed for pair in known[step.name].values() for axis in pair):
            found += misaligned(step, known, composer)
    found += pyramid_rates(resolved, known)
    return (*found, resolved.failure) if resolved.failure else tuple(found)


def misaligned(
    step: Step, known: dict[str, dict[str, tuple[AxisField, AxisField]]], composer: Composer
) -> Iterator[Diagnostic]:
    """`misaligned`: branches of a merge whose centre lines differ.

    A constant shift is something to mend; a drift (other strides) is what align_corners and
    adaptive pools do in every published net, so it is information.
    """
    beyond = list(zip(step.inputs, branches(step, known, composer), strict=True))
    for name in dict.fromkeys([name for _, branch in beyond for name in branch]):
        pairs = [(source, branch[name]) for source, branch in beyond if name in branch]
        alike = all(pair[0] is pair[1] for _, pair in pairs)
        for axis, side in enumerate(SIDES[:1] if alike else SIDES):
            note = compare([(source, pair[axis]) for source, pair in pairs], side)
            if note is not None:
                yield note.of(step.name)
                break


def compare(pairs: list[tuple[str, AxisField]], side: str) -> Diagnostic | None:
    """The first branch whose centre lines are not those of the branch before, told as a diagnostic."""
    local = [(source, field.centres) for source, field in pairs if field.centres]
    for (one, first), (other, second) in pairwise(local):
        # Most branches share one object, and comparing sets of fractions takes long.
        if first is second or first == second:
            continue
        if len({stride for stride, _ in first | second}) == 1:
            shift = max(abs(a - b) for _, a in first for _, b in second)
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


def steps(centres: frozenset[tuple[Fraction, Fraction]]) -> str:
    """The strides of some centre lines."""
    return " and ".join(str(stride) for stride in sorted({stride for stride, _ in centres}))
