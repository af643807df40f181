"""Results as JUnit XML, which CI servers read."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pyramidcalc.cli.checking.loading import place
from pyramidcalc.cli.checking.running import ERROR, FAILED, PASSED, tally
from pyramidcalc.cli.expected import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.cli.checking.running import Result

ELEMENTS = {FAILED: "failure", ERROR: "error"}


def junit_text(results: Sequence[Result]) -> str:
    """One suite a file, one case a check; ASCII with character references, valid in every encoding."""
    root = ElementTree.Element("testsuites", {"name": "pyramidcalc", **totals(results)})
    for path, group in groupby(results, key=lambda result: result.check.source.path):
        cases = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": printable(path), **totals(cases)})
        for result in cases:
            add_case(suite, result)
    ElementTree.indent(root)
    made: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return made.decode("ascii")


def totals(results: Sequence[Result]) -> dict[str, str]:
    """The counts that a suite carries."""
    found = tally(results)
    return {
        "tests": str(len(results)),
        "failures": str(found[FAILED]),
        "errors": str(found[ERROR]),
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def add_case(suite: ElementTree.Element, result: Result) -> None:
    """One case; a check has one failure, which tells all its problems."""
    check = result.check
    path, line = printable(check.source.path), check.line()
    named = {"classname": path, "name": printable(check.name), "file": path}
    at = {} if line is None else {"line": str(line)}
    case = ElementTree.SubElement(suite, "testcase", {**named, **at, "time": f"{result.seconds:.3f}"})
    if result.status == PASSED:
        return
    told = [f"{place(check.source.path, problem.line)}: {printable(problem.message)}" for problem in result.problems]
    first = next(problem for problem in result.problems if problem.kind == result.status)
    element = ElementTree.SubElement(
        case, ELEMENTS[result.status], {"type": result.status, "message": printable(first.message)}
    )
    element.text = "\n".join([f"pyramidcalc {printable(check.run)}", *told])
