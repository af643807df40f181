"""What stands below a table: totals, diagnostics, what torch said and what became of expectations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Line
from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.layers.base import AXES
from pyramidcalc.quantities import DIFFERS, by_input, field_size, field_stride, memory_text, named, per_axis, si

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pyramidcalc.expectations import Outcome
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Diagnostic
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.report import Report

CHECKED = {"macs": "MACs", "receptive-field": "receptive field", "effective-field": "effective field"}
"""The oracle's names of quantities, where people use others."""
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
"""Of size formulas."""
MAX_NAMED = 3
MAX_FAILURES = 20


def summary(report: Report, verification: Verification | None) -> list[Line]:
    """Totals, then what is unknown, diagnostics, and what torch said."""
    both = zip(totals(report, in_bytes), totals(report, memory_text), strict=True)
    return [
        *[exact.replace(glance=short.text) for exact, short in both],
        *unknowns(report),
        *[diagnosis(note) for note in report.diagnostics],
        *(verdict(verification) if verification is not None else ()),
    ]


def totals(report: Report, memory: Callable[[int], str]) -> Iterator[Line]:
    """Input, output, receptive field, cost and memory, each with its unit."""
    batch = f", batch {report.batch}" if report.batch > 1 else ""
    yield Line("total", "input", named(report.inputs) + batch)
    if report.failed:
        where = "these options make no valid architecture" if report.resolved is None else "invalid on this input"
        yield Line("error", "output", f"none: {where}")
    else:
        yield Line("total", "output", named(report.outputs) + batch)
        texts = {name: ", ".join(field_words(field)) for name, field in report.receptive_fields.items()}
        yield Line("total", "receptive field", by_input(texts, report.inputs, ": "))
    if not report.layers:
        return
    so_far = ", up to the failing layer" if report.failed else ""
    yield Line("total", "parameters", f"{report.parameters:,}, {memory(report.weight_bytes)}{so_far}")
    per_byte = f", {report.intensity:.4g} for each byte moved" if report.macs else ""
    yield Line("total", "MACs", counted(report.macs) + per_byte + so_far)
    yield Line("total", "activations", f"{report.activations:,}, {memory(report.output_bytes)}{so_far}")
    peak = f"{memory(report.peak_activation_bytes)} + weights {memory(report.weight_bytes)}"
    whole = f"{memory(report.memory_bytes)} ({report.dtype}, inference)"
    yield Line("total", "peak memory", f"{peak} = {whole}{so_far}")


def in_bytes(count: int) -> str:
    """52,428,800 bytes."""
    return f"{count:,} bytes"


def field_words(field: ReceptiveField) -> Iterator[str]:
    """`global (37×37) pixels`, `stride 1`, `padding 18`."""
    size = field_size(field)
    yield size if size in ("global", "unknown") else f"{size} pixels"
    stride = field_stride(field)
    if stride != "none":
        yield f"stride {stride}"
    if any(padding is not None for padding in field.padding):
        yield f"padding {per_axis(field.padding)}"


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


def legend(strides: Iterable[str | int]) -> list[Line]:
    """What a dash among strides means, where there is one."""
    dashes = any(DIFFERS in str(stride) for stride in strides)
    return [Line("note", f"stride {DIFFERS}", "the strides of branches that meet there differ")] if dashes else []


def unknowns(report: Report) -> Iterator[Line]:
    """Why receptive fields are unknown."""
    reasons: dict[str | None, dict[str, None]] = {}
    for layer in report.layers:
        for field in layer.receptive_fields.values():
            if field.reason:
                reasons.setdefault(field.reason, {})[layer.name] = None
    return by_reason("unknown", "receptive field of ", reasons)


def by_reason(label: str, what: str, reasons: Mapping[str | None, Collection[str]]) -> Iterator[Line]:
    """One line a reason, with the first names that it holds for, and how many more there are."""
    for reason, names in reasons.items():
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        yield Line("note", label, f"{what}{', '.join(list(names)[:MAX_NAMED])}{more}: {reason}")


def diagnosis(note: Diagnostic) -> Line:
    """`warning  rate24.conv: …; … [degenerate-rate]`."""
    where = f"{note.layer}: " if note.layer else ""
    way_out = f"; {note.hint}" if note.hint else ""
    return Line(note.severity, note.severity, f"{where}{note.message}{way_out} [{note.code}]", note.code)


def verdict(verification: Verification) -> Iterator[Line]:
    """What torch agrees with, what it does not, and what could not be checked."""
    counts = Counter(CHECKED.get(check.quantity, check.quantity) for check in verification.agreed)
    agreed = ", ".join(f"{count} {quantity}" for quantity, count in counts.items()) or "no checks"
    rest = f"; {len(verification.unchecked)} not checked" if verification.unchecked else ""
    by = f"torch {verification.torch} on {verification.device} agrees in {len(verification.agreed)}"
    yield Line("good" if verification.ok else "note", "verified", f"{by}: {agreed}{rest}")
    yield from not_checked(verification)
    for check in verification.failures[:MAX_FAILURES]:
        text = f"{check.quantity} of {check.layer} is {check.got} in torch, {check.expected} here"
        yield Line("error", "disagrees", text + (f"; {check.note}" if check.note else ""))
    if len(verification.failures) > MAX_FAILURES:
        yield Line("error", "disagrees", f"and {len(verification.failures) - MAX_FAILURES} more checks")


def not_checked(verification: Verification) -> Iterator[Line]:
    """What torch could not be asked."""
    notes: dict[str | None, list[str]] = {}
    for check in verification.unchecked:
        notes.setdefault(check.note, []).append(f"{check.quantity} of {check.layer}")
    return by_reason("not checked", "", notes)


def expectation_lines(outcomes: Sequence[Outcome], report: Report) -> Iterator[Line]:
    """How many hold, then each that does not."""
    failed = [outcome for outcome in outcomes if not outcome.ok]
    held = len(outcomes) - len(failed)
    yield Line("note" if failed else "good", "expected", f"{held} of {len(outcomes)} hold")
    for outcome in failed:
        yield Line("error", "failed", failure(outcome, report.architecture))


def failure(outcome: Outcome, architecture: str) -> str:
    """`layer rate18.conv: expected output=…, got …`."""
    where = f"layer {outcome.layer}" if outcome.layer else architecture
    note = f"; {outcome.note}" if outcome.note else ""
    got = outcome.got
    got = counted(int(got)) if got.isascii() and got.isdigit() and len(got) > 4 else got
    return f"{where}: expected {printable(outcome.expect.strip())}, got {got}{note}"


def counted(number: int) -> str:
    """`61,472,243,712 (61.47 G)`, the second of five digits or more."""
    return f"{number:,}" + (f" ({si(number)})" if number >= 10_000 else "")


def printable(text: str) -> str:
    """The text with escapes for what no terminal, table or XML should be given."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
