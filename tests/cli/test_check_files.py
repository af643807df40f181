"""Specs that cannot be read: exit code 2 and one sentence with file, line and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

OWN, PROJECT = "pyramidcalc.toml", "pyproject.toml"
WHERE = "write [[check]] tables in pyramidcalc.toml, or [[tool.pyramidcalc.check]] tables in pyproject.toml"
NONE = f"it must hold tables of checks and nothing else; {WHERE}"
RULE = "write `run` and `name` as strings, `expect` and `allow` as arrays of strings, `verify` as true or false"
PIECES = [
    "[[check]]",
    "[check]",
    "[tool",
    "run = 'conv'",
    "run = ''",
    "expect = ['macs=0', 'x']",
    "verify = 1",
    "]",
    "'",
]


@pytest.mark.parametrize(
    ("name", "text", "line", "sentence"),
    [
        (OWN, "", None, NONE),
        (OWN, "\ncheck = []", None, NONE),
        (OWN, "check = 3", None, NONE),
        (OWN, "check = [1]", None, NONE),
        (OWN, "[check]\nrun = 'aspp'", None, NONE),
        (OWN, "[[check]]\nrun = aspp\n", 2, "it is no TOML: Invalid value"),
        (OWN, "[[check]]\nrun = 'aspp'\nrun = 'spp'\n", 3, "it is no TOML: Cannot overwrite a value"),
        (OWN, "[[check]]\nexpect = [\n'a'\n", None, "it is no TOML: Unclosed array (at end of document)"),
        (OWN, "a = " + "[" * 100_000, None, "it is no TOML"),
        (OWN, "title = 1", None, NONE),
        (OWN, "[[checks]]\nrun = 'aspp'", None, NONE),
        (OWN, "title = 1\n[[check]]\nrun = 'aspp'", None, NONE),
        (OWN, "[[tool.pyramidcalc.check]]\nrun = 'aspp'", None, NONE),
        (OWN, "[[check]]\nname = 'x'", 1, "check 1: there is no `run`; give a command line, 'aspp --rate 6 12'"),
        (OWN, "[[check]]\nrun = 'aspp'\n\n[[check]]\nrum = 'aspp'", 5, f"check 2: key 'rum' does not fit; {RULE}"),
        (OWN, "[[check]]\nrun = 'aspp'\n[check.sub]\na = 1", 1, "check 1: key 'sub' does not fit"),
        (OWN, "[[check]]\nrun = 3", 2, f"check 1: key 'run' does not fit; {RULE}"),
        (OWN, "[[check]]\nrun = 'aspp'\nname = 1.5", 3, "key 'name' does not fit"),
        (OWN, "[[check]]\nrun = 'aspp'\nexpect = 'macs=1'", 3, "key 'expect' does not fit"),
        (OWN, "[[check]]\nrun = ''\nexpect = [\n'a',\n1,\n]", 3, "key 'expect' does not fit"),
        (OWN, "[[check]]\nrun = 'aspp'\nallow = {a = 1}", 3, "key 'allow' does not fit"),
        (OWN, "[[check]]\nrun = 'aspp'\nverify = 1", 3, "key 'verify' does not fit"),
        (OWN, "[[check]]\nrun = 'aspp'\nverify = 'yes'", 3, "key 'verify' does not fit"),
        (
            OWN,
            "[[check]]\nrun = 'aspp'\nallow = [\n'misaligned',\n'dspp-gird']",
            5,
            "no code 'dspp-gird'; did you mean",
        ),
        (OWN, "[[check]]\nrun = 'aspp'\nallow = ['nonsense']", 3, "no code 'nonsense'; there are batchnorm-1x1, ch"),
        (PROJECT, "[project]\nname = 'x'", None, NONE),
        (PROJECT, "[tool.pyramidcalc]", None, NONE),
        (PROJECT, "[tool]\npyramidcalc = 3", None, NONE),
        (PROJECT, "[[check]]\nrun = 'aspp'", None, NONE),
        (PROJECT, "[tool.pyramidcalc]\nchek = 1", None, NONE),
        (PROJECT, "[project]\nrun = 1\n[[tool.pyramidcalc.check]]\nrun = 1", 4, "check 1: key 'run' does not fit"),
    ],
)
def test_broken_specs(spec: Path, name: str, text: str, line: int | None, sentence: str) -> None:
    """One sentence, which starts with the place."""
    spec.with_name(name).write_text(text)
    result = invoke("check")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {name}:{line}: " if line else f"Error: {name}: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_no_spec_at_all(spec: Path) -> None:
    """It is said what to write, and where."""
    result = invoke("check")
    assert result.exit_code == 2
    assert "cannot read it: " in result.stderr
    assert WHERE in result.stderr


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("name", ["missing.toml", "", ".", "\udcff"])
def test_files_that_cannot_be_opened(name: str) -> None:
    """Exit code 2 with the system's reason."""
    result = invoke("check", name)
    assert result.exit_code == 2
    assert "cannot read it: " in result.stderr


def test_other_encodings_are_refused(spec: Path) -> None:
    """TOML is UTF-8."""
    spec.write_bytes("# a\n# é\n".encode("latin-1"))
    assert "Error: pyramidcalc.toml: it is no TOML: 'utf-8' codec can't decode byte 0xe9" in invoke("check").stderr


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=9)), max_size=6).map("\n".join), st.booleans())
def test_no_spec_ends_in_a_traceback(spec: Path, text: str, github: bool) -> None:
    """It is run, or refused in one sentence that names the file."""
    spec.write_bytes(text.encode(errors="replace"))
    result = invoke("check", "--format", "github" if github else "table")
    assert result.exit_code in (0, 1, 2)
    assert result.stderr == "" or (result.exit_code == 2 and result.stderr.startswith("Error: pyramidcalc.toml:"))
