"""Whether a report is as expected."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.expectations.quantities import GLOBAL, QUANTITIES, joined
from pyramidcalc.expectations.reading import NO_WARNINGS, PARTS, near_names, quoted
from pyramidcalc.layers.base import Layer
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    from pyramidcalc.expectations.quantities import Found
    from pyramidcalc.expectations.reading import Expectation
    from pyramidcalc.report import LayerReport, Report

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
MOST_WARNINGS = 5


class Outcome(Record):
    """What became of an expectation; `layer` is the one it is judged on, None for the whole.

    `replacement` is the expectation that would hold, None where there is none or none is needed; `note` is what else
    there is to know of a failure.
    """

    expect: str
    ok: bool
    got: str
    layer: str | None
    replacement: str | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"expect": self.expect, "ok": self.ok, "got": self.got, "layer": self.layer}


def judge(expectation: Expectation, report: Report, allow: Collection[str] = ()) -> Outcome:
    """Whether a report is as expected; warnings whose code is in `allow` are none.

    Raises UsageError where the architecture has no layer of that name.
    """
    if expectation.quantity == NO_WARNINGS:
        return judge_warnings(expectation, report, allow)
    layers = None if expectation.layer is None else layers_of(report, expectation.layer)
    whole = layers is None and expectation.quantity != "input"
    if layers == () or (report.failed and whole):
        return Outcome(expectation.text, False, "none, the architecture is invalid", expectation.layer)
    found = QUANTITIES[expectation.quantity].find(report, layers)
    ok = found.known and holds(expectation, found)
    layer = expectation.layer or found.layer
    if ok:
        return Outcome(expectation.text, True, found.text, layer)
    note = norm_note(report, layers[0]) if layers and expectation.quantity == "parameters" else ""
    return Outcome(expectation.text, False, found.text, layer, replacement(expectation, found), note)


def norm_note(report: Report, layer: LayerReport) -> str:
    """What the norm behind a layer adds to its parameters: tables show both in one row, under the layer's name."""
    behind = [each for each in report.layers if each.inputs == (layer.name,)]
    if len(behind) != 1 or not behind[0].parameters or type(behind[0].layer).axes is not Layer.axes:
        return ""
    return f"with {behind[0].name}, as in the table's row, it is {layer.parameters + behind[0].parameters:,}"


def holds(expectation: Expectation, found: Found) -> bool:
    """Whether the operator holds: an order on every axis, a difference on any."""
    wanted, differ = expectation.wanted, expectation.operator == "!="
    if wanted == GLOBAL:
        return found.is_global != differ
    numbers = alike(found.numbers, wanted)
    if numbers is None or wanted is None or len(numbers) != len(wanted):
        return differ
    compare = OPERATORS[expectation.operator]
    return (any if differ else all)(compare(a, b) for a, b in zip(numbers, wanted, strict=True))


def alike(numbers: tuple[Any, ...] | None, wanted: object) -> tuple[Any, ...] | None:
    """The numbers that are compared: of C×H×W only H×W where two are wanted."""
    two = isinstance(wanted, tuple) and len(wanted) == 2
    return numbers[1:] if two and numbers is not None and len(numbers) == 3 else numbers


def replacement(expectation: Expectation, found: Found) -> str | None:
    """The same expectation with what was found; None for operators that exclude a value."""
    parts = PARTS.fullmatch(expectation.text)
    if not found.known or parts is None or expectation.operator not in ("=", "<=", ">="):
        return None
    numbers = alike(found.numbers, expectation.wanted)
    if numbers is None:
        value = GLOBAL if found.is_global and expectation.operator == "=" else None
    elif QUANTITIES[expectation.quantity].form in ("shape", "field"):
        value = joined(numbers)
    else:
        value = found.text
    if value is None:
        return None
    blanks = len(parts[3]) - len(parts[3].lstrip())
    return f"{expectation.text[: parts.start(3) + blanks]}{value}"


def judge_warnings(expectation: Expectation, report: Report, allow: Collection[str]) -> Outcome:
    """Whether there is no warning but allowed ones, and no error."""
    notes = [note for note in report.diagnostics if note.severity != "info" and note.code not in allow]
    told = [f"{note.code}" + (f" ({note.layer})" if note.layer else "") for note in notes[:MOST_WARNINGS]]
    more = f" and {len(notes) - MOST_WARNINGS} more" if len(notes) > MOST_WARNINGS else ""
    got = f"{len(notes)}: {', '.join(told)}{more}" if notes else "none"
    return Outcome(expectation.text, not notes, got, notes[0].layer if notes else None)


def layers_of(report: Report, name: str) -> tuple[LayerReport, ...]:
    """The layer of a name, the layers of a scope, or the layer of an output's label.

    Empty where they come after a failing layer. Raises UsageError for any other name.
    """
    exact = tuple(layer for layer in report.layers if layer.name == name)
    scope = exact or tuple(layer for layer in report.layers if layer.name.startswith(f"{name}."))
    if scope or report.resolved is None:
        return scope
    graph = report.resolved.graph
    labels = dict(graph.outputs)
    nodes = [node.name for node in graph.nodes]
    if name in labels:
        return tuple(layer for layer in report.layers if layer.name == labels[name])
    if any(node == name or node.startswith(f"{name}.") for node in nodes):
        return ()
    known = dict.fromkeys([*nodes, *labels, *(scope for node in nodes for scope in scopes(node))])
    raise UsageError(
        f"{report.architecture} has no layer {quoted(name)}",
        hint=near_names(name, known) or f"`pyramidcalc {report.architecture} --depth 99` shows all",
    )


def scopes(name: str) -> Iterable[str]:
    """a and a.b of a.b.c."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
