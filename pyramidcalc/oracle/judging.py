"""Whether what torch reads says what a receptive field says: size, stride, padding, and whether it is global."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES
from pyramidcalc.oracle.results import Check
from pyramidcalc.passes.bounds import TooManyPositionsError, both
from pyramidcalc.passes.channels import together
from pyramidcalc.passes.receptive_field import merge
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.bounds import Extent
    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.receptive_field import AxisField, ByInput, ReceptiveField

    Verdict = tuple[dict[str, Any], dict[str, Any], list[str], list[str], list[str]]
    """(what is said of one axis, what torch shows, what is wrong, remarks, what could not be seen)"""


class Measured(Record):
    """What torch reads from some positions of a node along one axis, by class of channels and input.

    `local`: first and last that paths without a whole axis read; `whole`: whether other paths arrive at an input.
    Those paths may read otherwise than on the real input where they `changed`; `arrives` says, for channels and a
    position, whether they should arrive here, where they may end in padding.
    """

    places: range
    local: Mapping[tuple[int, str], Sequence[Extent]]
    whole: Mapping[tuple[int, str], Sequence[bool]]
    changed: bool
    arrives: Callable[[int, int], bool]


class Contradiction(str):
    """torch's sizes on a canvas are not ours: a failure, where a plain text says why nothing was measured."""

    __slots__ = ()


def judge(
    name: str,
    shape: Shape,
    classes: Classes[ByInput],
    reported: Mapping[str, ReceptiveField],
    axes: Sequence[Measured | str],
) -> Check:
    """The check of one node, all its inputs together; not checked where an axis could not be measured."""
    expected: dict[str, list[Any]] = {}
    got: dict[str, list[Any]] = {}
    notes: tuple[list[str], ...] = [], [], []
    wrong, _, unseen = notes
    union = together(classes, merge)
    for key, field in reported.items():
        label = f"{key}." if len(reported) > 1 else ""
        for axis, (side, measured) in enumerate(zip(SIDES[len(field.size)], axes, strict=False)):
            if isinstance(measured, str):
                (wrong if isinstance(measured, Contradiction) else unseen).append(f"{side}: {measured}")
                continue
            apart = [
                (bits & ((1 << shape[0]) - 1), by_input.get(key, {axis: None})[axis]) for bits, by_input in classes
            ]
            m = shape[1 + axis] if len(shape) > 1 + axis else 1
            said, seen, *texts = compare(measured, key, apart, union[key][axis], field, axis, m)
            for item in said:
                expected.setdefault(label + item, []).append(said[item])
                got.setdefault(label + item, []).append(seen[item])
            for known, more in zip(notes, texts, strict=True):
                known += [f"{side}: {text}" for text in more]
    ok = False if wrong or expected != got else (None if unseen else True)
    note = "; ".join(dict.fromkeys(text for known in notes for text in known)) or None
    return Check(name, "receptive-field", expected or None, got or None, ok, note)


def compare(
    measured: Measured,
    key: str,
    apart: Sequence[tuple[int, AxisField | None]],
    union: AxisField,
    reported: ReceptiveField,
    axis: int,
    m: int,
) -> Verdict:
    """One axis of one input: position by position in each class of channels, then all of them together."""
    said = {
        "local_size": reported.local_size[axis],
        "stride": in_json(reported.stride[axis]),
        "padding": reported.padding[axis],
        "global": union.is_global(m),
    }
    extents: dict[int, Extent] = dict.fromkeys(measured.places)
    wrong: list[str] = []
    unseen: list[str] = []
    try:
        for index, (bits, field) in enumerate(apart):
            channels = f" in class {index} of channels" if len(apart) > 1 else ""
            for i, local, whole in zip(
                measured.places, measured.local[index, key], measured.whole[index, key], strict=True
            ):
                extents[i] = both(extents[i], local)
                if (ours := field and field.extent(i)) != local:
                    wrong.append(f"position {i}{channels} reads {local}, we say {ours}")
                arriving = bool(field and field.global_positions and field.global_positions.extent(i))
                if arriving == whole:
                    continue
                if measured.changed or (arriving and not measured.arrives(bits, i)):
                    unseen.append("paths that read all pass through padding alone, or through another resize")
                else:
                    wrong.append(f"position {i}{channels} {'reads all' if whole else 'does not read all'}")
    except TooManyPositionsError as error:
        return said, said, [], [], [str(error)]
    if wrong:
        sizes = [extent[1] - extent[0] + 1 for extent in extents.values() if extent is not None]
        return said, said | {"local_size": max(sizes, default=None)}, wrong[:1], [], []
    period = lcm(*(part.period for part in union.parts))
    if len({part.slope for part in union.parts}) > 1 or len(extents) < 2 * period:
        # Every extent agrees; what is reported of all positions cannot be seen from these few.
        return (
            said,
            said,
            [],
            [f"positions compared: {len(extents)}, of a field that repeats every {period}"],
            unseen[:1],
        )
    if all(extent is None for extent in extents.values()):
        return said, said | {"local_size": None, "padding": None}, [], [], unseen[:1]
    if reported.reasons[axis]:
        return said, said, [], [], [str(reported.reasons[axis])]
    return said, said | summary(extents, period, m), [], [], unseen[:1]


def summary(extents: Mapping[int, Extent], period: int, m: int) -> dict[str, Any]:
    """Size, stride and padding of what was measured over two periods."""
    start = min(extents)
    ends = [(extents[i], extents[i + period]) for i in range(start, start + period)]
    shift = next(later[0] - here[0] for here, later in ends if here and later)
    # Position i reads what the measured one a whole number of periods further reads.
    turns = {i: -((i - start) // period) for i in range(min(m, period))}
    reads = {i: extent for i, turn in turns.items() if (extent := extents[i + turn * period])}
    return {
        "local_size": max((last - first + 1 for first, last in reads.values()), default=None),
        "stride": in_json(Fraction(shift, period)),
        "padding": turns[0] * shift - reads[0][0] if 0 in reads else None,
    }


def in_json(value: Fraction | None) -> int | str | None:
    """Whole numbers as ints, fractions as text."""
    return value if value is None else (int(value) if value.denominator == 1 else str(value))
