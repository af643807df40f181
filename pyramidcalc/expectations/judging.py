"""Whether a report is as expected."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.expectations.reading import GLOBAL, PARTS, quoted
from pyramidcalc.layer_report import LayerGroup
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    from pyramidcalc.expectations.reading import Expectation
    from pyramidcalc.layer_report import LayerReport
    from pyramidcalc.quantities import Quantity
    from pyramidcalc.report import Report

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
MAX_WARNINGS = 5


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


class Measured(NamedTuple):
    """What a report says of a quantity.

    `numbers` is None where it is none, `text` says so or writes them as an expectation would; `known` is False where
    nothing holds of it, not even that it differs.
    """

    numbers: tuple[Fraction | int, ...] | None
    text: str
    known: bool = True
    is_global: bool = False


def judge(expectation: Expectation, report: Report, allow: Collection[str] = ()) -> Outcome:
    """Whether a report is as expected; warnings whose code is in `allow` are none.

    Raises UsageError where the architecture has no layer of that name.
    """
    quantity, text = expectation.quantity, expectation.text
    if quantity is None:
        return judge_warnings(expectation, report, allow)
    layer = expectation.layer
    layers = () if layer is None else layers_of(report, layer)
    if not layers and (layer or (report.failed and quantity.key != "input")):
        return Outcome(text, False, "none, the architecture is invalid", layer)
    measured = measure(quantity, LayerGroup.of(layers[-1].name, layers) if layers else report)
    if layer is None and quantity.of_layers and not quantity.counts and report.main is not None:
        # What is said of the whole is its main output's.
        layer = report.main.name
    if measured.known and holds(expectation, measured):
        return Outcome(text, True, measured.text, layer)
    note = norm_note(report, layers[0]) if layers and quantity.key == "parameters" else ""
    return Outcome(text, False, measured.text, layer, replacement(expectation, measured), note)


def measure(quantity: Quantity, subject: Report | LayerGroup) -> Measured:
    """What a report, or some of its layers, say of a quantity; of fields, with respect to the main input."""
    if quantity.counts:
        number = quantity.value(subject)
        return Measured((Fraction(str(number)),), str(number))
    if quantity.form == "shape":
        shape = quantity.value(subject)
        return Measured(shape, joined(shape))
    field = subject.receptive_field
    if field is None:
        return Measured(None, f"none, {subject.input_names[0]} is not read")
    values: tuple[Any, ...] = quantity.value(subject) if quantity.form == "axes" else field.local_size
    if quantity.form == "axes":
        if None not in values:
            return Measured(values, joined(values[:1] if len(set(values)) == 1 else values))
        unknown = f"unknown, {field.reason}" if field.reason else "none, or branches differ"
        return Measured(None, unknown, not field.reason)
    local = joined(values) if any(size is not None for size in values) else ""
    text = local if not field.is_global else f"{GLOBAL} ({local})" if local else GLOBAL
    text = f"unknown, {field.reason}" if field.reason else text
    return Measured(None if None in values else values, text, not field.reason, field.is_global)


def joined(numbers: Iterable[Fraction | int | None]) -> str:
    """256x64x64."""
    return "x".join("-" if number is None else str(number) for number in numbers)


def norm_note(report: Report, layer: LayerReport) -> str:
    """What the norm behind a layer adds to its parameters: tables show both in one row, under the layer's name."""
    behind = [each for each in report.layers if each.inputs == (layer.name,)]
    if len(behind) != 1 or not behind[0].parameters or not behind[0].layer.elementwise:
        return ""
    return f"with {behind[0].name}, as in the table's row, it is {layer.parameters + behind[0].parameters:,}"


def holds(expectation: Expectation, measured: Measured) -> bool:
    """Whether the operator holds: an order on every axis, a difference on any."""
    wanted, differ = expectation.wanted, expectation.operator == "!="
    if not isinstance(wanted, tuple):
        return measured.is_global != differ
    numbers = compared(expectation, measured.numbers)
    if numbers is not None and len(wanted) == 1 and expectation.quantity and expectation.quantity.form != "shape":
        # One number stands for all axes.
        wanted *= len(numbers)
    if numbers is None or len(numbers) != len(wanted):
        return differ
    compare = OPERATORS[expectation.operator]
    return (any if differ else all)(compare(a, b) for a, b in zip(numbers, wanted, strict=True))


def compared(expectation: Expectation, numbers: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The numbers that are compared: of C×H×W only H×W where as many are wanted."""
    wanted, quantity = expectation.wanted, expectation.quantity
    if not isinstance(wanted, tuple) or numbers is None or quantity is None or quantity.form != "shape":
        return numbers
    return numbers[1:] if 1 < len(wanted) == len(numbers) - 1 else numbers


def replacement(expectation: Expectation, measured: Measured) -> str | None:
    """The same expectation with what was measured; None for operators that exclude a value."""
    parts = PARTS.fullmatch(expectation.text)
    if not measured.known or parts is None or expectation.operator not in ("=", "<=", ">="):
        return None
    numbers = compared(expectation, measured.numbers)
    if numbers is None:
        value = GLOBAL if measured.is_global and expectation.operator == "=" else None
    elif expectation.quantity is not None and expectation.quantity.form in ("shape", "field"):
        value = joined(numbers)
    else:
        value = measured.text
    if value is None:
        return None
    blanks = len(parts[3]) - len(parts[3].lstrip())
    return f"{expectation.text[: parts.start(3) + blanks]}{value}"


def judge_warnings(expectation: Expectation, report: Report, allow: Collection[str]) -> Outcome:
    """Whether there is no warning but allowed ones, and no error."""
    notes = [note for note in report.diagnostics if note.severity != "info" and note.code not in allow]
    listed = [f"{note.code}" + (f" ({note.layer})" if note.layer else "") for note in notes[:MAX_WARNINGS]]
    more = f" and {len(notes) - MAX_WARNINGS} more" if len(notes) > MAX_WARNINGS else ""
    got = f"{len(notes)}: {', '.join(listed)}{more}" if notes else "none"
    return Outcome(expectation.text, not notes, got, notes[0].layer if notes else None)


def layers_of(report: Report, name: str) -> tuple[LayerReport, ...]:
    """The layer of a name, the layers of a scope, or the layer of an output's label.

    Empty where they come after a failing layer. Raises UsageError for any other name.
    """
    layers = report.layers_of(name)
    if layers or report.resolved is None:
        return layers
    graph = report.resolved.graph
    labels = dict(graph.outputs)
    nodes = [node.name for node in graph.nodes]
    if name in labels:
        return report.layers_of(labels[name])
    if any(node == name or node.startswith(f"{name}.") for node in nodes):
        return ()
    # a and a.b of a.b.c.
    scopes = (node[:end] for node in nodes for end, sign in enumerate(node) if sign == ".")
    known = dict.fromkeys([*nodes, *labels, *scopes])
    raise UsageError(
        f"{report.architecture} has no layer {quoted(name)}",
        hint=nearest(name, known) or f"`pyramidcalc {report.architecture} --depth 99` shows all",
    )
