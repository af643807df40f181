"""Exit codes, suggestions, help, completion, and how a new file becomes a command."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
import pytest

from pyramidcalc import __version__
from pyramidcalc.catalog import find, names
from pyramidcalc.cli.question import QuestionGroup
from pyramidcalc.cli.root import Root, command_names
from tests.cli.conftest import below, invoke, process

if TYPE_CHECKING:
    from pathlib import Path

ROOT = Root()
CONTEXT = click.Context(ROOT)
QUESTIONS = [group for name in command_names() if isinstance(group := ROOT.get_command(CONTEXT, name), QuestionGroup)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("asp", "did you mean aspp"),
        ("reach asp", "did you mean aspp"),
        ("reaach aspp", "did you mean reach"),
        ("resnet18", "did you mean `resnet --variant 18`?"),
        ("sizes ResNet-101", "did you mean `resnet --variant 101`?"),
        ("resnet16", "did you mean resnet or fpn-resnet?"),
        ("ASPP", "did you mean aspp?"),
        ("deeplabv3+", "did you mean deeplabv3plus?"),
        ("dense_aspp", "did you mean dense-aspp?"),
        ("zzzz", "`pyramidcalc list` shows them all"),
        ("aspp --ratee 6", "--rate"),
        ("aspp --variant v2vgg", "did you mean v2-vgg"),
        ("aspp --format jsn", "did you mean json"),
        ("resize --mode bilinar", "did you mean bilinear"),
        ("conv --padding sme", "did you mean same"),
        ("conv --dims 4", "'4' is not one of 1, 2, 3"),
        ("aspp 64x64", "'64x64' belongs to no option; values follow their option, as in --input 64x64"),
        ("aspp rate 6", "did you mean --rate"),
        ("aspp -- --rate 6", "stands after `--`"),
        ("aspp --device cpu", "give --verify too"),
        ("pool --kind avg --dilation 2", "an average pool has no dilation"),
        ("conv --dims 1 --input 3x5x7", "must be CxL or L"),
        ("conv --dims 3 --input 3x5x7x9x2", "5 sizes"),
        ("conv --input 3x5x7x8", "must be CxHxW, HxW or one number for a square"),
    ],
)
def test_wrong_usage_is_told_with_a_way_out(line: str, message: str) -> None:
    """Exit code 2, one message on stderr, nothing on stdout."""
    result = invoke(*line.split())
    assert (result.exit_code, result.stdout, result.stderr.count("Error: ")) == (2, "", 1)
    assert message in result.stderr


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("resnet --depth 18", "--depth 18 says how far rows are folded; --variant 18 gives the network of that name"),
        ("resnet --depth 16", None),
        ("resnet --variant 18 --depth 2", None),
        ("conv --depth 2", None),
    ],
)
def test_a_depth_that_is_a_variant_is_pointed_out(line: str, note: str | None) -> None:
    """`resnet --depth 18` shows ResNet-50, folded 18 deep."""
    assert below(*line.split(), "--all-notes").get("depth") == note


def test_an_invalid_architecture_exits_1_and_a_fine_one_0() -> None:
    """Warnings do not fail."""
    assert [invoke(*line.split()).exit_code for line in ("spp", "aspp --input 9", "spp --input 5")] == [0, 0, 1]


@pytest.mark.parametrize("name", names())
def test_every_architecture_works_without_options_and_explains_itself(name: str) -> None:
    """At its default input; every option has help, with its default, in both spellings of several values."""
    assert invoke(name).exit_code == 0
    text = invoke(name, "--help").stdout
    assert "Default input: " in text
    architecture = find(name)
    assert set(architecture.documentation.options) == {option.name for option in architecture.options}
    for option in architecture.options:
        assert option.help.endswith(".")
        assert option.flag in text


@pytest.mark.parametrize("group", QUESTIONS, ids=lambda group: group.name)
def test_every_question_can_be_asked_of_every_architecture(group: QuestionGroup) -> None:
    """Its own options and the architecture's are read side by side: no two share a name or a flag."""
    assert group.list_commands(CONTEXT) == [
        *(name for kind in ("layer", "block", "network") for name in names(kind)),
        "model",
        "chain",
    ]
    for name in names():
        params = group.command_of(find(name)).params
        flags = [flag for param in params for flag in (param.name, *param.opts, *param.secondary_opts)]
        assert len(flags) == len(set(flags)), name
        assert invoke(group.name or "", name, "-h").exit_code == 0


