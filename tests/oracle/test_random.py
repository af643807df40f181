"""Random configurations of every kind against torch."""

from __future__ import annotations

import shlex

import pytest

import pyramidcalc as pc
from pyramidcalc import layers
from pyramidcalc.errors import OracleError, UsageError
from pyramidcalc.layers.convolution import Conv, Conv2d
from pyramidcalc.oracle.configurations import configuration
from pyramidcalc.oracle.generators import FAMILIES
from pyramidcalc.oracle.positive import Style, operation

pytestmark = pytest.mark.torch
CONFIGURATIONS = {"graphs": 60}


@pytest.mark.parametrize("kind", pc.oracle.random_kinds())
def test_torch_agrees(kind: str) -> None:
    """On sizes, refusals, parameters, MACs and every value that is read; and both answers are drawn."""
    found = pc.oracle.random_checks(CONFIGURATIONS.get(kind, 100), 0, [kind], "cpu")
    assert found.disagreements == ()
    (row,) = found.kinds
    assert row.accepted >= row.configurations // 4
    assert row.refused > 0
    assert row.compared > row.configurations


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
    assert first.quantity == "parameters of layer"


def test_a_crash_of_ours_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises."""
    monkeypatch.setattr(Conv2d, "check", lambda *_, **__: 1 / 0)
    found = pc.oracle.random_checks(5, 0, ["Conv2d"], "cpu").disagreements
    assert {(each.quantity, each.got) for each in found} == {("crash", "ZeroDivisionError: division by zero")}


def test_the_count_is_shared_among_the_kinds() -> None:
    """All is done, and progress says so one by one."""
    seen: list[tuple[int, int, str]] = []
    found = pc.oracle.random_checks(
        7, 0, ["ReLU", "Identity", "Tanh"], "cpu", lambda done, total, kind: seen.append((done, total, kind))
    )
    assert [row.configurations for row in found.kinds] == [3, 2, 2]
    assert [done for done, _, _ in seen] == list(range(8))
    assert (found.count, found.ok) == (7, True)


def test_an_unknown_kind_suggests_the_nearest() -> None:
    """Whatever its case."""
    with pytest.raises(UsageError, match="did you mean Conv2d"):
        pc.oracle.random_checks(1, 0, ["conv2"], "cpu")


def test_a_kind_without_a_rule_for_its_arguments_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never skipped in silence."""
    monkeypatch.delitem(FAMILIES, Conv)
    found = pc.oracle.random_checks(1, 0, ["Conv2d"], "cpu").disagreements
    assert [each.quantity for each in found] == ["crash"]


def test_an_unknown_layer_is_an_error() -> None:
    """Never taken as it is."""
    with pytest.raises(OracleError, match="no module for it"):
        operation(layers.base.Layer(), ((3, 4, 5),), Style(wide=True))
