"""Reach against autograd, pixel by pixel, on the real input; and that it stays inside the receptive field."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Grouped, Pad, Whole, Window
from pyramidcalc.oracle.device import out_of_memory_told, require_memory
from pyramidcalc.oracle.positive import NotComparableError, Style
from pyramidcalc.oracle.reading import Part, Twin
from pyramidcalc.oracle.results import Check
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.receptive_field import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.oracle.device import torch
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.shapes import Resolved, Step

DOUBLE_BYTES = 8
PLACES = ("centre", "corner", "edge")
WIDE_BYTES, WIDE_MACS = 1 << 28, 10**9
"""Up to here a graph is run with its real channels where one channel would not do."""


def positions(shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Centre, corner and a place on the lower edge; a vector has one position."""
    if len(shape) != 3:
        return ((0, 0),)
    _, height, width = shape
    return (height // 2, width // 2), (0, 0), (height - 1, width // 3)


def reach_checks(resolved: Resolved, names: Sequence[str], device: torch.device) -> Iterator[Check]:
    """One check a node, in the order of `names`. Raises OracleError where memory would not do."""
    apart = channels_matter(resolved)
    wide = bool(apart) and wide_is_affordable(resolved)
    style = Style(wide=wide)
    shapes = {name: narrowed(shape, style) for name, shape in resolved.shapes.items()}
    require_memory(
        3 * len(PLACES) * DOUBLE_BYTES * sum(prod(shape) for shape in shapes.values()), device, "the check of reach"
    )
    parts = [Part(step.name, step.layer, step.inputs, step.shapes) for step in resolved.steps]
    known = fields(resolved)
    mirrored = mirrors(resolved)
    with out_of_memory_told():
        try:
            twin = Twin(parts, {name: shapes[name] for name in resolved.inputs}, len(PLACES), device, style)
        except NotComparableError as error:
            yield from (Check(name, "reach", None, None, None, str(error)) for name in names)
            return
        for name in names:
            if name in apart and not wide:
                yield Check(name, "reach", None, None, None, "a pixel shuffle tells too many channels apart")
            else:
                yield reach_check(resolved, twin, name, None if name in mirrored else known[name], style)


def narrowed(shape: tuple[int, ...], style: Style) -> tuple[int, ...]:
    """A shape as it is in a twin."""
    return shape if style.wide else (1, *shape[1:])


def reach_check(
    resolved: Resolved,
    twin: Twin,
    name: str,
    known: dict[str, tuple[AxisField, AxisField]] | None,
    style: Style,
) -> Check:
    """Our pixels and autograd's at each position; `known` is the field that must hold them."""
    shape = resolved.shapes[name]
    places = positions(shape)
    read = twin.reads(name, twin.seeds(name, places))
    expected: dict[str, Any] = {}
    got: dict[str, Any] = {}
    notes: list[str] = []
    unknown = None
    for sample, (place, position) in enumerate(zip(PLACES, places, strict=False)):
        ours = reach(resolved, name, *position)
        unknown = unknown or ours.unknown
        for key in [] if ours.unknown else resolved.inputs:
            label = place if len(resolved.inputs) == 1 else f"{place} of {key}"
            rows = row_sets(read[key][sample])
            expected[label], got[label] = ours.pixels(key), sum(row.bit_count() for row in rows)
            notes += differences(label, position, ours.mask(key), rows)
            if known is not None and not contained(rows, known.get(key), position):
                notes.append(f"{label}: torch reads outside the receptive field")
    if unknown and not notes:
        return Check(name, "reach", expected or None, got or None, None, unknown)
    skipped = f"{style.skipped} positions of nearest resizes taken as exact, float32 rounds there in torch"
    note = "; ".join(notes) or (skipped if style.skipped else None)
    return Check(name, "reach", expected, got, not notes, note)


def row_sets(mask: torch.Tensor) -> list[int]:
    """Row by row the bit set of columns that are read in any channel; a vector is one pixel."""
    if mask.dim() == 1:
        return [int(bool(mask.any()))]
    lines = (mask.any(0).flip(1).to("cpu", mask.dtype) + 48).byte().tolist()
    return [int(bytes(line), 2) for line in lines]


def differences(label: str, position: tuple[int, int], ours: list[int], torchs: list[int]) -> Iterator[str]:
    """The first pixel on which the two sets differ."""
    for row, (expected, got) in enumerate(zip(ours, torchs, strict=True)):
        if expected != got:
            column = ((expected ^ got) & -(expected ^ got)).bit_length() - 1
            reads = "we read" if expected >> column & 1 else "torch reads"
            yield f"{label} {position}: only {reads} pixel ({row}, {column})"
            return


def contained(rows: list[int], known: tuple[AxisField, AxisField] | None, position: tuple[int, int]) -> bool:
    """Whether what is read lies inside the fields at this position, on axes where they are known and not global."""
    touched = [row for row, columns in enumerate(rows) if columns]
    if not touched:
        return True
    if known is None:
        return False
    union = 0
    for columns in rows:
        union |= columns
    hulls = ((touched[0], touched[-1]), ((union & -union).bit_length() - 1, union.bit_length() - 1))
    for field, i, (first, last) in zip(known, position, hulls, strict=True):
        if field.whole or field.unknown:
            continue
        extent = field.extent(i)
        if extent is None or first < extent[0] or last > extent[1]:
            return False
    return True


def mirrors(resolved: Resolved) -> set[str]:
    """Nodes after a pad that mirrors, repeats or wraps: there torch may read what the endless image has elsewhere."""
    found: set[str] = set()
    for step in resolved.steps:
        maps = [axis_map for every in step.layer.axes(*step.shapes) for axis_map in every[1:]]
        if any(isinstance(m, Window | Pad) and m.mode != "zeros" for m in maps) or found.intersection(step.inputs):
            found.add(step.name)
    return found


def channels_matter(resolved: Resolved) -> set[str]:
    """Nodes whose reach depends on which channels are read: a pixel shuffle after a concatenation or another shuffle.

    After a dense layer all channels read the same pixels, and one channel can stand for them.
    """
    told_apart: set[str] = set()
    found: set[str] = set()
    for step in resolved.steps:
        before = told_apart.intersection(step.inputs)
        if found.intersection(step.inputs) or (shuffles(step) and before):
            found.add(step.name)
        if shuffles(step) or len(step.inputs) > 1 or (before and not mixes(step)):
            told_apart.add(step.name)
    return found


def shuffles(step: Step) -> bool:
    """Whether which channel is read depends on the position."""
    return len(step.layer.terms(*step.shapes)) > len(step.inputs)


def mixes(step: Step) -> bool:
    """Whether every output channel reads all input channels."""
    channel_map = step.layer.axes(*step.shapes)[0][0]
    return isinstance(channel_map, Whole) and not isinstance(channel_map, Grouped)


def wide_is_affordable(resolved: Resolved) -> bool:
    """Whether a twin with the real channels is small enough."""
    elements = sum(prod(shape) for shape in resolved.shapes.values())
    macs = sum(step.layer.macs(step.shapes, step.shape) for step in resolved.steps)
    return 3 * len(PLACES) * DOUBLE_BYTES * elements < WIDE_BYTES and macs < WIDE_MACS
