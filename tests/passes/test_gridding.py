"""`gridding`: stacks of dilated layers that leave holes, against what one pixel reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyramidcalc as pc
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv1d, Conv2d
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.passes.gridding import gridding
from pyramidcalc.passes.reach import reach
from tests.passes.asking import resolved_on
from tests.passes.published import chain


def dilated(*rates: int, channels: int = 3) -> list[Conv2d]:
    """3×3 convolutions that keep the size, at these rates."""
    return [Conv2d(channels, channels, 3, padding=rate, dilation=rate) for rate in rates]


def said(graph: Graph, *shape: int) -> list[tuple[str | None, str]]:
    """(layer, message) of every note."""
    return [(note.layer, note.message) for note in gridding(resolved_on(graph, *shape))]


def test_dense_aspp_reads_441_pixels_of_its_hull() -> None:
    """At its published rates, all multiples of 3, the middle of 64×64 reads 11.9% of what its taps span."""
    report = pc.analyze("dense-aspp", input=(512, 64, 64))
    assert report.resolved is not None
    output = report.resolved.graph.outputs[0][1]
    read = reach(report.resolved, output, (32, 32))
    assert (read.pixels("input"), round(100 * (read.coverage("input") or 0), 1)) == (441, 11.9)
    (note,) = [note for note in report.diagnostics if note.code == "gridding"]
    assert (note.layer, note.severity) == (output, "info")
    assert note.message == (
        "away from all borders, dilated layers in a row read 43 of 127 rows and columns of `input`, "
        "at most 11.5% of what they span: "
        "all taps lie multiples of 3 apart"
    )


@pytest.mark.parametrize(("rates", "told"), [((2, 2, 2), True), ((1, 2, 5), False), ((1, 2, 9), True), ((6,), False)])
def test_the_rates_of_hybrid_dilation_leave_no_holes(rates: tuple[int, ...], told: bool) -> None:
    """Section 3.2 of the source: a common factor and steps too large do; one layer alone is no stack."""
    assert bool(said(chain(*dilated(*rates)), 3, 40, 50)) == told


def test_a_later_layer_may_fill_the_holes() -> None:
    """Only the end of a stack is looked at; a dense layer ends this one without holes."""
    assert said(chain(*dilated(2, 2), ReLU(), *dilated(1)), 3, 30, 40) == []
    assert [layer for layer, _ in said(chain(*dilated(2, 2), ReLU()), 3, 30, 40)] == ["layer2"]


def test_a_stride_starts_another_stack() -> None:
    """What stands before it is told of, what behind it is a stack of its own."""
    notes = said(chain(*dilated(3, 3), MaxPool2d(2), *dilated(2)), 3, 30, 40)
    assert [(layer, "`input`" in message) for layer, message in notes] == [("layer1", True)]


def test_axes_are_told_apart() -> None:
    """Rows with holes, columns without."""
    stack = chain(
        Conv2d(3, 3, (3, 1), padding=(2, 0), dilation=(2, 1)), Conv2d(3, 3, 3, padding=(4, 1), dilation=(4, 1))
    )
    ((_, message),) = said(stack, 3, 30, 40)
    assert "read 7 of 13 rows and 3 of 3 columns of `input`, at most 53.8% of" in message


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), min_size=2, max_size=4), st.booleans())
def test_a_line_is_told_of_where_a_pixel_reads_with_holes(layers: list[tuple[int, int]], skips: bool) -> None:
    """Stacks on sequences, with and without concatenations around layers: the middle reads with the holes told."""
    b = Builder()
    x = b.input("input", 1)
    for index, (half, rate) in enumerate(layers):
        y = b.add(f"conv{index}", Conv1d(x.width, 1, 2 * half + 1, padding=half * rate, dilation=rate), x)
        x = b.add(f"merge{index}", Concat(), x, y) if skips else y
    b.output("output", x)
    resolved = resolved_on(b.build(), 1, 201)
    (read,) = reach(resolved, x.name, (100,)).positions("input")
    first = (read & -read).bit_length() - 1
    notes = list(gridding(resolved))
    deep = sum(rate > 1 for _, rate in layers) > 1
    assert bool(notes) == (deep and read.bit_count() < read.bit_length() - first)
    for note in notes:
        assert f"read {read.bit_count()} of {read.bit_length() - first} positions of `input`" in note.message


def test_branches_that_start_at_one_map_are_one_stack() -> None:
    """Two branches with holes may fill each other's."""
    b = Builder()
    x = b.input("input", 3)
    one, other = dilated(2, 2), dilated(1, 3)
    y = b.add("one1", one[1], b.add("one0", one[0], x))
    z = b.add("other1", other[1], b.add("other0", other[0], x))
    b.output("output", b.add("add", Add(), y, z))
    assert said(b.build(), 3, 30, 40) == []
