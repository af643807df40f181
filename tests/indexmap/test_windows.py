"""Window: sizes and taps against a window stepped by hand, and what is refused."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IDENTITY, Pad, Window
from tests import naive
from tests.strategies import on_a_size, windows

HUGE = 10**12


def reads(axis_map: Window, n: int) -> naive.Reads | None:
    """What each output reads by the map; None where it refuses."""
    try:
        return [list(axis_map.taps(n, i)) for i in range(axis_map.size(n))]
    except ShapeError:
        return None


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 7), (1, 2, 4))])
def test_window_reads_what_a_stepped_window_reads(k: int, s: int, d: int) -> None:
    """Size and taps are those of a window stepped over the padded list; no step, no output."""
    for n, lo, hi in product(range(1, 14), (0, 1, 4), (0, 2, 5)):
        expected = naive.window(n, k, s, d, lo, hi)
        assert reads(Window(k, s, d, lo, hi), n) == (expected or None), (n, lo, hi)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_window_reads_through_a_padding_that_holds_samples(mode: str) -> None:
    """With mirrored, repeated or wrapped padding the taps are the samples that stand there."""
    for n, k, s, d, lo, hi in product((3, 4, 7), (1, 2, 3), (1, 2), (1, 3), (0, 1, 2), (0, 2)):
        assert reads(Window(k, s, d, lo, hi, mode=mode), n) == (naive.window(n, k, s, d, lo, hi, mode) or None)


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5, 6), (1, 2, 3, 4, 8), (1, 2, 3))])
def test_ceil_mode_is_torchs_documented_loop(k: int, s: int, d: int) -> None:
    """With ceil_mode a window may go off bounds by less than a stride, unless it starts in the end padding."""
    for n, pad in product(range(1, 15), range(k // 2 + 1)):
        expected = naive.ceil_window(n, k, s, d, pad, pad)
        assert reads(Window(k, s, d, pad, pad, True), n) == (expected or None), (n, pad)


def test_ceil_mode_drops_a_window_that_starts_in_the_end_padding() -> None:
    """Kernel 2, stride 2, padding 1 on 3 inputs: ⌈3/2⌉ + 1 windows, of which the last is dropped."""
    assert [Window(2, 2, 1, 1, 1, ceil).size(3) for ceil in (False, True)] == [2, 2]


@pytest.mark.parametrize(("n", "floor", "ceil"), [(224, 112, 113), (112, 56, 57), (56, 28, 29), (321, 161, 161)])
def test_ceil_mode_on_the_sizes_of_deeplab(n: int, floor: int, ceil: int) -> None:
    """Caffe's pooling 3×3 stride 2 padding 1 makes 113, 57, 29 where floor makes 112, 56, 28; 321 is the same."""
    assert (Window(3, 2, 1, 1, 1).size(n), Window(3, 2, 1, 1, 1, True).size(n)) == (floor, ceil)


@given(on_a_size(windows()))
def test_full_windows_counts_positions_whose_taps_are_all_inside(pair: tuple[Window, int]) -> None:
    """full_windows is the number of outputs whose every tap is one of the n inputs."""
    window, n = pair
    inside = [all(0 <= j < n for j in window.reads(n, i)) for i in range(window.size(n))]
    assert window.full_windows(n) == sum(inside)


@pytest.mark.parametrize(("k", "s", "d"), [*product(range(1, 6), range(1, 7), range(1, 7))])
def test_skipped_counts_inputs_that_no_window_reads(k: int, s: int, d: int) -> None:
    """Far from the borders, over one stride."""
    window = Window(k, s, d)
    read = {j for i in range(100) for j in window.reads(10**6, i)}
    assert window.skipped == len(set(range(40 * s, 41 * s)) - read)


def test_degenerate_rate_is_the_least_without_a_full_window() -> None:
    """At that dilation no window of any padding has all taps inside; at one less some has."""
    for n, k in product(range(1, 30), (2, 3, 4)):
        rate = Window(k).degenerate_rate(n)
        assert Window(k, 1, rate, 99, 99).full_windows(n) == 0
        assert rate == 1 or Window(k, 1, rate - 1, 99, 99).full_windows(n) > 0


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_unread_tail_counts_inputs_after_the_last_one_read(mode: str) -> None:
    """For windows without holes or gaps, unread_tail is what no window reads at the end."""
    for n, k, s, lo, hi in product(range(3, 12), (2, 3, 5), (1, 2, 3, 5), (0, 1, 2), (0, 1, 2)):
        window = Window(k, s, 1, lo, hi, mode=mode)
        if s <= k and (taps := reads(window, n)):
            assert window.unread_tail(n) == n - 1 - max(map(max, filter(None, taps))), (n, window)


def test_unread_tail_is_at_most_the_input() -> None:
    """A window that lies in the front padding altogether leaves the n inputs unread, not more."""
    assert Window(1, 9, 1, 3, 3).unread_tail(2) == 2


@given(k=st.integers(1, 7), d=st.integers(1, 5), s=st.integers(1, 4), pad=st.integers(0, 9), n=st.integers(1, 40))
def test_dilated_kernel_has_the_size_of_a_dense_one_of_the_same_span(k: int, d: int, s: int, pad: int, n: int) -> None:
    """k taps at dilation d make as many outputs as d·(k − 1) + 1 taps at dilation 1, or as few."""
    dilated, dense = reads(Window(k, s, d, pad, pad), n), reads(Window(d * (k - 1) + 1, s, 1, pad, pad), n)
    assert (dilated is None) == (dense is None)
    assert len(dilated or ()) == len(dense or ())


