"""The outline says what the report says of the whole, whatever was outlined before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc import analyze, build
from pyramidcalc.catalog import names
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.passes import outline as outlining
from pyramidcalc.passes.outline import Outline, Outliner

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


def test_a_layer_that_cannot_work_is_what_is_left() -> None:
    """The failure alone, with its layer and a way out."""
    found = Outliner().outline(build("spp"), {"input": (256, 5, 7)})
    assert isinstance(found, Diagnostic)
    assert (found.severity, found.layer) == ("error", "bin4.pool")
