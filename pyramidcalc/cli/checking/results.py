"""The answer of `check`: a row a check, every remark with its place in the spec, and the JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.checking.running import ERROR, FAILED, PASSED
from pyramidcalc.cli.checking.spec import place
from pyramidcalc.cli.summary import not_checked, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.checking.running import Result


def tally(results: Sequence[Result]) -> dict[str, int]:
    """Status → how many checks."""
    return {kind: sum(result.status == kind for result in results) for kind in (PASSED, FAILED, ERROR)}


def count(results: Sequence[Result]) -> str:
    """`98 of 100 passed, 1 failed, 1 cannot be asked`."""
    passed, failed, wrong = tally(results).values()
    text = f"{passed} of {len(results)} passed"
    return text + (f", {failed} failed" if failed else "") + (f", {wrong} cannot be asked" if wrong else "")


def answer_of(results: Sequence[Result]) -> Answer:
    """What is written as a table, JSON and the like."""
    columns = (
        Column("check", lambda result: printable(result.check.name)),
        Column("command line", lambda result: printable(result.check.run)),
        Column("expectations held", held, right=True),
        Column("result", lambda result: result.status),
    )
    passed = all(result.status == PASSED for result in results)
    lines = []
    for result in results:
        for remark in (*result.problems, *result.notes):
            text = printable(f"{result.check.name}: {remark.message} ({place(result.check.path, remark.line)})")
            lines.append(Line("error" if remark in result.problems else "note", remark.kind, text))
    lines.append(Line("good" if passed else "error", "checks", count(results)))
    checks = [to_dict(result) for result in results]
    return Answer(columns, results, lines, lambda: {"schema": 1, "ok": passed, **tally(results), "checks": checks})


def held(result: Result) -> str:
    """`4 of 5`, or a dash where nothing is expected."""
    ok = sum(outcome.ok for outcome in result.outcomes.values())
    return f"{ok} of {len(result.check.expect)}" if result.check.expect else "–"


def to_dict(result: Result) -> dict[str, Any]:
    """The JSON object of one check: of torch's answers the counts, and why some were not asked for."""
    check, report, torch = result.check, result.report, result.verification
    return {
        "name": check.name,
        "run": check.run,
        "file": check.path,
        "line": check.block.header_line,
        "verify": check.verify,
        "result": result.status,
        "expectations": [
            outcome.to_dict() | {"line": check.block.line("expect", outcome.expect)}
            for outcome in result.outcomes.values()
        ],
        "problems": [problem.to_dict() for problem in result.problems],
        "diagnostics": [note.to_dict() for note in report.diagnostics] if report is not None else [],
        "verification": torch
        and torch.to_dict()
        | {
            "checks": len(torch.checks),
            "agreed": len(torch.agreed),
            "not_checked": len(torch.unchecked),
            "failed": len(torch.failures),
            "reasons": [line.text for line in not_checked(torch)],
        },
    }