@given(n=st.integers(1, 40), k=st.integers(1, 6), s=st.integers(1, 4), d=st.integers(1, 3), pad=st.integers(0, 6))
def test_padding_is_a_pad_before_an_unpadded_window(n: int, k: int, s: int, d: int, pad: int) -> None:
    """A window's padding is a Pad followed by the window without padding."""
    joint, before, after = Window(k, s, d, pad, pad + 1), Pad(pad, pad + 1), Window(k, s, d)
    taps = reads(after, before.size(n))
    if taps is not None:
        taps = [sorted({j for i in row for j in before.taps(n, i)}) for row in taps]
    assert reads(joint, n) == taps


@pytest.mark.parametrize("d", [1, 2, 6, 12, 36])
def test_padding_equal_to_dilation_keeps_the_size_of_kernel_3_at_stride_1(d: int) -> None:
    """padding = dilation keeps the size for k = 3, s = 1."""
    assert Window(3, 1, d, d, d).size(33) == 33


@pytest.mark.parametrize(("k", "s", "size"), [(5, 1, 21), (2, 1, 36), (3, 2, 17)])
def test_padding_equal_to_dilation_keeps_the_size_nowhere_else(k: int, s: int, size: int) -> None:
    """Write-up error 4: with another kernel or stride, padding = dilation changes the size."""
    d = {5: 6, 2: 3, 3: 6}[k]
    assert Window(k, s, d, d, d).size(33) == size


def test_dilation_is_the_rate_not_the_zeros_between() -> None:
    """Write-up error 2: dilation 2 puts one zero between taps, so 3 taps span 5."""
    assert Window(3, 1, 2).span == 5


def test_identity_is_the_window_of_one_tap() -> None:
    """IDENTITY keeps every size and reads its own position."""
    assert reads(IDENTITY, 5) == [[0], [1], [2], [3], [4]]


def test_huge_window_costs_nothing() -> None:
    """Size, taps at the end, full windows and tail of 10**12 inputs are arithmetic."""
    window = Window(5, 4, 3, 7, 6)
    m = window.size(HUGE)
    assert m == HUGE // 4 + 1
    assert list(window.taps(HUGE, m - 1)) == [HUGE - 7, HUGE - 4, HUGE - 1]
    assert (window.full_windows(HUGE), window.unread_tail(HUGE)) == (HUGE // 4 - 3, 0)


def test_refused_window_names_values_rule_and_way_out() -> None:
    """The message of a kernel that does not fit says what spans what, and which padding keeps the size."""
    with pytest.raises(ShapeError) as caught:
        Window(3, 1, 24).size(33)
    assert str(caught.value) == (
        "kernel 3 at dilation 24 spans 49 > padded input 33; pad 24 keeps the size, or use an input of at least 49"
    )
    assert caught.value.code == "kernel-too-large"


def test_refused_window_shows_its_padding() -> None:
    """Where there is padding, the padded input is shown as its sum."""
    with pytest.raises(ShapeError, match=r"kernel 9 > padded input 7 \(4 \+ 1 \+ 2\)"):
        Window(9, 2, 1, 1, 2).size(4)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3), st.integers(1, 20))
def test_hint_of_a_refused_window_is_true(k: int, s: int, d: int, pad: int, n: int) -> None:
    """The padding and the input size that the hint names are both legal, the padding the least or size-keeping."""
    window = Window(k, s, d, pad, pad)
    try:
        window.size(n)
    except ShapeError as error:
        words = (error.hint or "").replace(",", "").split()
        named, least = int(words[1]), int(words[-1])
        if "keeps" in words:
            assert Window(k, s, d, named, named).size(n) == n
        else:
            assert reads(Window(k, s, d, named, named), n)
            assert reads(Window(k, s, d, named - 1, named - 1), n) is None
        assert reads(window, least)


@pytest.mark.parametrize(("mode", "most"), [("reflect", 6), ("circular", 7)])
def test_padding_modes_limit_what_they_mirror_or_wrap(mode: str, most: int) -> None:
    """Reflect pads fewer than n, circular at most n; one more is refused, on either side."""
    assert Window(3, 1, 1, most, most, mode=mode).size(7) == 5 + 2 * most
    for lo, hi in ((most + 1, 0), (0, most + 1)):
        with pytest.raises(ShapeError, match=mode):
            Window(3, 1, 1, lo, hi, mode=mode).size(7)


def test_window_formula_in_letters_and_numbers() -> None:
    """The formula is torch's, in letters and with the numbers put in."""
    window = Window(3, 2, 4, 5, 6)
    assert window.formula() == "⌊(n + lo + hi − d·(k − 1) − 1)/s⌋ + 1"
    assert window.with_numbers(33) == "⌊(33 + 5 + 6 − 4·(3 − 1) − 1)/2⌋ + 1 = 18"


def test_ceil_formula_in_letters_and_numbers() -> None:
    """ceil_mode has its own formula, whose numbers give its own result."""
    window = Window(3, 2, 1, 1, 1, True)
    assert window.formula() == "⌊(n + lo − 1 + min(s + hi − d·(k − 1) − 1, 0))/s⌋ + 1"
    assert window.with_numbers(224) == "⌊(224 + 1 − 1 + min(2 + 1 − 1·(3 − 1) − 1, 0))/2⌋ + 1 = 113"
