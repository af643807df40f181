"""`pyramidcalc verify`: a row a kind, the verdict, and the command that reproduces a disagreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.catalog import names
from pyramidcalc.cli.commands.verify import Outcome, lines, sorted_names
from tests.cli.conftest import invoke, invoke_json

if TYPE_CHECKING:
    import click


def test_names_are_layers_or_architectures() -> None:
    """Case does not matter for layers, repeats count once; no name is every kind, with --catalog the catalogue, too."""
    context: click.Context = None  # type: ignore[assignment]  # only read for errors
    assert sorted_names(["conv2d", "aspp", "Conv2d"], catalog=False, ctx=context) == (["Conv2d"], ["aspp"])
    kinds, architectures = sorted_names([], catalog=False, ctx=context)
    assert "Conv2d" in kinds
    assert "graphs" in kinds
    assert architectures == []
    assert sorted_names([], catalog=True, ctx=context) == (kinds, list(names()))


def test_disagreements_are_told_with_their_command() -> None:
    """The first ones, each with the line that reproduces it."""
    wrong = tuple((f"shape {i}", f"pyramidcalc verify Conv2d --random 1 --seed {i}") for i in range(7))
    told = list(lines([Outcome("Conv2d", "layer", 9, 5, 30, 0, wrong)], ("9.9", "cpu"), 3, ""))
    assert told[0].text == "7 disagreements in 9 configurations, 30 numbers (torch 9.9 on cpu, seed 3)"
    assert [line.text for line in told[1:3]] == list(wrong[0])
    assert len(told) == 1 + 2 * 5


@pytest.mark.parametrize("count", ["0", "-1", "1000000000000", "x", "1.5"])
def test_the_number_of_configurations_has_bounds(count: str) -> None:
    """A run that would not end is refused."""
    result = invoke("verify", "--random", count)
    assert (result.exit_code, "from 1 to 10000000" in result.stderr) == (2, True)


@pytest.mark.torch
def test_layers_and_architectures_agree_with_torch() -> None:
    """One row each, exit 0, the count below."""
    result = invoke("verify", "conv2d", "MaxPool2d", "spp", "--random", "20", "--device", "cpu")
    assert result.exit_code == 0
    assert "no disagreement in 21 configurations" in result.stdout
    found = invoke_json("verify", "conv2d", "spp", "--random", "5", "--seed", "7", "--device", "cpu")
    assert [row["name"] for row in found["kinds"]] == ["Conv2d", "spp"]
    assert (found["ok"], found["device"], found["seed"]) == (True, "cpu", 7)


@pytest.mark.torch
def test_verify_on_an_architecture_adds_the_verdict(form: str) -> None:
    """Every format runs; table, Markdown and JSON tell the verdict."""
    result = invoke("aspp", "--input", "8x16x13", "--rate", "2", "--verify", "--device", "cpu", "--format", form)
    assert result.exit_code == 0
    assert form == "csv" or "torch" in result.stdout
