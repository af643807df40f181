"""Rewriting the expected values of a spec in place; comments, order and quotes stay."""

from __future__ import annotations

import tomllib
from difflib import unified_diff
from time import perf_counter
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.checking.loading import SpecError
from pyramidcalc.cli.checking.running import judged
from pyramidcalc.cli.checking.spec import CHECKS, read, section_of
from pyramidcalc.cli.expected import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyramidcalc.cli.checking.running import Result
    from pyramidcalc.cli.checking.spec import Check, Source

    Changes = Mapping[tuple[int, int], str]

MISSING = "--update needs tomlkit, which keeps comments and order; install it with pip install 'pyramidcalc[check]'"


def update(results: Sequence[Result], *, to_stderr: bool) -> list[Result]:
    """Shows what changes, writes it, and gives the results of the updated specs."""
    made: list[Result] = []
    for path in dict.fromkeys(result.check.source.path for result in results):
        own = [result for result in results if result.check.source.path == path]
        changes = {
            (result.check.index, index): outcome.replacement
            for result in own
            for index, outcome in result.outcomes.items()
            if outcome.replacement is not None
        }
        if changes:
            source = own[0].check.source
            text = rewritten(source, changes)
            click.echo(difference(source, text), err=to_stderr)
            save(source, text)
            own = [rejudged(result, check) for result, check in zip(own, read(path), strict=True)]
        else:
            click.echo(f"{printable(path)}: nothing to update\n", err=to_stderr)
        made += own
    return made


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


def difference(source: Source, text: str) -> str:
    """The change as a unified diff."""
    old, new = ([printable(line) for line in each.splitlines()] for each in (source.text, text))
    path = printable(source.path)
    return "\n".join([*unified_diff(old, new, path, path, lineterm=""), ""])


def save(source: Source, text: str) -> None:
    """Writes the text over the file. Raises click.ClickException where it cannot."""
    try:
        with open(source.path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"cannot write {printable(source.path)}: {error.strerror}") from None


def rejudged(result: Result, check: Check) -> Result:
    """The result of the updated check on the same report."""
    if result.report is None:
        return result
    left = [problem for problem in result.problems if problem.key == "verify"]
    start = perf_counter() - result.seconds
    return judged(check, result.report, result.verification, left, start)
