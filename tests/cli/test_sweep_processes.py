"""`pyramidcalc sweep` as a process: it ends well whatever happens to it, its terminal or its reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import environment
from tests.cli.test_process import read_all

if TYPE_CHECKING:
    from pathlib import Path

ASPP = ("sweep", "aspp --rate {r} --input 16x{n}x{n}")
LONG = (*ASPP, "--set", "r=1..16", "--set", "n=33..30000")
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes as POSIX has them")


def started(*args: str, lines: int = 3) -> subprocess.Popen[str]:
    """A long sweep in a process group of its own, past its first lines."""
    running = subprocess.Popen(
        [sys.executable, "-m", "pyramidcalc", *LONG, "--format", "csv", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    for _ in range(lines):
        assert running.stdout.readline()
    return running


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("whole_group", [True, False])
@pytest.mark.parametrize("lines", [1, 3])
def test_ctrl_c_ends_quietly(jobs: str, whole_group: bool, lines: int) -> None:
    """128 + SIGINT and nothing on stderr, also where a terminal interrupts processes that have only started."""
    with started("--jobs", jobs, lines=lines) as running:
        (os.killpg if whole_group else os.kill)(running.pid, signal.SIGINT)
        _, stderr = running.communicate(timeout=30)
    assert (running.returncode, stderr.strip()) == (130, "")


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_goes_away_ends_the_sweep(jobs: str) -> None:
    """As with `| head`: 128 + SIGPIPE, and no process is left."""
    with started("--jobs", jobs) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""
        assert running.wait(timeout=30) == 141


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_progress_bar_on_stderr_takes_no_row(jobs: str, tmp_path: Path) -> None:
    """stderr a terminal, stdout a file: the bar is drawn, and every row is in the file."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pyramidcalc", *ASPP, "--set", "r=1..3", "--set", "n=33..5000", "--format", "csv"]
    with open(tmp_path / "rows.csv", "w+", encoding="utf-8") as file:
        changes = {"TERM": "xterm"}
        with subprocess.Popen(
            [*command, "--jobs", jobs], stdout=file, stderr=theirs, env=environment(**changes)
        ) as run:
            os.close(theirs)
            drawn = read_all(ours)
            assert run.wait() == 0
        file.seek(0)
        assert len(file.readlines()) == 1 + 3 * 4968
    assert "rows" in drawn
    assert "256×" not in drawn


@posix
def test_processes_end_with_the_one_that_started_them() -> None:
    """Also where that was killed outright: the group is empty soon after."""
    with started("--jobs", "2") as running:
        running.kill()
        running.communicate(timeout=30)
        for _ in range(100):
            try:
                os.killpg(running.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)
    pytest.fail("processes of the pool are left")
