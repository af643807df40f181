"""The program as a process: start-up, pipes, terminals, encodings, interrupts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import environment, invoke, process, read_all

ASPP = ["aspp", "--rate", "6", "12", "18", "--input", "64x64"]
MODULES = """
import runpy, sys
sys.argv = ["pyramidcalc", *{args!r}]
try:
    runpy.run_module("pyramidcalc", run_name="__main__")
finally:
    print(*sys.modules, file=sys.stderr)
"""
SLOW = """
import sys, time
from pyramidcalc.cli import main, show
sys.argv = ["pyramidcalc", "aspp"]
show.write = lambda *_: (print("started", flush=True), time.sleep(30))
main.main()
"""
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, pipes and terminals as POSIX has them")


def without_escapes(text: str) -> str:
    """The text less its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """A finished Python process."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, env=environment(), text=True, check=False, timeout=60
    )


PLAIN = {"rich", "torch", "numpy", "dataclasses", "difflib"}
"""What other formats than tables need not."""


@pytest.mark.parametrize(
    ("args", "present", "absent"),
    [
        ([*ASPP, "--format", "json"], "click", PLAIN),
        ([*ASPP, "--format", "csv"], "click", PLAIN),
        (["conv", "--format", "markdown"], "click", PLAIN),
        (ASPP, "rich", {"torch", "numpy", "difflib", "pyramidcalc.blocks.spp"}),
        (["list"], "rich", {"torch", "numpy", "difflib"}),
        (["reach", "spp"], "rich", {"torch", "numpy", "difflib"}),
        (["spp", "--input", "5"], "rich", {"torch", "numpy", "difflib"}),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else "",
)
def test_a_command_brings_in_what_it_needs(args: list[str], present: str, absent: set[str]) -> None:
    """Other formats than tables start on click alone; a table needs no torch; an architecture only its own file."""
    modules = set(run("-c", MODULES.format(args=args)).stderr.splitlines()[-1].split())
    assert present in modules
    assert not modules & absent
    assert args != ASPP or not [name for name in modules if name.startswith("pyramidcalc.cli.commands.")]


def test_module_and_exit_codes() -> None:
    """python -m pyramidcalc; the code is the verdict."""
    codes = [process(*args).returncode for args in (ASPP, ["spp", "--input", "5"], ["spp", "--input", "0"])]
    assert codes == [0, 1, 2]


@pytest.mark.parametrize(
    "changes", [{}, {"COLUMNS": "20", "FORCE_COLOR": "1", "NO_COLOR": "1"}, {"COLUMNS": "20", "TERM": "dumb"}]
)
def test_a_pipe_gets_whole_lines_whatever_the_environment(changes: dict[str, str]) -> None:
    """The width is what the table needs; no line ends in blanks."""
    text = without_escapes(process(*ASPP, **changes).stdout)
    assert text == invoke(*ASPP).stdout
    assert "  Conv2d 3×3, padding 18, dilation 18 + BatchNorm2d + ReLU\n" in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_force_color_colours_a_pipe_and_no_color_does_not() -> None:
    """Both are read as everywhere."""
    assert "\x1b[" in process("aspp", "--input", "9", FORCE_COLOR="1").stdout
    assert "\x1b[3" not in process("aspp", "--input", "9", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (ASPP, ["2048x64x64", "Conv2d 3x3, padding 6, dilation 6", "global (37x37) pixels"]),
        (["conv", "--input", "3x9x7"], ["floor((n + lo + hi - d*(k - 1) - 1)/s) + 1", "3x7x5 (conv)"]),
        (["conv", "--dims", "3", "--format", "markdown"], ["output (CxDxHxW)", "3x14x110x110"]),
        (["reach", "conv", "--format", "markdown"], ["rows 111-113, columns 111-113 (3x3)"]),
        (["sizes", "vgg16", "--to", "40"], ["floor(W/32)", "32-40 (9 from 1 to 40)"]),
        (["spp", "--input", "5"], ["more than half the window"]),
        (["erf", "conv", "--input", "9x7"], ["input rows     @@@  3-5"]),
        (["conv", "--format", "json"], ["\\u230a(n + lo"]),
    ],
    ids=lambda item: " ".join(item[:4]),
)
def test_an_ascii_terminal_gets_plain_signs(args: list[str], parts: list[str]) -> None:
    """x for ×, - for –, words for brackets: no escape and no traceback."""
    done = process(*args, PYTHONIOENCODING="ascii")
    assert "Traceback" not in done.stderr
    assert "\\x" not in done.stdout
    assert "\\u" not in done.stdout or "json" in args
    assert not [part for part in parts if part not in done.stdout]


def test_what_is_not_ours_is_escaped() -> None:
    """A value of the user's that an ASCII terminal lacks."""
    done = process("sweep", "resize --mode {m}", "--set", "m=☃,area", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\\u2603") == 3


def in_terminal(*args: str, rows: int, columns: int) -> str:
    """What a terminal of some size gets from `pyramidcalc args…`, without colours; its pager is cat, behind a word."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = [sys.executable, "-m", "pyramidcalc", *args]
    changes = environment(NO_COLOR="1", TERM="xterm", PAGER="cat -n")
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=changes) as running:
        os.close(theirs)
        text = without_escapes(read_all(ours))
        assert running.wait() == 0
    return text


@posix
@pytest.mark.parametrize("columns", [40, 80, 132])
def test_a_terminal_folds_at_its_width(columns: int) -> None:
    """In a real terminal no line is wider than it is, and COLUMNS is not needed."""
    text = in_terminal(*ASPP, rows=200, columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert "61,472,243,712" in text


@posix
def test_a_table_longer_than_the_terminal_gets_a_pager() -> None:
    """Totals first there; last, without a pager, where the terminal is higher or --no-pager says so."""
    paged = in_terminal("speed", rows=24, columns=80).splitlines()
    assert paged[0].split()[:2] == ["1", "input"]
    for args, rows in ((["speed"], 80), (["speed", "--no-pager"], 24)):
        lines = in_terminal(*args, rows=rows, columns=80).splitlines()
        assert lines[0].split()[0] == "layer"
        assert any(line.startswith("MACs ") for line in lines)


@posix
@pytest.mark.parametrize("args", [ASPP, [*ASPP, "--format", "json"], ["--help"], ["list"]], ids=lambda args: args[-1])
def test_a_closed_pipe_ends_quietly(args: list[str]) -> None:
    """As with `| head -1`: nothing on stderr, 128 + SIGPIPE."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = run("-m", "pyramidcalc", *args, stdout=theirs)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    """One sentence, exit code 1."""
    with open("/dev/full", "w") as full:
        done = run("-m", "pyramidcalc", "conv", stdout=full.fileno())
    assert (done.returncode, done.stderr) == (1, "Error: cannot write the result: No space left on device\n")


@posix
def test_ctrl_c_ends_quietly() -> None:
    """128 + SIGINT, no traceback, no `Aborted!`."""
    command, pipe = [sys.executable, "-c", SLOW], subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment(), text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=30)
    assert (running.returncode, stderr.strip()) == (130, "")
