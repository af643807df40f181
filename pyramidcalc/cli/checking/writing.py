"""Results as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.checking.loading import place
from pyramidcalc.cli.checking.running import PASSED, count, tally, torch_lines
from pyramidcalc.cli.expected import printable
from pyramidcalc.cli.summary import Line, not_checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.checking.running import Result
    from pyramidcalc.cli.checking.spec import Check
    from pyramidcalc.cli.columns import Column
    from pyramidcalc.oracle.results import Verification


def write(results: Sequence[Result], form: str) -> None:
    """Writes to stdout; each format imports only what it needs."""
    if form == "junit":
        from pyramidcalc.cli.checking.junit import junit_text

        click.echo(junit_text(results))
    elif form == "github":
        from pyramidcalc.cli.checking.github import github_text

        click.echo(github_text(results))
    elif form == "json":
        from pyramidcalc.cli.render.plain import json_text

        click.echo(json_text(to_dict(results)))
    else:
        from pyramidcalc.cli.tables import write_table

        write_table(columns(), results, list(lines(results)), form)


def columns() -> tuple[Column, ...]:
    """One row a check."""
    from pyramidcalc.cli.columns import Column

    return (
        Column("check", lambda result: printable(result.check.name)),
        Column("command line", lambda result: printable(result.check.run)),
        Column("expectations held", held, right=True),
        Column("result", lambda result: result.status),
    )


def held(result: Result) -> str:
    """`5 of 5`, or nothing to count."""
    ok = sum(outcome.ok for outcome in result.outcomes.values())
    return f"{ok} of {len(result.check.expect)}" if result.check.expect else "–"


def lines(results: Sequence[Result]) -> Iterator[Line]:
    """Every problem and what torch says, with the place in the spec, then the count."""
    for result in results:
        check = result.check
        for problem in result.problems:
            yield Line("error", problem.kind, placed(check, problem.message, problem.line))
        for line in torch_lines(result):
            yield line.replace(text=placed(check, line.text, check.line("verify")))
    passed = all(result.status == PASSED for result in results)
    yield Line("good" if passed else "error", "checks", count(results))


def placed(check: Check, message: str, line: int | None) -> str:
    """`name: message (pyramidcalc.toml:3)`."""
    return f"{printable(check.name)}: {printable(message)} ({place(check.source.path, line)})"


def to_dict(results: Sequence[Result]) -> dict[str, Any]:
    """The JSON object of all checks."""
    return {
        "schema": 1,
        "ok": all(result.status == PASSED for result in results),
        **tally(results),
        "checks": [check_to_dict(result) for result in results],
    }


def check_to_dict(result: Result) -> dict[str, Any]:
    """The JSON object of one check."""
    check = result.check
    return {
        "name": check.name,
        "run": check.run,
        "file": check.source.path,
        "line": check.line(),
        "verify": check.verify,
        "result": result.status,
        "expectations": [
            outcome.to_dict() | {"line": check.line("expect", index)} for index, outcome in result.outcomes.items()
        ],
        "problems": [problem.to_dict() for problem in result.problems],
        "diagnostics": [note.to_dict() for note in result.report.diagnostics] if result.report else [],
        "verification": verified_to_dict(result.verification),
    }


def verified_to_dict(verification: Verification | None) -> dict[str, Any] | None:
    """What torch said: counts instead of every number, and reasons; where it disagrees there is a problem."""
    if verification is None:
        return None
    return verification.to_dict() | {
        "checks": len(verification.checks),
        "agreed": len(verification.agreed),
        "not_checked": len(verification.unchecked),
        "failed": len(verification.failures),
        "reasons": [line.text for line in not_checked(verification)],
    }
