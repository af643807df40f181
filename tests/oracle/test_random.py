"""Random configurations of every kind against torch."""

from __future__ import annotations

import shlex

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.errors import UsageError
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.oracle.configurations import Configuration, configuration
from pyramidcalc.oracle.draw import Draw
from pyramidcalc.oracle.random_graphs import random_graph
from pyramidcalc.oracle.random_layers import of_layer, our_answer, real
from pyramidcalc.passes.shapes import shapes

pytestmark = pytest.mark.torch
CONFIGURATIONS = {"graphs": 60}
"""Of layers 40."""


@pytest.mark.parametrize("kind", pc.oracle.random_kinds())
def test_torch_agrees(kind: str) -> None:
    """On sizes, refusals, parameters, MACs and every value that is read."""
    result = pc.oracle.random_checks(CONFIGURATIONS.get(kind, 40), 0, [kind], "cpu")
    assert result.disagreements == ()
    (row,) = result.kinds
    assert row.configurations // 4 <= row.accepted
    assert row.compared > row.configurations


@pytest.mark.parametrize("kind", pc.oracle.random_kinds())
def test_both_answers_are_drawn(kind: str) -> None:
    """Of a hundred configurations some are refused, and most of them not."""
    refused = 0
    for seed in range(100):
        if kind == "graphs":
            refused += shapes(*random_graph(seed)).failure is not None
        else:
            drawn = configuration(kind, seed)
            refused += our_answer(drawn, {name: real(value) for name, value in drawn.arguments.items()})[0] is None
    assert 0 < refused <= 75


def test_configuration_i_of_a_seed_is_the_first_of_seed_plus_i() -> None:
    """So that one configuration can be repeated on its own."""
    assert configuration("Conv2d", 7) == configuration("Conv2d", 7)
    assert len({str(configuration("Conv2d", seed)) for seed in range(50)}) == 50


def test_a_disagreement_is_repeated_by_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names kind and seed, and that configuration alone disagrees again."""
    monkeypatch.setattr(Conv2d, "parameters", 1)
    first = pc.oracle.random_checks(20, 5, ["conv2d"], "cpu").disagreements[0]
    *_, kind, _, count, _, seed = shlex.split(first.command)
    assert pc.oracle.random_checks(int(count), int(seed), [kind], "cpu").disagreements[0] == first
    assert first.quantity == "parameters of `layer`"


def test_a_crash_of_ours_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises."""
    monkeypatch.setattr(Conv2d, "check", lambda *_, **__: 1 / 0)
    result = pc.oracle.random_checks(5, 0, ["Conv2d"], "cpu").disagreements
    assert {(each.quantity, each.got) for each in result} == {("crash", "ZeroDivisionError: division by zero")}


def test_the_count_is_shared_among_the_kinds() -> None:
    """All is done, and progress says so one by one."""
    seen: list[tuple[int, int, str]] = []
    result = pc.oracle.random_checks(
        7, 0, ["ReLU", "Identity", "Tanh"], "cpu", lambda done, total, kind: seen.append((done, total, kind))
    )
    assert [row.configurations for row in result.kinds] == [3, 2, 2]
    assert [done for done, _, _ in seen] == list(range(8))
    assert result.ok


def test_an_unknown_kind_suggests_the_nearest() -> None:
    """Whatever its case."""
    with pytest.raises(UsageError, match="did you mean Conv2d"):
        pc.oracle.random_checks(1, 0, ["conv2"], "cpu")


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_legal_graphs_work(rank: int) -> None:
    """On inputs of as many axes as are asked for, no layer refuses."""
    for seed in range(30):
        graph, inputs = random_graph(seed, rank, legal=True)
        assert {len(shape) for shape in inputs.values()} == {rank + 1}
        assert shapes(graph, inputs).failure is None


def test_graphs_tell_channels_apart() -> None:
    """Slices, splits, shuffles and groups are drawn, on one axis, two and three."""
    drawn = [random_graph(seed) for seed in range(150)]
    assert {len(inputs["input"]) for _, inputs in drawn} == {2, 3, 4}
    layers = [node.layer for graph, _ in drawn for node in graph.nodes]
    assert {"Slice", "Split", "ChannelShuffle", "PixelShuffle", "Concat"} <= {layer.name for layer in layers}
    assert any(1 < layer.attributes().get("groups", 1) < layer.attributes().get("in_channels", 1) for layer in layers)


NUMPY = torch.tensor(2).numpy()[()]
HALF = torch.tensor(0.5, dtype=torch.float64).numpy()[()]
PARITY = [
    ("MaxPool2d", {"kernel_size": 2, "stride": 2**31}, False),
    ("MaxPool3d", {"kernel_size": 1, "dilation": 2**31}, False),
    ("AvgPool2d", {"kernel_size": 2, "stride": 2**31 - 1}, True),
    ("AvgPool3d", {"kernel_size": 3, "stride": 2**40}, False),
    ("AvgPool3d", {"kernel_size": (7, 1, 1), "padding": (3, 0, 0)}, False),
    ("ConvTranspose2d", {"in_channels": 3, "out_channels": 2, "kernel_size": 1, "dilation": 2**31 - 1}, True),
    ("Conv2d", {"in_channels": 3, "out_channels": 2, "kernel_size": 1, "padding": -1, "padding_mode": "reflect"}, True),
    ("Conv2d", {"in_channels": 3, "out_channels": 2, "kernel_size": 1, "padding": -1}, False),
    ("Conv1d", {"in_channels": 3, "out_channels": 2, "kernel_size": NUMPY}, True),
    ("Upsample", {"scale_factor": True}, True),
    ("Upsample", {"scale_factor": HALF}, True),
    ("Upsample", {"scale_factor": (NUMPY, HALF)}, True),
    ("AvgPool2d", {"kernel_size": 2, "divisor_override": NUMPY}, True),
    ("AvgPool2d", {"kernel_size": 2, "divisor_override": True}, False),
    ("Flatten", {"start_dim": torch.tensor(1).numpy()[()]}, True),
    ("Flatten", {"start_dim": True}, False),
    ("BatchNorm2d", {"num_features": 3, "eps": HALF}, True),
    ("BatchNorm2d", {"num_features": 3, "eps": True}, True),
    ("BatchNorm2d", {"num_features": 3, "eps": -0.5}, False),
    ("InstanceNorm3d", {"num_features": 3, "eps": -0.5}, True),
    ("PReLU", {"num_parameters": (1,)}, True),
    ("PReLU", {"num_parameters": [3]}, True),
    ("ConstantPad1d", {"padding": 1, "value": None}, True),
    ("AdaptiveAvgPool2d", {"output_size": NUMPY}, False),
    ("AdaptiveAvgPool2d", {"output_size": (NUMPY, 3)}, True),
]


@pytest.mark.parametrize(("kind", "arguments", "accepted"), PARITY, ids=lambda value: str(value)[:40])
def test_odd_arguments_are_taken_and_refused_as_by_torch(
    kind: str, arguments: dict[str, object], accepted: bool
) -> None:
    """Numbers of numpy's, True, crops, and integers that torch counts in 32 bits."""
    rank = int(kind[-2]) if kind.endswith("d") else 2
    drawn = Configuration(kind, arguments, ((3, 6, 5, 3)[: rank + 1],), 2)
    assert of_layer(drawn, Draw("position", 0), torch.device("cpu"))[::2] == (accepted, [])
