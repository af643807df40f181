"""Receptive fields: what each output position would read if the image went on past its borders.

Source of the terms: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES
from pyramidcalc.passes.bounds import widest
from pyramidcalc.passes.channels import together
from pyramidcalc.passes.tables import TooManyPositionsError
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction
    from typing import Any

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.channels import Classes, Fields
    from pyramidcalc.passes.shapes import Resolved


class ReceptiveField(Record):
    """Receptive field of one node with respect to one input; tuples have one entry a spatial axis of the input.

    `size` in input pixels, None on a global axis; `local_size`, `stride` and `padding` are of the
    paths that are not global. `stride` in input pixels per output step, None where branches
    differ; `padding` is minus the first index that output 0 reads. `reasons` say why an axis is unknown.
    """

    size: tuple[int | None, ...]
    is_global: bool
    local_size: tuple[int | None, ...]
    stride: tuple[Fraction | None, ...]
    padding: tuple[int | None, ...]
    reasons: tuple[str | None, ...]

    @property
    def reason(self) -> str | None:
        """Why something is unknown, each axis named where they differ; None where nothing is."""
        given = [reason for reason in self.reasons if reason]
        if len(set(given)) < 2 and len(given) in (0, len(self.reasons)):
            return given[0] if given else None
        sides = SIDES[len(self.reasons)]
        return "; ".join(f"{side}: {reason}" for side, reason in zip(sides, self.reasons, strict=True) if reason)

    def to_dict(self) -> dict[str, object]:
        """The JSON form: whole strides are ints, others strings such as "1/2"."""
        fields: dict[str, object] = {
            "size": list(self.size),
            "global": self.is_global,
            "local_size": list(self.local_size),
            "stride": [s if s is None else (int(s) if s.denominator == 1 else str(s)) for s in self.stride],
            "padding": list(self.padding),
        }
        return fields | {"reason": self.reason} if self.reason else fields


def summarise(field: AxisField, m: int) -> tuple[Any, ...]:
    """What is said of an axis with m positions, in the order of a receptive field."""
    parts, reason = field.parts, field.unknown
    is_global, stride, padding, size = False, None, None, None
    try:
        is_global = field.global_positions is not None and field.is_global(m)
        if parts and not reason:
            stride = parts[0].slope if len(parts) == 1 else None
            try:
                size, start = widest(parts, m)
            except TooManyPositionsError as error:
                start, reason = field.extent(0), str(error)
            padding = None if start is None else -start[0]
    except TooManyPositionsError as error:
        reason = str(error)
    if not size and not reason and not is_global:
        reason = "no position reads the input"
    size = size or None
    return None if is_global else size, is_global, size, stride, padding, reason


def describe(fields: Fields, shape: Shape) -> ReceptiveField:
    """The receptive field of a node of this shape."""
    sizes = shape[1:] if len(shape) == 1 + len(fields) else (1,) * len(fields)
    axes: list[tuple[Any, ...]] = []
    for field, m in zip(fields, sizes, strict=True):
        axes.append(axes[0] if axes and field is fields[0] and m == sizes[0] else summarise(field, m))
    size, everywhere, *rest = zip(*axes, strict=True) if axes else ((),) * 6
    return ReceptiveField(size, any(everywhere), *rest)


def receptive_fields(resolved: Resolved, known: Mapping[str, Classes]) -> dict[str, dict[str, ReceptiveField]]:
    """Per node and input, the receptive field over all channels; an input that is not read is absent.

    `known` is the result of `fields`.
    """
    # Nodes that share classes and size share the result; `known` keeps the classes alive, so their ids stay valid.
    described: dict[tuple[int, Shape], dict[str, ReceptiveField]] = {}
    result = {}
    for applied in resolved.layers:
        classes = known[applied.name]
        key = (id(classes), applied.shape[1:])
        if key not in described:
            by_input = together(classes)
            described[key] = {name: describe(fields, applied.shape) for name, fields in by_input.items()}
        result[applied.name] = described[key]
    return result
