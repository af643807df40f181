"""One architecture over all combinations of some values."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.quantities import plain
from pyramidcalc.records import Record
from pyramidcalc.report import table
from pyramidcalc.request import analyze

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.report import Report


class Point(NamedTuple):
    """One combination: its values, the report, and why it is invalid, where it is."""

    values: dict[str, Any]
    report: Report | None
    problem: Diagnostic | None


class Sweep(Record):
    """The points of a sweep in order; the last variable changes first."""

    variables: tuple[str, ...]
    points: tuple[Point, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One plain row a combination, for pandas: its values, what was measured, warnings, and the problem."""
        return [
            {
                **point.values,
                **(plain(point.report) if point.report is not None and point.problem is None else {}),
                "warnings": warnings(point),
                "problem": None if point.problem is None else point.problem.message,
            }
            for point in self.points
        ]

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        valid = sum(point.problem is None for point in self.points)
        return f"<Sweep of {', '.join(self.variables)}: {valid} of {len(self)} combinations valid>"

    def __str__(self) -> str:
        return table("sweep", self)


def warnings(point: Point) -> str:
    """`degenerate-rate (rate18.conv)`: the codes of a point's warnings, each with the layers that it holds for."""
    layers: dict[str, list[str]] = {}
    for note in point.report.diagnostics if point.report else ():
        if note.severity == "warning":
            layers.setdefault(note.code, []).append(note.layer or "")
    return "; ".join([f"{code} ({', '.join(names)})" for code, names in layers.items()])


def sweep(what: Any, **values: Any) -> Sweep:
    """`analyze(what, …)` for all combinations of the arguments that are lists or ranges; others stay as they are.

    `sweep("aspp", rate=[(6, 12, 18), (12, 24, 36)], input=range(33, 130, 16))`. A combination that is invalid keeps
    its place, with the problem. Raises UsageError where `analyze` does for all of them, where nothing is a list or
    a range, or where one is empty.
    """
    variables = {name: each for name, each in values.items() if isinstance(each, list | range)}
    if not variables:
        raise UsageError("a sweep needs a list or a range of values", hint="for example rate=[(6, 12, 18), (3, 6, 9)]")
    for name, each in variables.items():
        if not each:
            raise UsageError(f"`{name}` (={each!r}) holds no value")
    points, errors = [], []
    for combination in product(*variables.values()):
        chosen = dict(zip(variables, combination, strict=True))
        try:
            report = analyze(what, **(values | chosen))
        except PyramidcalcError as error:
            errors.append(error)
            points.append(Point(chosen, None, Diagnostic.error(error)))
        else:
            points.append(Point(chosen, report, next(iter(report.errors), None)))
    if len(errors) == len(points) and all(isinstance(error, UsageError) for error in errors):
        raise errors[0]
    return Sweep(tuple(variables), tuple(points))
