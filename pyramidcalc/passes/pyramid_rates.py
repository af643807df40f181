"""Rates of an atrous pyramid that belong to another output stride than its map has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Window
from pyramidcalc.layers.base import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

PUBLISHED: dict[int, tuple[tuple[int, ...], ...]] = {
    16: ((6, 12, 18),),
    8: ((12, 24, 36), (6, 12, 18, 24), (2, 4, 8, 12)),
}
"""Rates by output stride: DeepLab v3's (arXiv 1706.05587, section 3.3), then v2's ASPP-L and ASPP-S (1606.00915)."""
MIN_BRANCHES = 3
"""So many rates on one map make a pyramid."""


def pyramid_rates(resolved: Resolved, fields: Mapping[str, Classes]) -> Iterator[Diagnostic]:
    """`output-stride-rates`: parallel dilated 3×3 windows on one map, at rates published for another stride.

    Maps of other strides than 16 and 8 have no published rates; a graph's own input, of stride 1, is such a map.
    """
    pyramids: dict[str, list[tuple[int, str]]] = {}
    for applied in resolved.layers:
        if rate := rate_of(applied):
            pyramids.setdefault(applied.inputs[0], []).append((rate, applied.name))
    for source, branches in pyramids.items():
        rates = tuple(sorted({rate for rate, _ in branches}))
        if len(rates) < MIN_BRANCHES:
            continue
        stride = stride_of(fields[source])
        if stride in PUBLISHED and rates not in PUBLISHED[stride]:
            yield note(rates, stride, branches[0][1])


def rate_of(applied: AppliedLayer) -> int | None:
    """The rate of a 3×3 that is dilated alike on both axes, else None."""
    if not applied.layer.dilated or len(applied.axes[0]) != 3:
        return None
    _, rows, columns = applied.axes[0]
    if isinstance(rows, Window) and rows.k == 3 and rows.d > 1 and rows == columns:
        return rows.d
    return None


def stride_of(classes: Classes) -> int | None:
    """Input pixels per step of a map, where all its paths and both axes agree on a whole number, else None."""
    axes = [axis for _, by_input in classes for fields in by_input.values() for axis in fields]
    strides = {part.slope for axis in axes for part in axis.parts}
    return int(strides.pop()) if len(strides) == 1 and all(s.denominator == 1 for s in strides) else None


def note(rates: tuple[int, ...], stride: int, layer: str) -> Diagnostic:
    """The warning, with the rates that belong here."""
    here, given = (" ".join(map(str, numbers)) for numbers in (PUBLISHED[stride][0], rates))
    message = f"rates {given} on a map of output stride {stride}, where the published rates are {here}"
    hint = f"use rates {here}"
    other = next((other for other, sets in PUBLISHED.items() if rates in sets), None)
    if other is not None:
        message += f"; {given} are those of output stride {other}"
        hint += f", or output stride {other}"
    return Diagnostic("output-stride-rates", "warning", message, hint, layer)
