"""`pyramidcalc check`: the checks of a spec file, for CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import format_param

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.cli.checking.loading import SpecError
    from pyramidcalc.cli.checking.spec import Check

HELP = """Runs the checks of a spec: pyramidcalc.toml, or [tool.pyramidcalc] in pyproject.toml where no FILE is named.

\b
[[check]]
name = "DeepLab's pyramid"
run = "aspp --rate 6 12 18 --input 64x64"
expect = ["output=256x64x64", "rate18.conv.receptive-field=37x37", "macs<=70G", "no-warnings"]
allow = ["degenerate-rate"]   # diagnostics that are let pass; with `allow`, any other warning fails
verify = true                 # also asks torch

Only `run` must be there. All checks run. Exit code 1: a check failed; 2: the spec asks what cannot be asked.
"""
FORMATS = ("table", "json", "junit", "github")


class FileName(click.Path):
    """The name of a file, which the reading of it judges; click's own type completes it in shells."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value


def callback(files: tuple[str, ...], form: str, update: bool) -> None:
    """Reads all files, runs all checks, updates where asked, writes, and exits with the verdict."""
    from pyramidcalc.cli.checking.running import ERROR, PASSED, run_all
    from pyramidcalc.cli.checking.writing import write

    results = run_all(read_all(files, form))
    errors: list[SpecError] = []
    if update:
        from pyramidcalc.cli.checking.update import update as updated

        results, errors = updated(results, to_stderr=form != "table")
    write(results, form)
    for error in errors:
        annotate(error, form)
        error.show()
    kinds = {result.status for result in results}
    click.get_current_context().exit(2 if errors or ERROR in kinds else 1 if kinds - {PASSED} else 0)


def read_all(files: Sequence[str], form: str) -> list[Check]:
    """The checks of all files."""
    from pyramidcalc.cli.checking.loading import SpecError
    from pyramidcalc.cli.checking.spec import default_file, read

    try:
        return [check for path in once(files or (default_file(),)) for check in read(path)]
    except SpecError as error:
        annotate(error, form)
        raise


def annotate(error: SpecError, form: str) -> None:
    """On GitHub what is wrong with a file is an annotation too."""
    if form == "github":
        from pyramidcalc.cli.checking.github import annotation

        click.echo(annotation(error.file, error.line, "pyramidcalc check", error.problem))


def once(files: Sequence[str]) -> list[str]:
    """The files without other names of the same ones; the first name stays."""
    found: dict[str, str] = {}
    for path in files:
        try:
            real = os.path.realpath(path)
        except ValueError:
            # A name that no file can have, which is told when it is read.
            real = path
        found.setdefault(real, path)
    return list(found.values())


def command() -> click.Command:
    """The command."""
    params: list[click.Parameter] = [
        click.Argument(["files"], nargs=-1, metavar="[FILE]...", type=FileName()),
        format_param(FORMATS),
        click.Option(
            ["--update"],
            is_flag=True,
            help="Show and write the values that are found over those that were expected with =, <= or >=.",
        ),
    ]
    return Command("check", callback, params, HELP)
