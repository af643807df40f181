"""Single layers as subjects: one node, and its size formula with the numbers put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.catalog import Documentation
from pyramidcalc.cli.subjects import Subject
from pyramidcalc.cli.summary import Line
from pyramidcalc.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    import click

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.report import Report

INPUT = (3, 224, 224)
"""An image of the usual size; layers have no default of their own."""
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
SIDES = ("height", "width")


class LayerSubject(Subject):
    """One layer; subclasses say its options, their defaults and the layer that they make."""

    name: str = ""
    kind: str = "layer"

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        """The layer for an input of these channels. Raises LayerError or UsageError."""
        raise NotImplementedError

    def defaults(self) -> dict[str, Any]:
        """Options with their defaults."""
        raise NotImplementedError

    def params(self) -> list[click.Parameter]:
        raise NotImplementedError

    @property
    def documentation(self) -> Documentation:
        parts = Documentation.parse(type(self).__doc__ or "")
        return parts.replace(text=f"{parts.text} Its channels come from --input.".strip())

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return self.defaults() | dict(values)

    def default_input(self, options: Mapping[str, Any]) -> tuple[int, int, int]:
        return INPUT

    def graph(self, channels: Mapping[str, int], options: Mapping[str, Any]) -> Graph:
        from pyramidcalc.graph import Builder

        b = Builder()
        value = b.input("input", channels["input"])
        b.output(self.name, b.add(self.name, self.layer(value.width, options), value))
        return b.build()

    def formulas(self, report: Report) -> dict[str, str]:
        """What to call it → the formula: in letters, then with the numbers of each axis, or of both."""
        if report.resolved is None:
            return {}
        ((node, shape),) = ((node, report.input) for node in report.resolved.graph.nodes)
        maps = node.layer.axes(shape)[0][1:]
        letters = dict.fromkeys(self.letters(each) for each in maps)
        numbers = [self.numbers(each, n) for each, n in zip(maps, shape[1:], strict=True)]
        made = {"formula": "; ".join(letters)}
        if numbers[0] == numbers[1]:
            return made | {"height and width": numbers[0]}
        return made | dict(zip(SIDES, numbers, strict=True))

    def letters(self, axis_map: IndexMap) -> str:
        """The size formula of one axis in letters."""
        return axis_map.formula()

    def numbers(self, axis_map: IndexMap, n: int) -> str:
        """The formula with numbers, or why there is no size."""
        try:
            return axis_map.with_numbers(n)
        except ShapeError as error:
            return f"none: {error.message}"

    def extras(self, report: Report) -> dict[str, Any]:
        return {"formula": self.formulas(report)}

    def lines(self, report: Report) -> list[Line]:
        found = self.formulas(report)
        made = [Line("total", label, text) for label, text in found.items()]
        if found and (legend := ", ".join(f"{letter} {LETTERS[letter]}" for letter in letters_in(found["formula"]))):
            made.append(Line("total", "where", legend))
        return made


def letters_in(formula: str) -> Iterator[str]:
    """The letters of a formula that the legend explains, in its order, each once."""
    word = "".join(sign if sign.isalpha() else " " for sign in formula)
    yield from dict.fromkeys(letter for letter in word.split() if letter in LETTERS)
