"""Diagnostics of graphs, and the share of positions with all taps inside."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.padding import ZeroPad1d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo, Upsample
from pyramidcalc.passes.alignment import centre_lines
from pyramidcalc.passes.valid_taps import ValidTaps, valid_taps
from tests.passes.asking import axis_field, notes_on, resolved_on
from tests.passes.published import chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Diagnostic, Layer


def merged(*layers: Layer, shape: tuple[int, int, int] = (3, 24, 36)) -> list[tuple[str, str, str | None]]:
    """(code, severity, layer) of branches that are added to each other."""
    b = Builder()
    x = b.input("input", shape[0])
    b.output("output", b.add("add", Add(), *[b.add(f"b{i}", layer, x) for i, layer in enumerate(layers)]))
    return codes(notes_on(b.build(), input=shape))


def codes(notes: Sequence[Diagnostic]) -> list[tuple[str, str, str | None]]:
    """(code, severity, layer) of all that is said but of a short receptive field."""
    return [(d.code, d.severity, d.layer) for d in notes if d.code != "receptive-field-short"]


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
    note = notes_on(b.build(), input=(3, 16, 24))[0]
    assert "`odd` is centred 3/2 input pixels from `even`" in note.message


def test_drifting_branches_are_information() -> None:
    """Pooling and resizing with align_corners steps otherwise, as in every published PPM."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("bins", AdaptiveAvgPool2d(6), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    assert codes(notes_on(b.build(), input=(3, 24, 24))) == [("misaligned", "info", "concat")]


