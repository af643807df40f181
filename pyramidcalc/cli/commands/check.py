"""`pyramidcalc check`: the checks of a spec file, for CI."""

from __future__ import annotations

import os

import click

from pyramidcalc.cli.answer import CHECK_FORMATS, FORMATS, output_params, write
from pyramidcalc.cli.command import Command

HELP = """Runs the checks of a spec: pyramidcalc.toml, or [tool.pyramidcalc] in pyproject.toml where no FILE is named.

\b
[[check]]
name = "DeepLab's pyramid"
run = "aspp --rate 6 12 18 --input 64x64"
expect = ["output=256x64x64", "rate18.conv.receptive-field=37x37", "macs<=70G", "no-warnings"]
allow = ["degenerate-rate"]   # diagnostics that are let pass; with `allow`, any other warning fails
verify = true                 # also asks torch

Only `run` must be there. All checks run. Exit code 1: a check failed; 2: the spec asks what cannot be asked.
A spec runs no code of yours: `model` of Python code needs --allow-import.
"""


def callback(files: tuple[str, ...], form: str, update: bool, allow_import: bool) -> None:
    """Reads all files, runs all checks, updates where asked, writes, and exits with the verdict."""
    from pyramidcalc.cli.checking.running import ERROR, PASSED, answer_of, run
    from pyramidcalc.cli.checking.spec import OWN_FILE, PROJECT_FILE, SpecError, read

    paths = dict.fromkeys(files or [OWN_FILE if os.path.exists(OWN_FILE) else PROJECT_FILE])
    try:
        results = [run(check, allow_import=allow_import) for path in paths for check in read(path)]
        if update:
            from pyramidcalc.cli.checking.update import update as update_files

            update_files(results, to_stderr=form != "table")
            # What is shown is true of the files as they are now.
            results = [run(check, allow_import=allow_import) for path in paths for check in read(path)]
    except SpecError as error:
        if form == "github":
            from pyramidcalc.cli.render.github import annotate

            annotate("error", error.path, error.line, "pyramidcalc check", error.problem)
        raise
    write(answer_of(results), form)
    kinds = {result.status for result in results}
    click.get_current_context().exit(2 if ERROR in kinds else 1 if kinds - {PASSED} else 0)


UPDATE_HELP = "Show and write the values that are found over those that were expected with =, <= or >=."
PARAMS: list[click.Parameter] = [
    # Whether a file can be read is told when it is read; the type completes names in shells.
    click.Argument(["files"], nargs=-1, metavar="[FILE]...", type=click.Path(readable=False)),
    *output_params((*FORMATS, *CHECK_FORMATS)),
    click.Option(["--update"], is_flag=True, help=UPDATE_HELP),
    click.Option(
        ["--allow-import"],
        is_flag=True,
        help="Let `model MODULE:NAME` and `model FILE.py:NAME` run their Python code; files of data run none.",
    ),
]
COMMAND = Command("check", callback, PARAMS, HELP)
