"""Size formulas turned round, against the sizes of every padding."""

from __future__ import annotations

from itertools import product

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IndexMap, TransposedWindow, Window, transposed_paddings, window_paddings


def gives(axis_map: IndexMap, n: int, m: int) -> bool:
    """Whether a map makes m of n."""
    try:
        return axis_map.size(n) == m
    except ShapeError:
        return False


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3))])
def test_window_paddings_are_all_that_give_the_size(k: int, s: int, d: int) -> None:
    """None is missed, none is wrong, however much padding it takes."""
    for n, m in product(range(1, 9), range(1, 11)):
        fitting = [p for p in range(s * m + n + d * k) if gives(Window(k, s, d, p, p), n, m)]
        assert list(window_paddings(Window(k, s, d), n, m)) == fitting, (n, m)


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3))])
def test_no_padding_of_a_pool_is_missed_in_ceil_mode(k: int, s: int, d: int) -> None:
    """Up to half the kernel, which is what torch takes."""
    for n, m in product(range(1, 9), range(1, 11)):
        fitting = {p for p in range(k // 2 + 1) if gives(Window(k, s, d, p, p, True), n, m)}
        assert fitting <= set(window_paddings(Window(k, s, d, ceil_mode=True), n, m)), (n, m)


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 4))])
def test_transposed_paddings_are_all_that_give_the_size(k: int, s: int, d: int) -> None:
    """Paddings and output paddings in step, up to what torch takes."""
    extras = range(max(s, d))
    for n, m in product(range(1, 7), range(1, 25)):
        fitting = {
            (p, op) for p in range(s * n + d * k) for op in extras if gives(TransposedWindow(k, s, p, op, d), n, m)
        }
        surplus = TransposedWindow(k, s, 0, 0, d).size(n) - m
        assert {(p, 2 * p - surplus) for p in transposed_paddings(surplus, extras)} == fitting, (n, m)
