"""Graphs as runnable torch modules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.errors import OracleError
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.base import Layer
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.normalization import LayerNorm2d

pytestmark = pytest.mark.torch


def merged(layer: Layer, *channels: int) -> Any:
    """A module of one merge."""
    b = Builder()
    values = [b.input(f"input{index}", count) for index, count in enumerate(channels)]
    b.output("result", b.add("merge", layer, *values))
    return pc.oracle.to_module(b.build())


def test_state_dict_is_named_after_nodes() -> None:
    """Parameters are found under scope, node and torch's own name."""
    names = set(pc.oracle.to_module(pc.build("aspp", in_channels=5, channels=7)).state_dict())
    assert {"rate6.conv.weight", "rate6.norm.running_mean", "pooling.conv.weight", "project.norm.bias"} <= names


@pytest.mark.parametrize("name", ["aspp", "dense-aspp", "dspp", "mdspp", "ppm", "spp", "yolo-spp"])
def test_module_has_our_shape_and_parameters(name: str) -> None:
    """Every block of one input runs, and its output and parameters are those of the report."""
    report = pc.analyze(name, input=(16, 15, 22))
    module = pc.oracle.to_module(report.resolved.graph).eval()  # type: ignore[union-attr]  # the input is valid
    assert tuple(module(torch.zeros(1, 16, 15, 22)).shape[1:]) == report.output
    assert sum(p.numel() for p in module.parameters()) == report.parameters


def test_several_outputs_come_by_label() -> None:
    """A pyramid gives a dict, and takes its inputs in order or by name."""
    report = pc.analyze("fpn", input=(24, 40))
    module = pc.oracle.to_module(report.resolved.graph).eval()  # type: ignore[union-attr]  # the input is valid
    tensors = {name: torch.zeros(1, *shape) for name, shape in report.inputs.items()}
    in_order, by_name = module(*tensors.values()), module(tensors)
    assert {label: tuple(x.shape[1:]) for label, x in in_order.items()} == report.outputs
    assert all(torch.equal(in_order[label], by_name[label]) for label in report.outputs)


def test_module_can_be_copied_and_pickled() -> None:
    """Merges and size-following layers survive both."""
    module = pc.oracle.to_module(pc.build("ppm", in_channels=8)).eval()
    x = torch.ones(1, 8, 7, 9)
    assert torch.equal(copy.deepcopy(module)(x), module(x))
    assert torch.equal(pickle.loads(pickle.dumps(module))(x), module(x))


def test_merges_compute_what_they_say() -> None:
    """Concatenation, sum and product, with a gate of one pixel."""
    x, gate = torch.full((1, 2, 3, 4), 3.0), torch.full((1, 2, 1, 1), 2.0)
    assert merged(Concat(), 2, 2)(x, x + 1)[0, :, 0, 0].tolist() == [3, 3, 4, 4]
    assert merged(Add(), 2, 2)(x, gate).unique().tolist() == [5]
    assert merged(Multiply(), 2, 2)(x, gate).unique().tolist() == [6]


def test_layer_norm_is_over_channels() -> None:
    """Each position has mean 0 over its channels, and torch's parameter names."""
    b = Builder()
    b.output("result", b.add("norm", LayerNorm2d(5), b.input("input", 5)))
    module = pc.oracle.to_module(b.build())
    assert module(torch.randn(2, 5, 3, 4)).mean(1).abs().max() < 1e-5
    assert set(module.state_dict()) == {"norm.weight", "norm.bias"}


def test_a_failing_layer_is_named() -> None:
    """torch's own error carries the node in which it was raised."""
    module = pc.oracle.to_module(pc.build("aspp", in_channels=5))
    with pytest.raises(RuntimeError, match="channels") as error:
        module(torch.zeros(1, 6, 9, 9))
    assert "conv1x1.conv" in error.value.__notes__[0]


def test_wrong_inputs_are_refused() -> None:
    """Too many, misnamed, and no tensors."""
    module = pc.oracle.to_module(pc.build("spp", in_channels=5))
    for wrong in [(torch.zeros(1), torch.zeros(1)), ({"image": torch.zeros(1)},), ({"input": 3},)]:
        with pytest.raises(TypeError, match="input"):
            module(*wrong)


def test_unknown_layer_is_refused() -> None:
    """A layer that torch.nn does not have needs a shim."""

    class Fold3d(Layer):
        """Nobody's layer."""

    b = Builder()
    b.output("result", b.add("fold", Fold3d(), b.input("input", 5)))
    with pytest.raises(OracleError, match=r"`fold`.*no Fold3d"):
        pc.oracle.to_module(b.build())


def test_a_name_that_torch_keeps_for_itself_is_refused() -> None:
    """A node called like an attribute of Module cannot be one."""
    b = Builder()
    b.output("result", b.add("forward", ReLU(), b.input("input", 5)))
    with pytest.raises(OracleError, match=r"`forward` cannot be the name"):
        pc.oracle.to_module(b.build())
