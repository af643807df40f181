"""Receptive fields against autograd, on canvases where no path touches a border."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING

from pyramidcalc.oracle.canvas import candidates, lost_in_padding, make, period_of, stays_inside
from pyramidcalc.oracle.device import is_memory, out_of_memory_told, require_memory, torch
from pyramidcalc.oracle.forward import REFUSALS, first_line
from pyramidcalc.oracle.judging import Contradiction, Measured, judge
from pyramidcalc.oracle.positive import NotComparableError, Style, thin
from pyramidcalc.oracle.reading import Twin
from pyramidcalc.oracle.results import Check
from pyramidcalc.passes.receptive_field import fields, receptive_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyramidcalc.oracle.canvas import Canvas
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.shapes import Resolved

    Found = dict[str, Measured | str]
    """Per node what was measured, or why nothing was."""

MOST_POSITIONS = 64
SAMPLE_BYTES = 1 << 27
LONGEST_STEP = 4096
NO_CANVAS = "no enlarged input keeps the ratio of every resize and adaptive pool while touching no border"


def field_checks(resolved: Resolved, names: Sequence[str], apart: set[str], device: torch.device) -> Iterator[Check]:
    """One check a node and input, in the order of `names`; nodes in `apart` are not checked.

    Raises OracleError where memory would not do.
    """
    known = fields(resolved)
    reported = receptive_fields(resolved, known)
    asked = [name for name in names if name not in apart and known[name]]
    with out_of_memory_told():
        rows = measure(resolved, known, asked, 0, device)
        columns = rows if symmetric(resolved) else measure(resolved, known, asked, 1, device)
    for name in names:
        if not known[name]:
            yield Check(name, "receptive-field", None, None, True, "reads no input")
        elif name in apart:
            note = "a pixel shuffle tells channels of different branches apart; the field is their hull"
            yield Check(name, "receptive-field", reported[name][next(iter(known[name]))].to_dict(), None, None, note)
        else:
            yield judge(name, resolved.shapes[name], known[name], reported[name], (rows[name], columns[name]))


def symmetric(resolved: Resolved) -> bool:
    """Whether rows and columns are the same computation, so that one measurement does for both."""
    return all(len(shape) != 3 or shape[1] == shape[2] for shape in resolved.shapes.values()) and all(
        thin(step.layer, 0) == thin(step.layer, 1) and rows_alike(step.layer.axes(*step.shapes))
        for step in resolved.steps
    )


def rows_alike(axes: tuple[tuple[object, object, object], ...]) -> bool:
    """Whether a layer's maps of rows and columns are equal (a linear layer's on a map are not)."""
    return all(rows == columns for _, rows, columns in axes)


def measure(
    resolved: Resolved,
    known: Mapping[str, dict[str, tuple[AxisField, AxisField]]],
    names: Sequence[str],
    axis: int,
    device: torch.device,
) -> Found:
    """What torch reads along one axis, at positions inside a canvas."""
    found: Found = dict.fromkeys(names, NO_CANVAS)
    left: dict[str, int] = {}
    for name in names:
        axis_fields = [pair[axis] for pair in known[name].values()]
        reason = next((field.unknown for field in axis_fields if field.unknown), None)
        if reason:
            found[name] = reason
        else:
            left[name] = min(MOST_POSITIONS, max(3, *(2 * turn_of(field) for field in axis_fields)))
    wanted = [pair[axis] for name in left for pair in known[name].values()]
    needed, step = extent_needed(wanted, max(left.values(), default=0))
    for sizes in candidates(resolved, axis, needed, step):
        if not left:
            break
        canvas = make(resolved, axis, sizes)
        if canvas is None:
            continue
        jobs = {name: place for name, count in left.items() if (place := inner(canvas, resolved, name, count))}
        if not jobs:
            continue
        try:
            found |= measured_on(canvas, resolved, jobs, device)
        except NotComparableError as error:
            found |= dict.fromkeys(jobs, str(error))
        except REFUSALS as error:
            if is_memory(error):
                raise
            found |= dict.fromkeys(jobs, Contradiction(f"torch refuses a canvas that we accept: {first_line(error)}"))
        left = {name: count for name, count in left.items() if name not in jobs}
    return found


def turn_of(field: AxisField) -> int:
    """After how many positions everything repeats: the local paths, and which positions read all."""
    return lcm(period_of(field), field.alive.period if field.alive else 1)


def extent_needed(axis_fields: Sequence[AxisField], count: int) -> tuple[int, int]:
    """(positions that a canvas should have, by how many it should grow): from our own fields, to save tries."""
    parts = [part for field in axis_fields for part in field.parts]
    slope = max((-(-part.shift // part.period) for part in parts), default=1)
    grid = lcm(*(part.shift for part in parts if part.shift)) if parts else 1
    widths = (part.largest(part.period) or 0 for part in parts)
    return max(widths, default=0) + (count + 8) * max(slope, 1), max(1, min(grid, LONGEST_STEP))


def inner(canvas: Canvas, resolved: Resolved, name: str, count: int) -> range | None:
    """`count` positions in the middle of a node from which no path leaves the canvas, or None."""
    if name in canvas.changed:
        return None
    size = canvas.sizes[name]
    if size is None:
        return range(1)
    count = min(count, size)
    first = (size - count) // 2
    return range(first, first + count) if stays_inside(canvas, resolved, name, first, first + count - 1) else None


def measured_on(
    canvas: Canvas, resolved: Resolved, jobs: Mapping[str, range], device: torch.device
) -> dict[str, Measured | str]:
    """Runs the jobs on one canvas: local paths alone at every position, all paths at the first few."""
    bytes_each = 8 * 3 * sum(size or 1 for size in canvas.sizes.values())
    samples = max(1, min(max(map(len, jobs.values())), SAMPLE_BYTES // bytes_each))
    require_memory(samples * bytes_each, device, "the check of receptive fields")
    shapes = {name: (1, size, 1) for name, size in canvas.inputs.items()}
    for name, shape in resolved.inputs.items():
        if len(shape) == 1:
            shapes[name] = (1,)  # type: ignore[assignment]  # a vector has one axis
    local, every = (
        Twin(canvas.parts(resolved, cut=cut), shapes, samples, device, Style(axis=canvas.axis)) for cut in (True, False)
    )
    found: dict[str, Measured | str] = {}
    for name, places in jobs.items():
        made = local.values[name].shape
        if len(made) == 4 and made[2] != canvas.sizes[name]:
            found[name] = Contradiction(f"on {canvas.inputs} torch makes {made[2]}, we {canvas.sizes[name]}")
            continue
        extents: dict[str, dict[int, tuple[int, int] | None]] = {key: {} for key in resolved.inputs}
        for start in range(0, len(places), samples):
            some = places[start : start + samples]
            for key, hulls in hulls_of(local, name, some).items():
                extents[key] |= dict(zip(some, hulls, strict=True))
        some = places[:samples]
        wider: dict[str, bool | None] = {}
        for key, hulls in hulls_of(every, name, some).items():
            wider[key] = any(hull != extents[key][i] for i, hull in zip(some, hulls, strict=True))
            if not wider[key] and lost_in_padding(canvas, resolved, name, some):
                wider[key] = None
        found[name] = Measured(extents, wider)
    return found


def hulls_of(twin: Twin, name: str, places: range) -> dict[str, list[tuple[int, int] | None]]:
    """First and last position that is read, for each input and place."""
    seeds = twin.seeds(name, [(place, 0) for place in places])
    return {key: [hull(mask[sample]) for sample in range(len(places))] for key, mask in twin.reads(name, seeds).items()}


def hull(mask: torch.Tensor) -> tuple[int, int] | None:
    """First and last position along the thin axis."""
    line = torch.nonzero(mask.flatten()).flatten()
    return (int(line[0]), int(line[-1])) if len(line) else None