@pytest.mark.parametrize("name", names())
def test_no_architecture_has_an_option_of_the_command_line(name: str) -> None:
    """--input, --batch, --format and the like belong to the program."""
    command = ROOT.get_command(CONTEXT, name)
    assert command is not None
    flags = [flag for param in command.params for flag in (param.name, *param.opts, *param.secondary_opts)]
    assert len(flags) == len(set(flags))


def test_help_names_every_command_on_one_screen() -> None:
    """Names of layers, blocks and networks, and one line a question; a prompt still fits below in 80×24."""
    text = invoke("--help").stdout
    words = text.split()
    assert [name for name in (*names(), *command_names()) if name not in words] == []
    assert all(f"\n{name} " in text for name in command_names() if name != "help")
    lines = text.splitlines()
    assert (len(lines) <= 23, max(map(len, lines)) <= 80) == (True, True)


def test_help_of_a_question_says_its_sentence_once() -> None:
    """The architectures that it can be asked of are names alone."""
    lines = invoke("reach", "--help").stdout.splitlines()
    assert len(lines) < 30
    assert len(lines) == len(set(lines) - {""}) + lines.count("")


def test_help_of_a_command_can_be_asked_for_by_name() -> None:
    """As --help behind it says; exit codes and completion stand in its own."""
    for line in ("", "aspp", "reach", "reach aspp", "solve conv", "help"):
        assert invoke("help", *line.split()).stdout == invoke(*line.split(), "--help").stdout
    assert "_PYRAMIDCALC_COMPLETE=bash_source pyramidcalc" in invoke("help", "help").stdout
    assert invoke("help", "asp").stderr.endswith("there is no command 'asp'; did you mean aspp or spp?\n")
    assert "has no commands of its own" in invoke("help", "aspp", "conv").stderr
    assert invoke("-V").stdout == invoke("--version").stdout == f"pyramidcalc {__version__}\n"


def test_a_command_line_in_quotes_is_told_to_go_without() -> None:
    """At the prompt its words are arguments; only templates and comparisons take lines."""
    assert invoke("reach", "aspp --rate 6").stderr.endswith("leave out the quotes: aspp --rate 6\n")
    assert "quotes" not in invoke("assp --rate 6").stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pyramidcalc as", ["aspp"]),
        ("pyramidcalc reach yo", ["yolo-spp"]),
        ("pyramidcalc aspp --rate 6 12 18 --variant v2", ["v2", "v2-vgg"]),
        ("pyramidcalc aspp --rate 6 --va", ["--variant"]),
        ("pyramidcalc conv --padding s", ["same"]),
    ],
)
def test_completion_of_lazy_commands_options_and_choices(words: str, expected: list[str]) -> None:
    """click's completion finds commands that are not imported yet."""
    index = str(len(words.split(" ")) - 1)
    lines = process(_PYRAMIDCALC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=index).stdout.splitlines()
    assert [line.partition(",")[2] for line in lines] == expected


def test_completion_script_is_clicks_own() -> None:
    """_PYRAMIDCALC_COMPLETE=bash_source prints the function for bash."""
    assert "_pyramidcalc_completion() {" in process(_PYRAMIDCALC_COMPLETE="bash_source").stdout


def test_a_new_file_is_a_new_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group lists and loads what stands in its folder."""
    from pyramidcalc.cli import commands

    source = "import click\nCOMMAND = click.Command('new-tool', help='x')\n"
    (tmp_path / "new_tool.py").write_text(source)
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, os.fspath(tmp_path)])
    assert "new-tool" in ROOT.list_commands(CONTEXT)
    assert ROOT.get_command(CONTEXT, "new-tool") is not None
    del sys.modules["pyramidcalc.cli.commands.new_tool"]
