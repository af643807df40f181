"""The size formula of a single layer, in letters and with the numbers of each axis put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Line
from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.layers.base import AXES

if TYPE_CHECKING:
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.report import Report

LETTERS = {
    "n": "input size",
    "m": "output size",
    "k": "kernel size",
    "s": "stride",
    "d": "dilation",
    "lo": "padding before",
    "hi": "padding after",
    "p": "padding",
    "op": "output padding",
    "scale": "scale factor",
    "i": "output position",
}


def formulas(report: Report) -> dict[str, str]:
    """What to call it → the formula: in letters, then with the numbers of each axis, or of all that are alike."""
    if report.resolved is None:
        return {}
    (node,), shape = report.resolved.graph.nodes, report.input
    try:
        maps = node.layer.resolve(shape).axes(shape)[0][1:]
    except ShapeError:
        return {}
    letters = dict.fromkeys("n" if axis_map is IDENTITY else axis_map.formula() for axis_map in maps)
    numbers = [with_numbers(axis_map, n) for axis_map, n in zip(maps, shape[1:], strict=True)]
    names = AXES[len(numbers)]
    if len(set(numbers)) == 1:
        names, numbers = (" and ".join(filter(None, (", ".join(names[:-1]), names[-1]))),), numbers[:1]
    return {"formula": "; ".join(letters), **dict(zip(names, numbers, strict=True))}


def with_numbers(axis_map: IndexMap, n: int) -> str:
    """The formula of an axis with numbers, or why there is no size."""
    if axis_map is IDENTITY:
        return f"{n}, kept"
    try:
        return axis_map.with_numbers(n)
    except ShapeError as error:
        return f"none: {error.message}"


def formula_lines(report: Report) -> list[Line]:
    """The formulas, and what their letters mean."""
    texts = formulas(report)
    lines = [Line("total", label, text) for label, text in texts.items()]
    words = "".join(sign if sign.isalpha() else " " for sign in texts.get("formula", "")).split()
    legend = [f"{letter} {LETTERS[letter]}" for letter in dict.fromkeys(words) if letter in LETTERS]
    return [*lines, Line("total", "where", ", ".join(legend))] if legend else lines
