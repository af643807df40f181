"""Runs the checks of a spec, each analysed, judged and verified where asked; and gives the answer of them all."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.checking.spec import place
from pyramidcalc.cli.imported import verification_of
from pyramidcalc.cli.quoted_command import request_of
from pyramidcalc.cli.summary import diagnosis, failure, not_checked, printable, verdict
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.expectations import NO_WARNINGS, judge, parse
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.checking.spec import Check
    from pyramidcalc.expectations import Outcome
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.report import Report

PASSED, FAILED, ERROR = "passed", "failed", "error"


class Remark(Record):
    """What there is to say of a check, the key that it is about, and that key's line, None where it is not known.

    A problem is of the kind "failed", or "error" where what the spec says cannot be asked; any other kind is a note.
    """

    kind: str
    key: str
    message: str
    line: int | None


class Result(Record):
    """The result of a check; `outcomes` are those of its expectations, by index."""

    check: Check
    outcomes: dict[int, Outcome]
    problems: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    seconds: float
    report: Report | None
    verification: Verification | None

    @property
    def status(self) -> str:
        """ "passed", "failed" or "error"."""
        kinds = {problem.kind for problem in self.problems}
        return ERROR if ERROR in kinds else FAILED if kinds else PASSED


def run(check: Check, *, allow_import: bool = False) -> Result:
    """Analyses, judges, and verifies where asked; runs Python code of `model` only with `allow_import`."""
    start = perf_counter()
    outcomes: dict[int, Outcome] = {}
    remarks: list[Remark] = []
    report = verification = None
    key = "run"
    try:
        request = request_of(check.run, allow_import=allow_import)
        report = request.report()
        remarks += judged(check, report, outcomes)
        remarks += diagnosed(check, report)
        key = "verify"
        if check.verify and report.resolved is not None and not report.failed:
            verification = verification_of(request, report.resolved)
        remarks += verified(check, verification)
    except (click.ClickException, PyramidcalcError) as error:
        remarks.append(Remark(ERROR, key, f"key `{key}`: {error}", check.block.line(key)))
    problems = tuple(remark for remark in remarks if remark.kind in (FAILED, ERROR))
    notes = tuple(remark for remark in remarks if remark not in problems)
    return Result(check, outcomes, problems, notes, perf_counter() - start, report, verification)


def judged(check: Check, report: Report, outcomes: dict[int, Outcome]) -> Iterator[Remark]:
    """Expectations that fail or cannot be asked; the outcome of each other one is put into `outcomes`."""
    for index, text in enumerate(check.expect):
        line = check.block.line("expect", text)
        try:
            outcomes[index] = outcome = judge(parse(text), report, check.allow or ())
            if not outcome.ok:
                yield Remark(FAILED, "expect", failure(outcome, report.architecture), line)
        except PyramidcalcError as error:
            yield Remark(ERROR, "expect", f"key `expect`: {error}", line)


def diagnosed(check: Check, report: Report) -> Iterator[Remark]:
    """Errors that are not allowed; with `allow` such warnings too, unless the expectation `no-warnings` judges them."""
    strict = check.allow is not None and NO_WARNINGS not in map(str.strip, check.expect)
    for note in report.diagnostics:
        if note.severity in ("error", "warning" if strict else "error") and note.code not in (check.allow or ()):
            yield Remark(FAILED, "run", f"{note.severity}: {diagnosis(note).text}", check.block.line("run"))


def verified(check: Check, verification: Verification | None) -> Iterator[Remark]:
    """What torch agrees with and what it could not check as notes, what it disagrees with as problems."""
    line = check.block.line("verify")
    for each in verdict(verification) if verification is not None else ():
        kind, text = (FAILED, f"{each.label}: {each.text}") if each.kind == "error" else (each.label, each.text)
        yield Remark(kind, "verify", text, line)
    if check.verify and verification is None:
        yield Remark("not verified", "verify", "the architecture is invalid, which torch cannot run", line)


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
