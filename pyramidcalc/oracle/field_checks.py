"""Receptive fields against autograd, axis by axis, on canvases where no local path touches a border."""

from __future__ import annotations

from fractions import Fraction
from math import lcm, prod
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES
from pyramidcalc.oracle.canvas import candidates, make
from pyramidcalc.oracle.device import REFUSALS, refusal, require_memory, torch
from pyramidcalc.oracle.operations import Style
from pyramidcalc.oracle.results import Check
from pyramidcalc.oracle.twin import Twin
from pyramidcalc.passes.channels import ALL, fields, together
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.tables import TooManyPositionsError, both
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.oracle.canvas import Canvas
    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.passes.tables import Extent

    ByNode = dict[str, "Measured | str"]
    """Per node what was measured along one axis, or why nothing was."""
    Verdict = tuple[dict[str, Any], dict[str, Any], list[str], list[str]]
    """(what is said of one axis, what torch shows, what is wrong, what could not be seen)"""

MAX_POSITIONS = 64
SAMPLE_BYTES = 1 << 27
MAX_STEP = 4096
NO_CANVAS = "no enlarged input keeps the ratio of every resize and adaptive pool while touching no border"
NARROW = "channels of different branches are told apart, and there are too many to run them all"


class Measured(Record):
    """What torch reads from some positions of a node on a canvas, by class of channels and input.

    `local`: first and last that paths without a whole axis read; `whole`: whether other paths arrive at an input.
    """

    canvas: Canvas
    places: range
    local: Mapping[tuple[int, str], Sequence[Extent]]
    whole: Mapping[tuple[int, str], Sequence[bool]]


class Contradiction(str):
    """torch's sizes on a canvas are not ours: a failure, where a plain text says why nothing was measured."""

    __slots__ = ()


def field_checks(
    resolved: Resolved, names: Sequence[str], apart: Collection[str], wide: bool, device: torch.device
) -> Iterator[Check]:
    """One check a node, in the order of `names`; with `wide` channels, each class of them has its own field.

    Nodes of `apart` are only checked with wide channels. Raises OracleError where memory would not do.
    """
    known = fields(resolved)
    reported = receptive_fields(resolved, known)
    classes = {name: known[name] if wide else ((ALL, together(known[name])),) for name in names}
    asked = {name: each for name, each in classes.items() if reported[name] and (wide or name not in apart)}
    axes = range(1, max(len(shape) for shape in resolved.inputs.values()))
    measured = [measure(resolved, asked, Style(wide, axis), axis, device) for axis in axes]
    for name in names:
        if name in asked:
            on_axes = [by_node[name] for by_node in measured]
            yield judge(name, resolved.shapes[name], classes[name], reported[name], on_axes)
        elif reported[name]:
            yield Check(name, "receptive-field", None, None, None, NARROW)
        else:
            yield Check(name, "receptive-field", None, None, True, "reads no input")


