"""`pyramidcalc check`: which checks pass, what is said of the others, and on which line of the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ROOT, invoke, invoke_json

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[[check]]
name = "good"
run = "aspp --rate 1 2 --input 16x9x7"
expect = ["output=256x9x7", "no-warnings"]
"""
BAD = """
[[check]]
name = "bad"
run = "pyramidcalc aspp --rate 1 2 --input 16x9x7"
expect = [
  "output=256x9x8", # a comment with ] and "
  "macs<=1M", 'macs<=1G',
]
"""
INVALID = """
[[check]]
name = "invalid"
run = "spp --input 5"
"""
WARNED = """
[[check]]
name = "warned"
run = "aspp --rate 2 40 --input 16x33x33"
"""
WRONG = GOOD + "[[check]]\nrun = "


def test_all_checks_run_and_are_counted(spec: Path) -> None:
    """Failures do not stop the rest, and the worst decides the exit code."""
    spec.write_text(BAD.replace("1M", "1TB") + INVALID + GOOD)
    result = invoke("check")
    assert result.exit_code == 2
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == ["bad", "invalid", "good"]
    assert "1 of 3 passed, 1 failed, 1 cannot be asked" in result.stdout
    assert "bad: layer project.dropout: expected output=256x9x8, got 256x9x7 (pyramidcalc.toml:6)" in result.stdout
    assert "bad: key `expect`: there is no unit 'TB'" in result.stdout
    assert "invalid: error: bin4.pool" in result.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD, 0),
        (GOOD + INVALID, 1),
        (WARNED, 0),
        (WARNED + "allow = []", 1),
        (WARNED + "allow = ['degenerate-rate']", 0),
        (WARNED + "allow = ['degenerate-rate']\nexpect = ['no-warnings']", 0),
        (WARNED + "allow = ['batchnorm-1x1']\nexpect = ['no-warnings']", 1),
        (WARNED + "expect = ['no-warnings']", 1),
        (INVALID + "allow = ['padding-too-large']", 0),
        (INVALID + "allow = ['padding-too-large']\nexpect = ['output=5376']", 1),
        (WRONG + "'mdspp --filters 3'", 1),
        (WRONG + "'asp'", 2),
        (WRONG + "'aspp --rates 3'", 2),
        (WRONG + "'aspp --help'", 2),
        (WRONG + "'aspp --verify'", 2),
        (WRONG + "'aspp --input 0x5'", 2),
        (WRONG + "''", 2),
        (WRONG + '"aspp \'open"', 2),
        (WRONG + "'reach aspp'", 2),
        (WRONG + "'aspp; touch made'", 2),
        (WRONG + "'$(touch made)'", 2),
        (WRONG + "'aspp'\nexpect = ['rate7.output=1']", 2),
    ],
)
def test_exit_codes(spec: Path, text: str, code: int) -> None:
    """0: all pass; 1: one fails; 2: one asks what cannot be asked, and its key is named; no shell ever runs."""
    spec.write_text(text)
    result = invoke("check")
    assert result.exit_code == code, result.output
    assert (code == 2) == ("key `run`" in result.stdout or "key `expect`" in result.stdout)
    assert [file.name for file in spec.parent.iterdir()] == ["pyramidcalc.toml"]


def test_with_allow_every_other_warning_fails(spec: Path) -> None:
    """At the line of the command."""
    spec.write_text(WARNED + "allow = ['misaligned']")
    (problem,) = invoke_json("check")["checks"][0]["problems"]
    assert (problem["kind"], problem["key"], problem["line"]) == ("failed", "run", 4)
    assert "[degenerate-rate]" in problem["message"]


def test_json_has_every_number(spec: Path) -> None:
    """One object a check, with the lines of its expectations."""
    spec.write_text(GOOD + BAD)
    answer = invoke_json("check")
    counts = {"schema": 1, "ok": False, "passed": 1, "failed": 1, "error": 0}
    assert {key: answer[key] for key in counts} == counts
    good, bad = answer["checks"]
    assert (good["name"], good["line"], good["result"], good["problems"]) == ("good", 2, "passed", [])
    assert (good["file"], good["verify"], good["verification"]) == ("pyramidcalc.toml", False, None)
    assert [note["code"] for note in good["diagnostics"]] == ["batchnorm-1x1"]
    assert bad["run"].startswith("pyramidcalc aspp")
    assert [(each["expect"], each["ok"], each["line"]) for each in bad["expectations"]] == [
        ("output=256x9x8", False, 11),
        ("macs<=1M", False, 12),
        ("macs<=1G", True, 12),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[[check]]\r\n# 'macs=1'\r\nexpect = [\r\n'macs=1', 'macs=10',\r\n'macs=2']\r\nrun = 'conv'", (1, [4, 4, 5])),
        ("\ufeff[[check]]\nrun = 'conv'\nexpect = ['macs=1',\n '''macs=2''']", (1, [3, 4])),
        ("[[check]]\nrun = 'conv'\nname = ''\nexpect = [\n'a',\n'macs\\u003d1',\n'']\n".replace("'", '"'), (1, [4])),
        ("check = [\n{run = 'conv', expect = ['macs=1']},\n]", (None, [None])),
        ("[[check]]\nname = '''\n[[check]]\n'''\nrun = 'conv'\nexpect = ['macs=1']", (None, [None])),
    ],
    ids=["CRLF", "byte order mark", "escapes: the line of the key", "inline: none", "unclear: none"],
)
def test_lines_of_expectations(spec: Path, text: str, lines: tuple[int | None, list[int | None]]) -> None:
    """They are searched as text; where that finds nothing certain no line is invented."""
    spec.write_bytes(text.encode())
    (check,) = invoke_json("check")["checks"]
    assert (check["line"], [each["line"] for each in check["expectations"]]) == lines


def test_a_check_without_a_name_is_named_by_its_command(spec: Path) -> None:
    """Only `run` must be there; one that says nothing leaves the number of the check."""
    spec.write_text("[[check]]\nrun = ' conv'\n[[check]]\nrun = ' '\nname = ''")
    assert [check["name"] for check in invoke_json("check")["checks"]] == ["conv", "check 2"]


def test_several_files_are_one_run(spec: Path) -> None:
    """In the order given, each once; pyproject.toml is read at its section."""
    spec.write_text(GOOD)
    project = spec.with_name("pyproject.toml")
    project.write_text("[project]\nname = 'x'\n" + GOOD.replace("[[check]]", "[[tool.pyramidcalc.check]]"))
    checks = invoke_json("check", "pyproject.toml", "pyramidcalc.toml", "pyproject.toml")["checks"]
    assert [(each["file"], each["line"]) for each in checks] == [("pyproject.toml", 4), ("pyramidcalc.toml", 2)]


def test_pyramidcalc_toml_comes_before_pyproject_toml(spec: Path) -> None:
    """The one is read where no file is named, the other where there is no such file."""
    spec.write_text(GOOD)
    spec.with_name("pyproject.toml").write_text("[tool.pyramidcalc]\ncheck = [{run = 'spp --input 5'}]")
    assert invoke("check").exit_code == 0
    spec.unlink()
    assert invoke("check").exit_code == 1


def test_the_projects_own_spec_passes() -> None:
    """The one in pyproject.toml, which CI runs."""
    result = invoke("check", str(ROOT / "pyproject.toml"))
    assert result.exit_code == 0, result.stdout
