"""TOML: the network itself, as `model FILE.toml` reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyramidcalc.cli.drawing import whole

if TYPE_CHECKING:
    from pyramidcalc.cli.answer import Answer


def write(answer: Answer) -> None:
    """Writes the network of an answer that has one."""
    report = whole(answer)
    from pyramidcalc.importing.toml import to_toml

    assert report.resolved is not None
    sys.stdout.write(to_toml(report.resolved.graph, report.inputs))
