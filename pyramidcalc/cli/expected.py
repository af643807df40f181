"""Expectations in words, for tables and for the results of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Line
from pyramidcalc.quantities import si

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.expectations import Outcome
    from pyramidcalc.report import Report


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
    return f"{where}: expected {printable(outcome.expect.strip())}, got {with_separators(outcome.got)}{note}"


def with_separators(got: str) -> str:
    """61,472,243,712 (61.47 G) for a long number, any other text as it is."""
    if not (got.isascii() and got.isdigit() and len(got) > 4):
        return got
    return f"{int(got):,} ({si(int(got))})"


def printable(text: str) -> str:
    """The text with escapes for what no terminal, table or XML should be given."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
