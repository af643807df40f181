"""`check --update` rewrites expected values in place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tomlkit", reason="--update writes with tomlkit")

SPEC = """# top
[[check]]   # first
run    = "conv --input 3x9x7"   # odd spacing
name = 'one'
expect = [
    # before
    "output = 1x2x3",   # 3x7x5
    'macs<=1k' , "parameters=84",
    "macs<7"]

[[check]]
expect = ["output=1x1"]
run = "pool --input 3x8x6"
# end
"""
UPDATED = SPEC.replace("1x2x3", "3x7x5").replace("macs<=1k", "macs<=2835").replace("output=1x1", "output=4x3")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_values_change(spec: Path, newline: str) -> None:
    """Comments, order, spacing, quotes and line ends stay; the diff comes first."""
    spec.write_bytes(SPEC.replace("\n", newline).encode())
    result = invoke("check", "--update")
    assert spec.read_bytes().decode() == UPDATED.replace("\n", newline)
    head, _, _ = result.stdout.partition("\ncheck ")
    assert [line for line in head.splitlines() if line[0] in "+-"] == [
        "--- pyramidcalc.toml",
        "+++ pyramidcalc.toml",
        '-    "output = 1x2x3",   # 3x7x5',
        "-    'macs<=1k' , \"parameters=84\",",
        '+    "output = 3x7x5",   # 3x7x5',
        "+    'macs<=2835' , \"parameters=84\",",
        '-expect = ["output=1x1"]',
        '+expect = ["output=4x3"]',
    ]
    assert result.exit_code == 1
    assert "1 of 2 passed, 1 failed" in result.stdout


def test_what_is_updated_passes(spec: Path) -> None:
    """At once, and the next time; then there is nothing left to do."""
    spec.write_text(SPEC.replace('    "macs<7"]', "]"))
    assert invoke("check").exit_code == 1
    assert invoke("check", "--update").exit_code == 0
    assert invoke("check").exit_code == 0
    assert "pyramidcalc.toml: nothing to update" in invoke("check", "--update").stdout


@pytest.mark.parametrize("form", ["json", "junit", "github"])
def test_the_diff_leaves_other_formats_alone(spec: Path, form: str) -> None:
    """It goes to stderr."""
    spec.write_text(SPEC)
    result = invoke("check", "--update", "--format", form)
    assert "+++" in result.stderr
    assert "+++" not in result.stdout
    assert spec.read_text() == UPDATED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[tool.pyramidcalc]\ncheck = [{run = 'pool --input 3x8x6', expect = ['output=1x1']}] # x", "output=4x3"),
        ("[tool]\npyramidcalc.check = [\n  {run = 'pool --input 3x8x6', expect = ['output=1x1']},\n]", "output=4x3"),
        (
            "[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n[project]\na = 1",
            "output=4x3",
        ),
        (
            "[tool.a]\n[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n[tool.c]",
            "output=4x3",
        ),
        (
            "[tool.a]\nb = 1\n[project]\nn = 'x'\n[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\n"
            "expect = ['output=1x1']\n[tool.c]\n[other]",
            "output=4x3",
        ),
        (
            '[tool.pyramidcalc]\n[[tool.pyramidcalc.check]]\nrun = \'pool --input 3x8x6\'\nexpect = ["""output=1x1"""]',
            None,
        ),
    ],
)
def test_every_way_to_write_a_table(spec: Path, text: str, found: str | None) -> None:
    """Inline tables, dotted keys, tables out of order: only the value changes."""
    project = spec.with_name("pyproject.toml")
    project.write_text(text)
    assert invoke("check", "--update").exit_code == 0
    assert invoke("check").exit_code == 0
    if found is not None:
        assert project.read_text() == text.replace("output=1x1", found)


def test_what_cannot_be_asked_is_left_alone(spec: Path) -> None:
    """Only failed expectations are updated, and the rest is told again."""
    text = "[[check]]\nrun = 'conf'\nexpect = ['output=1x1']\n[[check]]\nrun = 'pool'\nexpect = ['macs', 'macs=1']\n"
    spec.write_text(text)
    assert invoke("check", "--update").exit_code == 2
    assert spec.read_text() == text.replace("macs=1", "macs=0")


def test_without_tomlkit_the_extra_is_named(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, exit code 2, and the file stays; checking alone needs it not."""
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    spec.write_text(SPEC)
    assert invoke("check").exit_code == 1
    result = invoke("check", "--update")
    assert result.exit_code == 2
    assert "pip install 'pyramidcalc[check]'" in result.stderr
    assert spec.read_text() == SPEC


def test_a_rewriting_that_says_anything_else_is_refused(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tomlkit gives is read again before it is written."""
    import tomlkit

    monkeypatch.setattr(tomlkit, "dumps", lambda _: "[[check]]\nrun = 'conv'\n")
    spec.write_text(SPEC)
    result = invoke("check", "--update")
    assert result.exit_code == 2
    assert "edit it by hand" in result.stderr
    assert spec.read_text() == SPEC
