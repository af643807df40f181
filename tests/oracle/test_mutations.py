"""The proof that the oracle can fail: every deliberately wrong formula is noticed."""

from __future__ import annotations

import pytest

import pyramidcalc as pc
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain
from tests.oracle.mutations import MUTATIONS, apply

pytestmark = pytest.mark.torch
MOST, TRIED = {"graphs": 40}, {"graphs": 4}
"""Configurations at most, and how many are tried before looking: 100 and 10 of layers."""


def disagrees(kind: str) -> bool:
    """Whether some configuration does, and not by a crash alone."""
    tried = TRIED.get(kind, 10)
    return any(
        each.quantity != "crash"
        for seed in range(0, MOST.get(kind, 100), tried)
        for each in pc.oracle.random_checks(tried, seed, [kind], "cpu").disagreements
    )


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_formula_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By random configurations, or by one chain of layers; without the mutation nothing disagrees (see test_random)."""
    where = apply(name, monkeypatch)
    if isinstance(where, str):
        assert disagrees(where)
    else:
        graph = chain(*where)
        assert pc.oracle.verify(shapes(graph, {"input": (3, 9, 13)}), "cpu").failures
        monkeypatch.undo()
        assert pc.oracle.verify(shapes(graph, {"input": (3, 9, 13)}), "cpu").ok
