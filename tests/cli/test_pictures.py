"""`--picture`: what is written, what is refused before any work, and that nothing else loads matplotlib."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment, invoke, process

plot = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="pictures need matplotlib")
STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@plot
@pytest.mark.parametrize("form", STARTS)
@pytest.mark.parametrize(
    "args",
    [
        ("aspp", "--input", "20x30"),
        ("reach", "aspp", "--input", "20x30", "--at", "3,5"),
        ("erf", "aspp", "--input", "20x30", "--at", "corner"),
        ("taps", "--rate", "1..9", "--input", "9x12"),
        ("bins", "ppm", "--input", "20x30"),
    ],
    ids=" ".join,
)
def test_the_ending_says_the_format(args: tuple[str, ...], form: str, tmp_path: Path) -> None:
    """The table is printed as ever, and the file holds the picture."""
    path = tmp_path / f"picture.{form.upper()}"
    result = invoke(*args, "--picture", str(path))
    assert (result.exit_code, result.stdout, result.stderr) == (0, invoke(*args).stdout, "")
    assert path.read_bytes().startswith(STARTS[form])


@plot
def test_your_own_architectures_have_pictures(tmp_path: Path) -> None:
    """A chain's growth and reach, by the same option."""
    for question in ((), ("reach",)):
        path = tmp_path / "chain.svg"
        args = (*question, "chain", "conv 4 k3 p1; conv 4 k3 d2 p2", "--input", "3x20x24", "--picture", str(path))
        assert (invoke(*args).exit_code, path.read_bytes()[:5]) == (0, b"<?xml")
        path.unlink()


@plot
def test_the_caption_is_the_command_line(tmp_path: Path) -> None:
    """Options that are as usual are left out."""
    path = tmp_path / "x.svg"
    invoke(
        "deeplabv3",
        "--backbone",
        "resnet50",
        "--classes",
        "21",
        "--output-stride",
        "8",
        "--input",
        "65x97",
        "--picture",
        str(path),
    )
    assert ">deeplabv3 --backbone resnet50 --output-stride 8 on 65×97<" in path.read_text()


@plot
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.gif", "does not end in .svg, .pdf or .png"),
        ("svg", "does not end in .svg, .pdf or .png"),
        ("none/x.svg", "cannot be written: there is no folder"),
        ("folder.svg", "cannot be written: it is a folder"),
    ],
)
def test_files_that_cannot_be_are_wrong_usage(name: str, message: str, tmp_path: Path) -> None:
    """Before anything is worked out: nothing is printed but that sentence."""
    (tmp_path / "folder.svg").mkdir()
    result = invoke("aspp", "--picture", os.path.join(tmp_path, name))
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)


@plot
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """What fails only when the file is written."""
    path = tmp_path / "full.svg"
    path.symlink_to("/dev/full")
    result = invoke("conv", "--input", "7x9", "--picture", str(path))
    assert (result.exit_code, result.stderr.count("\n"), "No space left on device" in result.stderr) == (1, 1, True)


@plot
@pytest.mark.parametrize(
    "args",
    [
        ("spp", "--input", "5"),
        ("reach", "spp", "--input", "5"),
        ("reach", "conv", "--input", "1x100000x9"),
        ("erf", "resize", "--mode", "bicubic"),
        ("bins", "conv"),
        ("chain", "linear 4", "--input", "3"),
    ],
    ids=" ".join,
)
def test_where_there_is_nothing_to_draw_no_file_is_written(args: tuple[str, ...], tmp_path: Path) -> None:
    """An invalid architecture, an unknown reach, vectors: the answer says why, exit code 1."""
    path = tmp_path / "x.svg"
    result = invoke(*args, "--picture", str(path))
    assert (result.exit_code, path.exists(), result.stdout) == (1, False, invoke(*args).stdout)
    assert "there is nothing to draw" in result.stderr


@plot
def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    """Millions of pixels cost a clear limit."""
    result = invoke("reach", "adaptive-pool", "--input", "1x5000x6000", "--picture", str(tmp_path / "x.png"))
    assert (result.exit_code, "pixels is over the limit" in result.stderr) == (2, True)


def test_without_matplotlib_the_install_command_is_told(tmp_path: Path) -> None:
    """In one sentence, before anything is worked out."""
    finder = (
        "import sys; sys.modules['matplotlib'] = None; import runpy; sys.argv = ['p', 'aspp', '--picture', 'x.svg']"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"{finder}; runpy.run_module('pyramidcalc', run_name='__main__')"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "pip install 'pyramidcalc[plot]'" in run.stderr
    assert "Traceback" not in run.stderr
    assert process("aspp", "--picture", "x.gif").returncode == 2


@pytest.mark.parametrize("args", [["aspp"], ["reach", "aspp"], ["aspp", "--format", "json"], ["resnet"]], ids=" ".join)
def test_no_other_path_loads_matplotlib_or_numpy(args: list[str]) -> None:
    """Start-up is the product."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['pyramidcalc', *{args!r}]\n"
        "try: runpy.run_module('pyramidcalc', run_name='__main__')\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert not set(run.stderr.splitlines()[-1].split()) & {"matplotlib", "numpy", "pyramidcalc.pictures"}


def test_the_shell_completes_files() -> None:
    """As for any file."""
    run = process("", _PYRAMIDCALC_COMPLETE="bash_complete", COMP_WORDS="pyramidcalc aspp --picture x", COMP_CWORD="3")
    assert run.stdout.split() == ["file,x"]
