"""Bounds of what positions read: however deep the graph and however long its period, or unknown with the reason."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import layers
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import Resize, TransposedWindow, Window
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.passes.axis_field import ITSELF, MAX_PARTS, compose, merge_axis
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.tables import MAX_POSITIONS
from pyramidcalc.report import analyze_graph
from pyramidcalc.request import analyze
from tests.passes.asking import field_of
from tests.passes.huge import huge_graph
from tests.passes.published import chain
from tests.strategies import maps_on_sizes

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.receptive_field import ReceptiveField

SECONDS = 20
"""Far more than any graph takes, far less than a loop over 2^31."""


@given(st.lists(maps_on_sizes(), min_size=2, max_size=3), st.integers(-5, 5))
def test_merges_are_the_hull_position_by_position(drawn: list[tuple[IndexMap, int]], i: int) -> None:
    """A merge of maps, whatever their strides, reads from the least first to the greatest last."""
    local = [(axis_map, n) for axis_map, n in drawn if not axis_map.whole]
    merged = merge_axis([compose(axis_map, n, ITSELF) for axis_map, n in local] or [ITSELF])
    read = {j for axis_map, n in local for j in axis_map.reads(n, i)} if local else {i}
    assert merged.extent(i) == ((min(read), max(read)) if read else None)


@given(maps_on_sizes(), maps_on_sizes(), st.integers(-9, 9))
def test_maps_of_maps_read_what_their_taps_read(
    outer: tuple[IndexMap, int], inner: tuple[IndexMap, int], i: int
) -> None:
    """The least first and the greatest last over all taps, wherever among them they are."""
    if outer[0].whole or inner[0].whole:
        return
    field = compose(outer[0], outer[1], compose(inner[0], inner[1], ITSELF))
    read = {j for place in outer[0].reads(outer[1], i) for j in inner[0].reads(inner[1], place)}
    assert field.extent(i) == ((min(read), max(read)) if read else None)


@given(st.lists(maps_on_sizes(), min_size=2, max_size=3), maps_on_sizes(), st.integers(-5, 5))
def test_what_follows_a_merge_reads_the_hull_of_its_taps(
    drawn: list[tuple[IndexMap, int]], after: tuple[IndexMap, int], i: int
) -> None:
    """A map behind a merge, whatever the strides before it, reads what its taps have read."""
    local = [(axis_map, n) for axis_map, n in [*drawn, after] if not axis_map.whole]
    if len(local) < 2 or after[0].whole:
        local, after = [(Window(3, 2), 9), (TransposedWindow(1, 3), 5)], (Window(2, 2), 7)
    merged = merge_axis([compose(axis_map, n, ITSELF) for axis_map, n in local])
    field = compose(*after, merged)
    taps = after[0].reads(after[1], i)
    read = {j for tap in taps for axis_map, n in local for j in axis_map.reads(n, tap)}
    assert field.extent(i) == ((min(read), max(read)) if read else None)


def test_pspnet_on_a_street() -> None:
    """Its bins and resizes repeat only every 6,141 columns, of which 2,048 are there."""
    field = analyze("pspnet", input=(1024, 2048)).receptive_field
    assert field is not None
    assert (field.is_global, field.local_size, field.reason) == (True, (2007, 3543), None)


@pytest.mark.parametrize("rank", [1, 2])
def test_depth_is_no_limit(rank: int) -> None:
    """3,000 layers behind a resize, of which each looks at the one before: 2·1,500 + 2 pixels."""
    conv = layers.kinds()[f"Conv{rank}d"](1, 1, 3, padding=1)
    up = layers.kinds()["Upsample"](None, 2, {1: "linear", 2: "bilinear"}[rank])
    field = field_of(chain(up, *[conv] * 3000, channels=1), 1, *(64, 65)[:rank])
    assert (field.size, field.reason) == ((3002,) * rank, None)


def of(kind: str, *args: object, **kwargs: object) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


def timed_field(graph: Graph, *shape: int) -> ReceptiveField:
    """The receptive field of the output, in some seconds at most."""
    start = time.process_time()
    field = field_of(graph, *shape)
    assert time.process_time() - start < SECONDS
    return field


@pytest.mark.parametrize(
    ("chained", "n", "size"),
    [
        ((of("Upsample", 2 * 10**12, None, "linear"), of("Conv1d", 1, 1, 3)), 10**12, 3),
        ((of("Conv1d", 1, 1, 10**9, 7, dilation=10**4),), 10**15, 10**13 - 9999),
        ((of("Upsample", MAX_POSITIONS + 5, None, "linear", True), of("Conv1d", 1, 1, 3)), 1000, 3),
        ((of("AdaptiveAvgPool1d", 3),), 10**15, (10**15 + 2) // 3),
        ((of("AdaptiveAvgPool1d", 2**62),), 2**63 - 1, 3),
        ((of("Upsample", 2**62, None, "nearest"), of("AdaptiveAvgPool1d", 1)), 10**15, "global"),
        ((of("AdaptiveAvgPool1d", 1), of("Upsample", 10**15 + 1, None, "linear")), 10**12, "global"),
        ((of("Upsample", 20_011, None, "linear"), of("MaxPool1d", 20_000, 1)), 20_000, 19_991),
        ((of("ConvTranspose1d", 1, 1, 1, 2**30), of("Conv1d", 1, 1, 2**30)), 100, None),
        ((of("ConvTranspose1d", 1, 1, 3, 2**30, dilation=5), of("AvgPool1d", 2**29)), 100, None),
        ((of("Slice", 2, 7, None, 2**40), of("Conv1d", 1, 1, 2)), 2**62, 2**40 + 1),
        ((of("Split", 1, 10**14, 2),), 10**15, 1),
        ((of("CircularPad1d", 10**14), of("Conv1d", 1, 1, 5)), 10**15, 5),
    ],
)
def test_huge_numbers(chained: tuple[Layer, ...], n: int, size: int | str | None) -> None:
    """Known by arithmetic, or unknown with the reason; None stands for that."""
    field = timed_field(chain(*chained, channels=1), 1, n)
    assert field.is_global == (size == "global")
    assert field.local_size == (None if size == "global" else size,)
    assert (field.reason is not None) == (size is None)


def test_too_many_positions_are_unknown_from_there_on() -> None:
    """A resize whose pattern differs over more positions than are looked at, and what follows it."""
    up = of("Upsample", (MAX_POSITIONS + 5, 12), None, "bicubic", True)
    for graph, size in ((chain(up), 4), (chain(up, of("Conv2d", 3, 4, 3)), 5)):
        field = field_of(graph, 3, 1000, 6)
        assert field.size == (None, size)
        assert field.reason is not None
        assert field.reason.startswith("rows: what is read differs over 1638")
        assert field.to_dict()["reason"] == field.reason


def test_few_positions_of_a_long_period_are_known() -> None:
    """A stride behind the same resize leaves few enough to look at, and the widest of them is theirs."""
    resize, window = Resize("linear", True, MAX_POSITIONS + 5), Window(3, 100)
    graph = chain(of("Upsample", (MAX_POSITIONS + 5, 12), None, "bilinear", True), of("MaxPool2d", (3, 1), (100, 1)))
    assert window.size(MAX_POSITIONS + 5) == 164
    ends = [
        (resize.reads(1000, taps[0])[0], resize.reads(1000, taps[-1])[-1])
        for taps in [window.reads(MAX_POSITIONS + 5, i) for i in range(164)]
    ]
    field = field_of(graph, 3, 1000, 6)
    assert field.size == (max(last - first + 1 for first, last in ends), 2)
    assert field.reason is None


def test_what_takes_too_many_looks_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions few enough, whose taps have all read differently."""
    graph = chain(of("Upsample", (3007, 5), None, "bicubic"), of("MaxPool2d", (20, 2), (20, 1)))
    assert field_of(graph, 3, 991, 5).size[0] is not None
    monkeypatch.setattr("pyramidcalc.passes.tables.MAX_LOOKS", 2000)
    field = field_of(graph, 3, 991, 5)
    assert (field.size, field.reasons[0]) == (
        (None, 2),
        "to tell would take more than 2000 positions of a layer before",
    )


