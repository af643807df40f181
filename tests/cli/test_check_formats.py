"""Results of `check` as CI servers read them: JUnit XML and GitHub annotations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyramidcalc.cli.checking.junit import distinct
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
  # a comment with ] and "
  "output=8x7x5", "output=3x7x5",
]

[[check]]
run = "conf"
"""
ODD = [
    "]]>",
    "<a&b>'\"",
    "\x00\x01\x1b[31m",
    "\ufffe\uffff",
    "a\r\nb\tc",
    "☃😀",
    "a\x85\u2028",
    "%0A::error::",
    "&#0;",
    "--",
]


def written(name: str, **keys: object) -> str:
    """A check with this name, its text escaped as TOML wants it."""
    pairs = {"name": name, **keys}.items()
    # A JSON string is a TOML one, but for one sign.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f") for key, value in pairs]
    return "\n".join(["[[check]]", *lines])


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
    assert [case.get("line") for case in suite] == ["2", "6", "15"]
    assert {case.get("classname") for case in suite} == {case.get("file") for case in suite} == {"pyramidcalc.toml"}
    assert len(good) == 0
    assert bad[0].tag == "failure"
    assert (bad[0].get("message") or "").startswith("conv: expected macs<1k, got ")
    assert (bad[0].text or "").splitlines()[0] == "pyramidcalc conv --input 3x9x7"
    assert "pyramidcalc.toml:12: layer conv: expected output=8x7x5, got 3x7x5" in (bad[0].text or "")
    assert wrong[0].tag == "error"


def test_junit_tells_equal_names_apart(spec: Path) -> None:
    """By a number that makes no name that is there already."""
    spec.write_text("\n".join(written(name, run="conv") for name in ["a", "b", "a", "a (2)", "a", "a (2)"]))
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    assert [case.get("name") for case in root.iter("testcase")] == ["a", "b", "a (3)", "a (2)", "a (4)", "a (2) (2)"]
    assert [check["name"] for check in invoke_json("check")["checks"]] == ["a", "b", "a", "a (2)", "a", "a (2)"]


@given(st.lists(st.text("a 2()", max_size=6), max_size=30))
def test_distinct_names_are_distinct(names: list[str]) -> None:
    """The first of equal ones stays as it is, and all start with what they were."""
    made = distinct(names)
    assert len(set(made)) == len(made) == len(names)
    assert [made[names.index(name)] for name in names] == names
    assert all(told.startswith(name) for told, name in zip(made, names, strict=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip)))
def test_junit_is_valid_whatever_names_hold(spec: Path, name: str) -> None:
    """Names, command lines and expectations of any characters: it parses, and names stay apart."""
    spec.write_text(f"{written(name, run='conv')}\n{written(name + 'x', run=name, expect=[name])}", encoding="utf-8")
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    first, second = (case.get("name") for case in root.iter("testcase"))
    assert second == f"{first}x"
    if name.isprintable():
        assert first == name


def test_github_points_to_the_line(spec: Path) -> None:
    """A command a problem, escaped, and a line to read."""
    spec.write_text(SPEC)
    lines = invoke("check", "--format", "github").stdout.splitlines()
    where = "::error file=pyramidcalc.toml,line="
    assert lines[0].startswith(f"{where}10,title=bad%3A 100%25%2C or <less>::conv: expected macs<1k, got ")
    assert lines[1].startswith(f"{where}12,title=bad%3A 100%25%2C or <less>::layer conv: expected output=8x7x5")
    assert lines[2].startswith(f"{where}16,title=conf::key `run`: there is no architecture 'conf'")
    assert lines[3:] == ["pyramidcalc check: 1 of 3 passed, 1 failed, 1 cannot be asked"]


@pytest.mark.parametrize("name", ODD)
def test_github_writes_one_line_a_problem(spec: Path, name: str) -> None:
    """No name starts a command of its own."""
    spec.write_text(written(name, run="spp --input 5"), encoding="utf-8")
    lines = invoke("check", "--format", "github").stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error file=pyramidcalc.toml,line=3,title=")


def test_github_names_files_from_the_checkout(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the working folder lies in it; other files keep their path."""
    spec.write_text("[[check]]\nrun = 'spp --input 5'")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(spec.parent.parent))
    assert f"::error file={spec.parent.name}/pyramidcalc.toml,line=2," in invoke("check", "--format", "github").stdout
    monkeypatch.setenv("GITHUB_WORKSPACE", str(spec.parent / "other"))
    assert "::error file=pyramidcalc.toml,line=2," in invoke("check", "--format", "github").stdout


def test_github_annotates_a_broken_spec(spec: Path) -> None:
    """The sentence of stderr, at its line."""
    spec.write_text("[[check]]\nrun = 'conv'\nverify = 'yes'")
    result = invoke("check", "--format", "github")
    assert result.exit_code == 2
    assert result.stdout.startswith(
        "::error file=pyramidcalc.toml,line=3,title=pyramidcalc check::check 1: key `verify`"
    )


@pytest.mark.parametrize("form", ["table", "json", "junit", "github"])
def test_every_format_of_what_passes(spec: Path, form: str) -> None:
    """Exit code 0 and nothing on stderr."""
    spec.write_text("[[check]]\nrun = 'conv'")
    result = invoke("check", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout
