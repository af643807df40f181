"""The program as a process: start-up, pipes, terminals, interrupts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import environment, invoke, process

ASPP = ["aspp", "--rate", "6", "12", "18", "--input", "64x64"]
IMPORTS = """
import sys
from pyramidcalc.cli.main import main
sys.argv = ["pyramidcalc", *{args!r}]
try:
    main()
finally:
    print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def without_escapes(text: str) -> str:
    """The text less its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def imported(*args: str) -> set[str]:
    """Top-level modules that a command brings in."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS.format(args=args)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "args", [[*ASPP, "--format", "json"], [*ASPP, "--format", "csv"], ["conv", "--format", "markdown"]]
)
def test_formats_other_than_tables_need_neither_rich_nor_torch(args: list[str]) -> None:
    """JSON, CSV and Markdown start on click alone."""
    found = imported(*args)
    assert "click" in found
    assert not found & {"rich", "torch", "numpy", "dataclasses", "difflib", "importlib_metadata"}


@pytest.mark.parametrize("args", [ASPP, ["list"], ["reach", "spp"], ["spp", "--input", "5"]])
def test_a_table_needs_no_torch(args: list[str]) -> None:
    """rich is there, torch is not."""
    found = imported(*args)
    assert "rich" in found
    assert not found & {"torch", "numpy", "difflib"}


def test_a_command_imports_only_its_own_file() -> None:
    """aspp does not bring in the other blocks or tools."""
    code = IMPORTS.format(args=[*ASPP, "--format", "json"]).replace('.partition(".")[0]', "")
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    found = done.stderr.split()
    assert "pyramidcalc.blocks.aspp" in found
    assert "pyramidcalc.blocks.spp" not in found
    assert not [name for name in found if name.startswith(("pyramidcalc.cli.commands.", "pyramidcalc.cli.layers."))]


def test_module_and_exit_codes() -> None:
    """python -m pyramidcalc; the code is the verdict."""
    assert process(*ASPP).returncode == 0
    assert process("spp", "--input", "5").returncode == 1
    assert process("spp", "--input", "0").returncode == 2


@pytest.mark.parametrize(
    "changes", [{}, {"COLUMNS": "20"}, {"COLUMNS": "20", "FORCE_COLOR": "1", "NO_COLOR": "1"}, {"TERM": "dumb"}]
)
def test_a_pipe_gets_whole_lines_whatever_the_environment(changes: dict[str, str]) -> None:
    """The width is what the table needs; no line ends in blanks."""
    text = without_escapes(process(*ASPP, **changes).stdout)
    assert text == invoke(*ASPP).stdout
    assert "  Conv2d 3×3, padding 18, dilation 18 + BatchNorm2d + ReLU  " in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_force_color_colours_a_pipe_and_no_color_does_not() -> None:
    """Both are read as everywhere."""
    assert "\x1b[" in process("aspp", "--input", "9", FORCE_COLOR="1").stdout
    assert "\x1b[" not in process("aspp", "--input", "9").stdout
    assert "\x1b[3" not in process("aspp", "--input", "9", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_output_that_is_not_utf8_gets_escapes() -> None:
    """No traceback where × cannot be written."""
    done = process("conv", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xd7" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
@pytest.mark.parametrize("columns", [40, 80, 132])
def test_a_terminal_folds_at_its_width(columns: int) -> None:
    """In a real terminal no line is wider than it is, and COLUMNS is not needed."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    changes = {"NO_COLOR": "1", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "pyramidcalc", *ASPP],
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        env=environment(**changes),
    ) as running:
        os.close(theirs)
        text = without_escapes(read_all(ours))
        assert running.wait() == 0
    assert max(map(len, text.splitlines())) <= columns
    assert "61,472,243,712" in text


def read_all(descriptor: int) -> str:
    """All that is written to a pseudo-terminal until it closes."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode()


@pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes as POSIX has them")
@pytest.mark.parametrize("args", [ASPP, [*ASPP, "--format", "json"], ["--help"], ["list"]], ids=lambda args: args[-1])
def test_a_closed_pipe_ends_quietly(args: list[str]) -> None:
    """As with `| head -1`: nothing on stderr, 128 + SIGPIPE."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "pyramidcalc", *args],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
        timeout=60,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    """One sentence, exit 1."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pyramidcalc", *ASPP],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (1, "Error: cannot write the result: No space left on device\n")


SLOW = """
import sys, time
from pyramidcalc.cli import show
def slow(*args):
    print("started", flush=True)
    time.sleep(30)
show.write = slow
sys.argv = ["pyramidcalc", "aspp"]
from pyramidcalc.cli.main import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals as POSIX has them")
def test_ctrl_c_ends_quietly() -> None:
    """128 + SIGINT, no traceback, no `Aborted!`."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=30)
    assert (running.returncode, stderr.strip()) == (130, "")
