"""Rewriting the expected values of a spec in place; comments, order and quotes stay."""

from __future__ import annotations

import os
import tomllib
from difflib import unified_diff
from itertools import groupby
from pathlib import Path
from shutil import copymode
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.checking.spec import SpecError, load, section_of
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyramidcalc.cli.checking.running import Result


def update(results: Sequence[Result], *, to_stderr: bool) -> None:
    """Shows for each file what changes, and writes it. Raises SpecError."""
    for path, group in groupby(results, key=lambda result: result.check.path):
        values = {
            (result.check.index, index): outcome.replacement
            for result in group
            for index, outcome in result.outcomes.items()
            if outcome.replacement is not None
        }
        name = printable(path)
        if not values:
            click.echo(f"{name}: nothing to update\n", err=to_stderr)
            continue
        old, document = load(path)
        new = rewritten(path, old, document, values)
        difference = unified_diff(old.splitlines(), new.splitlines(), name, name, lineterm="")
        click.echo("\n".join([*difference, ""]), err=to_stderr)
        save(path, new)


def rewritten(path: str, text: str, expected: object, values: Mapping[tuple[int, int], str]) -> str:
    """The text with other expectations, by indices of check and expectation. Raises SpecError if more would change."""
    try:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
    except ImportError:
        advice = "it keeps comments and order; install it with pip install 'pyramidcalc[check]'"
        raise click.UsageError(f"--update needs tomlkit, {advice}") from None
    try:
        document = tomlkit.parse(text)
        for (check, index), value in values.items():
            expect = section_of(path, document)["check"][check]["expect"]
            expect[index] = tomlkit.string(value, literal=expect[index].as_string().startswith("'"))
            section_of(path, expected)["check"][check]["expect"][index] = value
        new = tomlkit.dumps(document)
    except TOMLKitError:
        new = ""
    if tomllib.loads(new) != expected:
        # tomlkit 0.13 refuses arrays of tables that other tables stand between, or loses some of them.
        raise SpecError(path, None, "--update cannot rewrite it without changing more; edit it by hand")
    return new


def save(path: str, text: str) -> None:
    """Replaces a file whole or not at all, as a rename does; a link stays one. Raises SpecError."""
    real = os.path.realpath(path)
    try:
        # A rename would replace a read-only file too.
        with open(real, "ab"), TemporaryDirectory(prefix=".pyramidcalc-", dir=os.path.dirname(real)) as folder:
            new = Path(folder, "new.toml")
            new.write_bytes(text.encode())
            copymode(real, new)
            os.replace(new, real)
    except OSError as error:
        raise SpecError(path, None, f"cannot write it: {error.strerror}; it stays as it was") from None
