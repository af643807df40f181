"""Rows: units, stages and scopes with sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.rows import fold, operations
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import Dropout, ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.report import Report, analyze_graph
from pyramidcalc.request import analyze

if TYPE_CHECKING:
    from pyramidcalc.layer_report import LayerGroup


def staged() -> Graph:
    """A small network: a stem, two residual units in a stage, a head."""
    b = Builder()
    x = b.input("input", 3)
    with b.scope("stem"):
        x = b.add("conv", Conv2d(3, 8, 3, padding=1), x)
        x = b.add("norm", BatchNorm2d(8), x)
        x = b.add("act", ReLU(), x)
        x = b.add("pool", MaxPool2d(2), x)
    for unit in "01":
        with b.scope("layer1"), b.scope(unit):
            y = b.add("conv", Conv2d(8, 8, 3, padding=2, dilation=2, bias=False), x)
            y = b.add("norm", BatchNorm2d(8), y)
            y = b.add("add", Add(), x, y)
            x = b.add("act", ReLU(), y)
    x = b.add("head", Conv2d(8, 5, 1), x)
    b.output("head", b.add("dropout", Dropout(), x))
    return b.build()


@pytest.fixture
def report() -> Report:
    """The small network on an image that is not square."""
    return analyze_graph(staged(), {"input": (3, 16, 12)})


def names(rows: tuple[LayerGroup, ...]) -> list[str]:
    """What the rows are called."""
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("depth", "collapsed", "rows"),
    [
        # Units: norm, activation and dropout join the layer that only they read, in its scope.
        (None, False, "stem.conv stem.pool layer1.0.conv layer1.0.add layer1.1.conv layer1.1.add head"),
        # Stages: one row for each first name, units for what has no scope.
        (None, True, "stem layer1 head"),
        # A depth: deeper scopes share a row, all other layers stand alone.
        (1, True, "stem layer1 head dropout"),
        (2, True, "stem.conv stem.norm stem.act stem.pool layer1.0 layer1.1 head dropout"),
    ],
)
def test_rows(report: Report, depth: int | None, collapsed: bool, rows: str) -> None:
    """Named by the unit's first layer, the stage or the scope."""
    assert names(fold(report, depth, collapsed=collapsed)) == rows.split()


def test_a_row_tells_its_layers_and_ends_with_the_last_ones_output(report: Report) -> None:
    """Operations are joined; large rows count convolutions, sums and the like; one dilated layer says its taps."""
    unit, stage = fold(report, None, collapsed=False)[2], fold(report, None, collapsed=True)[1]
    assert operations(unit) == "Conv2d 3×3, padding 2, dilation 2 + BatchNorm2d"
    assert operations(stage) == "2 convolutions, 2 sums"
    assert (unit.output, unit.parameters, stage.output) == ((8, 8, 6), 8 * 8 * 9 + 16, (8, 8, 6))
    assert (unit.valid_taps is not None, stage.valid_taps) == (True, None)


@pytest.mark.parametrize(("outputs", "rows"), [(["add"], ["conv", "act", "add"]), (["act", "conv"], ["conv", "act"])])
def test_a_layer_that_is_read_twice_ends_its_unit(outputs: list[str], rows: list[str]) -> None:
    """By a skip, or as an output: it is seen in its own row."""
    b = Builder()
    values = {"conv": b.add("conv", Conv2d(3, 3, 1), b.input("input", 3))}
    values["act"] = b.add("act", ReLU(), values["conv"])
    if "add" in outputs:
        values["add"] = b.add("add", Add(), values["conv"], values["act"])
    for name in outputs:
        b.output(name, values[name])
    assert names(fold(analyze_graph(b.build(), {"input": (3, 4, 5)}), None, collapsed=False)) == rows


def test_a_large_depth_shows_every_layer(report: Report) -> None:
    """Every leaf is a row."""
    assert names(fold(report, 99, collapsed=True)) == [layer.name for layer in report.layers]


@pytest.mark.parametrize("depth", [None, 1, 2, 3, 99])
@pytest.mark.parametrize("collapsed", [False, True])
def test_rows_hold_every_layer_once(report: Report, depth: int | None, collapsed: bool) -> None:
    """Sums of the rows are the totals, whatever is folded."""
    for each in (report, analyze("aspp", variant="v2-vgg"), analyze("fpn"), analyze("dense-aspp")):
        rows = fold(each, depth, collapsed=collapsed)
        assert sorted(layer.name for row in rows for layer in row.layers) == sorted(layer.name for layer in each.layers)
        assert sum(row.parameters for row in rows) == each.parameters
        assert sum(row.macs for row in rows) == each.macs


def test_a_failed_report_folds_what_there_is() -> None:
    """Rows up to the failing layer."""
    failed = analyze("dspp", input=(4, 8, 9), bins=(2, 9))
    assert names(fold(failed, None, collapsed=False))[0] == "bin2.pool"
    assert fold(analyze("spp", input=5), None, collapsed=False) == ()
