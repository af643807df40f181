"""Effective fields: against uniform networks run by hand, borders, holes, channels, limits."""

from __future__ import annotations

import pytest

from pyramidcalc.errors import UsageError
from pyramidcalc.layers.convolution import Conv1d, Conv2d, Conv3d
from pyramidcalc.passes.effective_field import EffectiveField, effective_field
from tests.passes.asking import resolved_on
from tests.passes.published import chain


def field_of(resolved: object, at: tuple[int, ...], measure: str = "mean", node: str = "layer0") -> EffectiveField:
    """The field of a pixel; something is known of it."""
    field = effective_field(resolved, node, at, measure)  # type: ignore[arg-type]
    assert field.unknown is None
    return field


def test_a_window_shares_alike_and_padding_takes_its_part() -> None:
    """Of a 3×3 at rate 2 in the corner four of nine taps lie inside."""
    field = field_of(resolved_on(chain(Conv2d(3, 4, 3, padding=2, dilation=2)), 3, 7, 8), (0, 0))
    assert field.denominator == 9
    assert field.weights("input") == {(0,): [1, 0, 1], (1,): [0, 0, 0], (2,): [1, 0, 1]}
    assert field.hull("input") == ((0, 2), (0, 2))


def test_two_convolutions_make_binomial_weights() -> None:
    """Two of kernel 3 in a row: 1, 2, 3, 2, 1 ninths on one axis; the marginals of two axes are the same."""
    line = field_of(resolved_on(chain(Conv1d(3, 3, 3), Conv1d(3, 3, 3)), 3, 11), (2,), node="layer1")
    assert (line.weights("input"), line.denominator) == ({(): [1, 2, 3, 2, 1]}, 9)
    field = field_of(resolved_on(chain(Conv2d(3, 3, 3), Conv2d(3, 3, 3)), 3, 11, 12), (2, 3), node="layer1")
    assert field.marginals("input") == ([9, 18, 27, 18, 9],) * 2
    assert (field.total("input"), field.denominator) == (81, 81)
    assert field.largest("input") == (9, (4, 5))


def test_paths_count_every_tap() -> None:
    """The number of ways from each pixel, over 1."""
    resolved = resolved_on(chain(Conv2d(3, 3, 3, padding=1), Conv2d(3, 3, 3, padding=1)), 3, 9, 11)
    field = field_of(resolved, (0, 4), "paths", "layer1")
    assert field.denominator == 1
    assert field.weights("input") == {(0,): [2, 4, 6, 4, 2], (1,): [2, 4, 6, 4, 2], (2,): [1, 2, 3, 2, 1]}


def test_a_volume_has_planes() -> None:
    """Three axes of different sizes: rows are told by slice and row, marginals by axis."""
    field = field_of(resolved_on(chain(Conv3d(2, 4, (1, 2, 3), (1, 2, 1)), channels=2), 2, 5, 8, 6), (3, 2, 1))
    assert field.weights("input") == {(3, 4): [1, 1, 1], (3, 5): [1, 1, 1]}
    assert (field.marginals("input"), field.denominator) == (([6], [3, 3], [2, 2, 2]), 6)


def test_unknown_layers_pixels_and_measures_are_usage_errors() -> None:
    """As for reach."""
    resolved = resolved_on(chain(Conv2d(3, 4, 3)), 3, 9, 8)
    for node, at, measure in (("layer1", (0, 0), "mean"), ("layer0", (7, 0), "mean"), ("layer0", (0, 0), "median")):
        with pytest.raises(UsageError):
            effective_field(resolved, node, at, measure)
