"""Diagnostics of graphs, and the share of positions with all taps inside."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.valid_taps import ValidTaps, valid_taps
from tests.passes.published import chain

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer


def merged(*layers: Layer, shape: tuple[int, int, int] = (3, 24, 36)) -> list[tuple[str, str, str | None]]:
    """(code, severity, layer) of branches that are added to each other."""
    b = Builder()
    x = b.input("input", shape[0])
    b.output("output", b.add("add", Add(), *[b.add(f"b{i}", layer, x) for i, layer in enumerate(layers)]))
    return [(d.code, d.severity, d.layer) for d in diagnose(shapes(b.build(), {"input": shape}))]


def test_centred_branches_are_aligned() -> None:
    """Odd kernels with half their span as padding have one centre line."""
    assert merged(Conv2d(3, 4, 1), Conv2d(3, 4, 3, padding=1), Conv2d(3, 4, 5, padding=4, dilation=2)) == []


def test_shifted_branches_are_a_warning() -> None:
    """An even kernel beside an odd one sits half a pixel off."""
    assert merged(Conv2d(3, 4, 2, 2), Conv2d(3, 4, 3, 2, 1)) == [("misaligned", "warning", "add")]


def test_shift_is_told_in_input_pixels() -> None:
    """The message says how far apart the centres are, and between which branches."""
    b = Builder()
    x = b.input("input", 3)
    one, two = b.add("even", Conv2d(3, 4, 4, 4), x), b.add("odd", Conv2d(3, 4, 1, 4), x)
    b.output("output", b.add("add", Add(), one, two))
    (note,) = diagnose(shapes(b.build(), {"input": (3, 16, 24)}))
    assert "`odd` is centred 3/2 input pixels from `even`" in note.message


def test_drifting_branches_are_information() -> None:
    """Pooling and resizing with align_corners steps otherwise, as in every published PPM."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("bins", AdaptiveAvgPool2d(6), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    found = diagnose(shapes(b.build(), {"input": (3, 24, 24)}))
    assert [(d.code, d.severity, d.layer) for d in found] == [("misaligned", "info", "concat")]


def test_half_pixel_resize_of_a_dividing_pool_is_aligned() -> None:
    """Where the pool divides the size, align_corners=False brings every pixel back to its place."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", False), b.add("down", MaxPool2d(4), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    assert diagnose(shapes(b.build(), {"input": (3, 24, 36)})) == ()


def test_global_branches_have_no_centre_line() -> None:
    """Image pooling is never misaligned."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("pool", AdaptiveAvgPool2d(1), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    assert diagnose(shapes(b.build(), {"input": (3, 24, 36)})) == ()


def test_layers_speak_under_their_names() -> None:
    """A layer's own diagnostic carries the node's name."""
    (note,) = diagnose(shapes(chain(Conv2d(3, 4, 3, padding=9, dilation=9)), {"input": (3, 16, 40)}))
    assert (note.code, note.layer) == ("degenerate-rate", "layer0")


def test_failure_comes_last() -> None:
    """What was found before the failing layer is kept."""
    graph = chain(Conv2d(3, 4, 3, padding=9, dilation=9), Conv2d(4, 4, 50))
    found = diagnose(shapes(graph, {"input": (3, 16, 40)}))
    assert [(d.code, d.severity) for d in found] == [("degenerate-rate", "warning"), ("kernel-too-large", "error")]


def test_share_of_positions_with_all_taps() -> None:
    """A 3×3 at rate r, padding r, has them at (H−2r)·(W−2r) of H·W positions."""
    found = valid_taps(shapes(chain(Conv2d(3, 4, 3, padding=6, dilation=6)), {"input": (3, 33, 41)}))
    assert found == {"layer0": ValidTaps((21, 29), (33, 41))}
    assert found["layer0"].share == Fraction(21 * 29, 33 * 41)


def test_undilated_layers_have_no_share() -> None:
    """Only windows with holes are told of."""
    assert valid_taps(shapes(chain(Conv2d(3, 4, 3, padding=1)), {"input": (3, 33, 41)})) == {}
