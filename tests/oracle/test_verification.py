"""Whole graphs against torch: what is checked, what is not, and what a failure looks like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.padding import CircularPad2d, ReflectionPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.sized import GridAvgPool2d, SamePad2d
from pyramidcalc.oracle.results import Check, Verification
from pyramidcalc.oracle.verification import selected
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

pytestmark = pytest.mark.torch
QUANTITIES = ["shape", "parameters", "macs", "reach", "receptive-field"]


def check(graph: Graph, *, batch: int = 1, **inputs: tuple[int, ...]) -> Verification:
    """Verifies a graph on shapes by input name."""
    found: Verification = pc.oracle.verify(shapes(graph, inputs, batch), "cpu")
    return found


def only(found: Verification, layer: str, quantity: str) -> Check:
    """The one check of a layer and quantity."""
    return next(c for c in found.checks if (c.layer, c.quantity) == (layer, quantity))


@pytest.mark.parametrize("name", ["aspp", "dense-aspp", "dspp", "mdspp", "fpn", "ppm", "spp", "yolo-spp"])
def test_every_number_of_every_block_is_torchs(name: str) -> None:
    """Nothing fails, and nothing is left unchecked."""
    report = pc.analyze(name, input=(24, 48) if name == "fpn" else (12, 24, 48))
    found = pc.oracle.verify(report.resolved, "cpu")  # type: ignore[arg-type]  # the input is valid
    assert found.failures == ()
    assert found.unchecked == ()
    assert len(found.checks) == len(QUANTITIES) * len(report.layers)


@pytest.mark.parametrize(
    "layers",
    [
        (Conv2d(3, 5, (3, 2), (2, 1), (1, 3), (1, 2)), ConvTranspose2d(5, 4, (4, 1), (2, 3), (1, 0), (1, 0))),
        (MaxPool2d(3, (2, 1), 1, (1, 2), ceil_mode=True), AvgPool2d((2, 3), (3, 2), (1, 1), ceil_mode=True)),
        (AdaptiveAvgPool2d((6, 4)), Conv2d(3, 6, 3, padding=1, groups=3), Upsample((20, 10), None, "bilinear", True)),
        (Upsample(None, (1.5, 2.0), "bicubic"), Conv2d(3, 4, (1, 3))),
        (Upsample(None, (3.0, 0.5), "nearest"), Upsample((7, 50), None, "nearest-exact"), ReLU()),
        (SamePad2d((3, 4), (2, 3)), Conv2d(3, 2, (3, 4), (2, 3)), Conv2d(2, 4, 3, padding="same", dilation=2)),
        (Conv2d(3, 8, 1), PixelShuffle(2), Conv2d(2, 3, (2, 3))),
    ],
    ids=lambda layers: "-".join(layer.name for layer in layers),
)
def test_chains_are_checked_in_full(layers: tuple[Layer, ...]) -> None:
    """Windows, transposed windows, bins, resizes by size and by scale, pixel shuffles."""
    found = check(chain(*layers), input=(3, 20, 31), batch=2)
    assert (found.failures, found.unchecked) == ((), ())


def test_a_gate_is_global_with_a_local_part() -> None:
    """Squeeze-excitation: the field of the product is checked with and without the path that reads all."""
    b = Builder()
    x = b.add("conv", Conv2d(3, 4, 3, padding=1), b.input("input", 3))
    gate = b.add("squeeze", AdaptiveAvgPool2d(1), x)
    b.output("result", b.add("scale", Multiply(), x, gate))
    field = only(check(b.build(), input=(3, 9, 14)), "scale", "receptive-field")
    assert field.ok
    assert (field.got["global"], field.got["local_size"]) == ([True, True], [3, 3])


def test_a_gate_behind_holes_is_not_global() -> None:
    """A stride that meets only the holes of a transposed convolution cuts off the path that reads all."""
    b = Builder()
    x = b.input("input", 3)
    gated = b.add("scale", Multiply(), x, b.add("squeeze", AdaptiveAvgPool2d(1), x))
    spread = b.add("spread", ConvTranspose2d(3, 2, 1, (2, 1), (1, 0)), gated)
    b.output("result", b.add("holes", Conv2d(2, 4, 1, (2, 1)), spread))
    field = only(check(b.build(), input=(3, 9, 14)), "holes", "receptive-field")
    assert field.ok
    assert field.got["global"] == [False, True]


def test_paths_through_padding_alone_are_not_checked() -> None:
    """A window beside a map of one pixel reads nothing of it, whatever that pixel reads."""
    b = Builder()
    x = b.add("squeeze", AdaptiveAvgPool2d((1, None)), b.input("input", 3))
    x = b.add("beside", Conv2d(3, 2, 1, (3, 1), (2, 0)), x)
    b.output("result", b.add("pool", AdaptiveAvgPool2d(1), x))
    field = only(check(b.build(), input=(3, 9, 14)), "pool", "receptive-field")
    assert field.ok is None
    assert "rows: paths that read all pass through padding alone" in str(field.note)


def test_two_inputs_are_checked_apart() -> None:
    """Each input has a field of its own."""
    b = Builder()
    deep, shallow = b.input("deep", 4), b.input("shallow", 4)
    up = b.add("up", ResizeTo("nearest"), deep, shallow)
    b.output("result", b.add("sum", Add(), up, b.add("conv", Conv2d(4, 4, 3, padding=1), shallow)))
    field = only(check(b.build(), deep=(4, 5, 8), shallow=(4, 10, 16)), "sum", "receptive-field")
    assert field.ok
    assert (field.got["deep.stride"], field.got["shallow.local_size"]) == (["1/2", "1/2"], [3, 3])


def test_channels_that_a_shuffle_tells_apart_are_run_for_real() -> None:
    """Branches side by side become pixels side by side: one channel could not tell them apart."""
    b = Builder()
    x = b.input("input", 2)
    wide = b.add("wide", Conv2d(2, 2, 5, padding=2), x)
    both = b.add("concat", Concat(), x, wide)
    b.output("result", b.add("shuffle", PixelShuffle(2), both))
    found = check(b.build(), input=(2, 9, 12))
    assert only(found, "shuffle", "reach").ok
    assert only(found, "shuffle", "receptive-field").ok


def test_a_ratio_that_no_larger_input_keeps_is_not_checked() -> None:
    """5 rows of a grid from 11, and back: never reported as passed."""
    b = Builder()
    x = b.input("input", 3)
    grid = b.add("grid", GridAvgPool2d(5), x)
    b.output("result", b.add("up", ResizeTo("bilinear"), grid, x))
    found = check(b.build(), input=(3, 11, 10))
    field = only(found, "up", "receptive-field")
    assert field.ok is None
    assert "rows: no enlarged input keeps the ratio" in str(field.note)
    assert only(found, "grid", "receptive-field").ok
    assert found.unchecked == (field,)


@pytest.mark.parametrize("pad", [ReflectionPad2d(3), CircularPad2d((1, 2, 3, 4))], ids=lambda pad: pad.name)
def test_mirrored_reads_may_lie_outside_the_field(pad: Layer) -> None:
    """At a border torch reads what the mirrored pixels hold, which is no failure."""
    assert check(chain(pad, Conv2d(3, 2, 1)), input=(3, 9, 14)).failures == ()


def test_both_refuse_an_invalid_graph() -> None:
    """The layers before are checked, and the refusal is torch's too."""
    found = check(chain(ReLU(), Conv2d(3, 4, 9), ReLU()), input=(3, 7, 20))
    assert only(found, "a", "reach").ok
    refusal = only(found, "b", "shape")
    assert refusal.ok
    assert str(refusal.expected).startswith("refused: Conv2d: height: kernel 9")
    assert "Kernel size can't be greater" in str(refusal.got)
    assert [c.layer for c in found.checks if c.quantity == "shape"] == ["a", "b"]


