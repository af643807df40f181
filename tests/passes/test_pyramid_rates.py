"""Rates of an atrous pyramid that belong to another output stride."""

from __future__ import annotations

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.layers.base import Diagnostic
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Concat
from tests.passes.asking import notes_on


def notes_of(stride: int, rates: tuple[int, ...], kernel: int = 3) -> list[Diagnostic]:
    """What is said of parallel convolutions at these rates on a map of this stride."""
    b = Builder()
    x = b.add("down", Conv2d(3, 4, 1, stride), b.input("input", 3))
    branches = [
        b.add(f"rate{rate}", Conv2d(4, 2, kernel, padding=rate * (kernel // 2), dilation=rate), x) for rate in rates
    ]
    b.output("output", b.add("concat", Concat(), *branches))
    return [note for note in notes_on(b.build(), input=(3, 1024, 1280)) if note.code == "output-stride-rates"]


@pytest.mark.parametrize(
    ("stride", "rates"),
    [
        (16, (6, 12, 18)),
        (16, (18, 6, 12)),
        (16, (6, 12, 18, 6)),
        (8, (12, 24, 36)),
        (8, (6, 12, 18, 24)),
        (8, (2, 4, 8, 12)),
    ],
)
def test_published_rates_are_silent(stride: int, rates: tuple[int, ...]) -> None:
    """v3's and v2's, in any order."""
    b = [rate for index, rate in enumerate(rates) if rate not in rates[:index]]
    assert notes_of(stride, tuple(b)) == []


def test_rates_of_another_stride() -> None:
    """The message names both; the layer is the first branch."""
    assert notes_of(16, (12, 24, 36)) == [
        Diagnostic(
            "output-stride-rates",
            "warning",
            "rates 12 24 36 on a map of output stride 16, where the published rates are 6 12 18; "
            "12 24 36 are those of output stride 8",
            "use rates 6 12 18, or output stride 8",
            "rate12",
        )
    ]


def test_rates_of_no_stride() -> None:
    """The hint names what is published here."""
    (note,) = notes_of(8, (5, 10, 15))
    assert note.message == "rates 5 10 15 on a map of output stride 8, where the published rates are 12 24 36"
    assert note.hint == "use rates 12 24 36"


@pytest.mark.parametrize(
    ("stride", "rates", "kernel"),
    [(1, (12, 24, 36), 3), (4, (12, 24, 36), 3), (16, (12, 24), 3), (16, (12, 24, 36), 5)],
)
def test_other_maps_and_other_branches_are_silent(stride: int, rates: tuple[int, ...], kernel: int) -> None:
    """A block alone, a stride without published rates, two branches, kernels of another size."""
    assert notes_of(stride, rates, kernel) == []


def test_rates_in_a_row_are_no_pyramid() -> None:
    """A dilated stage of a backbone reads a different map in every layer."""
    b = Builder()
    x = b.add("down", Conv2d(3, 4, 1, 16), b.input("input", 3))
    for rate in (2, 4, 8, 16):
        x = b.add(f"rate{rate}", Conv2d(4, 4, 3, padding=rate, dilation=rate), x)
    b.output("output", x)
    assert "output-stride-rates" not in [note.code for note in notes_on(b.build(), input=(3, 1024, 1280))]
