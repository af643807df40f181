"""Remarks on what a layer never reads or fills, each against all taps of its maps, exactly where it is true."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.solve.windows import remarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.layers.base import Layer

SIZES = ((1, 2), (3, 3), (4, 6), (7, 5), (9, 14), (3, 20))
SOME = ("skips", "some")


def window_reads(n: int, m: int, k: int, s: int, d: int, p: int) -> list[set[int]]:
    """The inputs that each output of a window reads, by its definition."""
    return [{i * s - p + t * d for t in range(k)} & set(range(n)) for i in range(m)]


def transposed_reads(n: int, m: int, k: int, s: int, d: int, p: int) -> list[set[int]]:
    """The inputs that each output of a transposed window reads: input j gives to j·s − p + t·d."""
    given: list[set[int]] = [set() for _ in range(m)]
    for j, t in product(range(n), range(k)):
        if 0 <= (i := j * s - p + t * d) < m:
            given[i].add(j)
    return given


def outputs(layer: Layer, sizes: tuple[int, int]) -> tuple[int, ...]:
    """(H, W) of the output, nothing where the layer refuses its input."""
    try:
        return layer.output_shape((1, *sizes))[1:]
    except ShapeError:
        return ()


def windows(kind: type[Layer]) -> Iterator[tuple[Layer, tuple[int, int, int, int]]]:
    """Layers with (k, s, d, p), up to paddings with whole windows in them."""
    for k, s, d, p in product(range(1, 5), range(1, 5), range(1, 6), range(12)):
        try:
            if kind is Conv2d:
                yield Conv2d(1, 1, k, s, p, d), (k, s, d, p)
            elif kind is MaxPool2d:
                yield MaxPool2d(k, s, p, d, ceil_mode=bool(d % 2)), (k, s, d, p)
            elif d == 1:
                yield AvgPool2d(k, s, p, ceil_mode=True), (k, s, d, p)
        except LayerError:
            pass


@pytest.mark.parametrize("kind", [Conv2d, MaxPool2d, AvgPool2d])
def test_windows_read_only_padding_or_skip_inputs_exactly_where_it_is_said(kind: type[Layer]) -> None:
    """An output without a tap inside; places, modulo the stride, where no window has a tap, on a stride or more."""
    for (layer, (k, s, d, p)), sizes in product(list(windows(kind)), SIZES):
        if not (wanted := outputs(layer, sizes)):
            continue
        axes = tuple(zip(sizes, wanted, strict=True))
        expected = set()
        if not all(all(window_reads(n, m, k, s, d, p)) for n, m in axes):
            expected.add("some outputs read only padding")
        places = {(t * d - p) % s for t in range(k)}
        if len(places) < s <= max(sizes):
            expected.add(f"skips {s - len(places)} of every {s} inputs")
        assert {remark for remark in remarks(layer, sizes) if remark.startswith(SOME)} == expected, (layer, sizes)


@pytest.mark.parametrize("d", range(1, 6))
def test_transposed_windows_starve_inputs_or_outputs_exactly_where_it_is_said(d: int) -> None:
    """An input that gives to no output; an output that no input gives to."""
    for k, s, p in product(range(1, 6), range(1, 5), range(9)):
        for extra, sizes in product(range(max(s, d)), SIZES):
            layer = ConvTranspose2d(1, 1, k, s, p, extra, dilation=d)
            if not (wanted := outputs(layer, sizes)):
                continue
            reads = [transposed_reads(n, m, k, s, d, p) for n, m in zip(sizes, wanted, strict=True)]
            expected = set()
            if not all(all(axis) for axis in reads):
                expected.add("some outputs read nothing")
            if any(set().union(*axis) != set(range(n)) for axis, n in zip(reads, sizes, strict=True)):
                expected.add("some inputs give nothing")
            assert {remark for remark in remarks(layer, sizes) if remark.startswith(SOME)} == expected, (layer, sizes)


def test_taps_may_step_over_a_tiny_map() -> None:
    """Padding is less than the window, and yet the output in the middle has one tap before the map and one behind."""
    assert remarks(Conv2d(1, 1, 2, 1, 3, 4), (3, 3))[0] == "some outputs read only padding"
    assert "some inputs give nothing" in remarks(ConvTranspose2d(1, 1, 2, 1, 1, dilation=2), (1, 1))


def test_rows_that_no_window_reaches_are_named() -> None:
    """The layer's own diagnostics stand among the remarks."""
    assert "reads the last 1 of 10 rows and columns" in remarks(Conv2d(1, 1, 3, 3), (10, 10))[0]


def test_a_large_map_is_decided_at_its_border() -> None:
    """No more outputs are looked at than repeat."""
    assert remarks(Conv2d(1, 1, 3, 1, 1), (10**17, 10**16)) == ()
    assert remarks(ConvTranspose2d(1, 1, 4, 2, 1), (10**17, 10**16)) == ()