def test_branches_that_drift_over_too_many_positions_are_unknown() -> None:
    """Both are known, the hull of both is not."""
    b = Builder()
    x = b.input("input", 1)
    down = b.add("down", of("Conv1d", 1, 1, 3, 3), x)
    b.output("output", b.add("add", Add(), x, b.add("up", ResizeTo("linear", True), down, x)))
    field = timed_field(b.build(), 1, 20_000)
    assert (field.size, field.reason) == (
        (None,),
        f"branches drift apart over 20000 positions, more than {MAX_POSITIONS}",
    )
    assert timed_field(b.build(), 1, 2_000).size == (7,)


def test_paths_of_too_many_slopes_are_unknown() -> None:
    """Bins beside a resize double the slopes with each block."""
    b = Builder()
    x = b.input("input", 1)
    for index in range(12):
        n = 97 + 7 * index
        bins = b.add(f"bins{index}", of("AdaptiveAvgPool1d", n), x)
        x = b.add(f"add{index}", Add(), bins, b.add(f"up{index}", of("Upsample", n, None, "linear", True), x))
    b.output("output", x)
    graph = b.build()
    field = timed_field(graph, 1, 90)
    assert (field.size, field.reason) == ((None,), f"its paths step in more than {MAX_PARTS} different ways")
    assert field_of(graph, 1, 90, node="add3").size == (5,)
    start = time.process_time()
    analyze_graph(graph, {"input": (1, 90)})
    assert time.process_time() - start < SECONDS, "centre lines are bounded as well"


def test_as_many_slopes_as_the_limit_are_known() -> None:
    """Branches of more strides than the limit are given up, one fewer are not."""
    for count in (MAX_PARTS, MAX_PARTS + 1):
        b = Builder()
        x = b.input("input", 1)
        pools = [b.add(f"pool{i}", of("MaxPool2d", 1, i), x) for i in range(1, count + 1)]
        cuts = [
            b.add(f"cut{i}", of("Slice", 2, 0, 2), b.add(f"cut_of{i}", of("Slice", 3, 0, 1), pool))
            for i, pool in enumerate(pools)
        ]
        b.output("output", b.add("add", Add(), *cuts))
        field = field_of(b.build(), 1, 40, 39)
        if count == MAX_PARTS:
            assert (field.size, field.reason) == ((MAX_PARTS, 1), None)
        else:
            assert field.size == (None, None)
            assert field.reason is not None
            assert str(MAX_PARTS) in field.reason


@pytest.mark.parametrize("part", range(4))
def test_no_graph_fails_or_takes_long(part: int) -> None:
    """Whatever the numbers: every axis of every node has a size, is global, or says why not; reach answers, too."""
    for seed in range(40 * part, 40 * part + 40):
        graph, inputs = huge_graph(seed)
        start = time.process_time()
        report = analyze_graph(graph, inputs)
        report.to_dict()
        for layer in report.layers:
            for field in layer.receptive_fields.values():
                for size, reason in zip(field.local_size, field.reasons, strict=True):
                    assert size is not None or reason or field.is_global, (seed, layer.name)
        if report.layers and report.resolved:
            last = report.layers[-1]
            answer = reach(report.resolved, last.name, [n // 2 for n in last.output[1:]])
            assert answer.unknown or answer.products is not None
        assert time.process_time() - start < SECONDS, seed
