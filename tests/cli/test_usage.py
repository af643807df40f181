"""Exit codes, suggestions, help and completion."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
import pytest

from pyramidcalc import __version__
from pyramidcalc.catalog import find, names
from pyramidcalc.cli.root import Root, subject_names
from pyramidcalc.cli.show import show_params
from pyramidcalc.cli.subjects import common_params
from tests.cli.conftest import invoke, process

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["asp"], "did you mean aspp"),
        (["reach", "asp"], "did you mean aspp"),
        (["zzzz"], "`pyramidcalc list` shows them all"),
        (["aspp", "--ratee", "6"], "--rate"),
        (["aspp", "--variant", "v2vgg"], "did you mean v2-vgg"),
        (["aspp", "--format", "jsn"], "did you mean json"),
        (["resize", "--mode", "bilinar"], "did you mean bilinear"),
        (["conv", "--padding", "sme"], "did you mean same"),
        (["reach", "aspp", "--layer", "project.con"], "did you mean project.conv"),
        (["verify", "Conv2"], "did you mean Conv2d"),
        (["aspp", "64x64"], "'64x64' belongs to no option; values follow their option, as in --input 64x64"),
        (["aspp", "rate", "6"], "did you mean --rate"),
        (["aspp", "--", "--rate", "6"], "stands after `--`"),
        (["aspp", "--device", "cpu"], "give --verify too"),
        (["pool", "--kind", "avg", "--dilation", "2"], "an average pool has no dilation"),
        (["reach", "spp", "--at", "0,1"], "no position 0,1"),
    ],
)
def test_wrong_usage_is_told_with_a_way_out(args: list[str], told: str) -> None:
    """Exit 2, one message on stderr, nothing on stdout."""
    result = invoke(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("Error: ") == 1
    assert told in result.stderr


def test_an_invalid_architecture_exits_1_and_a_fine_one_0() -> None:
    """Warnings do not fail."""
    assert invoke("spp").exit_code == 0
    assert invoke("aspp", "--input", "9").exit_code == 0
    assert invoke("spp", "--input", "5").exit_code == 1


def test_every_command_has_help_and_works_without_options() -> None:
    """Each layer, block and network shows itself at its default input, and explains itself."""
    for name in subject_names():
        assert invoke(name).exit_code == 0, name
        told = invoke(name, "--help")
        assert (told.exit_code, "Default input: " in told.stdout) == (0, True), name
        assert invoke("reach", name, "-h").exit_code == 0


def test_help_names_every_command() -> None:
    """Layers, blocks, networks and tools stand in the root's help with their first line."""
    told = invoke("--help")
    assert told.exit_code == 0
    for name in (*subject_names(), "list", "reach", "verify"):
        assert f"\n  {name} " in told.stdout
    assert "_PYRAMIDCALC_COMPLETE=bash_source pyramidcalc" in told.stdout


def test_version() -> None:
    """The package's own."""
    assert invoke("--version").stdout == f"pyramidcalc {__version__}\n"


def test_no_architecture_has_an_option_of_the_command_line() -> None:
    """--input, --batch, --format and the like belong to the program."""
    taken = {name for param in (*common_params(), *show_params()) for name in (param.name, *param.opts)}
    taken |= {"layer", "--layer", "at", "--at", "help", "--help", "expect", "--expect"}
    for name in names():
        for option in find(name).options:
            assert not {option.name, f"--{option.name}"} & taken, f"{name} --{option.name}"


def completions(words: str) -> list[str]:
    """What bash's completion of the last word gives."""
    index = str(len(words.split(" ")) - 1)
    made = process(_PYRAMIDCALC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=index)
    return [line.partition(",")[2] for line in made.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pyramidcalc as", ["aspp"]),
        ("pyramidcalc reach yo", ["yolo-spp"]),
        ("pyramidcalc aspp --rate 6 12 18 --variant v2", ["v2", "v2-vgg"]),
        ("pyramidcalc aspp --rate 6 --va", ["--variant"]),
        ("pyramidcalc conv --padding s", ["same"]),
        ("pyramidcalc verify conv2", ["Conv2d"]),
    ],
)
def test_completion_of_lazy_commands_options_and_choices(words: str, expected: list[str]) -> None:
    """click's completion finds commands that are not imported yet."""
    assert completions(words) == expected


def test_completion_script_is_clicks_own() -> None:
    """_PYRAMIDCALC_COMPLETE=bash_source prints the function for bash."""
    assert "_pyramidcalc_completion() {" in process(_PYRAMIDCALC_COMPLETE="bash_source").stdout


def test_a_new_file_is_a_new_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group lists and loads what stands in its folder."""
    from pyramidcalc.cli import tools

    (tmp_path / "new_tool.py").write_text(
        "import click\ndef command():\n    return click.Command('new-tool', help='x')\n"
    )
    monkeypatch.setattr(tools, "__path__", [*tools.__path__, os.fspath(tmp_path)])
    root = Root()
    context = click.Context(root)
    assert "new-tool" in root.list_commands(context)
    assert root.get_command(context, "new-tool") is not None
    del sys.modules["pyramidcalc.cli.commands.new_tool"]
