"""The list of diagnostic codes, compared with what the source can say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.expectations import CODES
from tests.test_architecture import INNER, module_of, short, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAKERS = [file for file in INNER if module_of(file).split(".")[1] not in ("oracle", "cli")]
"""Files that what a report holds can come from."""
NO_REPORT = {"error", "invalid-graph", "model", "usage", "oracle"}
"""Codes of refusals that end a command: of them there is no report."""
PASSED_ON = {"code", "error.code", "self.code"}
"""Codes that are made elsewhere."""


def codes_in(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands for a code: of a Diagnostic, of a refusal, or of a kind of error."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            yield from {"Diagnostic": node.args[:1], "refuse": node.args[2:3]}.get(name, [])
        elif isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "code":
                    yield item.value


def said(tree: ast.AST) -> set[str]:
    """The codes that a file gives a name to."""
    return {node.value for node in codes_in(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_the_list_has_every_code_of_the_source_and_no_other() -> None:
    """In order, each once."""
    codes = set().union(*(said(tree_of(file)) for file in MAKERS))
    assert list(CODES) == sorted(codes - NO_REPORT)
    assert codes >= NO_REPORT


@pytest.mark.parametrize("file", MAKERS, ids=short)
def test_codes_are_written_out(file: Path) -> None:
    """No code is put together where the list's test could not read it."""
    rest = {ast.unparse(node) for node in codes_in(tree_of(file)) if not isinstance(node, ast.Constant)}
    assert rest <= PASSED_ON


@pytest.mark.parametrize("name", ["aspp", "dspp", "spp", "deeplabv3"])
def test_what_reports_say_is_in_the_list(name: str) -> None:
    """On an input small enough to be told much about."""
    said = {note.code for note in pc.analyze(name, input=(9, 13)).diagnostics}
    assert said
    assert said <= set(CODES)