def test_half_pixel_resize_of_a_dividing_pool_is_aligned() -> None:
    """Where the pool divides the size, align_corners=False brings every pixel back to its place."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", False), b.add("down", MaxPool2d(4), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    assert codes(notes_on(b.build(), input=(3, 24, 36))) == []


def test_global_branches_have_no_centre_line() -> None:
    """Image pooling is never misaligned."""
    b = Builder()
    x = b.input("input", 3)
    pooled = b.add("up", ResizeTo("bilinear", True), b.add("pool", AdaptiveAvgPool2d(1), x), x)
    b.output("output", b.add("concat", Concat(), x, pooled))
    assert codes(notes_on(b.build(), input=(3, 24, 36))) == []


def causal(kernel: int, rate: int, before: int) -> Graph:
    """A sequence beside a convolution of it that is padded before its start."""
    b = Builder()
    x = b.input("input", 3)
    y = b.add("conv", Conv1d(3, 3, kernel, dilation=rate), b.add("pad", ZeroPad1d((before, 6 - before)), x))
    b.output("output", b.add("add", Add(), x, y))
    return b.build()


def test_causal_branches_are_aligned_by_where_they_end() -> None:
    """Padded before the sequence alone, so that no output reads what comes after it; anything else is a shift."""
    assert codes(notes_on(causal(4, 2, 6), input=(3, 50))) == []
    assert codes(notes_on(causal(4, 2, 3), input=(3, 50))) == []
    assert codes(notes_on(causal(4, 2, 5), input=(3, 50))) == [("misaligned", "warning", "add")]


def test_shifts_of_sequences_and_volumes_name_their_axis() -> None:
    """Positions, and slices, rows or columns."""
    b = Builder()
    x = b.input("input", 3)
    one, two = b.add("even", Conv3d(3, 4, (1, 4, 1), (1, 4, 1)), x), b.add("odd", Conv3d(3, 4, 1, (1, 4, 1)), x)
    b.output("output", b.add("add", Add(), one, two))
    assert "(rows)" in notes_on(b.build(), input=(3, 5, 16, 7))[0].message
    assert "(positions)" in notes_on(causal(4, 2, 5), input=(3, 50))[0].message


@pytest.mark.parametrize(("other", "severities"), [(Upsample(10, None, "bilinear", True), 2), (Conv2d(2, 2, 2, 2), 1)])
def test_each_input_of_a_merge_is_told(other: Layer, severities: int) -> None:
    """A shift with respect to one input and a drift with respect to another; what is the same is told once."""
    b = Builder()
    x, y = b.input("one", 2), b.input("two", 2)
    odd = [b.add(f"odd{name}", Conv2d(2, 2, 3, 2, 1), value) for name, value in (("x", x), ("y", y))]
    rest = [b.add("even", Conv2d(2, 2, 2, 2), x), b.add("other", other, y)]
    left, right = b.add("left", Concat(), *odd), b.add("right", Concat(), *rest)
    b.output("output", b.add("both", Concat(), left, right))
    notes = [note for note in notes_on(b.build(), one=(2, 20, 20), two=(2, 20, 20)) if note.layer == "both"]
    assert [note.severity for note in notes] == ["warning", "info"][:severities]


def test_many_paths_are_compared_by_their_outermost() -> None:
    """Residual branches of ever other shifts double the centre lines with each; the largest shift is told."""
    b = Builder()
    x = b.input("input", 1)
    for index in range(12):
        y = b.add(f"conv{index}", Conv1d(1, 1, 2**index + 1), b.add(f"pad{index}", ZeroPad1d((0, 2**index)), x))
        x = b.add(f"add{index}", Add(), x, y)
    b.output("output", x)
    note = next(note for note in notes_on(b.build(), input=(1, 9000)) if note.layer == "add11")
    assert note.message == "`conv11` is centred 4095/2 input pixels from `add10` (positions)"


def test_layers_speak_under_their_names() -> None:
    """A layer's own diagnostic carries the node's name."""
    (note,) = notes_on(chain(Conv2d(3, 4, 3, padding=9, dilation=9)), input=(3, 16, 40))
    assert (note.code, note.layer) == ("degenerate-rate", "layer0")


def test_failure_comes_last() -> None:
    """What was found before the failing layer is kept."""
    graph = chain(Conv2d(3, 4, 3, padding=9, dilation=9), Conv2d(4, 4, 50))
    assert codes(notes_on(graph, input=(3, 16, 40))) == [
        ("degenerate-rate", "warning", "layer0"),
        ("kernel-too-large", "error", "layer1"),
    ]


def test_share_of_positions_with_all_taps() -> None:
    """A 3×3 at rate r, padding r, has them at (H−2r)·(W−2r) of H·W positions."""
    taps = valid_taps(resolved_on(chain(Conv2d(3, 4, 3, padding=6, dilation=6)), 3, 33, 41))
    assert taps == {"layer0": ValidTaps((21, 29), (33, 41))}
    assert taps["layer0"].share == Fraction(21 * 29, 33 * 41)


def test_share_of_sequences_and_volumes() -> None:
    """Over as many axes as there are."""
    sequence = valid_taps(resolved_on(chain(Conv1d(3, 4, 3, padding=6, dilation=6)), 3, 33))
    assert sequence == {"layer0": ValidTaps((21,), (33,))}
    volume = valid_taps(resolved_on(chain(Conv3d(3, 4, (3, 1, 2), padding=(2, 0, 0), dilation=(2, 1, 5))), 3, 9, 7, 8))
    assert volume == {"layer0": ValidTaps((5, 7, 3), (9, 7, 3))}


def test_undilated_layers_have_no_share() -> None:
    """Only windows with holes are told of."""
    assert valid_taps(resolved_on(chain(Conv2d(3, 4, 3, padding=1)), 3, 33, 41)) == {}


def test_centre_lines_of_a_net_are_of_each_local_path() -> None:
    """A path that is centred differently has a line of its own; one that reads everything has none."""
    b = Builder()
    x = b.input("input", 3)
    even, odd = b.add("even", Conv2d(3, 3, (2, 3), 2), x), b.add("odd", Conv2d(3, 3, 3, 2, (1, 0)), x)
    b.output("output", b.add("add", Add(), even, odd, b.add("pool", AdaptiveAvgPool2d(1), x)))
    resolved = resolved_on(b.build(), 3, 8, 12)
    rows, columns = (centre_lines(axis_field(resolved, "add", axis)) for axis in (0, 1))
    assert rows == [(Fraction(2), (Fraction(0), Fraction(1, 2)))]
    assert columns == [(Fraction(2), (Fraction(1), Fraction(1)))]
