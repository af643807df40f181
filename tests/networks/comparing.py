"""Compares a graph with a torch module that was written without it: weights, shapes and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from pyramidcalc.oracle import to_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from pyramidcalc.graph import Graph


def twin_of(graph: Graph) -> nn.Module:
    """The graph's module in eval mode, without memory for its weights."""
    with torch.device("meta"):
        return to_module(graph).eval()


def shapes_of(state: Mapping[str, Tensor]) -> list[tuple[int, ...]]:
    """Shapes of weights and statistics, in order."""
    return [tuple(value.shape) for value in state.values()]


def assert_same(graph: Graph, other: nn.Module, *sizes: tuple[int, int], values: bool = True) -> None:
    """Equal weight shapes in order, equal numbers of parameters, and on each size equal outputs.

    Weights are random, statistics too, so that no layer is the identity by chance; numbers are double, so that a
    branch of small values counts. `values=False` leaves out
    everything that needs memory for the weights; `other` may then be on the meta device.
    """
    ours = twin_of(graph)
    theirs = other.eval().state_dict()
    assert shapes_of(ours.state_dict()) == shapes_of(theirs)
    count = sum(weight.numel() for weight in other.parameters())
    assert count == sum(node.layer.parameters for node in graph.nodes)
    if not values:
        return
    torch.manual_seed(0)
    theirs = other.double().state_dict()
    for name, value in theirs.items():
        if "running" in name or value.dim() == 1:
            value.uniform_(0.5, 1.5)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.values(), strict=True)), assign=True)
    for height, width in sizes:
        image = torch.rand(1, 3, height, width, dtype=torch.float64)
        with torch.no_grad():
            assert_equal(ours(image), other(image))


def assert_equal(ours: object, theirs: object) -> None:
    """Tensors, or dicts of them, that agree up to rounding of their largest value; a dict of one is its tensor."""
    if isinstance(theirs, dict) and len(theirs) == 1:
        (theirs,) = theirs.values()
    if isinstance(theirs, dict):
        assert isinstance(ours, dict)
        assert list(ours) == list(theirs)
        for name, value in theirs.items():
            assert_equal(ours[name], value)
        return
    assert isinstance(ours, torch.Tensor)
    assert isinstance(theirs, torch.Tensor)
    assert ours.shape == theirs.shape
    largest = theirs.abs().max().item()
    assert 0 < largest < float("inf")
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9 * largest)
