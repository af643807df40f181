"""`check --update` rewrites expected values in place, and leaves all else as it is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import environment, invoke

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
SHORT = "[[check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n"
SHORT_UPDATED = SHORT.replace("1x1", "4x3")


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_only_values_change(spec: Path, newline: str) -> None:
    """Comments, order, spacing, quotes and line ends stay; the diff comes first."""
    spec.write_bytes(SPEC.replace("\n", newline).encode())
    result = invoke("check", "--update")
    assert spec.read_bytes().decode() == UPDATED.replace("\n", newline)
    difference, _, _ = result.stdout.partition("\ncheck ")
    assert [line for line in difference.splitlines() if line[0] in "+-"] == [
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
    "text",
    [
        "[tool.pyramidcalc]\ncheck = [{run = 'pool --input 3x8x6', expect = ['output=1x1']}] # x",
        "[tool]\npyramidcalc.check = [\n  {run = 'pool --input 3x8x6', expect = ['output=1x1']},\n]",
        "[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n[project]\na = 1",
        "[tool.a]\n[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n[tool.c]",
        "[tool.a]\nb = 1\n[project]\nn = 'x'\n[[tool.pyramidcalc.check]]\nrun = 'pool --input 3x8x6'\n"
        "expect = ['output=1x1']\n[tool.c]\n[other]",
    ],
)
def test_every_way_to_write_a_table(spec: Path, text: str) -> None:
    """Inline tables, dotted keys, tables out of order: only the value changes."""
    project = spec.with_name("pyproject.toml")
    project.write_text(text)
    assert invoke("check", "--update").exit_code == 0
    assert project.read_text() == text.replace("output=1x1", "output=4x3")


def test_what_cannot_be_asked_is_left_alone(spec: Path) -> None:
    """Only failed expectations are updated."""
    text = "[[check]]\nrun = 'conf'\nexpect = ['output=1x1']\n[[check]]\nrun = 'pool'\nexpect = ['macs', 'macs=1']\n"
    spec.write_text(text)
    assert invoke("check", "--update").exit_code == 2
    assert spec.read_text() == text.replace("macs=1", "macs=0")


def test_without_tomlkit_the_extra_is_named(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, exit code 2, and the file stays; to check alone it is not needed."""
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    spec.write_text(SPEC)
    assert invoke("check").exit_code == 1
    result = invoke("check", "--update")
    assert result.exit_code == 2
    assert "pip install 'pyramidcalc[check]'" in result.stderr
    assert spec.read_text() == SPEC


@pytest.mark.parametrize("loss", ["text", "error"])
def test_what_tomlkit_cannot_rewrite_stays(spec: Path, monkeypatch: pytest.MonkeyPatch, loss: str) -> None:
    """Its older releases lose tables, or refuse them: what they give is read again before it is written."""
    import tomlkit
    from tomlkit.exceptions import KeyAlreadyPresent

    def dumps(_: object) -> str:
        if loss == "error":
            raise KeyAlreadyPresent("check")
        return "[[check]]\nrun = 'conv'\n"

    monkeypatch.setattr(tomlkit, "dumps", dumps)
    spec.write_text(SPEC)
    result = invoke("check", "--update")
    assert result.exit_code == 2
    assert "Error: pyramidcalc.toml: --update cannot rewrite it without changing more; edit it by hand" in result.stderr
    assert spec.read_text() == SPEC


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_permissions_and_links_stay(spec: Path, mode: int) -> None:
    """What a link points to is written, in its own folder, and nothing else is left there."""
    folder = spec.parent / "folder"
    folder.mkdir()
    real = folder / "real.toml"
    real.write_text(SHORT)
    real.chmod(mode)
    spec.symlink_to("folder/real.toml")
    assert invoke("check", "--update").exit_code == 0
    assert os.readlink(spec) == "folder/real.toml"
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == (SHORT_UPDATED, mode)
    assert [file.name for file in folder.iterdir()] == ["real.toml"]


@pytest.mark.parametrize("form", ["table", "github"])
def test_a_file_that_cannot_be_written_stays_as_it_was(spec: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """One sentence with the reason, exit code 2, and nothing left behind."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    spec.write_text(SHORT)
    monkeypatch.setattr(os, "replace", full)
    result = invoke("check", "--update", "--format", form)
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: pyramidcalc.toml: cannot write it: No space left on device; it stays as it was\n"
    )
    assert ("::error file=pyramidcalc.toml,title=pyramidcalc check::cannot" in result.stdout) == (form == "github")
    assert spec.read_text() == SHORT
    assert [file.name for file in spec.parent.iterdir()] == [spec.name]


def test_a_spec_from_a_pipe_is_not_written() -> None:
    """There is no file to replace."""
    command = [sys.executable, "-m", "pyramidcalc", "check", "/dev/stdin", "--update"]
    done = subprocess.run(command, env=environment(), input=SHORT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Error: /dev/stdin: cannot write it: " in done.stderr) == (2, True)
