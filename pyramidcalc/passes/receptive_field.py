"""Receptive fields: what each output position would read if the image went on beyond its borders.

Source of the terms: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.passes.axis_field import START, AxisField, Composer
from pyramidcalc.passes.bounds import Line
from pyramidcalc.passes.composition import PeriodError, widest
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.shapes import Resolved, Step


class ReceptiveField(Record):
    """Receptive field of one node with respect to one input; pairs are (rows, columns).

    `size` in input pixels, None on a global axis; `local_size`, `stride` and `padding` are of the
    paths that are not global. `stride` in input pixels per output step, None where branches
    differ; `padding` is minus the first index that output 0 reads. `reason` says why one is unknown.
    """

    size: tuple[int | None, int | None]
    is_global: bool
    local_size: tuple[int | None, int | None]
    stride: tuple[Fraction | None, Fraction | None]
    padding: tuple[int | None, int | None]
    reason: str | None = None

    def to_dict(self) -> dict[str, object]:
        """The JSON form: whole strides are ints, others strings such as "1/2"."""
        made: dict[str, object] = {
            "size": list(self.size),
            "global": self.is_global,
            "local_size": list(self.local_size),
            "stride": [s if s is None else (int(s) if s.denominator == 1 else str(s)) for s in self.stride],
            "padding": list(self.padding),
        }
        return made | {"reason": self.reason} if self.reason else made


def fields(resolved: Resolved, composer: Composer | None = None) -> dict[str, dict[str, tuple[AxisField, AxisField]]]:
    """Per node and input, the fields of rows and columns; an input that is not read is absent.

    `composer` brings what earlier runs composed.
    """
    composer = Composer() if composer is None else composer
    known: dict[str, dict[str, tuple[AxisField, AxisField]]] = {
        name: {name: (START, START)} for name in resolved.inputs
    }
    for step in resolved.steps:
        axes = step.axes
        if len(axes) == 1:
            maps, pairs = axes[0], known[step.inputs[0]]
            # Most layers read each position where it is: 1×1, norms, activations.
            plain = maps[1] is IDENTITY and maps[2] is IDENTITY
            known[step.name] = pairs if plain else beyond(maps, step.shapes[0], pairs, composer)
        else:
            known[step.name] = merged(branches(step, known, composer), composer)
    return known


def branches(
    step: Step, known: dict[str, dict[str, tuple[AxisField, AxisField]]], composer: Composer
) -> list[dict[str, tuple[AxisField, AxisField]]]:
    """What a node reads through each of its inputs."""
    sources = zip(step.axes, step.shapes, step.inputs, strict=True)
    return [beyond(maps, shape, known[source], composer) for maps, shape, source in sources]


def beyond(
    maps: tuple[IndexMap, IndexMap, IndexMap],
    shape: tuple[int, ...],
    pairs: dict[str, tuple[AxisField, AxisField]],
    composer: Composer,
) -> dict[str, tuple[AxisField, AxisField]]:
    """What is read through one branch of a node; the same object where the branch changes nothing."""
    _, rows, columns = maps
    if rows is IDENTITY and columns is IDENTITY:
        return pairs
    height, width = shape[1:] if len(shape) == 3 else (1, 1)
    found = {}
    for name, (above, beside) in pairs.items():
        first = composer.compose(rows, height, above)
        # Columns reuse what rows found when all is equal.
        alike = beside is above and width == height and (columns is rows or columns == rows)
        found[name] = (first, first if alike else composer.compose(columns, width, beside))
    return found


def merged(
    branches: list[dict[str, tuple[AxisField, AxisField]]], composer: Composer
) -> dict[str, tuple[AxisField, AxisField]]:
    """Branch by branch hull, for every input that any branch reads."""
    made = {}
    for name in dict.fromkeys([name for branch in branches for name in branch]):
        pairs = [branch[name] for branch in branches if name in branch]
        rows = composer.merge([pair[0] for pair in pairs])
        alike = all(pair[0] is pair[1] for pair in pairs)
        made[name] = (rows, rows if alike else composer.merge([pair[1] for pair in pairs]))
    return made


def summarise(field: AxisField, m: int) -> tuple[int | None, Fraction | None, int | None, str | None]:
    """(local size, stride, padding, reason) of one axis with m positions."""
    if field.unknown:
        return None, None, None, field.unknown
    if len(field.parts) == 1 and isinstance(line := field.parts[0], Line):
        return line.largest(m), Fraction(line.shift), -line.first, None
    slopes = {part.slope for part in field.parts}
    stride = slopes.pop() if len(slopes) == 1 else None
    start = field.extent(0)
    try:
        size = widest(field.parts, m)
    except PeriodError as error:
        return None, stride, None if start is None else -start[0], str(error)
    reason = None if size is not None or field.whole_on(m) else "no position reads the input"
    return size, stride, None if start is None else -start[0], reason


def describe(pair: tuple[AxisField, AxisField], shape: tuple[int, ...]) -> ReceptiveField:
    """The receptive field of a node of this shape."""
    height, width = shape[1:] if len(shape) == 3 else (1, 1)
    rows = summarise(pair[0], height)
    columns = rows if pair[0] is pair[1] and height == width else summarise(pair[1], width)
    local = (rows[0], columns[0])
    whole = (pair[0].whole_on(height), pair[1].whole_on(width))
    return ReceptiveField(
        (None if whole[0] else local[0], None if whole[1] else local[1]),
        any(whole),
        local,
        (rows[1], columns[1]),
        (rows[2], columns[2]),
        rows[3] or columns[3],
    )


def receptive_fields(
    resolved: Resolved, known: dict[str, dict[str, tuple[AxisField, AxisField]]] | None = None
) -> dict[str, dict[str, ReceptiveField]]:
    """Per node and input, the receptive field; an input that is not read is absent.

    `known` is the result of `fields` where the caller has it already.
    """
    known = fields(resolved) if known is None else known
    # Nodes that share fields and size share the result; the fields stay alive in `known`.
    made: dict[tuple[int, tuple[int, ...]], dict[str, ReceptiveField]] = {}
    found = {}
    for step in resolved.steps:
        pairs = known[step.name]
        key = (id(pairs), step.shape[1:])
        if key not in made:
            made[key] = {name: describe(pair, step.shape) for name, pair in pairs.items()}
        found[step.name] = made[key]
    return found
