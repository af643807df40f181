"""A user's own module against its graph: everything agrees on what is right, and what is wrong is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc.graph import Graph
from pyramidcalc.passes.shapes import shapes

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

from pyramidcalc.importing.exported import from_torch  # noqa: E402
from pyramidcalc.oracle import programs  # noqa: E402
from pyramidcalc.oracle.programs import verify_module  # noqa: E402
from pyramidcalc.oracle.reach_checks import compared  # noqa: E402
from tests.importing.cases import CASES, Run  # noqa: E402

if TYPE_CHECKING:
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.passes.reach import Reach


def verified(module: Any, *inputs: tuple[int, ...], batch: int = 1, **changed: Any) -> Verification:
    """What is said of a module; `changed` are layers that stand in the place of the graph's own."""
    result = from_torch(module, *inputs)
    nodes = [node._replace(layer=changed.get(node.name, node.layer)) for node in result.graph.nodes]
    graph = Graph(result.graph.inputs, tuple(nodes), result.graph.outputs)
    return verify_module(shapes(graph, result.inputs, batch), module, inputs, {})


@pytest.mark.parametrize("name", CASES)
def test_every_case_agrees(name: str) -> None:
    """Shapes, parameters, MACs and reach; what one output reads is always checked."""
    verification = verified(CASES[name].module(), *CASES[name].inputs)
    assert verification.failures == ()
    assert {"shape", "parameters", "macs"} <= {check.quantity for check in verification.agreed}


def net() -> Any:
    """Two convolutions, the second dilated."""
    first, second = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 5, (3, 1), dilation=2, padding=(2, 0))
    return Run(lambda s, x: s.b(s.a(x)), a=first, b=second)


def test_macs_are_those_of_the_batch() -> None:
    """Twice as many for two samples."""
    assert verified(net(), (3, 9, 8), batch=2).failures == ()


@pytest.mark.parametrize(
    ("changes", "quantities"),
    [
        ({"dilation": 1, "padding": (1, 0)}, {"reach"}),
        ({"groups": 1, "bias": False}, {"parameters"}),
        ({"padding": (3, 0)}, {"shape", "reach", "macs"}),
        ({"out_channels": 6}, {"shape", "parameters", "macs"}),
    ],
)
def test_a_wrong_layer_is_found(changes: dict[str, Any], quantities: set[str]) -> None:
    """Whatever number it changes."""
    layer = next(node.layer for node in from_torch(net(), (3, 9, 8)).graph.nodes if node.name == "b")
    verification = verified(net(), (3, 9, 8), b=layer.replace(**changes))
    assert {check.quantity for check in verification.failures} == quantities


def test_a_vector_on_the_way_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its one position is asked as those of maps are."""
    nodes: set[str] = set()

    def noted(ours: Reach, *given: Any) -> tuple[int, int, str | None]:
        nodes.add(ours.node)
        return compared(ours, *given)

    monkeypatch.setattr(programs, "compared", noted)
    vectors = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(168, 5))
    verification = verified(torch.nn.Sequential(vectors, torch.nn.Linear(5, 2)), (3, 9, 8))
    assert verification.ok
    assert nodes == {check.layer for check in verification.agreed if check.quantity == "reach"}
    assert len(nodes) == 3


def test_what_is_unknown_is_not_checked() -> None:
    """The reason is that of the graph."""
    verification = verified(Run(lambda s, x: s.a(x).cummax(2)[0], a=torch.nn.Conv2d(3, 4, 3)), (3, 9, 8))
    assert verification.ok
    assert [(check.layer, check.quantity) for check in verification.unchecked] == [("cummax", "reach")]
    assert "cummax" in str(verification.unchecked[0].note)


def test_gradients_that_may_cancel_are_not_asked() -> None:
    """A bicubic resize has negative weights."""
    verification = verified(torch.nn.Upsample(scale_factor=2, mode="bicubic"), (3, 9, 8))
    assert {check.note for check in verification.unchecked} == {"gradients through upsample_bicubic2d may cancel"}


def test_the_modules_mode_stays() -> None:
    """It is run in inference, and left as it was."""
    module = net().train()
    verified(module, (3, 9, 8))
    assert module.training


def test_work_for_nothing_is_told() -> None:
    """What the module computes and no output follows from is no part of the graph, and no disagreement."""

    def forward(self: Any, x: Any) -> Any:
        self.b(x)
        return self.a(x)

    module = Run(forward, a=torch.nn.Conv2d(3, 4, 3), b=torch.nn.Conv2d(3, 5, 3))
    verification = verified(module, (3, 9, 8))
    assert verification.ok
    (unchecked,) = verification.unchecked
    assert unchecked.note == f"the module does {7 * 6 * 27 * 5:,} more multiply-adds, of which no output follows"
