"""`pyramidcalc check`: which checks pass, what is told of others, and that all of them run."""

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
expect = ["output=256x9x8", "macs<=1TB", "macs<=1G"]
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


def test_all_checks_run_and_are_counted(spec: Path) -> None:
    """Failures do not stop the rest; the worst decides the exit code."""
    spec.write_text(BAD + INVALID + GOOD)
    result = invoke("check")
    assert result.exit_code == 2
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == ["bad", "invalid", "good"]
    assert "1 of 3 passed, 1 failed, 1 cannot be asked" in result.stdout
    assert "bad: layer project.dropout: expected output=256x9x8, got 256x9x7 (pyramidcalc.toml:5)" in result.stdout
    assert "there is no unit 'TB'" in result.stdout
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
        (GOOD + "\n[[check]]\nrun = 'asp'", 2),
        (GOOD + "\n[[check]]\nrun = 'aspp --rates 3'", 2),
        (GOOD + "\n[[check]]\nrun = 'aspp --help'", 2),
        (GOOD + "\n[[check]]\nrun = 'aspp --verify'", 2),
        (GOOD + "\n[[check]]\nrun = 'aspp --input 0x5'", 2),
        (GOOD + "\n[[check]]\nrun = 'mdspp --filters 3'", 1),
        (GOOD + "\n[[check]]\nrun = ''", 2),
        (GOOD + '\n[[check]]\nrun = "aspp \'open"', 2),
        (GOOD + "\n[[check]]\nrun = 'reach aspp'", 2),
        (GOOD + "\n[[check]]\nrun = 'aspp'\nexpect = ['rate7.output=1']", 2),
    ],
)
def test_exit_codes(spec: Path, text: str, code: int) -> None:
    """0 all pass; 1 one fails; 2 one asks what cannot be asked, and then its key is told."""
    spec.write_text(text)
    result = invoke("check")
    assert result.exit_code == code, result.output
    assert (code == 2) == ("key `run`" in result.stdout or "key `expect`" in result.stdout)


def test_allow_makes_every_other_warning_fail(spec: Path) -> None:
    """Told at the line of the command."""
    spec.write_text(WARNED + "allow = ['misaligned']")
    found = invoke_json("check")["checks"][0]
    assert [(problem["kind"], problem["key"], problem["line"]) for problem in found["problems"]] == [
        ("failed", "run", 4)
    ]
    assert "[degenerate-rate]" in found["problems"][0]["message"]


def test_the_spec_is_data(spec: Path) -> None:
    """No shell reads the command line: its signs are words that belong to nothing."""
    for line in (
        "aspp; touch made",
        "aspp && touch made",
        "$(touch made)",
        "`touch made`",
        "aspp > made",
        "aspp | touch made",
    ):
        spec.write_text(f"[[check]]\nrun = {line!r}")
        assert invoke("check").exit_code == 2
    assert [file.name for file in spec.parent.iterdir()] == ["pyramidcalc.toml"]


def test_several_files_are_one_run(spec: Path) -> None:
    """Each once, in the order given; a pyproject.toml is read at its section."""
    spec.write_text(GOOD)
    project = spec.with_name("pyproject.toml")
    project.write_text("[project]\nname = 'x'\n" + GOOD.replace("[[check]]", "[[tool.pyramidcalc.check]]"))
    found = invoke_json("check", "pyproject.toml", "pyramidcalc.toml", "pyproject.toml")
    assert [(each["file"], each["line"]) for each in found["checks"]] == [
        ("pyproject.toml", 4),
        ("pyramidcalc.toml", 2),
    ]


@pytest.mark.parametrize("files", [("d.toml", "./d.toml", "link.toml"), ("./d.toml", "link.toml", "d.toml")])
def test_one_file_under_several_names_is_judged_once(spec: Path, files: tuple[str, ...]) -> None:
    """Under the first of them."""
    spec.with_name("d.toml").write_text(GOOD)
    spec.with_name("link.toml").symlink_to("d.toml")
    assert [check["file"] for check in invoke_json("check", *files)["checks"]] == [files[0]]


def test_the_own_file_comes_before_the_project_file(spec: Path) -> None:
    """pyproject.toml is read where there is no pyramidcalc.toml."""
    spec.write_text(GOOD)
    spec.with_name("pyproject.toml").write_text("[tool.pyramidcalc]\ncheck = [{run = 'spp --input 5'}]")
    assert invoke("check").exit_code == 0
    spec.unlink()
    assert invoke("check").exit_code == 1


def test_json_has_every_number(spec: Path) -> None:
    """One object a check, with the lines of its expectations."""
    spec.write_text(GOOD + BAD.replace("1TB", "1M"))
    found = invoke_json("check")
    assert {key: found[key] for key in ("schema", "ok", "passed", "failed", "error")} == {
        "schema": 1,
        "ok": False,
        "passed": 1,
        "failed": 1,
        "error": 0,
    }
    good, bad = found["checks"]
    assert (good["name"], good["line"], good["result"], good["problems"]) == ("good", 2, "passed", [])
    assert good["verification"] is None
    assert [note["code"] for note in good["diagnostics"]] == ["batchnorm-1x1"]
    assert bad["run"].startswith("pyramidcalc aspp")
    assert [(each["expect"], each["ok"], each["line"]) for each in bad["expectations"]] == [
        ("output=256x9x8", False, 10),
        ("macs<=1M", False, 10),
        ("macs<=1G", True, 10),
    ]


def test_a_check_without_a_name_is_named_by_its_command(spec: Path) -> None:
    """Only `run` must be there; one that says nothing leaves the number of the check."""
    spec.write_text("[[check]]\nrun = ' conv'\n[[check]]\nrun = ' '")
    assert [check["name"] for check in invoke_json("check")["checks"]] == ["conv", "check 2"]


def test_the_projects_own_spec_passes() -> None:
    """The one in pyproject.toml, which CI runs."""
    result = invoke("check", str(ROOT / "pyproject.toml"))
    assert result.exit_code == 0, result.stdout
