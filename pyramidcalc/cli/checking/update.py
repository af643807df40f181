"""Rewriting the expected values of a spec in place; comments, order and quotes stay."""

from __future__ import annotations

import tomllib
from difflib import unified_diff
from time import perf_counter
from typing import TYPE_CHECKING
from unicodedata import category

import click

from pyramidcalc.cli.checking.loading import SpecError
from pyramidcalc.cli.checking.running import judged
from pyramidcalc.cli.checking.saving import save
from pyramidcalc.cli.checking.spec import CHECKS, checks_of, section_of
from pyramidcalc.cli.expected import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyramidcalc.cli.checking.running import Result
    from pyramidcalc.cli.checking.spec import Check, Source

    Changes = Mapping[tuple[int, int], str]

MISSING = "--update needs tomlkit, which keeps comments and order; install it with pip install 'pyramidcalc[check]'"


def update(results: Sequence[Result], *, to_stderr: bool) -> tuple[list[Result], list[SpecError]]:
    """Shows what changes and writes it; gives the results of the specs as they are then, and what could not be written.

    One file that cannot be written stays as it was, and does not stop the rest.
    """
    made: list[Result] = []
    errors: list[SpecError] = []
    for path in dict.fromkeys(result.check.source.path for result in results):
        own = [result for result in results if result.check.source.path == path]
        try:
            own = updated(own, to_stderr=to_stderr)
        except SpecError as error:
            errors.append(error)
        made += own
    return made, errors


def updated(results: list[Result], *, to_stderr: bool) -> list[Result]:
    """The results of one file after its update. Raises SpecError."""
    changes = {
        (result.check.index, index): outcome.replacement
        for result in results
        for index, outcome in result.outcomes.items()
        if outcome.replacement is not None
    }
    old = results[0].check.source
    if not changes:
        click.echo(f"{printable(old.path)}: nothing to update\n", err=to_stderr)
        return results
    new = old.replace(text=rewritten(old, changes))
    click.echo(difference(old, new), err=to_stderr)
    save(old.path, old.mark + old.text, new.mark + new.text)
    checks = checks_of(new, tomllib.loads(new.text))
    return [rejudged(result, check) for result, check in zip(results, checks, strict=True)]


def rewritten(source: Source, changes: Changes) -> str:
    """The text of the spec with other expectations. Raises SpecError where it would say anything else besides."""
    try:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
    except ImportError:
        raise click.UsageError(MISSING) from None
    unable = SpecError(source.path, None, "--update cannot rewrite it without changing more; edit it by hand")
    try:
        document = tomlkit.parse(source.text)
        section = section_of(document, source.root)
        for (index, place), text in changes.items():
            expect = section[CHECKS][index]["expect"]
            literal = expect[place].as_string().startswith("'")
            expect[place] = tomlkit.string(text, literal=literal)
        made = tomlkit.dumps(document)
        says = tomllib.loads(made)
    except (TOMLKitError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unable from None
    wanted = tomllib.loads(source.text)
    for (index, place), text in changes.items():
        section_of(wanted, source.root)[CHECKS][index]["expect"][place] = text
    if says != wanted:
        raise unable
    return made


def difference(old: Source, new: Source) -> str:
    """The change as a unified diff."""
    before, after = (shown_lines(source.text) for source in (old, new))
    path = printable(old.path)
    return "\n".join([*unified_diff(before, after, path, path, lineterm=""), ""])


def shown_lines(text: str) -> list[str]:
    """The lines as they stand in the file, with escapes only for what a terminal would obey."""
    lines = text.removesuffix("\n").split("\n")
    return ["".join(sign if harmless(sign) else printable(sign) for sign in line.removesuffix("\r")) for line in lines]


def harmless(sign: str) -> bool:
    """Whether a terminal only shows it: signs, tabs and spaces of any width."""
    return sign.isprintable() or sign == "\t" or category(sign) == "Zs"


def rejudged(result: Result, check: Check) -> Result:
    """The result of the updated check on the same report."""
    if result.report is None:
        return result
    left = [problem for problem in result.problems if problem.key == "verify"]
    start = perf_counter() - result.seconds
    return judged(check, result.report, result.verification, left, start)
