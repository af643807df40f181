"""Results as GitHub workflow commands: annotations that point to the line of the spec."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyramidcalc.cli.checking.running import count, in_full, torch_lines
from pyramidcalc.cli.expected import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.checking.running import Result

WORKSPACE = "GITHUB_WORKSPACE"
"""The checkout's root on GitHub's machines, which annotations name files from."""


def github_text(results: Sequence[Result]) -> str:
    """An annotation a problem, and one a check that torch was not asked all of; then the count."""
    made = [
        annotation(result.check.source.path, problem.line, result.check.name, problem.message)
        for result in results
        for problem in result.problems
    ]
    for result in results:
        # The server shows few notices: none where nothing is left to tell.
        if (lines := torch_lines(result)) and not in_full(result):
            told, check = "; ".join(f"{line.label}: {line.text}" for line in lines), result.check
            made.append(annotation(check.source.path, check.line("verify"), check.name, told, kind="notice"))
    return "\n".join([*made, f"pyramidcalc check: {count(results)}"])


def annotation(path: str, line: int | None, title: str, message: str, kind: str = "error") -> str:
    """`::error file=…,line=…,title=…::…`, escaped as GitHub's runner reads it; no line where none is known."""
    at = {} if line is None else {"line": str(line)}
    where = {"file": in_workspace(path), **at, "title": printable(title)}
    properties = ",".join(f"{key}={property_text(value)}" for key, value in where.items())
    return f"::{kind} {properties}::{message_text(printable(message))}"


def in_workspace(path: str) -> str:
    """The path from the checkout's root, where it lies in one."""
    root = os.environ.get(WORKSPACE)
    if not root:
        return path
    full, root = os.path.realpath(path), os.path.realpath(root)
    return os.path.relpath(full, root) if full.startswith(root + os.sep) else path


def message_text(text: str) -> str:
    """A message in one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """A property, whose end a comma or colon would be."""
    return message_text(text).replace(":", "%3A").replace(",", "%2C")
