"""Rows: units, stages and scopes with sums."""

from __future__ import annotations

import pytest

from pyramidcalc.cli.rows import fold, operations
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import Dropout, ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.report import LayerGroup, Report, analyze, analyze_graph


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


def test_units_are_rows_named_by_their_first_layer(report: Report) -> None:
    """Norm, activation and dropout join the layer that only they read, in its scope."""
    assert names(fold(report, None, collapsed=False)) == [
        "stem.conv",
        "stem.pool",
        "layer1.0.conv",
        "layer1.0.add",
        "layer1.1.conv",
        "layer1.1.add",
        "head",
    ]


def test_a_unit_tells_its_layers_and_ends_with_the_last_ones_output(report: Report) -> None:
    """Operations are joined, parameters summed."""
    row = fold(report, None, collapsed=False)[2]
    assert operations(row) == "Conv2d 3×3, padding 2, dilation 2 + BatchNorm2d"
    assert (row.output, row.parameters) == ((8, 8, 6), 8 * 8 * 9 + 16)
    assert row.valid_taps is not None


def test_a_layer_that_two_read_ends_its_unit() -> None:
    """A raw output that a skip takes is seen in its own row."""
    b = Builder()
    x = b.add("conv", Conv2d(3, 3, 1), b.input("input", 3))
    y = b.add("act", ReLU(), x)
    b.output("add", b.add("add", Add(), x, y))
    rows = fold(analyze_graph(b.build(), {"input": (3, 4, 5)}), None, collapsed=False)
    assert names(rows) == ["conv", "act", "add"]


def test_an_output_ends_its_unit() -> None:
    """An output is seen in its own row although only one layer reads it."""
    b = Builder()
    x = b.add("conv", Conv2d(3, 3, 1), b.input("input", 3))
    b.output("act", b.add("act", ReLU(), x))
    b.output("conv", x)
    assert names(fold(analyze_graph(b.build(), {"input": (3, 4, 5)}), None, collapsed=False)) == ["conv", "act"]


def test_networks_collapse_to_stages(report: Report) -> None:
    """One row for each first name, units for what has no scope; large rows count kinds."""
    rows = fold(report, None, collapsed=True)
    assert names(rows) == ["stem", "layer1", "head"]
    assert operations(rows[1]) == "Conv2d ×2, BatchNorm2d ×2, Add ×2, ReLU ×2"
    assert rows[1].output == (8, 8, 6)
    assert rows[1].valid_taps is None


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (1, ["stem", "layer1", "head", "dropout"]),
        (2, ["stem.conv", "stem.norm", "stem.act", "stem.pool", "layer1.0", "layer1.1", "head", "dropout"]),
    ],
)
def test_depth_collapses_deeper_scopes(report: Report, depth: int, expected: list[str]) -> None:
    """Layers of at most so many names stand alone."""
    assert names(fold(report, depth, collapsed=True)) == expected


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
