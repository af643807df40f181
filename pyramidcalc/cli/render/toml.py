"""TOML: the network itself, as `model FILE.toml` reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pyramidcalc.cli.answer import Answer


def write(answer: Answer) -> None:
    """Writes the network of an answer that has one."""
    if answer.network is None:
        raise click.UsageError("only a whole architecture is written as TOML; leave out the question about it")
    from pyramidcalc.importing.toml import to_toml

    sys.stdout.write(to_toml(*answer.network))
