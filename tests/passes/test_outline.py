"""The outline says what the report says of the whole, whatever was outlined before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyramidcalc.passes.outline import Outline, Outliner

from pyramidcalc import analyze, build
from pyramidcalc.catalog import names
from pyramidcalc.graph import Builder
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from pyramidcalc.passes import outline as outlining
from pyramidcalc.report import analyze_graph

if TYPE_CHECKING:
    from pyramidcalc.report import Report


def agree(found: Outline | Diagnostic, report: Report) -> None:
    """Whether an outline holds what the report does."""
    if isinstance(found, Diagnostic):
        assert (found.severity, report.failed) == ("error", True)
        assert (found.code, found.layer) in {(note.code, note.layer) for note in report.diagnostics}
        return
    assert report.main is not None
    assert (found.inputs, found.outputs) == (report.inputs, report.outputs)
    assert found.receptive_fields == report.main.receptive_fields
    assert (found.parameters, found.macs) == (report.parameters, report.macs)
    assert (found.activations, found.peak_activation_bytes) == (report.activations, report.peak_activation_bytes)
    assert found.diagnostics == report.diagnostics


SHARED = Outliner()
"""One for all tests of a process: what it kept of other architectures must not show."""


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("kept", [0, outlining.MOST_KEPT], ids=["nothing kept", "all kept"])
def test_totals_are_those_of_the_report(name: str, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every architecture, at its default input and others, in batches of 3 and 1, each twice."""
    monkeypatch.setattr(outlining, "MOST_KEPT", kept)
    _, height, width = analyze(name).input
    for more, batch in [((0, 0), 3), ((31, 64), 1), ((1 - height, 2 - width), 1), ((0, 0), 1), ((0, 0), 3)]:
        report = analyze(name, input=(height + more[0], width + more[1]), batch=batch)
        assert report.resolved is not None
        agree(SHARED.outline(report.resolved.graph, report.inputs, batch), report)


def test_graphs_that_share_layers() -> None:
    """Rates and sizes in turn: what one row left behind is right for the next."""
    outliner = Outliner()
    for size in (17, 33, 65):
        for rate in ((6, 12, 18), (3, 6), (6, 12, 18), (24,)):
            report = analyze("aspp", rate=rate, input=(size, size + 2))
            assert report.resolved is not None
            agree(outliner.outline(build("aspp", rate=rate), report.inputs), report)


@pytest.mark.parametrize("merged", [True, False])
def test_straight_fields_that_follow_the_size_are_not_taken_for_each_other(merged: bool) -> None:
    """Bins that divide the size make lines anew for each, which would die if what is kept did not hold them."""
    b = Builder()
    x = b.input("input", 2)
    pooled = b.add("mean", AdaptiveAvgPool2d(4), x)
    if merged:
        b.output("out", b.add("concat", Concat(), pooled, b.add("max", AdaptiveMaxPool2d(4), x)))
    else:
        b.output("out", b.add("conv", Conv2d(2, 3, 3, padding=1), pooled))
    graph, outliner = b.build(), Outliner()
    for times in (*range(1, 60), *range(59, 0, -3)):
        inputs = {"input": (2, 4 * times, 8 * times)}
        agree(outliner.outline(graph, inputs), analyze_graph(graph, inputs))


def test_fields_that_follow_the_size_are_not_taken_for_each_other() -> None:
    """Pools and resizes whose fields are made anew for each size, and die with it: identities come again."""
    outliner = Outliner()
    graph = build("ppm", bins=(2, 3, 5), in_channels=8)
    for height in range(7, 12):
        for width in range(11, 31):
            report = analyze("ppm", bins=(2, 3, 5), input=(8, height, width))
            agree(outliner.outline(graph, report.inputs), report)


def test_a_layer_that_cannot_work_is_what_is_left() -> None:
    """The failure alone, with its layer and a way out."""
    found = Outliner().outline(build("spp"), {"input": (256, 5, 7)})
    assert isinstance(found, Diagnostic)
    assert (found.severity, found.layer) == ("error", "bin4.pool")
