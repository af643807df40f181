"""TransposedWindow: sizes and taps against scattering, and what is refused."""

from __future__ import annotations

from itertools import product

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import Pad, TransposedWindow, Window
from tests import naive

HUGE = 10**12


def reads(axis_map: TransposedWindow, n: int) -> naive.Reads | None:
    """What each output reads by the map; None where it refuses."""
    try:
        return [list(axis_map.taps(n, i)) for i in range(axis_map.size(n))]
    except ShapeError:
        return None


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4, 6), (1, 2, 3, 4))])
def test_transposed_window_reads_what_scatters_to_it(k: int, s: int, d: int) -> None:
    """Size and taps are those of inputs scattered over the outputs, cut and extended."""
    for n, p, op in product((1, 2, 3, 5), range(5), range(min(max(s, d), 3))):
        expected = naive.transposed(n, k, s, p, op, d)
        assert reads(TransposedWindow(k, s, p, op, d), n) == (expected or None), (n, p, op)


@pytest.mark.parametrize(("k", "s", "d", "p"), [(3, 1, 1, 1), (4, 2, 1, 1), (3, 2, 3, 2), (5, 3, 2, 0)])
def test_transposed_window_turns_the_window_round(k: int, s: int, d: int, p: int) -> None:
    """Output i of the transposed window reads j exactly where window j reads i."""
    n = 7
    transposed = TransposedWindow(k, s, p, 0, d)
    m = transposed.size(n)
    window = Window(k, s, d, p, p)
    assert window.size(m) == n
    assert {(i, j) for i in range(m) for j in transposed.taps(n, i)} == {
        (i, j) for j in range(n) for i in window.taps(m, j)
    }


def test_stride_beyond_the_kernel_leaves_outputs_that_read_nothing() -> None:
    """Kernel 1 at stride 3: two of three outputs read no input."""
    assert reads(TransposedWindow(1, 3), 3) == [[0], [], [], [1], [], [], [2]]


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3, 4))])
def test_starves_tells_whether_some_output_reads_nothing(k: int, s: int, d: int) -> None:
    """Holes of strides and dilations, between the inputs and beyond them, on few inputs and many."""
    for n, p, op in product((1, 2, 3, 4, 9), (0, 1, 2, 3, 6), range(max(s, d))):
        transposed = TransposedWindow(k, s, p, op, d)
        read = reads(transposed, n)
        assert read is None or transposed.starves(n) == any(not each for each in read), (n, p, op)


def test_starves_takes_no_longer_on_a_huge_map() -> None:
    """The outputs at its end decide."""
    assert not TransposedWindow(4, 2, 1).starves(HUGE)
    assert TransposedWindow(4, HUGE).starves(HUGE)


def test_output_padding_extends_the_end_only() -> None:
    """output_padding adds outputs after the others and moves none."""
    plain, extended = reads(TransposedWindow(3, 4, 1), 4), reads(TransposedWindow(3, 4, 1, 2), 4)
    assert plain is not None
    assert extended is not None
    assert extended[: len(plain)] == plain
    assert len(extended) == len(plain) + 2


def test_huge_transposed_window_costs_nothing() -> None:
    """Size and taps of 10**12 inputs are arithmetic."""
    transposed = TransposedWindow(4, 2, 1)
    assert transposed.size(HUGE) == 2 * HUGE
    assert list(transposed.taps(HUGE, 2 * HUGE - 1)) == [HUGE - 1]


def test_refused_transposed_window_names_values_and_way_out() -> None:
    """Padding that cuts everything away is refused with the padding that would not."""
    with pytest.raises(ShapeError) as caught:
        TransposedWindow(2, 3, 4).size(3)
    assert str(caught.value) == (
        "transposed kernel 2 at stride 3 with padding 4 makes size 0 from 3; lower the padding to at most 3"
    )


@pytest.mark.parametrize(("k", "s", "p", "n"), [(2, 3, 4, 3), (1, 1, 9, 4), (3, 2, 7, 2)])
def test_hint_of_a_refused_transposed_window_is_the_most_padding(k: int, s: int, p: int, n: int) -> None:
    """The padding that the hint names is legal, and one more is not."""
    with pytest.raises(ShapeError) as caught:
        TransposedWindow(k, s, p).size(n)
    most = int((caught.value.hint or "").split()[-1])
    assert TransposedWindow(k, s, most).size(n) >= 1
    with pytest.raises(ShapeError):
        TransposedWindow(k, s, most + 1).size(n)


def test_transposed_formula_in_letters_and_numbers() -> None:
    """The formula is torch's, in letters and with the numbers put in."""
    transposed = TransposedWindow(5, 3, 2, 1, 4)
    assert transposed.formula() == "(n − 1)·s − 2·p + d·(k − 1) + op + 1"
    assert transposed.with_numbers(7) == "(7 − 1)·3 − 2·2 + 4·(5 − 1) + 1 + 1 = 32"


def test_transposed_size_inverts_the_windows_size() -> None:
    """With output_padding for what the stride drops, the transposed window gives the first size back."""
    for n, k, s, p in product(range(6, 15), (3, 4), (2, 3), (0, 1)):
        window = Window(k, s, 1, p, p)
        dropped = (n + 2 * p - k) % s
        assert TransposedWindow(k, s, p, dropped).size(window.size(n)) == n


def test_tail_of_a_pad_and_transposed_window_agree() -> None:
    """Cutting p from both ends is a crop after the uncut transposed window."""
    cut, uncut, crop = TransposedWindow(4, 3, 2, 1), TransposedWindow(4, 3, 0, 1), Pad(-2, -2)
    full = uncut.size(5)
    expected = [list(uncut.taps(5, i)) for j in range(crop.size(full)) for i in crop.taps(full, j)]
    assert reads(cut, 5) == expected
