"""Running checks: each is analysed, judged, verified where asked, and never stops the rest."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.expected import failure
from pyramidcalc.cli.lines import request_of
from pyramidcalc.cli.summary import Line, diagnosis, verdict
from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.expectations import NO_WARNINGS, judge, parse
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.cli.checking.spec import Check
    from pyramidcalc.expectations import Expectation, Outcome
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.report import Report

PASSED, FAILED, ERROR = "passed", "failed", "error"
TOO_LARGE = (MemoryError, OverflowError)


class Problem(Record):
    """Why a check does not pass, and the line of the spec that it is about, None where it is not known.

    `kind` is "failed", or "error" where what the spec says cannot be asked; `key` is that of the check.
    """

    kind: str
    key: str
    message: str
    line: int | None


class Result(Record):
    """What became of a check; `outcomes` are those of its expectations, by index."""

    check: Check
    outcomes: dict[int, Outcome]
    problems: tuple[Problem, ...]
    seconds: float
    report: Report | None = None
    verification: Verification | None = None

    @property
    def status(self) -> str:
        """ "passed", "failed" or "error"."""
        kinds = {problem.kind for problem in self.problems}
        return ERROR if ERROR in kinds else FAILED if kinds else PASSED


def run_all(checks: Sequence[Check]) -> list[Result]:
    """The results of all checks, with a progress bar where somebody watches."""
    from pyramidcalc.cli.render.progress import progress

    results = []
    with progress() as advance:
        for number, check in enumerate(checks):
            if advance is not None:
                advance(number, len(checks), "")
            results.append(run(check))
    return results


def run(check: Check) -> Result:
    """Analyses, verifies where asked, and judges."""
    start = perf_counter()
    try:
        report = request_of(check.run).report()
    except (click.ClickException, PyramidcalcError, *TOO_LARGE) as error:
        problem = Problem(ERROR, "run", f"key `run`: {sentence(error)}", check.line("run"))
        return Result(check, {}, (problem,), perf_counter() - start)
    verification, problems = verified(check, report)
    return judged(check, report, verification, problems, start)


def judged(
    check: Check, report: Report, verification: Verification | None, problems: Sequence[Problem], start: float
) -> Result:
    """The result of a report; `problems` are those of its verification."""
    outcomes: dict[int, Outcome] = {}
    found: list[Problem] = []
    strict = check.allow is not None
    for index, text in enumerate(check.expect):
        try:
            expectation: Expectation = parse(text)
            outcomes[index] = outcome = judge(expectation, report, check.allow or ())
        except PyramidcalcError as error:
            found.append(Problem(ERROR, "expect", f"key `expect`: {error}", check.line("expect", index)))
            continue
        strict = strict and expectation.quantity != NO_WARNINGS
        if not outcome.ok:
            found.append(Problem(FAILED, "expect", failure(outcome, report.architecture), check.line("expect", index)))
    every = (*found, *diagnosed(check, report, strict=strict), *problems)
    return Result(check, outcomes, every, perf_counter() - start, report, verification)


def diagnosed(check: Check, report: Report, *, strict: bool) -> Iterator[Problem]:
    """Errors that are not allowed, and such warnings too where the check is strict."""
    for note in report.diagnostics:
        if note.code in (check.allow or ()):
            continue
        if note.severity == "error" or (strict and note.severity == "warning"):
            yield Problem(FAILED, "run", f"{note.severity}: {diagnosis(note).text}", check.line("run"))


def verified(check: Check, report: Report) -> tuple[Verification | None, list[Problem]]:
    """What torch says, where the check asks and there is something to say."""
    if not check.verify or report.failed or report.resolved is None:
        return None, []
    try:
        # Without torch it is the import that is refused.
        from pyramidcalc.oracle import verify

        verification = verify(report.resolved, device="auto")
    except (PyramidcalcError, *TOO_LARGE) as error:
        return None, [Problem(ERROR, "verify", f"key `verify`: {sentence(error)}", check.line("verify"))]
    return verification, [
        Problem(FAILED, "verify", f"{told.label}: {told.text}", check.line("verify"))
        for told in verdict(verification)
        if told.kind == "error"
    ]


def torch_lines(result: Result) -> list[Line]:
    """What torch agrees with and was not asked, where a check wants it to be asked; disagreements are problems."""
    if result.verification is not None:
        return [line for line in verdict(result.verification) if line.kind != "error"]
    asked = result.check.verify and result.report is not None
    if not asked or any(problem.key == "verify" for problem in result.problems):
        return []
    return [Line("note", "not verified", "the architecture is invalid, which torch cannot run")]


def in_full(result: Result) -> bool:
    """Whether torch was asked everything that it was to be asked."""
    return result.verification is not None and not result.verification.unchecked


def sentence(error: Exception) -> str:
    """What an error says, in one line."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, TOO_LARGE):
        return f"these numbers are too large to work with ({type(error).__name__})"
    return str(error)


def tally(results: Sequence[Result]) -> dict[str, int]:
    """Status → how many checks."""
    return {kind: sum(result.status == kind for result in results) for kind in (PASSED, FAILED, ERROR)}


def count(results: Sequence[Result]) -> str:
    """`98 of 100 passed, 1 failed, 1 cannot be asked; torch was asked in 5, in 1 of them not everything`."""
    found = tally(results)
    words = {FAILED: "failed", ERROR: "cannot be asked"}
    rest = "".join(f", {found[kind]} {word}" for kind, word in words.items() if found[kind])
    ran = [result for result in results if result.verification is not None]
    parts = sum(not in_full(result) for result in ran)
    more = f", in {parts} of them not everything" if parts else ""
    asked = f"; torch was asked in {len(ran)}{more}" if ran else ""
    return f"{found[PASSED]} of {len(results)} passed{rest}{asked}"
