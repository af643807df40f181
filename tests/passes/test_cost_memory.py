"""Cost and memory: hand-counted numbers, sums, views and batches."""

from __future__ import annotations

from pyramidcalc.graph import Builder
from pyramidcalc.layers.activation import Dropout, Identity, ReLU
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.report import analyze_graph
from tests.passes.published import chain, vgg_16


def test_vgg_16_parameters() -> None:
    """The convolutions of VGG-16 have 14,714,688 parameters (torchvision's vgg16, features)."""
    assert analyze_graph(vgg_16(), {"input": (3, 224, 224)}).parameters == 14_714_688


def test_macs_of_each_kind_and_their_sum() -> None:
    """Convolutions count output positions, transposed ones input positions, linear layers their matrix."""
    graph = chain(
        Conv2d(4, 6, (3, 5), (2, 1), (1, 2), groups=2),
        BatchNorm2d(6),
        ReLU(),
        ConvTranspose2d(6, 3, 2, 2),
        Flatten(),
        Linear(3 * 10 * 18, 7),
        channels=4,
    )
    report = analyze_graph(graph, {"input": (4, 10, 9)})
    macs, parameters = ([getattr(layer, name) for layer in report.layers] for name in ("macs", "parameters"))
    assert macs == [5 * 9 * 6 * 2 * 15, 0, 0, 5 * 9 * 6 * 3 * 4, 0, 540 * 7]
    assert parameters == [6 * 2 * 15 + 6, 12, 0, 6 * 3 * 4 + 3, 0, 540 * 7 + 7]
    assert (report.macs, report.parameters) == (sum(macs), sum(parameters))


def test_batch_multiplies_macs_and_activations_alone() -> None:
    """Parameters stay, everything that runs per sample grows."""
    graph = chain(Conv2d(3, 5, 3))
    one, four = (analyze_graph(graph, {"input": (3, 8, 9)}, batch=batch) for batch in (1, 4))
    assert four.macs == 4 * one.macs
    assert four.parameters == one.parameters
    assert four.activations == 4 * one.activations
    assert four.peak_activation_bytes == 4 * one.peak_activation_bytes


def test_views_are_no_activations() -> None:
    """Identity, dropout and flatten add neither activations nor peak memory."""
    plain = chain(Conv2d(3, 5, 3))
    viewed = chain(Conv2d(3, 5, 3), Identity(), Dropout(), Flatten())
    one, other = (memory(shapes(graph, {"input": (3, 8, 9)})) for graph in (plain, viewed))
    assert one.activations == 5 * 6 * 7 == other.activations
    assert one.peak_bytes == 4 * (3 * 8 * 9 + 5 * 6 * 7) == other.peak_bytes


def test_peak_counts_what_is_alive_together() -> None:
    """A skip stays alive until it is added; what nobody reads any more is freed."""
    b = Builder()
    x = b.add("a", Conv2d(2, 10, 1), b.input("input", 2))
    y = b.add("b", Conv2d(10, 7, 1), x)
    y = b.add("c", Conv2d(7, 10, 1), y)
    b.output("output", b.add("add", Add(), y, x))
    used = memory(shapes(b.build(), {"input": (2, 3, 4)}))
    pixels, alive = 3 * 4, [2, 2 + 10, 10 + 7, 10 + 7 + 10, 10 + 10 + 10]
    assert used.peak_bytes == 4 * pixels * max(alive)
    assert used.activations == pixels * (10 + 7 + 10 + 10)


def test_outputs_live_to_the_end() -> None:
    """An output made early still takes memory when the last layer runs."""
    b = Builder()
    x = b.input("input", 2)
    early = b.add("early", Conv2d(2, 50, 1), x)
    late = b.add("late", Conv2d(9, 40, 1), b.add("middle", Conv2d(50, 9, 1), early))
    b.output("late", late)
    without = memory(shapes(b.build(), {"input": (2, 3, 4)})).peak_bytes
    b.output("early", early)
    assert without == 4 * 12 * (50 + 9)
    assert memory(shapes(b.build(), {"input": (2, 3, 4)})).peak_bytes == 4 * 12 * (50 + 9 + 40)
