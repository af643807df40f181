"""The answer of `check`: a row a check, every remark with its place in the spec, and the JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.checking.running import PASSED, count, tally
from pyramidcalc.cli.checking.spec import place
from pyramidcalc.cli.summary import not_checked, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.checking.running import Result
    from pyramidcalc.oracle.results import Verification


def answer_of(results: Sequence[Result]) -> Answer:
    """What is written as a table, JSON and the like."""
    columns = (
        Column("check", lambda result: printable(result.check.name)),
        Column("command line", lambda result: printable(result.check.run)),
        Column("expectations held", held, right=True),
        Column("result", lambda result: result.status),
    )
    return Answer(columns, results, lines(results), lambda: to_dict(results))


def held(result: Result) -> str:
    """`4 of 5`, or a dash where nothing is expected."""
    ok = sum(outcome.ok for outcome in result.outcomes.values())
    return f"{ok} of {len(result.check.expect)}" if result.check.expect else "–"


def lines(results: Sequence[Result]) -> Iterator[Line]:
    """Every remark as `name: message (pyramidcalc.toml:3)`, then the count."""
    for result in results:
        for remark in (*result.problems, *result.notes):
            text = f"{printable(result.check.name)}: {printable(remark.message)}"
            kind = "error" if remark in result.problems else "note"
            yield Line(kind, remark.kind, f"{text} ({place(result.check.path, remark.line)})")
    passed = all(result.status == PASSED for result in results)
    yield Line("good" if passed else "error", "checks", count(results))


def to_dict(results: Sequence[Result]) -> dict[str, Any]:
    """The JSON object of all checks."""
    ok = all(result.status == PASSED for result in results)
    return {"schema": 1, "ok": ok, **tally(results), "checks": [check_to_dict(result) for result in results]}


def check_to_dict(result: Result) -> dict[str, Any]:
    """The JSON object of one check."""
    check, report = result.check, result.report
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
        "diagnostics": [note.to_dict() for note in report.diagnostics] if report else [],
        "verification": verification_of(result.verification) if result.verification else None,
    }


def verification_of(verification: Verification) -> dict[str, Any]:
    """What torch says: counts instead of every number, and reasons; where it disagrees there is a problem."""
    return verification.to_dict() | {
        "checks": len(verification.checks),
        "agreed": len(verification.agreed),
        "not_checked": len(verification.unchecked),
        "failed": len(verification.failures),
        "reasons": [line.text for line in not_checked(verification)],
    }
