"""Paddings of a window that give a size, against the sizes of every padding."""

from __future__ import annotations

from itertools import product

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import Window


def gives(window: Window, n: int, m: int) -> bool:
    """Whether a window makes m of n."""
    try:
        return window.size(n) == m
    except ShapeError:
        return False


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3))])
def test_paddings_are_all_that_give_the_size(k: int, s: int, d: int) -> None:
    """None is missed, none is wrong, however much padding it takes."""
    for n, m in product(range(1, 9), range(1, 11)):
        fitting = [p for p in range(s * m + n + d * k) if gives(Window(k, s, d, p, p), n, m)]
        assert list(Window(k, s, d).paddings(n, m)) == fitting, (n, m)


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3))])
def test_no_padding_of_a_pool_is_missed_in_ceil_mode(k: int, s: int, d: int) -> None:
    """Up to half the kernel, which is what torch takes."""
    for n, m in product(range(1, 9), range(1, 11)):
        fitting = {p for p in range(k // 2 + 1) if gives(Window(k, s, d, p, p, True), n, m)}
        assert fitting <= set(Window(k, s, d, ceil_mode=True).paddings(n, m)), (n, m)
