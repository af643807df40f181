"""`pyramidcalc sweep` as a process: it ends well whatever happens to it, its terminal or its reader."""

from __future__ import annotations

import csv
import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from contextlib import closing
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.answer import Answer, write
from pyramidcalc.cli.commands.sweep import Sweep
from pyramidcalc.cli.interrupts import Stop
from tests.cli.conftest import environment, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

SWEEP = ("sweep", "conv --stride {s} --input {n}x{n}", "--set", "s=1..16", "--set", "n=33..30000")
COUNT = 16 * 29_968
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes as POSIX has them")
jobs = pytest.mark.parametrize("jobs", ["1", "2"])

ROWS: dict[str, Callable[[str], int]] = {
    "csv": lambda text: len([row for row in csv.DictReader(text.splitlines()) if row["MACs"].isdigit()]),
    "json": lambda text: len(json.loads(text)["rows"]),
    "table": lambda text: len([line for line in text.splitlines() if line[:1].isdigit()]),
}
"""Format → how many rows a whole text of that format holds."""


def start(*args: str, stdout: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    """A long sweep in a process group of its own, which writes each row at once."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "pyramidcalc", *SWEEP, *args],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        start_new_session=True,
    )


def started(jobs: str) -> subprocess.Popen[str]:
    """A long sweep in CSV, past its first row."""
    running = start("--format", "csv", "--jobs", jobs)
    assert running.stdout is not None
    assert "parameters" in running.stdout.readline()
    assert ",84," in running.stdout.readline()
    return running


def assert_nothing_is_left(group: int) -> None:
    """The processes of a group end soon."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("processes of the pool are left")


@posix
@jobs
@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_ctrl_c_writes_whole_what_is_finished(form: str, jobs: str, tmp_path: Path) -> None:
    """The file is valid and says how far the work came; exit code 130, no traceback, no process left.

    The whole group is interrupted, as a terminal does it, while processes work.
    """
    with open(tmp_path / "rows", "w+", encoding="utf-8") as file:
        running = start("--format", form, "--jobs", jobs, stdout=file)
        while not os.path.getsize(file.name) and running.poll() is None:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        _, stderr = running.communicate(timeout=60)
        # The sweep wrote through the same offset.
        file.seek(0)
        text = file.read()
    assert running.returncode == 130
    message = re.fullmatch(r"interrupted after ([\d,]+) of ([\d,]+) rows\n", stderr)
    assert message is not None, stderr
    done, count = (int(number.replace(",", "")) for number in message.groups())
    assert (ROWS[form](text), count) == (done, COUNT)
    assert done > 0
    assert form != "json" or json.loads(text)["interrupted_after"] == done
    assert form != "table" or f"{COUNT - done:,} not worked out" in text
    assert_nothing_is_left(running.pid)


@posix
@jobs
def test_the_end_of_a_job_is_told_too(jobs: str) -> None:
    """A termination of all processes, as `timeout` sends it, ends the rows; 128 + SIGTERM."""
    with started(jobs) as running:
        os.killpg(running.pid, signal.SIGTERM)
        _, stderr = running.communicate(timeout=60)
    assert (running.returncode, stderr.partition(" after ")[0]) == (143, "interrupted")
    assert_nothing_is_left(running.pid)


@posix
def test_a_process_that_is_killed_ends_the_sweep() -> None:
    """What was finished before stands; exit code 1 and no traceback."""
    with started("2") as running:
        children = subprocess.run(
            ["ps", "-ww", "-o", "pid,args", "--ppid", str(running.pid)], capture_output=True, text=True, check=True
        )
        worker = next(line.split()[0] for line in children.stdout.splitlines() if "spawn_main" in line)
        os.kill(int(worker), signal.SIGKILL)
        _, stderr = running.communicate(timeout=60)
    assert running.returncode == 1
    assert re.fullmatch(r"a process was killed after [\d,]+ of 479,488 rows\n", stderr)
    assert_nothing_is_left(running.pid)


@posix
@jobs
def test_a_reader_that_goes_away_ends_the_sweep(jobs: str) -> None:
    """As with `| head`: 128 + SIGPIPE, and no process is left."""
    with started(jobs) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(timeout=60) == 141
    assert_nothing_is_left(running.pid)


@posix
@jobs
def test_a_progress_bar_on_stderr_takes_no_row(jobs: str, tmp_path: Path) -> None:
    """stderr a terminal, stdout a file: the bar is drawn, and every row is in the file."""
    import pty

    ours, theirs = pty.openpty()
    command = ["sweep", "conv --stride {s} --input {n}", "--set", "s=1,2", "--set", "n=33..532", "--format", "csv"]
    with open(tmp_path / "rows.csv", "w+", encoding="utf-8") as file:
        arguments = [sys.executable, "-m", "pyramidcalc", *command, "--jobs", jobs]
        with subprocess.Popen(arguments, stdout=file, stderr=theirs, env=environment(TERM="xterm")) as running:
            os.close(theirs)
            bar = read_all(ours)
            assert running.wait() == 0
        file.seek(0)
        assert len(file.readlines()) == 1 + 2 * 500
    assert "rows" in bar
    assert ",84," not in bar


class Probe(StringIO):
    """A place to write to that measures the memory in use after some lines, and forgets what is written."""

    def __init__(self, *lines: int) -> None:
        super().__init__()
        self.lines, self.count, self.sizes = lines, 0, list[int]()

    def write(self, text: str) -> int:
        for _ in range(text.count("\n")):
            self.count += 1
            if self.count in self.lines:
                gc.collect()
                self.sizes.append(tracemalloc.get_traced_memory()[0])
        return len(text)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_memory_does_not_grow_with_the_rows(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a row is kept: a row holds some kilobytes."""
    sweep, probe = Sweep("conv --stride {s} --input {n}", ["s=1..10", "n=33..52"]), Probe(50, 190)
    monkeypatch.setattr(sys, "stdout", probe)
    tracemalloc.start()
    with Stop() as stop, closing(sweep.rows(1, stop)) as rows:
        write(Answer(sweep.columns, rows, (), lambda: sweep.to_dict(rows)), form)
    tracemalloc.stop()
    early, late = probe.sizes
    assert late - early < 100 * 140


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_processes_are_given_some_rows_at_a_time() -> None:
    """Half a million rows take no more memory than what is worked out ahead."""
    with started("2") as running:
        with open(f"/proc/{running.pid}/status", encoding="utf-8") as status:
            (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read())
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert int(peak) < 60 * 1024
