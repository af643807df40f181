"""Size laws: closed forms compose, and every map's law tells its sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import (
    FloorForm,
    IndexMap,
    Pad,
    Resize,
    Slice,
    Window,
    bins_law,
    grid_window,
    pyramid_pad_window,
    pyramid_window,
    tf_same_law,
    tf_same_pad,
)
from tests.strategies import maps_on_sizes

NUMBERS = (st.integers(0, 4), st.integers(0, 5), st.integers(-20, 20), st.integers(1, 6), st.integers(-9, 9))
FORMS = st.tuples(*NUMBERS)


@given(FORMS)
def test_lowest_terms_keep_the_value(numbers: tuple[int, int, int, int, int]) -> None:
    """A form is simplified, not changed."""
    times, factor, shift, divisor, add = numbers
    form = FloorForm(*numbers)
    for n in range(-20, 60):
        assert form.at(n) == times * ((factor * n + shift) // divisor) + add


@given(FORMS, FORMS)
def test_composed_forms_are_one_floor(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """Where two forms are one floor, its value is theirs, one after the other."""
    one, other = FloorForm(*first), FloorForm(*second)
    composed = other.after(one)
    if composed is not None:
        assert [composed.at(n) for n in range(-20, 60)] == [other.at(one.at(n)) for n in range(-20, 60)]


def test_a_chain_of_windows_is_one_floor() -> None:
    """Four 3×3 windows of stride 2 with padding 1: ⌊(n − 1)/16⌋ + 1."""
    form = FloorForm()
    for _ in range(4):
        law = Window(3, 2, 1, 1, 1).law()
        assert law.form is not None
        composed = law.form.after(form)
        assert composed is not None
        form = composed
    assert form.text("H") == "⌊(H − 1)/16⌋ + 1"


def test_two_floors_that_are_not_one_are_none() -> None:
    """⌊(3·⌊n/2⌋)/5⌋ is no floor of one fraction."""
    assert FloorForm(factor=3, divisor=5).after(FloorForm(divisor=2)) is None


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (FloorForm(), "H"),
        (FloorForm(add=-2), "H − 2"),
        (FloorForm(0, add=7), "7"),
        (FloorForm(shift=15, divisor=16), "⌊(H − 1)/16⌋ + 1"),
        (FloorForm(shift=1, divisor=2), "⌊(H + 1)/2⌋"),
        (FloorForm(shift=-1, divisor=2, add=1), "⌊(H + 1)/2⌋"),
        (FloorForm(2, 1, 31, 32), "2·⌊(H − 1)/32⌋ + 2"),
        (FloorForm(1, 3, 0, 2), "⌊3·H/2⌋"),
        (FloorForm(factor=4, add=1), "4·H + 1"),
    ],
)
def test_forms_in_words(form: FloorForm, text: str) -> None:
    """The shift nearest to zero, and nothing that says nothing."""
    assert form.text("H") == text


@given(maps_on_sizes())
def test_laws_tell_every_size(pair: tuple[IndexMap, int]) -> None:
    """From `least` on every size is legal and the form's, and grows by rate·step each step; a form of 0 is refused."""
    axis_map, _ = pair
    law = axis_map.law()
    if law is None:
        return
    for n in range(law.least, law.least + 25):
        if law.form == FloorForm(0):
            with pytest.raises(ShapeError):
                axis_map.size(n)
            continue
        m = axis_map.size(n)
        assert law.form is None or law.form.at(n) == m
        assert axis_map.size(n + law.step) == m + law.rate * law.step


@given(st.integers(1, 7), st.integers(1, 6), st.integers(1, 3))
def test_tensorflows_same_has_a_law(k: int, s: int, d: int) -> None:
    """What it pads follows from n mod s."""
    law = tf_same_law(k, s, d)
    for n in range(1, 40):
        m = tf_same_pad(n, k, s, d).size(n)
        assert law.form is None or law.form.at(n) == m
        assert tf_same_pad(n + s, k, s, d).size(n + s) == m + s


@pytest.mark.parametrize("rule", [pyramid_pad_window, pyramid_window, grid_window])
@pytest.mark.parametrize("bins", range(1, 12))
def test_bins_are_as_many_as_asked_from_their_square_on(rule: object, bins: int) -> None:
    """DSPP's grid ⌊n/⌊n/bins⌋⌋ and SPP's windows; bins² − 1 gives DSPP one more."""
    assert callable(rule)
    law = bins_law(bins)
    for n in range(law.least, law.least + 4 * bins * bins + 50):
        assert rule(n, bins).size(n) == bins
    if bins > 1:
        assert grid_window(bins * bins - 1, bins).size(bins * bins - 1) == bins + 1


@pytest.mark.parametrize("scale", [1 / 3, 0.3, 1e-9, 1e300])
def test_scales_that_double_precision_rounds_have_no_law(scale: float) -> None:
    """⌊n·scale⌋ is only what torch computes while the product is exact."""
    assert Resize("nearest", scale=scale).law() is None


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 4))
def test_slices_have_laws(start: int, stop: int, step: int) -> None:
    """From either end, and those that keep nothing of a long axis."""
    for first, last in ((start, stop), (None, stop), (start, None)):
        law = Slice(first, last, step).law()
        assert law.form is not None
        for n in range(law.least, law.least + 30):
            assert law.form.at(n) == len(range(n)[first:last:step])


@pytest.mark.parametrize("pad", [Pad(768, 0), Pad(-3, 9), Pad(4, -1, "replicate")])
def test_zeros_and_edges_pad_from_the_first_size_on(pad: Pad) -> None:
    """They need no more samples than what a crop takes away, and one to be left."""
    assert pad.law().least == 1 + max(-pad.lo, 0) + max(-pad.hi, 0)


def test_a_law_begins_where_maps_are_legal() -> None:
    """A 3-wide window on 2 is refused; so is a mirror of all that there is."""
    law = Window(3, 1).law()
    assert law.least == 3
    with pytest.raises(ShapeError):
        Window(3, 1).size(2)
    assert Window(3, 1, 1, 4, 4, mode="reflect").law().least == 5
