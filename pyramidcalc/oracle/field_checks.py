"""Receptive fields against autograd, axis by axis, on canvases where no local path touches a border."""

from __future__ import annotations

from functools import partial
from math import lcm
from typing import TYPE_CHECKING

from pyramidcalc.oracle.canvas import candidates, make
from pyramidcalc.oracle.device import is_memory, out_of_memory_told, require_memory, torch
from pyramidcalc.oracle.forward import REFUSALS, first_line
from pyramidcalc.oracle.judging import Contradiction, Measured, judge
from pyramidcalc.oracle.positive import Style
from pyramidcalc.oracle.results import Check
from pyramidcalc.oracle.twin import Twin
from pyramidcalc.passes.channels import ALL, together
from pyramidcalc.passes.receptive_field import fields, merge, receptive_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pyramidcalc.oracle.canvas import Canvas
    from pyramidcalc.passes.bounds import Extent
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.receptive_field import AxisField, ByInput
    from pyramidcalc.passes.shapes import Resolved

    ByNode = dict[str, Measured | str]
    """Per node what was measured along one axis, or why nothing was."""

MAX_POSITIONS = 64
SAMPLE_BYTES = 1 << 27
MAX_STEP = 4096
NO_CANVAS = "no enlarged input keeps the ratio of every resize and adaptive pool while touching no border"
NARROW = "channels of different branches are told apart, and there are too many to run them all"


def field_checks(
    resolved: Resolved, names: Sequence[str], apart: Collection[str], wide: bool, device: torch.device
) -> Iterator[Check]:
    """One check a node, in the order of `names`; with `wide` channels, each class of them has its own field.

    Nodes of `apart` are only checked with wide channels. Raises OracleError where memory would not do.
    """
    known = fields(resolved)
    reported = receptive_fields(resolved, known)
    classes = {name: known[name] if wide else ((ALL, together(known[name], merge)),) for name in names}
    asked = {name: each for name, each in classes.items() if reported[name] and (wide or name not in apart)}
    rank = max(len(shape) for shape in resolved.inputs.values()) - 1
    with out_of_memory_told():
        measured = [measure(resolved, asked, Style(wide, axis), device) for axis in range(1, rank + 1)]
    for name in names:
        if not reported[name]:
            yield Check(name, "receptive-field", None, None, True, "reads no input")
        elif name in asked:
            axes = [by_node[name] for by_node in measured]
            yield judge(name, resolved.shapes[name], classes[name], reported[name], axes)
        else:
            main = next(iter(reported[name].values()))
            yield Check(name, "receptive-field", main.to_dict(), None, None, NARROW)


def measure(resolved: Resolved, asked: Mapping[str, Classes[ByInput]], style: Style, device: torch.device) -> ByNode:
    """What torch reads along the axis of a style, at positions inside a canvas."""
    axis = style.axis or 1
    by_node: ByNode = dict.fromkeys(asked, NO_CANVAS)
    left: dict[str, int] = {}
    wanted: list[AxisField] = []
    for name, classes in asked.items():
        on_axis = [
            axis_fields[axis - 1]
            for _, by_input in classes
            for axis_fields in by_input.values()
            if len(axis_fields) >= axis
        ]
        reason = next((field.unknown for field in on_axis if field.unknown), None)
        if reason:
            by_node[name] = reason
        else:
            left[name] = min(MAX_POSITIONS, max([3, *[2 * period_of(field) for field in on_axis]]))
            wanted += on_axis
    needed, step = extent_needed(wanted, max(left.values(), default=0))
    for sizes in candidates(resolved, axis, needed, step):
        if not left:
            break
        canvas = make(resolved, axis, sizes)
        if canvas is None:
            continue
        jobs = {name: places for name, count in left.items() if (places := inner(canvas, resolved, name, count))}
        if not jobs:
            continue
        try:
            by_node |= measured_on(canvas, resolved, {name: (jobs[name], asked[name]) for name in jobs}, style, device)
        except REFUSALS as error:
            if is_memory(error):
                raise
            by_node |= dict.fromkeys(jobs, Contradiction(f"torch refuses a canvas that we accept: {first_line(error)}"))
        left = {name: count for name, count in left.items() if name not in jobs}
    return by_node


