"""`check --update` writes a file whole or not at all, and leaves alone what is not about its values."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.checking import saving
from tests.cli.conftest import environment, invoke

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tomlkit", reason="--update writes with tomlkit")
resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")

SPEC = "[[check]]\nrun = 'pool --input 3x8x6'\nexpect = ['output=1x1']\n"
UPDATED = SPEC.replace("1x1", "4x3")
LARGE = "# no comment\n" * 300
LIMIT = 1024


def limited(*args: str) -> subprocess.CompletedProcess[str]:
    """`pyramidcalc check --update args…`, which can write no file of more than `LIMIT` bytes."""
    return subprocess.run(
        [sys.executable, "-m", "pyramidcalc", "check", "--update", *args],
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT)),
    )


def test_a_file_that_does_not_fit_stays_as_it_was(spec: Path) -> None:
    """The diff first, then one sentence, exit code 2, the results of what stands there, and nothing left behind."""
    spec.write_text(LARGE + SPEC)
    done = limited()
    assert done.returncode == 2
    assert done.stderr == (
        "Error: pyramidcalc.toml: cannot write it: File too large; "
        "it stays as it was (a new file has to fit into its folder first)\n"
    )
    assert "0 of 1 passed, 1 failed" in done.stdout
    assert done.stdout.startswith("--- pyramidcalc.toml\n+++ pyramidcalc.toml\n")
    assert spec.read_text() == LARGE + SPEC
    assert [file.name for file in spec.parent.iterdir()] == [spec.name]


def test_one_file_that_cannot_be_written_does_not_stop_the_rest(spec: Path) -> None:
    """The others are written and judged anew."""
    for name in "abc":
        spec.with_name(f"{name}.toml").write_text(LARGE * (name == "b") + SPEC)
    done = limited("a.toml", "b.toml", "c.toml", "--format", "json")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: b.toml: cannot write it: File too large")
    found = json.loads(done.stdout)["checks"]
    assert [(check["file"], check["result"]) for check in found] == [
        ("a.toml", "passed"),
        ("b.toml", "failed"),
        ("c.toml", "passed"),
    ]
    assert [spec.with_name(f"{name}.toml").read_text() for name in "abc"] == [UPDATED, LARGE + SPEC, UPDATED]


def test_github_annotates_a_file_that_cannot_be_written(spec: Path) -> None:
    """The sentence of stderr, without a line."""
    spec.write_text(LARGE + SPEC)
    lines = limited("--format", "github").stdout.splitlines()
    assert lines[-1].startswith(
        "::error file=pyramidcalc.toml,title=pyramidcalc check::cannot write it: File too large"
    )


@pytest.mark.parametrize("step", ["chmod", "replace"])
def test_an_interrupt_leaves_the_file_and_nothing_else(spec: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Before the new file has taken the old one's place."""

    def interrupt(*_: object) -> None:
        assert len(list(spec.parent.iterdir())) == 2
        raise KeyboardInterrupt

    spec.write_text(SPEC)
    monkeypatch.setattr(os, step, interrupt)
    assert invoke("check", "--update").exit_code == 1
    assert spec.read_text() == SPEC
    assert [file.name for file in spec.parent.iterdir()] == [spec.name]


def test_what_somebody_writes_while_checks_run_is_kept(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays as it is then, and nothing else is left."""
    spec.write_text(SPEC)
    later = SPEC + "[[check]]\nrun = 'spp'\n"
    monkeypatch.setattr(saving, "keep_mode_and_owner", lambda *_: spec.write_text(later))
    result = invoke("check", "--update")
    assert result.exit_code == 2
    assert "has changed since it was read, and stays as it is; run --update again" in result.stderr
    assert spec.read_text() == later
    assert [file.name for file in spec.parent.iterdir()] == [spec.name]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_the_mode_stays(spec: Path, mode: int) -> None:
    """Whatever a new file would have."""
    spec.write_text(SPEC)
    spec.chmod(mode)
    assert invoke("check", "--update").exit_code == 0
    assert stat.S_IMODE(spec.stat().st_mode) == mode
    assert spec.read_text() == UPDATED


def test_a_link_stays_a_link(spec: Path) -> None:
    """What it points to is written, in its own folder."""
    folder = spec.parent / "folder"
    folder.mkdir()
    (folder / "real.toml").write_text(SPEC)
    spec.symlink_to("folder/real.toml")
    assert invoke("check", "--update").exit_code == 0
    assert os.readlink(spec) == "folder/real.toml"
    assert (folder / "real.toml").read_text() == UPDATED
    assert sorted(file.name for file in spec.parent.rglob("*")) == ["folder", "pyramidcalc.toml", "real.toml"]


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("ends", [("\n", "\n"), ("\r\n", "\r\n"), ("\n", "\r\n")])
def test_line_ends_and_a_byte_order_mark_stay(spec: Path, start: str, ends: tuple[str, str]) -> None:
    """Those of Windows, and of both in one file."""
    text = "".join(line + ends[number % 2] for number, line in enumerate(SPEC.splitlines()))
    spec.write_bytes((start + text).encode())
    assert invoke("check", "--update").exit_code == 0
    assert spec.read_bytes().decode() == start + text.replace("1x1", "4x3")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_what_is_read_only_stays(spec: Path, locked: str) -> None:
    """A file that is not to be written, and a folder in which no file can be made."""
    spec.write_text(SPEC)
    path = spec if locked == "file" else spec.parent
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(before & ~0o222)
    try:
        result = invoke("check", "--update")
    finally:
        path.chmod(before)
    assert result.exit_code == 2
    told = "it is read-only" if locked == "file" else "Permission denied; it stays as it was"
    assert f"Error: pyramidcalc.toml: cannot write it: {told}" in result.stderr
    assert spec.read_text() == SPEC


def test_what_is_no_file_is_not_written(spec: Path) -> None:
    """A spec from a pipe is judged, and its update refused."""
    done = subprocess.run(
        [sys.executable, "-m", "pyramidcalc", "check", "/dev/stdin", "--update"],
        env=environment(),
        input=SPEC,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Error: /dev/stdin: cannot write it: it is no regular file" in done.stderr
    assert "0 of 1 passed" in done.stdout


def test_the_diff_shows_lines_as_they_are(spec: Path) -> None:
    """Tabs and wide spaces stay; what a terminal would obey is escaped."""
    spec.write_text(
        SPEC.replace("\nexpect = ['output=1x1']", "\nexpect = [\n\t'output=1x1',\t#\u3000\u202eodd\u2028\x85\n]"),
        encoding="utf-8",
    )
    lines = invoke("check", "--update").stdout.split("\n")
    assert "-\t'output=1x1',\t#\u3000\\u202eodd\\u2028\\x85" in lines
    assert "+\t'output=4x3',\t#\u3000\\u202eodd\\u2028\\x85" in lines
