"""An output that sees less than the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from tests.passes.published import chain

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic


def notes_of(graph: Graph, *size: int) -> list[Diagnostic]:
    """What is said of the field of a graph on one input."""
    diagnostics = pc.analyze_graph(graph, {name: (3, *size) for name, _ in graph.inputs}).diagnostics
    return [note for note in diagnostics if note.code == "receptive-field-short"]


def two(kernel: int | tuple[int, int]) -> Graph:
    """Two convolutions: a receptive field of 2·kernel − 1."""
    return chain(Conv2d(3, 4, kernel), Conv2d(4, 4, kernel))


@pytest.mark.parametrize(("size", "short"), [((9, 9), False), ((10, 9), True), ((9, 10), True)])
def test_any_axis_counts(size: tuple[int, int], short: bool) -> None:
    """Two 5×5 see 9 pixels."""
    assert bool(notes_of(two(5), *size)) == short


def test_both_sizes_are_notes_of() -> None:
    """As information, of the main output's layer."""
    (note,) = notes_of(two((5, 3)), 12, 14)
    assert (note.severity, note.layer) == ("info", "layer1")
    assert note.message == "the receptive field spans 9 of 12 rows and 5 of 14 columns of the input"


def test_a_global_axis_is_never_short() -> None:
    """Pooling of all rows reads them whatever their number."""
    rows = AdaptiveAvgPool2d((1, None))
    assert notes_of(chain(Conv2d(3, 4, 5), rows), 30, 5) == []
    (note,) = notes_of(chain(Conv2d(3, 4, 5), rows), 30, 12)
    assert note.message == "the receptive field spans 5 of 12 columns of the input"


def test_sequences_and_volumes_count_their_own() -> None:
    """Positions; slices, rows and columns."""
    (note,) = notes_of(chain(Conv1d(3, 4, 5), Conv1d(4, 4, 5)), 12)
    assert note.message == "the receptive field spans 9 of 12 positions of the input"
    (note,) = notes_of(chain(Conv3d(3, 4, (5, 3, 1)), Conv3d(4, 4, 2)), 9, 4, 3)
    assert note.message == "the receptive field spans 6 of 9 slices and 2 of 3 columns of the input"


def test_a_layer_alone_is_not_notes_of() -> None:
    """Nobody expects one 3×3 to see everything."""
    assert notes_of(chain(Conv2d(3, 4, 3)), 30, 12) == []


def test_maps_of_several_inputs_are_no_image() -> None:
    """As in a feature pyramid alone."""
    b = Builder()
    both = b.add("add", Add(), b.input("one", 3), b.input("two", 3))
    b.output("output", b.add("conv", Conv2d(3, 4, 3), both))
    assert notes_of(b.build(), 30, 12) == []


def test_a_failure_is_not_told_more() -> None:
    """There is no output to speak of; the failure stays last."""
    report = pc.analyze_graph(two(5), {"input": (3, 8, 20)})
    assert [note.severity for note in report.diagnostics] == ["error"]


@pytest.mark.parametrize(
    ("name", "size", "short"), [("vgg16", 212, False), ("vgg16", 213, True), ("lraspp", 1000, False)]
)
def test_networks(name: str, size: int, short: bool) -> None:
    """VGG-16 sees 212 pixels; a gate from the global average sees all."""
    codes = [note.code for note in pc.analyze(name, input=size).diagnostics]
    assert ("receptive-field-short" in codes) == short
