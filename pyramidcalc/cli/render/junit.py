"""Results as JUnit XML, which CI servers read."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pyramidcalc.cli.checking.running import ERROR, FAILED, tally
from pyramidcalc.cli.checking.spec import place
from pyramidcalc.cli.summary import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.cli.checking.running import Result


def write(answer: Answer) -> None:
    """One suite a file, one case a check; ASCII with character references, valid in every encoding."""
    results: Sequence[Result] = tuple(answer.rows)
    root = Element("testsuites", {"name": "pyramidcalc", **totals(results)})
    for path, group in groupby(results, key=lambda result: result.check.path):
        cases, names = list(group), Counter[str]()
        suite = SubElement(root, "testsuite", {"name": printable(path), **totals(cases)})
        for result in cases:
            name = printable(result.check.name)
            names[name] += 1
            # Servers tell cases apart by name.
            add_case(suite, result, name if names[name] == 1 else f"{name} ({names[name]})")
    indent(root)
    print(tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii"))


def totals(results: Sequence[Result]) -> dict[str, str]:
    """The counts that a suite carries."""
    counts, seconds = tally(results), sum(result.seconds for result in results)
    numbers = {"tests": len(results), "failures": counts[FAILED], "errors": counts[ERROR], "skipped": 0}
    return {key: str(number) for key, number in numbers.items()} | {"time": f"{seconds:.3f}"}


def add_case(suite: Element, result: Result, name: str) -> None:
    """One case, with at most one failure, which lists all problems; what torch says is its output."""
    check, path = result.check, printable(result.check.path)
    line = {} if check.block.header_line is None else {"line": str(check.block.header_line)}
    named = {"classname": path, "name": name, "file": path, **line, "time": f"{result.seconds:.3f}"}
    case = SubElement(suite, "testcase", named)
    if result.problems:
        # The message is the first problem that decides the status.
        message = next(problem.message for problem in result.problems if problem.kind == result.status)
        tag = "error" if result.status == ERROR else "failure"
        failure = SubElement(case, tag, {"type": result.status, "message": printable(message)})
        texts = [f"{place(check.path, problem.line)}: {printable(problem.message)}" for problem in result.problems]
        failure.text = "\n".join([f"pyramidcalc {printable(check.run)}", *texts])
    if result.notes:
        texts = [f"{note.kind}: {printable(note.message)}" for note in result.notes]
        SubElement(case, "system-out").text = "\n".join(texts)
