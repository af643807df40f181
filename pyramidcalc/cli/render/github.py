"""Results as GitHub workflow commands: annotations that point to the line of the spec."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyramidcalc.cli.checking.running import count
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.cli.checking.running import Result


def write(answer: Answer) -> None:
    """An annotation a problem, a notice a check of which torch could not check everything, and the count."""
    results: Sequence[Result] = tuple(answer.rows)
    for result in results:
        path, name = result.check.path, result.check.name
        for problem in result.problems:
            annotate("error", path, problem.line, name, problem.message)
        # GitHub shows few notices: none where torch checked everything.
        if {note.kind for note in result.notes} - {"verified"}:
            text = "; ".join(f"{note.kind}: {note.message}" for note in result.notes)
            annotate("notice", path, result.notes[0].line, name, text)
    print(f"pyramidcalc check: {count(results)}")


def annotate(kind: str, path: str, line: int | None, title: str, message: str) -> None:
    """Writes `::error file=…,line=…,title=…::…`, escaped as GitHub's runner reads it; no line where none is known."""
    # Files are named from the checkout's root.
    file = os.path.relpath(os.path.abspath(path), os.environ.get("GITHUB_WORKSPACE") or ".")
    properties = {"file": file, "line": line, "title": title}
    texts = [f"{key}={escaped(str(value), ',:')}" for key, value in properties.items() if value is not None]
    print(f"::{kind} {','.join(texts)}::{escaped(message)}")


def escaped(text: str, ends: str = "") -> str:
    """A text in one line, without the signs that would end it and the one that starts an escape."""
    return "".join(f"%{ord(sign):02X}" if sign in f"%{ends}" else sign for sign in printable(text))
