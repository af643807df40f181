"""Whether measured extents say what a receptive field says: size, stride, padding, and whether it is global."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.layers.windowed import SIDES
from pyramidcalc.oracle.canvas import period_of
from pyramidcalc.oracle.results import Check
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.passes.axis_field import AxisField
    from pyramidcalc.passes.receptive_field import ReceptiveField

    Extents = dict[int, tuple[int, int] | None]


class Measured(Record):
    """What torch reads from a node along one axis of each input.

    `extents` of local paths by position; `wider`: whether other paths read more than these. None says that
    there are such paths, but they all pass through padding alone, so that nothing can be seen of them.
    """

    extents: dict[str, Extents]
    wider: dict[str, bool | None]


class Contradiction(str):
    """torch's sizes on a canvas are not ours: a failure, where a plain text says why nothing was measured."""

    __slots__ = ()


def judge(
    name: str,
    shape: tuple[int, ...],
    known: dict[str, tuple[AxisField, AxisField]],
    reported: dict[str, ReceptiveField],
    found: tuple[Measured | str, Measured | str],
) -> Check:
    """The check of one node, all its inputs together; not checked where an axis could not be measured."""
    expected: dict[str, Any] = {}
    got: dict[str, Any] = {}
    notes: list[str] = []
    unmeasured = [f"{side}: {axis}" for side, axis in zip(SIDES, found, strict=True) if isinstance(axis, str)]
    wrong = any(isinstance(axis, Contradiction) for axis in found)
    for key, pair in known.items():
        ours, torchs = [], []
        for axis, field in enumerate(pair):
            measured = found[axis]
            if isinstance(measured, str):
                continue
            m = shape[1 + axis] if len(shape) == 3 else 1
            said = said_of(reported[key], field, axis)
            seen, differs, note = seen_of(field, m, measured.extents[key], said)
            seen["global"] = bool(measured.wider[key])
            if measured.wider[key] is None and said["global"]:
                seen["global"] = True
                unmeasured += [f"{SIDES[axis]}: paths that read all pass through padding alone"]
            wrong = wrong or differs or seen != said
            notes += [f"{SIDES[axis]}: {note}"] if note and note not in notes else []
            ours.append(said)
            torchs.append(seen)
        label = f"{key}." if len(known) > 1 else ""
        for item in ours[0] if ours else ():
            expected[label + item], got[label + item] = [a[item] for a in ours], [a[item] for a in torchs]
    ok = False if wrong else (None if unmeasured else True)
    note = "; ".join([*notes, *unmeasured]) or None
    return Check(name, "receptive-field", expected or None, got or None, ok, note)


def said_of(reported: ReceptiveField, field: AxisField, axis: int) -> dict[str, Any]:
    """What is reported on one axis, in JSON's terms."""
    return {
        "local_size": reported.local_size[axis],
        "stride": in_json(reported.stride[axis]),
        "padding": reported.padding[axis],
        "global": field.whole,
    }


def seen_of(
    field: AxisField, m: int, extents: Extents, said: dict[str, Any]
) -> tuple[dict[str, Any], bool, str | None]:
    """(what torch shows in the same terms, whether an extent differs, a note)."""
    differing = [i for i, extent in extents.items() if field.extent(i) != extent]
    if differing:
        i = differing[0]
        return widest(extents), True, f"position {i} reads {extents[i]}, we say {field.extent(i)}"
    if not field.parts or all(extent is None for extent in extents.values()):
        return {"local_size": None, "stride": said["stride"], "padding": None}, False, None
    period = period_of(field)
    slopes = {part.slope for part in field.parts}
    if len(slopes) > 1 or len(extents) < 2 * period:
        note = f"{len(extents)} positions compared, of a field that repeats every {period}"
        # Every extent agrees; what is reported of all positions cannot be seen from these few.
        return {item: said[item] for item in ("local_size", "stride", "padding")}, False, note
    return summary(extents, period, m), False, None


def summary(extents: Extents, period: int, m: int) -> dict[str, Any]:
    """Size, stride and padding of what was measured over two periods."""
    start = min(extents)
    shift = next(
        later[0] - here[0]
        for i in range(start, start + period)
        if (here := extents[i]) is not None and (later := extents[i + period]) is not None
    )
    sizes, padding = [], None
    for i in range(min(m, period)):
        turns = -((i - start) // period)
        extent = extents[i + turns * period]
        if extent is None:
            continue
        sizes.append(extent[1] - extent[0] + 1)
        if i == 0:
            padding = turns * shift - extent[0]
    return {
        "local_size": max(sizes, default=None),
        "stride": in_json(Fraction(shift, period)),
        "padding": padding,
    }


def widest(extents: Extents) -> dict[str, Any]:
    """What can be said of extents that do not fit."""
    sizes = [extent[1] - extent[0] + 1 for extent in extents.values() if extent is not None]
    return {"local_size": max(sizes, default=None), "stride": None, "padding": None}


def in_json(value: Fraction | None) -> int | str | None:
    """Whole numbers as ints, fractions as text."""
    if value is None or value.denominator == 1:
        return None if value is None else int(value)
    return str(value)