def test_a_size_rule_of_ours_is_no_proof_of_itself() -> None:
    """Where a size-following layer refuses, torch is asked for the pool that its rule gives."""
    refusal = only(check(chain(GridAvgPool2d(9)), input=(3, 7, 20)), "a", "shape")
    assert refusal.ok
    assert refusal.got == "refused: stride should not be zero"


def test_a_wrong_shape_fails_and_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """expected is ours, got is torch's; reach is then not asked."""
    monkeypatch.setattr(Conv2d, "resolved_shape", lambda *_, **__: (4, 6, 12))
    found = check(chain(Conv2d(3, 4, 3)), input=(3, 7, 14))
    assert not found.ok
    assert found.failures[0] == Check("a", "shape", [4, 6, 12], [4, 5, 12], False)
    assert only(found, "a", "reach").ok is None


def test_result_is_json() -> None:
    """to_dict holds plain values only."""
    found = check(chain(Conv2d(3, 4, 3), Upsample(None, 2.0, "bilinear")), input=(3, 7, 14))
    read = json.loads(json.dumps(found.to_dict()))
    assert (read["device"], read["ok"], len(read["checks"])) == ("cpu", True, 10)
    assert read["torch"] == torch.__version__.partition("+")[0]


def test_progress_runs_to_its_end() -> None:
    """From 0 to the total, one by one."""
    seen: list[tuple[int, int]] = []
    graph = chain(Conv2d(3, 4, 3), ReLU())
    resolved = shapes(graph, {"input": (3, 7, 14)})
    pc.oracle.verify(resolved, "cpu", lambda done, total, _: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(7)]


def test_a_large_graph_is_asked_at_outputs_and_ends_of_scopes() -> None:
    """Over 120 nodes not every one can be asked for its pixels."""
    b = Builder()
    x = b.input("input", 3)
    for stage in range(5):
        with b.scope(f"stage{stage}"):
            for unit in range(13):
                with b.scope(f"unit{unit}"):
                    x = b.add("act", ReLU(), b.add("conv", Conv2d(3, 3, 1), x))
    b.output("result", x)
    names = selected(shapes(b.build(), {"input": (3, 5, 6)}))
    assert names == [f"stage{stage}.unit12.act" for stage in range(5)]
