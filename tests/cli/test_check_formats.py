"""Results of `check` as CI servers read them: JUnit XML and GitHub annotations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import invoke, invoke_json

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """
[[check]]
name = "good"
run = "conv"

[[check]]
name = "bad: 100%, or <less>"
run = "conv --input 3x9x7"
expect = [
  "macs<1k",
  "output=8x7x5", "output=3x7x5",
]

[[check]]
run = "conf"
"""
ODD_NAMES = ["]]>", "<a&b>'\"", "\x00\x1b[31m", "\ufffe", "a\r\nb\tc", "☃😀", "a\x85\u2028", "%0A::error::", "&#0;"]


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "junit", "github"])
def test_every_format_of_what_passes(spec: Path, form: str) -> None:
    """Exit code 0, the result on stdout and nothing on stderr."""
    spec.write_text("[[check]]\nrun = 'conv'")
    result = invoke("check", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


def test_junit_has_a_suite_a_file_and_a_case_a_check(spec: Path) -> None:
    """Failures and errors are told apart and counted."""
    spec.write_text(SPEC)
    result = invoke("check", "--format", "junit")
    assert result.exit_code == 2
    root = ElementTree.fromstring(result.stdout)
    assert root.tag == "testsuites"
    (suite,) = root
    counts = {"tests": "3", "failures": "1", "errors": "1", "skipped": "0"}
    for element in (root, suite):
        assert {key: element.get(key) for key in counts} == counts
        assert float(element.get("time", "")) >= 0
    assert suite.get("name") == "pyramidcalc.toml"
    good, bad, wrong = suite
    assert [case.get("name") for case in suite] == ["good", "bad: 100%, or <less>", "conf"]
    assert [case.get("line") for case in suite] == ["2", "6", "14"]
    assert {case.get("classname") for case in suite} == {case.get("file") for case in suite} == {"pyramidcalc.toml"}
    assert len(good) == 0
    assert bad[0].tag == "failure"
    assert (bad[0].get("message") or "").startswith("conv: expected macs<1k, got ")
    assert (bad[0].text or "").splitlines()[0] == "pyramidcalc conv --input 3x9x7"
    assert "pyramidcalc.toml:11: layer conv: expected output=8x7x5, got 3x7x5" in (bad[0].text or "")
    assert (wrong[0].tag, wrong[0].get("type")) == ("error", "error")


def test_junit_tells_equal_names_apart(spec: Path) -> None:
    """By a number behind them; the other formats have the names as they are."""
    names = ["a", "b", "a", "a"]
    spec.write_text("\n".join(f"[[check]]\nname = '{name}'\nrun = 'conv'" for name in names))
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    assert [case.get("name") for case in root.iter("testcase")] == ["a", "b", "a (2)", "a (3)"]
    assert [check["name"] for check in invoke_json("check")["checks"]] == names


def test_names_of_all_kinds_break_no_format(spec: Path) -> None:
    """XML parses, with escapes as in Python for signs that it has no place for; no name starts a command of its own."""
    # A JSON string is a TOML one.
    written = [*map(json.dumps, ODD_NAMES[:5]), *[f"'{name}'" for name in ODD_NAMES[5:]]]
    spec.write_text("\n".join(f"[[check]]\nname = {name}\nrun = 'spp --input 5'" for name in written), encoding="utf-8")
    cases = ElementTree.fromstring(invoke("check", "--format", "junit").stdout).iter("testcase")
    names = [case.get("name") for case in cases]
    assert names[:3] == ["]]>", "<a&b>'\"", "\\x00\\x1b[31m"]
    assert len(set(names)) == len(ODD_NAMES)
    lines = invoke("check", "--format", "github").stdout.splitlines()
    assert len(lines) == len(ODD_NAMES) + 1
    assert all(line.startswith("::error file=pyramidcalc.toml,line=") for line in lines[:-1])


def test_github_points_to_the_line(spec: Path) -> None:
    """A command a problem, escaped, and a line to read."""
    spec.write_text(SPEC)
    lines = invoke("check", "--format", "github").stdout.splitlines()
    where = "::error file=pyramidcalc.toml,line="
    assert lines[0].startswith(f"{where}10,title=bad%3A 100%25%2C or <less>::conv: expected macs<1k, got ")
    assert lines[1].startswith(f"{where}11,title=bad%3A 100%25%2C or <less>::layer conv: expected output=8x7x5")
    assert lines[2].startswith(f"{where}15,title=conf::key `run`: in 'conf': there is no architecture `conf`")
    assert lines[3:] == ["pyramidcalc check: 1 of 3 passed, 1 failed, 1 cannot be asked"]


def test_github_names_files_from_the_checkout(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the working folder lies in it."""
    spec.write_text("[[check]]\nrun = 'spp --input 5'")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(spec.parent.parent))
    assert f"::error file={spec.parent.name}/pyramidcalc.toml,line=2," in invoke("check", "--format", "github").stdout


@pytest.mark.parametrize(
    ("text", "annotation"),
    [
        (
            "[[check]]\nrun = 'conv'\nverify = 'yes'",
            "file=pyramidcalc.toml,line=3,title=pyramidcalc check::check 1: key 'verify' does not fit",
        ),
        ("# nothing\n", "file=pyramidcalc.toml,title=pyramidcalc check::it must hold"),
    ],
)
def test_github_annotates_a_broken_spec(spec: Path, text: str, annotation: str) -> None:
    """The sentence of stderr, at its line where it has one."""
    spec.write_text(text)
    result = invoke("check", "--format", "github")
    assert result.exit_code == 2
    assert result.stdout.startswith(f"::error {annotation}")
