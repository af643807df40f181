"""Specs that cannot be read: exit code 2 with file, line and key, whatever the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

ARRAY = "key `expect` must be an array of strings, not"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", None, "there is nothing to check: no [[check]]"),
        ("\ncheck = []", 2, "there is nothing to check"),
        ("[[check]]\nrun = 'aspp", 2, "it is no TOML"),
        ("[[check]]\nrun = 'aspp'\nrun = 'spp'", 3, "it is no TOML"),
        ("[[check]]\nexpect = [\n'a'\n", 3, "it is no TOML"),
        ("\n\ntitle = 1", 3, "unknown key 'title'"),
        ("[[checks]]\nrun = 'aspp'", 1, "unknown key 'checks'; did you mean check?"),
        ("# x\ncheck = 3", 2, "key `check` must be an array of tables"),
        ("[check]\nrun = 'aspp'", 1, "key `check` must be an array of tables"),
        ("check = [1]", 1, "key `check` must be an array of tables"),
        ("[[check]]\nname = 'x'", 1, "check 1: key `run` is missing"),
        ("[[check]]\nrun = 'aspp'\n\n[[check]]\nrum = 'aspp'", 5, "check 2: unknown key 'rum'; did you mean run?"),
        ("[[check]]\nrun = 3", 2, "check 1: key `run` must be a string, not a whole number"),
        ("[[check]]\nrun = 'aspp'\nname = 1.5", 3, "key `name` must be a string, not a number"),
        ("[[check]]\nrun = 'aspp'\nexpect = 'macs=1'", 3, f"{ARRAY} a string"),
        ("[[check]]\nrun = ''\nexpect = [\n'a',\n# b\n[],\n]", 6, f"{ARRAY} an array with an array"),
        ("[[check]]\nrun = 'aspp'\nallow = {a = 1}", 3, "key `allow` must be an array of strings, not a table"),
        ("[[check]]\nrun = 'aspp'\nverify = 1", 3, "key `verify` must be true or false, not a whole number"),
        ("[[check]]\nrun = 'aspp'\nverify = 1979-05-27", 3, "must be true or false, not a date or time"),
        ("[[check]]\nrun = 'aspp'\nname = ''", 3, "check 1: key `name` is '', which names nothing; leave it out"),
        ("[[check]]\nrun = 'aspp'\nname = '  '", 3, "which names nothing"),
        (
            "[[check]]\nrun = 'aspp'\nallow = [\n'misaligned',\n'dspp-gird']",
            5,
            "`allow`: there is no code 'dspp-gird'; did",
        ),
        ("[[check]]\nrun = 'aspp'\nallow = ['nonsense']", 3, "no code 'nonsense'; there are batchnorm-1x1, channel-m"),
        ("[[tool.pyramidcalc.check]]\nrun = 'aspp'", 1, "unknown key 'tool'; [[tool.pyramidcalc.check]] is for pyp"),
        ("[tool.pyramidcalc]\ncheck = []", 1, "pyproject.toml, in pyramidcalc.toml write [[check]]"),
        ("[[check]]\nrun = 'aspp'\n[check.sub]\na = 1", 3, "unknown key 'sub'"),
        ("[[check]]\nrun = 'aspp'\nsub.a.b = 1", 3, "unknown key 'sub'"),
        ('[[check]]\nrun = """\n\n"""\nverify = "x"', 5, "key `verify`"),
        ("[[check]]\nverify = " + "9" * 5000, 2, "it is no TOML that can be read"),
        ("a = " + "[" * 100_000, 1, "it is no TOML that can be read: nested too deeply"),
        ("a" + ".a" * 900 + " = 1", 1, "unknown key 'a'"),
        ("\na" + ".a" * 100_000 + " = 1", 2, "more than 1000 dots"),
    ],
)
def test_broken_specs_are_told_with_file_line_and_key(spec: Path, text: str, line: int | None, told: str) -> None:
    """One sentence."""
    spec.write_text(text)
    result = invoke("check")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: pyramidcalc.toml:{line}: " if line else "Error: pyramidcalc.toml: ")
    assert told in result.stderr
    assert len(result.stderr) < 600


def test_project_files(spec: Path) -> None:
    """What is wrong in pyproject.toml is told with its whole key."""
    project = spec.with_name("pyproject.toml")
    cases = {
        "[tool.pyramidcalc]": "pyproject.toml:1: there is nothing to check: no [[tool.pyramidcalc.check]]",
        "[tool]\npyramidcalc = 3": "pyproject.toml:2: key `tool.pyramidcalc` must be a table, not a whole number",
        "[tool.pyramidcalc]\n\nchek = 1": "pyproject.toml:3: unknown key 'chek'; did you mean check?",
        "[[tool.pyramidcalc.check]]\nrun = 1": "pyproject.toml:2: check 1: key `run` must be a string",
        "[tool.pyramidcalc]\ntool = 1": "pyproject.toml:2: unknown key 'tool'; there is check",
        "[tool": "pyproject.toml:1: it is no TOML",
    }
    for text, told in cases.items():
        project.write_text(text)
        result = invoke("check")
        assert result.exit_code == 2
        assert told in result.stderr


def test_no_spec_at_all(spec: Path) -> None:
    """What is looked for is named; a pyproject.toml of others is none."""
    assert "there is no pyramidcalc.toml here" in invoke("check").stderr
    spec.with_name("pyproject.toml").write_text("[project]\nname = 'x'")
    result = invoke("check")
    assert result.exit_code == 2
    assert "no [tool.pyramidcalc] in a pyproject.toml" in result.stderr
    assert "write [[check]] tables in the one, [[tool.pyramidcalc.check]] tables in the other" in result.stderr
    told = "pyproject.toml: there is no [tool.pyramidcalc]; write [[tool.pyramidcalc.check]] tables in it"
    assert told in invoke("check", "pyproject.toml").stderr


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("name", ["missing.toml", "", ".", "a\x00b", "\udcff", "no/such/folder.toml"])
def test_files_that_cannot_be_opened(name: str) -> None:
    """Exit code 2 with the name."""
    result = invoke("check", name)
    assert result.exit_code == 2
    assert "cannot read it" in result.stderr


def test_other_files(spec: Path) -> None:
    """Bytes that are no text, and more of them than any spec has."""
    spec.write_bytes(b"# a\n# \xff\n")
    assert "pyramidcalc.toml:2: it is not UTF-8" in invoke("check").stderr
    spec.write_bytes(b"#" * 4_000_001)
    assert "it has more than 4,000,000 bytes" in invoke("check").stderr


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_the_text(spec: Path, end: str) -> None:
    """As some editors write it; lines are those without it, also where something is wrong."""
    spec.write_bytes(end.join(["\ufeff[[check]]", "run = 'conv'"]).encode())
    assert invoke("check").exit_code == 0
    spec.write_bytes(end.join(["\ufeff[[check]]", "run = 'conv'", "name = 1"]).encode())
    assert "pyramidcalc.toml:3: check 1: key `name` must be a string" in invoke("check").stderr
    spec.write_bytes(end.join(["\ufeff[[check]]", "run = \ufeff'conv'"]).encode())
    assert "pyramidcalc.toml:2: it is no TOML" in invoke("check").stderr
