"""Results as JUnit XML, which CI servers read."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pyramidcalc.cli.checking.loading import place
from pyramidcalc.cli.checking.running import ERROR, FAILED, PASSED, tally, torch_lines
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
        for result, name in zip(cases, distinct([printable(result.check.name) for result in cases]), strict=True):
            add_case(suite, result, name)
    ElementTree.indent(root)
    made: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return made.decode("ascii")


def distinct(names: Sequence[str]) -> list[str]:
    """The names with ` (2)` and so on behind repeated ones, as servers tell cases apart by name."""
    given, numbers, made = set(names), dict.fromkeys(names, 0), []
    for name in names:
        numbers[name] += 1
        told = name
        if numbers[name] > 1:
            while (told := f"{name} ({numbers[name]})") in given:
                numbers[name] += 1
        made.append(told)
    return made


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


def add_case(suite: ElementTree.Element, result: Result, name: str) -> None:
    """One case; a check has one failure, which tells all its problems, and what torch says is its output."""
    check = result.check
    path, line = printable(check.source.path), check.line()
    named = {"classname": path, "name": name, "file": path}
    at = {} if line is None else {"line": str(line)}
    case = ElementTree.SubElement(suite, "testcase", {**named, **at, "time": f"{result.seconds:.3f}"})
    if result.status != PASSED:
        add_failure(case, result)
    if lines := torch_lines(result):
        output = ElementTree.SubElement(case, "system-out")
        output.text = "\n".join(f"{line.label}: {printable(line.text)}" for line in lines)


def add_failure(case: ElementTree.Element, result: Result) -> None:
    """Its message is the first problem that decides the status, its text all of them."""
    check = result.check
    told = [f"{place(check.source.path, problem.line)}: {printable(problem.message)}" for problem in result.problems]
    first = next(problem for problem in result.problems if problem.kind == result.status)
    element = ElementTree.SubElement(
        case, ELEMENTS[result.status], {"type": result.status, "message": printable(first.message)}
    )
    element.text = "\n".join([f"pyramidcalc {printable(check.run)}", *told])
