"""The nearest input sizes with which a failing graph works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

import pyramidcalc as pc
from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv1d, Conv2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d, MaxPool3d
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.passes import nearest_sizes as passes_file
from pyramidcalc.passes.nearest_sizes import nearest_sizes, search
from pyramidcalc.passes.shapes import shapes
from tests.passes.published import chain

if TYPE_CHECKING:
    import pytest

    from pyramidcalc.graph import Graph


def multiples_of(rows: int, columns: int) -> Graph:
    """Works where `rows` divides the height and `columns` the width: down, up, and beside the input."""
    b = Builder()
    x = b.input("input", 3)
    y = b.add("down", MaxPool2d((rows, columns)), x)
    y = b.add("up", Upsample(scale_factor=(rows, columns)), y)
    b.output("output", b.add("concat", Concat(), x, y))
    return b.build()


def sizes(graph: Graph, *size: int) -> list[tuple[int, ...]]:
    """Nearest sizes of a graph of 3 channels that fails on this one."""
    resolved = shapes(graph, {"input": (3, *size)})
    assert resolved.failure is not None
    nearest = nearest_sizes(resolved)
    assert all(channels == 3 for channels, *_ in nearest)
    return [tuple(spatial) for _, *spatial in nearest]


def test_an_axis_that_is_fine_stays() -> None:
    """Only the height, or only the width, is another."""
    assert sizes(multiples_of(8, 6), 35, 42) == [(32, 42), (40, 42)]
    assert sizes(multiples_of(8, 6), 40, 45) == [(40, 42), (40, 48)]


def test_both_axes_wrong() -> None:
    """All pairs of the nearest heights and widths."""
    assert sizes(multiples_of(8, 6), 35, 45) == [(32, 42), (32, 48), (40, 42), (40, 48)]


def test_sequences_and_volumes() -> None:
    """One axis after the other, however many there are."""
    assert sizes(chain(Conv1d(3, 4, 5), Conv1d(4, 4, 3)), 6) == [(7,)]
    volume = Builder()
    x = volume.input("input", 3)
    y = volume.add("up", Upsample(scale_factor=(2, 4, 3)), volume.add("down", MaxPool3d((2, 4, 3)), x))
    volume.output("output", volume.add("both", Concat(), x, y))
    assert sizes(volume.build(), 6, 8, 10) == [(6, 8, 9), (6, 8, 12)]
    assert sizes(volume.build(), 7, 8, 9) == [(6, 8, 9), (8, 8, 9)]


def test_nothing_smaller_works() -> None:
    """A kernel larger than its input."""
    assert sizes(chain(Conv2d(3, 4, (5, 3)), Conv2d(4, 4, 3)), 6, 2) == [(7, 5)]


def test_nothing_near_works() -> None:
    """Multiples of 1000 are too far from 500."""
    assert sizes(multiples_of(1000, 1), 500, 7) == []


def test_channels_that_do_not_match_match_at_no_size() -> None:
    """The search ends without a size."""
    assert sizes(chain(Conv2d(3, 4, 1), Conv2d(5, 4, 1)), 9, 14) == []


def test_a_linear_layer_finds_the_size_that_it_was_made_for() -> None:
    """A flattened 8×4×5 has 160 features."""
    graph = chain(Conv2d(3, 8, 3, padding=1), AvgPool2d(4), Flatten(), Linear(160, 10))
    assert sizes(graph, 16, 25) == [(16, 23)]


@given(rows=st.integers(2, 12), columns=st.integers(2, 12), height=st.integers(13, 90), width=st.integers(13, 90))
def test_every_size_works_and_none_is_nearer(rows: int, columns: int, height: int, width: int) -> None:
    """The multiples around height and width."""
    graph = multiples_of(rows, columns)
    if height % rows == 0 and width % columns == 0:
        return
    heights = [height] if height % rows == 0 else [height // rows * rows, (height // rows + 1) * rows]
    widths = [width] if width % columns == 0 else [width // columns * columns, (width // columns + 1) * columns]
    assert sizes(graph, height, width) == [(h, w) for h in heights for w in widths]


def test_sizes_start_at_1() -> None:
    """Nothing smaller than 1 is tried."""
    tried: list[int] = []

    def works(shape: tuple[int, ...]) -> bool:
        tried.extend(shape[1:])
        return False

    assert search(works, (2, 3, 5)) == ()
    assert min(tried) == 1


def test_the_largest_sizes() -> None:
    """Sizes beyond torch's largest do not work, and are no reason to fail."""
    largest = 2**63 - 1
    assert sizes(chain(Conv2d(3, 4, 3), Conv2d(4, 4, 3)), largest, 3) == [(largest, 5)]
    assert sizes(chain(Conv2d(3, 4, 1), Conv2d(5, 4, 1)), largest, largest) == []


def test_several_inputs_are_left_alone() -> None:
    """Their sizes belong together in ways that the graph does not know."""
    b = Builder()
    b.output("output", b.add("add", Add(), b.input("one", 3), b.input("two", 3)))
    assert nearest_sizes(shapes(b.build(), {"one": (3, 8, 9), "two": (3, 8, 7)})) == ()


def test_vectors_are_left_alone() -> None:
    """An input of one axis has no height."""
    assert nearest_sizes(shapes(chain(Linear(4, 2)), {"input": (3,)})) == ()


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops after so many layers, whatever was found."""
    graph = multiples_of(100, 100)
    assert sizes(graph, 30, 30) == [(100, 100)]
    monkeypatch.setattr(passes_file, "MAX_LAYERS", 50)
    assert sizes(graph, 30, 30) == []


def test_the_search_never_takes_long() -> None:
    """A deep graph that works on no size is given up within seconds, on a huge input too."""
    layers = [Conv2d(3, 3, 3, padding=1), ReLU()] * 500
    start = time.perf_counter()
    assert sizes(chain(*layers, Conv2d(4, 4, 1)), 10**15, 10**12) == []
    assert time.perf_counter() - start < 10


def test_the_hint_tells() -> None:
    """Behind the layer's own."""
    report = pc.analyze_graph(multiples_of(8, 6), {"input": (3, 35, 45)})
    note = report.diagnostics[-1]
    assert note.hint is not None
    own, _, nearest = note.hint.partition("; ")
    assert own == "resize, crop or pad one to the other's size"
    assert nearest == "an input of 32x42, 32x48, 40x42 or 40x48 works"


def test_the_hint_stays_where_no_size_works() -> None:
    """Channels are the layer's business."""
    report = pc.analyze_graph(chain(Conv2d(3, 4, 1), Conv2d(5, 4, 1)), {"input": (3, 9, 14)})
    assert report.diagnostics[-1].hint == "set in_channels=4, or feed 5 channels"
