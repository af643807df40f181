"""The outline says what the report says of the whole."""

from __future__ import annotations

import pytest

from pyramidcalc.catalog import names
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.passes.outline import Outline, outline
from pyramidcalc.report import analyze, build


@pytest.mark.parametrize("name", names())
def test_totals_are_those_of_the_report(name: str) -> None:
    """Every architecture at its default input, in a batch of 3."""
    report = analyze(name, batch=3)
    assert report.resolved is not None
    assert report.main is not None
    found = outline(report.resolved.graph, report.inputs, 3)
    assert isinstance(found, Outline)
    assert (found.inputs, found.outputs) == (report.inputs, report.outputs)
    assert found.receptive_fields == report.main.receptive_fields
    assert (found.parameters, found.macs) == (report.parameters, report.macs)
    assert (found.activations, found.peak_activation_bytes) == (report.activations, report.peak_activation_bytes)
    assert set(found.diagnostics) <= set(report.diagnostics)
    assert {note.severity for note in set(report.diagnostics) - set(found.diagnostics)} <= {"info"}


def test_a_layer_that_cannot_work_is_what_is_left() -> None:
    """The failure alone, with its layer and a way out."""
    found = outline(build("spp"), {"input": (256, 5, 7)})
    assert isinstance(found, Diagnostic)
    assert (found.severity, found.layer) == ("error", "bin4.pool")