def measure(resolved: Resolved, asked: Mapping[str, Classes], style: Style, axis: int, device: torch.device) -> ByNode:
    """What torch reads along one axis, at positions inside a canvas."""
    by_node: ByNode = dict.fromkeys(asked, NO_CANVAS)
    left: dict[str, int] = {}
    widest, slopes = 0, list[tuple[int, int]]()
    for name, classes in asked.items():
        by_axis = [each for _, by_input in classes for each in by_input.values()]
        on_axis = [each[axis - 1] for each in by_axis if len(each) >= axis]
        try:
            widest = max([widest, *map(width_of, on_axis)])
        except TooManyPositionsError as error:
            by_node[name] = str(error)
            continue
        left[name] = min(MAX_POSITIONS, max([3, *[2 * period_of(field) for field in on_axis]]))
        slopes += [(part.shift, part.period) for field in on_axis for part in field.parts]
    needed = widest + (max(left.values(), default=0) + 8) * max([1, *[-(-shift // period) for shift, period in slopes]])
    step = max(1, min(lcm(*(shift for shift, _ in slopes if shift)), MAX_STEP))
    for inputs in candidates(resolved.inputs, axis, needed, step):
        canvas = make(resolved, axis, inputs) if left else None
        if canvas is None:
            continue
        jobs = {name: places for name, count in left.items() if (places := inner(canvas, name, count))}
        try:
            by_node |= measured_on(canvas, {name: (jobs[name], asked[name]) for name in jobs}, style, device)
        except REFUSALS as error:
            by_node |= dict.fromkeys(jobs, Contradiction(f"a canvas that we accept is {refusal(error)}"))
        left = {name: count for name, count in left.items() if name not in jobs}
    return by_node


def period_of(field: AxisField) -> int:
    """After how many positions everything repeats: the local paths, and which positions read all."""
    bounds = [*field.parts, *([field.global_positions] if field.global_positions else [])]
    return lcm(*(each.period for each in bounds))


def width_of(field: AxisField) -> int:
    """About how much one position reads, from our own field. Raises TooManyPositionsError where that is unknown."""
    if field.unknown:
        raise TooManyPositionsError(field.unknown)
    # Fields of long periods are looked at where the first positions are.
    return max([part.largest(min(part.period, MAX_POSITIONS)) or 0 for part in field.parts], default=0)


def inner(canvas: Canvas, name: str, count: int) -> range | None:
    """`count` positions in the middle of a node from which no local path leaves the canvas, or None."""
    shape = canvas.resolved.shapes[name]
    size = shape[canvas.axis] if len(shape) > canvas.axis else 1
    start = max(size - count, 0) // 2
    places = range(start, start + min(count, size))
    return places if name not in canvas.local_changed and canvas.stays_inside(name, places) else None


def measured_on(
    canvas: Canvas, jobs: Mapping[str, tuple[range, Classes]], style: Style, device: torch.device
) -> ByNode:
    """Runs some nodes at some positions, each class of channels apart, on one canvas."""
    if not jobs:
        return {}
    thin = {name: style.shape(shape) for name, shape in canvas.resolved.shapes.items()}
    bytes_each = 8 * 3 * sum(prod(shape) for shape in thin.values())
    samples = max(1, min(max(len(places) for places, _ in jobs.values()), SAMPLE_BYTES // bytes_each))
    require_memory(samples * bytes_each, device, "the check of receptive fields")
    twin = Twin(canvas.resolved, samples, device, style, canvas.cut)
    by_node: ByNode = {}
    for name, (places, classes) in jobs.items():
        if (shape := tuple(twin.local[name].shape[1:])) != thin[name]:
            by_node[name] = Contradiction(
                f"on a canvas of {canvas.resolved.inputs} torch makes {shape}, we {thin[name]}"
            )
            continue
        local: dict[tuple[int, str], list[Extent]] = {}
        whole: dict[tuple[int, str], list[bool]] = {}
        for index, (bits, _) in enumerate(classes):
            channels = None if bits == ALL else [c for c in range(thin[name][0]) if bits >> c & 1]
            for start in range(0, len(places), samples):
                some = range(len(places))[start : start + samples]
                positions = [(0,) * (canvas.axis - 1) + (places[i],) + (0,) * len(shape) for i in some]
                seeds = twin.seeds(name, [position[: len(shape) - 1] for position in positions], channels)
                for key, mask in twin.reads(twin.local[name], seeds).items():
                    local.setdefault((index, key), []).extend([hull(mask[s], canvas.axis) for s in range(len(some))])
                for key, mask in twin.reads(twin.whole.get(name), seeds).items():
                    whole.setdefault((index, key), []).extend([bool(mask[s].any()) for s in range(len(some))])
        by_node[name] = Measured(canvas, places, local, whole)
    return by_node


def hull(mask: torch.Tensor, axis: int) -> Extent:
    """First and last position that is read along an axis; a mask without that axis has none."""
    if mask.dim() <= axis:
        return None
    line = mask.movedim(axis, 0).flatten(1).any(1).nonzero().flatten()
    return (int(line[0]), int(line[-1])) if len(line) else None


def judge(
    name: str,
    shape: Shape,
    classes: Classes,
    reported: Mapping[str, ReceptiveField],
    axes: Sequence[Measured | str],
) -> Check:
    """The check of one node, all its inputs together; not checked where an axis could not be measured."""
    expected: dict[str, list[Any]] = {}
    got: dict[str, list[Any]] = {}
    wrong: list[str] = []
    unseen: list[str] = []
    for key, field in reported.items():
        label = f"{key}." if len(reported) > 1 else ""
        for axis, (side, measured) in enumerate(zip(SIDES[len(field.size)], axes, strict=False)):
            if isinstance(measured, str):
                (wrong if isinstance(measured, Contradiction) else unseen).append(f"{side}: {measured}")
                continue
            apart = [
                (bits & ((1 << shape[0]) - 1), by_input[key][axis] if key in by_input else None)
                for bits, by_input in classes
            ]
            union = together(classes)[key][axis]
            m = shape[1 + axis] if len(shape) > 1 + axis else 1
            said, seen, differs, hidden = compare(name, key, measured, apart, union, field, axis, m)
            for item in said:
                expected.setdefault(label + item, []).append(said[item])
                got.setdefault(label + item, []).append(seen.get(item))
            wrong += [f"{side}: {text}" for text in differs]
            unseen += [f"{side}: {text}" for text in hidden]
    ok = False if wrong or expected != got else (None if unseen else True)
    note = "; ".join(dict.fromkeys([*wrong, *unseen])) or None
    return Check(name, "receptive-field", expected or None, got or None, ok, note)


def compare(
    name: str,
    key: str,
    measured: Measured,
    apart: Sequence[tuple[int, AxisField | None]],
    union: AxisField,
    reported: ReceptiveField,
    axis: int,
    m: int,
) -> Verdict:
    """One axis of one input: position by position in each class of channels, then all of them together."""
    said: dict[str, Any] = {item: getattr(reported, item)[axis] for item in ("size", "local_size", "padding")}
    said["stride"] = in_json(reported.stride[axis])
    canvas = measured.canvas
    extents: dict[int, Extent] = dict.fromkeys(measured.places)
    everything = dict.fromkeys(measured.places, False)
    unseen: list[str] = []
    try:
        said["global"] = union.is_global(m)
        for index, (bits, field) in enumerate(apart):
            channels = f" in class {index} of channels" if len(apart) > 1 else ""
            rows = zip(measured.places, measured.local[index, key], measured.whole[index, key], strict=True)
            for i, local, whole in rows:
                extents[i] = both(extents[i], local)
                if (ours := field and field.extent(i)) != local:
                    return said, {}, [f"position {i}{channels} reads {local}, we say {ours}"], []
                arriving = bool(field and field.global_positions and field.global_positions.extent(i))
                everything[i] |= arriving
                if arriving != whole:
                    # Another resize, and a position that padding decides, say nothing of an image that goes on.
                    is_like = name not in canvas.whole_changed
                    if is_like and not canvas.decided_by_padding(name, bits, i, arrives=whole):
                        return said, {}, [f"position {i}{channels} {'reads' if whole else 'does not read'} all"], []
                    unseen = ["paths that read all pass through padding alone, or through another resize"]
    except TooManyPositionsError as error:
        return said, said, [], [str(error)]
    period = period_of(union)
    if len({part.slope for part in union.parts}) > 1 or len(extents) < 2 * period:
        # Every position agrees; what is reported of all of them cannot be seen from these few.
        return said, said, [], unseen
    if reported.reasons[axis] and any(extents.values()):
        return said, said, [], [str(reported.reasons[axis])]
    return said, said | summary(extents, everything, period, m), [], unseen


def summary(extents: Mapping[int, Extent], everything: Mapping[int, bool], period: int, m: int) -> dict[str, Any]:
    """What m positions read, from what was measured over two periods."""
    start = min(extents)
    # Position i reads what the measured one a whole number of periods further reads.
    turns = {i: -((i - start) // period) for i in range(min(m, period))}
    reads = {i: extent for i, turn in turns.items() if (extent := extents[i + turn * period])}
    ends = [(extents[i], extents[i + period]) for i in range(start, start + period)]
    shifts = [later[0] - here[0] for here, later in ends if here and later]
    size = max((last - first + 1 for first, last in reads.values()), default=None)
    is_global = any(everything[i + turn * period] for i, turn in turns.items())
    return {
        "size": None if is_global else size,
        "local_size": size,
        "padding": turns[0] * shifts[0] - reads[0][0] if 0 in reads else None,
        "global": is_global,
    } | ({"stride": in_json(Fraction(shifts[0], period))} if shifts else {})


def in_json(value: Fraction | None) -> int | str | None:
    """Whole numbers as ints, fractions as text."""
    return value if value is None else (int(value) if value.denominator == 1 else str(value))
