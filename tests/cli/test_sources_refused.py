"""`model` and `chain`: bad input is told in one sentence, without a traceback unless one is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import invoke, process
from tests.importing.own import CHAIN

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("folder")
needs_torch = pytest.mark.torch
SIZE = ("--input", "3x32x40")


@needs_torch
@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["own_net.py:Raises"], "own_net.py:Raises cannot be built: ValueError: no such width (own_net.py, line "),
        (["own_net.py:Exits"], "own_net.py:Exits cannot be built: SystemExit: 3 (own_net.py, line "),
        (["own_net.py:Net", "--arg", "clases=3"], "own_net.py:Net cannot be built: TypeError: "),
        (["own_net.py:Looks"], "own_net.py:Looks: torch cannot export Looks: "),
        (["own_net.py:number"], "own_net.py:number: it gives int, which is no torch.nn.Module"),
        (["own_net.py:Nett"], "own_net.py has no 'Nett'; did you mean Net?"),
        (["own_net.py:Two"], "own_net.py:Two: torch cannot export Two: "),
        (["own_net.py:Net", "--save", "no/such/folder.pt2"], "own_net.py:Net: no/such/folder.pt2 cannot be written: "),
        (["absent.py:Net"], "there is no file absent.py"),
        (["absent:Net"], "absent cannot be imported: ModuleNotFoundError: No module named 'absent'"),
    ],
)
def test_what_torch_or_the_code_refuses_is_one_sentence(
    args: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, and nothing else on either stream, where torch's own logs would be seen."""
    result = invoke("model", *args, "--input", "3x8x9")
    assert result.stderr.startswith(f"Error: {sentence}")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert capfd.readouterr() == ("", "")


@needs_torch
def test_a_process_ends_in_one_sentence_too() -> None:
    """With torch freshly imported, and its logs as they are."""
    run = process("model", "own_net.py:Looks", "--input", "3x8x9")
    assert run.stderr.startswith("Error: own_net.py:Looks: torch cannot export Looks: ")
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)


def test_without_torch_the_ways_out_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install it, or save a file where it is; for code that imports it and for code that does not."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "pyramidcalc.importing.exported", raising=False)
    (folder / "plain.py").write_text("def make():\n    return None\n")
    for target, what in (("own_net.py:Net", "own_net.py"), ("plain.py:make", "plain.py:make")):
        result = invoke("model", target, *SIZE)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {what} needs torch, which is not installed; install it with `pip ")
        assert "--save net.pt2" in result.stderr


@needs_torch
@pytest.mark.parametrize(
    ("name", "line"), [("Raises", 'raise ValueError("no such width")'), ("Looks", "if x.sum() > 0")]
)
def test_the_traceback_is_shown_where_it_is_asked_for(name: str, line: str) -> None:
    """The user's own line, then the sentence."""
    result = invoke("model", f"own_net.py:{name}", "--input", "3x8x9", "--traceback")
    assert result.exit_code == 1
    assert line in result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"Error: own_net.py:{name}")


def test_the_traceback_of_an_import_is_shown(folder: Path) -> None:
    """Of the user's own file."""
    (folder / "fails.py").write_text("width = 1 / 0\n")
    result = invoke("model", "fails.py:Net", *SIZE, "--traceback")
    assert "width = 1 / 0" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        "Error: fails.py cannot be imported: ZeroDivisionError: division by zero (fails.py, line 1)"
    )


@pytest.mark.parametrize("suffix", ["pt2", "onnx", "toml"])
def test_broken_and_missing_files_exit_1(folder: Path, suffix: str) -> None:
    """One sentence each."""
    (folder / f"broken.{suffix}").write_bytes(b"PK\x03\x04 [[")
    for name in ("broken", "missing"):
        result = invoke("model", f"{name}.{suffix}")
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert result.stderr.startswith("Error: ")
        assert f"{name}.{suffix}" in result.stderr


@needs_torch
def test_truncated_programs_exit_1(program: Path) -> None:
    """Wherever they end."""
    content = program.read_bytes()
    for end in (1, len(content) // 2, len(content) - 1):
        program.write_bytes(content[:end])
        result = invoke("model", str(program))
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["model", "own_net.py:Net"], "own_net.py:Net needs an input size; for example --input 3x224x224"),
        (["model", "own_net.py", *SIZE], "'own_net.py' names no model"),
        (["model", "net.toml", "--arg", "a=1"], "--arg, --save and --traceback are for Python code"),
        (["model", "own_net.py:Net", *SIZE, "--arg", "classes"], "is no NAME=VALUE; for example --arg classes=21"),
        (["chain", CHAIN], "a chain has one input; for example --input 3x224x224"),
        (["chain", "cnv 8", *SIZE], "did you mean"),
        (["model", "own_net.py:Net", "--input", "x=3xx"], "3xx"),
        (["compare", "model own_net.py:Net --verify", "resnet"], "leave it out"),
    ],
)
def test_wrong_usage_exits_2(args: list[str], sentence: str) -> None:
    """With a way out."""
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_an_input_that_is_not_there_names_those_that_are(network: Path) -> None:
    """For files of data."""
    result = invoke("model", str(network), "--input", "y=3x8x8")
    assert result.exit_code == 2
    assert "there is no input 'y'; the inputs are input" in result.stderr


@pytest.mark.parametrize("name", ["net.pt2", "own_net.py:Net"])
def test_a_network_without_its_command_names_it(name: str) -> None:
    """As the first word, and behind a question."""
    for words in ([name], ["reach", name]):
        result = invoke(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"for a network of your own write `model {name}`" in result.stderr


@needs_torch
def test_sizes_that_follow_from_values_are_refused(folder: Path) -> None:
    """No shape can say them."""
    (folder / "masked.py").write_text(
        "from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x[x > 0]\n"
    )
    result = invoke("model", "masked.py:Net", *SIZE)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith("Error: masked.py:Net: the size of a value follows from numbers")
