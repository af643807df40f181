"""A layered drawing of a graph, left to right: columns by the longest way, order by the middle of the neighbours."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyramidcalc.cli.drawing import Drawing

WIDTH, HEIGHT = 150, 40
"""Of a box, in pixels."""
GAP_X, GAP_Y = 44, 14
LANE = 8
"""Height of an edge on its way through a column."""
SWEEPS = 8
MAX_BOXES = 400
"""More boxes than this are no picture."""


class Plane(NamedTuple):
    """Corners of the boxes, points of the edges, each in the drawing's order, and the width and height of it all."""

    places: list[tuple[float, float]]
    edges: list[list[tuple[float, float]]]
    size: tuple[float, float]


class Slot(NamedTuple):
    """A place in a column: a box by its key, or where an edge passes, by its number and the column."""

    key: str
    column: int = -1

    @property
    def height(self) -> int:
        """In pixels."""
        return HEIGHT if self.column < 0 else LANE


def layout(drawing: Drawing) -> Plane | None:
    """Places of the boxes and points of the edges; None where there are too many to look at."""
    if len(drawing.boxes) > MAX_BOXES:
        return None
    columns = columns_of(drawing)
    paths: list[list[Slot]] = []
    slots: dict[int, list[Slot]] = {column: [] for column in range(max(columns.values()) + 1)}
    for box in drawing.boxes:
        slots[columns[box.key]].append(Slot(box.key))
    for number, edge in enumerate(drawing.edges):
        between = range(columns[edge.source] + 1, columns[edge.target])
        lanes = [Slot(str(number), column) for column in between]
        for lane in lanes:
            slots[lane.column].append(lane)
        paths.append([Slot(edge.source), *lanes, Slot(edge.target)])
    ordered = [slots[column] for column in sorted(slots)]
    tops = placed(ordered, paths)
    left = {column: column * (WIDTH + GAP_X) for column in slots}
    places = {slot.key: (left[columns[slot.key]], top) for slot, top in tops.items() if slot.column < 0}

    def points(path: Sequence[Slot]) -> list[tuple[float, float]]:
        start, *lanes, end = path
        ways = [(left[lane.column] + shift, tops[lane] + LANE / 2) for lane in lanes for shift in (0, WIDTH)]
        (x0, y0), (x1, y1) = places[start.key], places[end.key]
        return [(x0 + WIDTH, y0 + HEIGHT / 2), *ways, (x1, y1 + HEIGHT / 2)]

    wide = max(x for x, _ in places.values()) + WIDTH
    tall = max(top + slot.height for slot, top in tops.items())
    return Plane([places[box.key] for box in drawing.boxes], [points(path) for path in paths], (wide, tall))


def columns_of(drawing: Drawing) -> dict[str, int]:
    """The column of each box: one after the last that it reads; an input stands right before its first reader."""
    order = {box.key: number for number, box in enumerate(drawing.boxes)}
    columns = dict.fromkeys(order, 0)
    # A folded row may read a later one: such an edge runs back and moves nothing.
    forward = [edge for edge in drawing.edges if order[edge.source] < order[edge.target]]
    for edge in sorted(forward, key=lambda edge: order[edge.target]):
        columns[edge.target] = max(columns[edge.target], columns[edge.source] + 1)
    for box in drawing.boxes:
        readers = [columns[edge.target] for edge in forward if edge.source == box.key]
        if box.kind == "input" and readers:
            columns[box.key] = min(readers) - 1
    return columns


def placed(columns: Sequence[list[Slot]], paths: Sequence[Sequence[Slot]]) -> dict[Slot, float]:
    """The top of every slot: columns are put in the order of what stands beside them, then drawn towards it."""
    before: dict[Slot, list[Slot]] = {slot: [] for column in columns for slot in column}
    after: dict[Slot, list[Slot]] = {slot: [] for column in columns for slot in column}
    for path in paths:
        for one, other in pairwise(path):
            after[one].append(other)
            before[other].append(one)
    order = {slot: float(place) for column in columns for place, slot in enumerate(column)}
    for sweep in range(SWEEPS):
        beside = after if sweep % 2 else before
        for column in columns[:: -1 if sweep % 2 else 1]:
            column.sort(key=lambda slot: middle(order, beside[slot], order[slot]))
            order.update({slot: float(place) for place, slot in enumerate(column)})
    tops: dict[Slot, float] = {}
    for column in columns:
        whole = sum(slot.height + GAP_Y for slot in column)
        top = -whole / 2
        for slot in column:
            tops[slot], top = top, top + slot.height + GAP_Y
    for sweep in range(SWEEPS):
        beside = after if sweep % 2 else before
        for column in columns[:: -1 if sweep % 2 else 1]:
            settle(column, tops, beside)
    least = min(tops.values())
    return {slot: round(top - least, 1) for slot, top in tops.items()}


def middle(places: Mapping[Slot, float], beside: Sequence[Slot], usual: float) -> float:
    """The mean place of some slots; the usual one where there are none."""
    return sum(places[slot] for slot in beside) / len(beside) if beside else usual


def settle(column: Sequence[Slot], tops: dict[Slot, float], beside: Mapping[Slot, Sequence[Slot]]) -> None:
    """Moves the slots of a column towards the middle of what stands beside them, none over another."""
    centres = {slot: tops[slot] + slot.height / 2 for near in map(beside.__getitem__, column) for slot in near}
    wanted = [middle(centres, beside[slot], tops[slot] + slot.height / 2) - slot.height / 2 for slot in column]
    floor = float("-inf")
    for slot, top in zip(column, wanted, strict=True):
        tops[slot] = max(top, floor)
        floor = tops[slot] + slot.height + GAP_Y
    shift = sum(top - tops[slot] for slot, top in zip(column, wanted, strict=True)) / len(column)
    for slot in column:
        tops[slot] += shift
