"""Whole graphs against torch: what is checked, what is not, and what a failure looks like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

import pyramidcalc as pc
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.merging import Add, Concat, Multiply
from pyramidcalc.layers.padding import CircularPad2d, ReflectionPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import PixelShuffle, ResizeTo, Upsample
from pyramidcalc.layers.sized import GridAvgPool2d, SamePad2d
from pyramidcalc.oracle.results import Check
from pyramidcalc.oracle.verification import affordable, selected
from pyramidcalc.passes.shapes import shapes
from tests.oracle.graphs import chain, check, of_architecture, only

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

pytestmark = pytest.mark.torch
QUANTITIES = ["shape", "parameters", "macs", "reach", "receptive-field", "effective-field"]


@pytest.mark.parametrize("name", ["aspp", "dense-aspp", "dspp", "mdspp", "fpn", "ppm", "spp", "yolo-spp"])
def test_every_number_of_every_block_is_torchs(name: str) -> None:
    """Nothing fails, and nothing is left unchecked."""
    result = of_architecture(name, *((24, 48) if name == "fpn" else (12, 24, 48)))
    assert (result.failures, result.unchecked) == ((), ())
    assert {check.quantity for check in result.checks} == set(QUANTITIES)
    assert len(result.checks) == len(QUANTITIES) * len({check.layer for check in result.checks})


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
    """Windows, transposed windows, bins, resizes by size and by scale, pixel shuffles; cubic weights are no shares."""
    result = check(chain(*layers), input=(3, 20, 31), batch=2)
    assert result.failures == ()
    assert all(each.quantity == "effective-field" and "cubic" in str(each.note) for each in result.unchecked)


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


def test_a_whole_path_that_padding_copies_is_not_checked() -> None:
    """Beside a map of one pixel and a hole, its copy stands where the image would go on with a hole."""
    copied = Conv2d(2, 4, 1, padding=(1, 0), padding_mode="replicate")
    graph = chain(AdaptiveAvgPool2d((1, None)), ConvTranspose2d(3, 2, 1, (2, 1), output_padding=(1, 0)), copied)
    result = check(graph, input=(3, 9, 14))
    assert result.failures == ()
    assert only(result, "b", "receptive-field").ok
    assert "rows: paths that read all pass through padding alone" in str(only(result, "c", "receptive-field").note)


def test_a_resize_that_reads_all_of_the_real_input_alone_is_not_checked() -> None:
    """An enlarged input gives the map whose size it takes more than one column, and the resize bins in place of all."""
    b = Builder()
    x = b.input("input", 2)
    one = b.add("one", Upsample(size=(13, 1), mode="bicubic"), x)
    b.output("result", b.add("both", Concat(), one, b.add("all", ResizeTo("area"), x, one)))
    result = check(b.build(), input=(2, 20, 16))
    assert result.failures == ()
    assert only(result, "both", "receptive-field").expected["global"] == [False, True]


@pytest.mark.parametrize("size", [66, 90])
def test_a_global_field_is_seen_where_the_local_one_spans_the_canvas(size: int) -> None:
    """Pools of a pyramid read so far that their hull is the whole canvas, and are global for one level alone."""
    result = of_architecture("ppm", 8, size, size)
    assert result.failures == ()
    assert only(result, "concat", "receptive-field").got["global"] == [True, True]


@pytest.mark.parametrize(
    ("layer", "local", "whole"),
    [
        (Upsample(None, 0.2, "area"), [5, 5], [False, False]),
        (Upsample((1, 2), None, "area"), [None, 5], [True, False]),
        (Upsample(None, (0.2, 0.4), "area", recompute_scale_factor=True), [5, 3], [False, False]),
        (AdaptiveAvgPool2d((1, None)), [None, 1], [True, False]),
    ],
    ids=str,
)
def test_one_bin_is_global_where_it_is_one_at_every_size(layer: Layer, local: list[int], whole: list[bool]) -> None:
    """An area resize by a factor makes one bin of a small map only."""
    field = only(check(chain(layer, ReLU()), input=(3, 5, 10)), "b", "receptive-field")
    assert field.ok
    assert (field.got["local_size"], field.got["global"]) == (local, whole)


def test_a_global_field_that_is_none_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here reads a whole axis, so no path of that kind can be lost in padding."""
    from pyramidcalc.passes import axis_field

    monkeypatch.setattr(axis_field.AxisField, "is_global", lambda *_: True)
    result = check(chain(Conv2d(3, 4, 3)), input=(3, 7, 14))
    assert only(result, "a", "receptive-field").ok is False


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (("Conv1d", "MaxPool1d", "ConvTranspose1d"), (3, 40)),
        (("Conv3d", "AvgPool3d", "ConvTranspose3d"), (3, 9, 12, 7)),
    ],
)
def test_sequences_and_volumes_are_checked_in_full(layers: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """As maps are: each axis has a field of its own."""
    rank = len(shape) - 1
    kinds = pc.layers.kinds()
    conv = kinds[layers[0]](3, 4, (2, 3, 4)[:rank], padding=(1, 0, 2)[:rank], dilation=(3, 1, 2)[:rank])
    pool = kinds[layers[1]]((2, 3, 2)[:rank], (1, 2, 3)[:rank])
    graph = chain(conv, pool, kinds[layers[2]](4, 2, (3, 2, 4)[:rank], (2, 3, 1)[:rank]))
    result = check(graph, input=shape)
    assert (result.failures, result.unchecked) == ((), ())
    assert len(only(result, "c", "receptive-field").got["local_size"]) == rank


def test_two_inputs_are_checked_apart() -> None:
    """Each input has a field of its own."""
    b = Builder()
    deep, shallow = b.input("deep", 4), b.input("shallow", 4)
    up = b.add("up", ResizeTo("nearest"), deep, shallow)
    b.output("result", b.add("sum", Add(), up, b.add("conv", Conv2d(4, 4, 3, padding=1), shallow)))
    field = only(check(b.build(), deep=(4, 5, 8), shallow=(4, 10, 16)), "sum", "receptive-field")
    assert field.ok
    assert (field.got["deep.stride"], field.got["shallow.local_size"]) == (["1/2", "1/2"], [3, 3])


def test_a_ratio_that_no_larger_input_keeps_is_not_checked() -> None:
    """5 rows of a grid from 11, and back: never reported as passed."""
    b = Builder()
    x = b.input("input", 3)
    grid = b.add("grid", GridAvgPool2d(5), x)
    b.output("result", b.add("up", ResizeTo("bilinear"), grid, x))
    result = check(b.build(), input=(3, 11, 10))
    field = only(result, "up", "receptive-field")
    assert field.ok is None
    assert "rows: no enlarged input keeps the ratio" in str(field.note)
    assert only(result, "grid", "receptive-field").ok
    assert result.unchecked == (field,)


@pytest.mark.parametrize("pad", [ReflectionPad2d(3), CircularPad2d((1, 2, 3, 4))], ids=lambda pad: pad.name)
def test_mirrored_reads_may_lie_outside_the_field(pad: Layer) -> None:
    """At a border torch reads what the mirrored pixels hold, which is no failure."""
    assert check(chain(pad, Conv2d(3, 2, 1)), input=(3, 9, 14)).failures == ()


def test_both_refuse_an_invalid_graph() -> None:
    """The layers before are checked, and the refusal is torch's too."""
    result = check(chain(ReLU(), Conv2d(3, 4, 9), ReLU()), input=(3, 7, 20))
    assert only(result, "a", "reach").ok
    refusal = only(result, "b", "shape")
    assert refusal.ok
    assert str(refusal.expected).startswith("refused: Conv2d: height: kernel 9")
    assert "Kernel size can't be greater" in str(refusal.got)
    assert [c.layer for c in result.checks if c.quantity == "shape"] == ["a", "b"]


def test_a_size_rule_of_ours_is_no_proof_of_itself() -> None:
    """Where a size-following layer refuses, torch is asked with its definition."""
    refusal = only(check(chain(GridAvgPool2d(9)), input=(3, 7, 20)), "a", "shape")
    assert (refusal.ok, refusal.got) == (True, "refused: stride should not be zero")


def test_a_wrong_shape_fails_and_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """expected is ours, got is torch's; reach is then not asked."""
    monkeypatch.setattr(Conv2d, "resolved_shape", lambda *_, **__: (4, 6, 12))
    result = check(chain(Conv2d(3, 4, 3)), input=(3, 7, 14))
    assert not result.ok
    assert result.failures[0] == Check("a", "shape", [4, 6, 12], [4, 5, 12], False)
    assert only(result, "a", "reach").ok is None


def test_result_is_json() -> None:
    """to_dict holds plain values only."""
    result = check(chain(Conv2d(3, 4, 3), Upsample(None, 2.0, "bilinear")), input=(3, 7, 14))
    read = json.loads(json.dumps(result.to_dict()))
    assert (read["device"], read["ok"], len(read["checks"])) == ("cpu", True, 12)
    assert read["torch"] == torch.__version__.partition("+")[0]


def test_progress_runs_to_its_end() -> None:
    """From 0 to the total, one by one."""
    seen: list[tuple[int, int]] = []
    graph = chain(Conv2d(3, 4, 3), ReLU())
    resolved = shapes(graph, {"input": (3, 7, 14)})
    pc.oracle.verify(resolved, "cpu", lambda done, total, _: seen.append((done, total)))
    assert seen == [(done, 8) for done in range(9)]


def test_a_large_graph_is_asked_at_nodes_spread_over_it() -> None:
    """Over 120 nodes not every one can be asked; fewer where its real channels are run, and the output always."""
    b = Builder()
    x = b.input("input", 3)
    for index in range(130):
        x = b.add(f"act{index}", ReLU(), x)
    b.output("result", x)
    resolved = shapes(b.build(), {"input": (3, 150, 170)})
    names, wide = (selected(resolved, affordable(resolved, wide)) for wide in (False, True))
    assert (len(names), names[-1]) == (34, "act129")
    assert (len(wide), wide[-1]) == (2, "act129")
