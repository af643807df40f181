"""`pyramidcalc verify`: a row a kind, the verdict, and the command that reproduces a disagreement."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.commands.verify import Outcome, chosen, lines
from tests.cli.conftest import invoke, invoke_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

NO_CONTEXT: click.Context = None  # type: ignore[assignment]  # only read for errors


def test_names_are_layers_or_architectures() -> None:
    """Case does not matter for layers, and repeats count once."""
    assert chosen(["conv2d", "aspp", "Conv2d"], None, None, False, NO_CONTEXT) == (["Conv2d"], ["aspp"])


@pytest.mark.parametrize(
    ("names", "count", "catalog", "everything"),
    [
        ((), None, False, (True, False)),
        ((), None, True, (True, True)),
        ((), 20, False, (True, False)),
        ((), 20, True, (True, True)),
        (("Conv2d",), 20, False, (False, False)),
        (("aspp",), None, True, (False, True)),
    ],
)
def test_the_catalogue_comes_where_it_is_asked_for(
    names: Sequence[str], count: int | None, catalog: bool, everything: tuple[bool, bool]
) -> None:
    """Without names every kind of layer is drawn, and graphs."""
    kinds, architectures = chosen(names, count, None, catalog, NO_CONTEXT)
    assert ("graphs" in kinds, "xception" in architectures) == everything


@pytest.mark.parametrize("args", [("--random", "5"), ("--seed", "5")])
def test_options_of_random_configurations_are_not_ignored(args: tuple[str, ...]) -> None:
    """Architectures alone are drawn by nobody."""
    result = invoke("verify", "aspp", *args)
    assert result.exit_code == 2
    assert f"{args[0]} is for layers and graphs, aspp runs at the default input alone" in result.stderr


def test_disagreements_are_told_with_their_command() -> None:
    """The first ones, each with the line that reproduces it."""
    wrong = tuple((f"shape {i}", f"pyramidcalc verify Conv2d --random 1 --seed {i}") for i in range(7))
    written = list(lines([Outcome("Conv2d", "layer", 9, 5, 30, 0, wrong)], ("9.9", "cpu"), 3, ""))
    assert written[0].text == "7 disagreements in 9 configurations, 30 numbers (torch 9.9 on cpu, seed 3)"
    assert [line.text for line in written[1:3]] == list(wrong[0])
    assert len(written) == 1 + 2 * 5


@pytest.mark.parametrize("count", ["0", "-1", "1000000000000", "x", "1.5"])
def test_the_number_of_configurations_has_bounds(count: str) -> None:
    """A run that would not end is refused."""
    result = invoke("verify", "--random", count)
    assert (result.exit_code, "from 1 to 10000000" in result.stderr) == (2, True)


@pytest.mark.parametrize("args", [(), ("--random", "5"), ("Conv2d",), ("graphs",), ("aspp",)], ids=" ".join)
def test_without_torch_one_sentence_says_what_to_install(
    args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, and no traceback."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch" or ".oracle." in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = invoke("verify", *args)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "install it with `pip install 'pyramidcalc[torch]'`" in result.stderr


@pytest.mark.torch
def test_layers_and_architectures_agree_with_torch() -> None:
    """One row each, exit 0, the count below."""
    result = invoke("verify", "conv2d", "MaxPool1d", "spp", "--random", "20", "--device", "cpu")
    assert result.exit_code == 0
    assert "no disagreement in 21 configurations" in result.stdout
    answer = invoke_json("verify", "conv2d", "spp", "--random", "5", "--seed", "7", "--device", "cpu")
    assert [row["name"] for row in answer["kinds"]] == ["Conv2d", "spp"]
    assert (answer["ok"], answer["device"], answer["seed"], answer["interrupted"]) == (True, "cpu", 7, None)


@pytest.mark.torch
def test_ctrl_c_shows_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, the finished rows, and how far it came."""
    from pyramidcalc.oracle import random_layers

    def interrupted(kind: str, seed: int, _: object) -> object:
        if (kind, seed) == ("Tanh", 1):
            raise KeyboardInterrupt
        return True, 3, []

    monkeypatch.setattr(random_layers, "outcome", interrupted)
    result = invoke("verify", "ReLU", "Tanh", "aspp", "--random", "8", "--device", "cpu")
    assert result.exit_code == 130
    assert "no disagreement in 4 configurations, 12 numbers" in result.stdout
    assert "interrupted  in Tanh, 5 of 8; the rows above are finished" in result.stdout
    answer = json.loads(invoke("verify", "ReLU", "Tanh", "--random", "8", "--format", "json").stdout)
    assert (answer["interrupted"], [row["name"] for row in answer["kinds"]]) == ("Tanh, 5 of 8", ["ReLU"])


@pytest.mark.torch
def test_verify_on_an_architecture_adds_the_verdict(form: str) -> None:
    """Every format runs; table, Markdown and JSON tell the verdict."""
    result = invoke("aspp", "--input", "8x16x13", "--rate", "2", "--verify", "--device", "cpu", "--format", form)
    assert result.exit_code == 0
    assert form == "csv" or "torch" in result.stdout
