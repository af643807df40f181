"""The proof that the oracle can fail: every deliberately wrong formula is noticed."""

from __future__ import annotations

import pytest

import pyramidcalc as pc
from tests.oracle.mutations import MUTATIONS, apply

pytestmark = pytest.mark.torch
CONFIGURATIONS = {"graphs": 40}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_formula_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some configuration disagrees, and not by a crash alone; without the mutation none does (see test_random)."""
    kind = apply(name, monkeypatch)
    found = pc.oracle.random_checks(CONFIGURATIONS.get(kind, 100), 0, [kind], "cpu").disagreements
    assert [each for each in found if each.quantity != "crash"]