def period_of(field: AxisField) -> int:
    """After how many positions everything repeats: the local paths, and which positions read all."""
    bounds = [*field.parts, *([field.global_positions] if field.global_positions else [])]
    return lcm(*(each.period for each in bounds))


def extent_needed(axis_fields: Sequence[AxisField], count: int) -> tuple[int, int]:
    """(positions that a canvas should have, by how many it should grow): from our own fields, to save tries."""
    parts = [part for field in axis_fields for part in field.parts]
    slope = max((-(-part.shift // part.period) for part in parts), default=1)
    grid = lcm(*(part.shift for part in parts if part.shift)) if parts else 1
    # Fields of long periods are looked at where the first positions are.
    widths = (part.largest(min(part.period, MAX_POSITIONS)) or 0 for part in parts)
    return max(widths, default=0) + (count + 8) * max(slope, 1), max(1, min(grid, MAX_STEP))


def inner(canvas: Canvas, resolved: Resolved, name: str, count: int) -> range | None:
    """`count` positions in the middle of a node from which no local path leaves the canvas, or None."""
    if name in canvas.local_changed:
        return None
    size = canvas.sizes[name]
    if size is None:
        return range(1)
    count = min(count, size)
    places = range((size - count) // 2, (size - count) // 2 + count)
    return places if canvas.stays_inside(resolved, name, places) else None


def measured_on(
    canvas: Canvas,
    resolved: Resolved,
    jobs: Mapping[str, tuple[range, Classes[ByInput]]],
    style: Style,
    device: torch.device,
) -> ByNode:
    """Runs some nodes at some positions, each class of channels apart, on one canvas."""
    channels = {name: shape[0] if style.wide else 1 for name, shape in resolved.shapes.items()}
    bytes_each = 8 * 3 * sum(channels[name] * (size or 1) for name, size in canvas.sizes.items())
    samples = max(1, min(max(len(places) for places, _ in jobs.values()), SAMPLE_BYTES // bytes_each))
    require_memory(samples * bytes_each, device, "the check of receptive fields")
    inputs = {name: thin_shape(canvas, name, channels[name], len(shape)) for name, shape in resolved.inputs.items()}
    twin = Twin(resolved, inputs, samples, device, style, canvas.layers, canvas.cut)
    by_node: ByNode = {}
    for name, (places, classes) in jobs.items():
        rank = len(resolved.shapes[name]) - 1
        expected = thin_shape(canvas, name, channels[name], rank + 1)
        if (shape := tuple(twin.local[name].shape[1:])) != expected:
            by_node[name] = Contradiction(f"on a canvas of {canvas.sizes} torch makes {shape}, we {expected}")
            continue
        local: dict[tuple[int, str], list[Extent]] = {}
        whole: dict[tuple[int, str], list[bool]] = {}
        for index, (bits, _) in enumerate(classes):
            some_channels = None if bits == ALL else [c for c in range(channels[name]) if bits >> c & 1]
            for start in range(0, len(places), samples):
                some = places[start : start + samples]
                positions = [tuple([i if axis == canvas.axis else 0 for axis in range(1, rank + 1)]) for i in some]
                seeds = twin.seeds(name, positions, some_channels)
                for key, mask in twin.reads(twin.local[name], seeds).items():
                    local.setdefault((index, key), []).extend([hull(mask[s], canvas.axis) for s in range(len(some))])
                for key, mask in twin.reads(twin.whole.get(name), seeds).items():
                    whole.setdefault((index, key), []).extend([bool(mask[s].any()) for s in range(len(some))])
        arrives = partial(canvas.arrives, resolved, name)
        by_node[name] = Measured(places, local, whole, name in canvas.whole_changed, arrives)
    return by_node


def thin_shape(canvas: Canvas, name: str, channels: int, count: int) -> tuple[int, ...]:
    """The shape of `count` axes that a node has on a canvas."""
    return (channels, *[canvas.sizes[name] or 1 if axis == canvas.axis else 1 for axis in range(1, count)])


def hull(mask: torch.Tensor, axis: int) -> Extent:
    """First and last position that is read along the axis of a canvas; a mask without that axis has none."""
    if mask.dim() <= axis:
        return None
    line = torch.nonzero(mask.movedim(axis, 0).flatten(1).any(1)).flatten()
    return (int(line[0]), int(line[-1])) if len(line) else None
