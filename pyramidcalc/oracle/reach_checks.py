"""Reach against autograd, pixel by pixel, on the real input; and that it stays inside the receptive field."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, Broadcast, Pad, Window
from pyramidcalc.oracle.canvas import rounds
from pyramidcalc.oracle.device import require_memory, torch
from pyramidcalc.oracle.field_checks import NARROW, hull
from pyramidcalc.oracle.operations import Style
from pyramidcalc.oracle.results import Check
from pyramidcalc.oracle.twin import Twin
from pyramidcalc.passes.channels import fields, together
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.tables import TooManyPositionsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.channels import ByInput, Fields
    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.passes.shapes import Resolved

DOUBLE_BYTES = 8
PLACES = ("centre", "corner", "edge")
MAX_WIDE = {True: (4_000_000, 10**9), False: (100_000, 10**7)}
"""Elements and MACs up to which a graph is run with its real channels, where those matter and where one would do."""


def positions(shape: Shape) -> tuple[tuple[int, ...], ...]:
    """Centre, corner and a place on the lower edge; a vector has one position."""
    sizes = shape[1:]
    if not sizes:
        return ((),)
    return tuple(n // 2 for n in sizes), (0,) * len(sizes), (sizes[0] - 1, *[n // 3 for n in sizes[1:]])


def reach_checks(
    resolved: Resolved, names: Sequence[str], apart: Collection[str], wide: bool, device: torch.device
) -> Iterator[Check]:
    """One check a node, in the order of `names`; nodes of `apart` are only checked with wide channels.

    Raises OracleError where memory would not do.
    """
    elements = sum(prod(Style(wide).shape(shape)) for shape in resolved.shapes.values())
    require_memory(3 * len(PLACES) * DOUBLE_BYTES * elements, device, "the check of reach")
    known = fields(resolved)
    elsewhere = reads_elsewhere(resolved)
    twin = Twin(resolved, len(PLACES), device, Style(wide))
    for name in names:
        if name in apart and not wide:
            yield Check(name, "reach", None, None, None, NARROW)
        else:
            yield reach_check(resolved, twin, name, None if name in elsewhere else together(known[name]))


def reach_check(resolved: Resolved, twin: Twin, name: str, by_input: ByInput | None) -> Check:
    """Our pixels and autograd's at each position; `by_input` are the fields that must hold them."""
    places = positions(resolved.shapes[name])
    read = twin.reads(twin.local[name], twin.seeds(name, places))
    expected: dict[str, Any] = {}
    got: dict[str, Any] = {}
    notes: list[str] = []
    for sample, (place, position) in enumerate(zip(PLACES, places, strict=False)):
        ours = reach(resolved, name, position)
        if ours.unknown:
            return Check(name, "reach", None, None, None, ours.unknown)
        for key in resolved.inputs:
            label = place if len(resolved.inputs) == 1 else f"{place} of {key}"
            expected[label], got[label], note = compared(ours, key, read[key][sample])
            notes += [f"{label} {position}: {note}"] if note else []
            if by_input is not None and not contained(read[key][sample], by_input.get(key), position):
                notes.append(f"{label}: torch reads outside the receptive field")
    return Check(name, "reach", expected, got, not notes, "; ".join(notes) or None)


def compared(ours: Reach, key: str, torchs: Tensor) -> tuple[int, int, str | None]:
    """(values that we read, that torch reads, the first that only one of both does).

    Values are told apart by channel where torch's mask (C, *spatial) has the channels of the input.
    """
    channels, *sizes = ours.inputs[key]
    mask = torch.zeros(torchs.shape, dtype=torch.bool)
    for bits, *axes in ours.products[key]:
        block = vector(bits, channels) if len(mask) == channels else vector(1, 1)
        for axis, n in zip(axes, sizes, strict=True):
            block = block[..., None] & vector(axis, n)
        mask |= block
    mask = mask.to(torchs.device)
    note = None
    if (odd := mask != torchs).any():
        where = tuple(odd.nonzero()[0].tolist())
        note = f"only {'we read' if mask[where] else 'torch reads'} {where} of {key}, channels first"
    return int(mask.sum()), int(torchs.sum()), note


def vector(bits: int, n: int) -> Tensor:
    """A bit set of n positions as booleans."""
    digits = bytearray(f"{bits:0{n}b}"[::-1], "ascii")
    return torch.frombuffer(digits, dtype=torch.uint8) == ord("1")


def contained(mask: Tensor, known: Fields | None, position: tuple[int, ...]) -> bool:
    """Whether what is read lies inside the fields at this position, on axes where they are known and not global."""
    for axis, field in enumerate(known or () if mask.any() else ()):
        i = position[axis] if axis < len(position) else 0
        read = hull(mask, 1 + axis)
        try:
            extent = field.extent(i)
            anything = field.unknown or (field.global_positions is not None and field.global_positions.extent(i))
        except TooManyPositionsError:
            continue
        if not anything and (read is None or extent is None or read[0] < extent[0] or read[1] > extent[1]):
            return False
    return known is not None or not mask.any()


def reads_elsewhere(resolved: Resolved) -> set[str]:
    """Nodes after a pad that mirrors, repeats or wraps, or a resize that torch rounds: there it may read what the
    endless image has elsewhere."""
    names: set[str] = set()
    for applied in resolved.layers:
        branches = zip(applied.axes, applied.shapes, strict=True)
        pairs = [pair for maps, shape in branches for pair in zip(maps, shape, strict=False)]
        mirrored = any((isinstance(m, Window | Pad) and m.mode != "zeros") or rounds(m, n) for m, n in pairs)
        if mirrored or names.intersection(applied.inputs):
            names.add(applied.name)
    return names


def channels_matter(resolved: Resolved) -> set[str]:
    """Nodes whose reads depend on which channels are taken: after a slice, a shuffle or a group of channels that read
    different pixels, as those of a concatenation do.

    After a dense layer all channels read the same pixels, and one channel can stand for them.
    """
    differ: set[str] = set()
    matter: set[str] = set()
    for applied in resolved.layers:
        name, inputs = applied.name, set(applied.inputs)
        channels = [maps[0] for maps in applied.axes]
        shuffles = len(applied.layer.terms(*applied.shapes)) > len(channels)
        takes_all = all(m is IDENTITY or m.whole or isinstance(m, Broadcast | Pad) for m in channels)
        if inputs & matter or (inputs & differ and not takes_all):
            matter.add(name)
        joins = any(isinstance(m, Pad) for m in channels)
        if shuffles or joins or (inputs & differ and not all(m.whole for m in channels)):
            differ.add(name)
    return matter


def runs_wide(resolved: Resolved, channels_matter: bool) -> bool:
    """Whether a twin takes the real channels: where they matter and it is affordable, or where it is cheap."""
    max_elements, max_macs = MAX_WIDE[channels_matter]
    elements, macs = sum(prod(shape) for shape in resolved.shapes.values()), sum(a.macs for a in resolved.layers)
    return elements < max_elements and macs < max_macs
