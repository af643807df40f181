"""The proof that the oracle can fail: every deliberately wrong formula is noticed."""

from __future__ import annotations

import pytest

import pyramidcalc as pc
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain
from tests.oracle.mutations import MUTATIONS, apply

pytestmark = pytest.mark.torch
CONFIGURATIONS = {"graphs": 40}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_formula_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something disagrees, and not by a crash alone; without the mutation nothing does (see test_random)."""
    where = apply(name, monkeypatch)
    if isinstance(where, str):
        wrong = pc.oracle.random_checks(CONFIGURATIONS.get(where, 100), 0, [where], "cpu").disagreements
        assert [each for each in wrong if each.quantity != "crash"]
    else:
        graph = chain(*where)
        assert pc.oracle.verify(shapes(graph, {"input": (3, 9, 13)}), "cpu").failures
        monkeypatch.undo()
        assert pc.oracle.verify(shapes(graph, {"input": (3, 9, 13)}), "cpu").ok
