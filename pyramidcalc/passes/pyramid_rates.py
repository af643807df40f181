"""Rates of an atrous pyramid that belong to another output stride than its map has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Window
from pyramidcalc.layers.base import ELEMENTWISE, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.shapes import Resolved, Step

PUBLISHED: dict[int, tuple[tuple[int, ...], ...]] = {
    16: ((6, 12, 18),),
    8: ((12, 24, 36), (6, 12, 18, 24), (2, 4, 8, 12)),
}
"""Rates by output stride: DeepLab v3's (arXiv 1706.05587, section 3.3), then v2's ASPP-L and ASPP-S (1606.00915)."""
BRANCHES = 3
"""So many rates on one map make a pyramid."""


def pyramid_rates(resolved: Resolved, known: dict[str, dict[str, tuple[AxisField, AxisField]]]) -> Iterator[Diagnostic]:
    """`output-stride-rates`: parallel dilated 3×3 windows on one map, at rates published for another stride.

    Maps of other strides than 16 and 8 have no published rates; a graph's own input, of stride 1, is such a map.
    """
    pyramids: dict[str, list[tuple[int, str]]] = {}
    for step in resolved.steps:
        if step.axes is not ELEMENTWISE and len(step.inputs) == 1 and (rate := rate_of(step)):
            pyramids.setdefault(step.inputs[0], []).append((rate, step.name))
    for source, branches in pyramids.items():
        rates = tuple(sorted({rate for rate, _ in branches}))
        if len(rates) < BRANCHES:
            continue
        stride = stride_of(known[source])
        if stride in PUBLISHED and rates not in PUBLISHED[stride]:
            yield note(rates, stride, branches[0][1])


def rate_of(step: Step) -> int | None:
    """The rate of a 3×3 that is dilated alike on both axes, else None."""
    _, rows, columns = step.axes[0]
    if isinstance(rows, Window) and rows.k == 3 and rows.d > 1 and (rows is columns or rows == columns):
        return rows.d
    return None


def stride_of(fields: dict[str, tuple[AxisField, AxisField]]) -> int | None:
    """Input pixels per step of a map, where all its paths and both axes agree on a whole number, else None."""
    strides = {(part.shift, part.period) for pair in fields.values() for axis in pair for part in axis.parts}
    whole = {shift // period if shift % period == 0 else None for shift, period in strides}
    return whole.pop() if len(whole) == 1 else None


def note(rates: tuple[int, ...], stride: int, layer: str) -> Diagnostic:
    """The warning, with the rates that belong here."""
    here, given = text(PUBLISHED[stride][0]), text(rates)
    other = next((other for other, sets in PUBLISHED.items() if rates in sets), None)
    message = f"rates {given} on a map of output stride {stride}, where the published rates are {here}"
    if other is None:
        return Diagnostic("output-stride-rates", "warning", message, f"use rates {here}", layer)
    message += f"; {given} are those of output stride {other}"
    return Diagnostic("output-stride-rates", "warning", message, f"use rates {here}, or output stride {other}", layer)


def text(rates: tuple[int, ...]) -> str:
    """`6 12 18`."""
    return " ".join(map(str, rates))
