"""Size formulas turned round, against the sizes of every padding."""

from __future__ import annotations

from itertools import product

import pytest

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import (
    IndexMap,
    TransposedWindow,
    Window,
    max_output_padding,
    max_pool_pad,
    most_pooled,
    transposed_paddings,
    window_paddings,
)


def gives(axis_map: IndexMap, n: int, m: int) -> bool:
    """Whether a map makes m of n."""
    try:
        return axis_map.size(n) == m
    except ShapeError:
        return False


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3))])
def test_window_paddings_are_all_that_give_the_size(k: int, s: int, d: int, ceil_mode: bool) -> None:
    """None is missed, none is wrong, however much padding it takes."""
    for n, m in product(range(1, 9), range(1, 11)):
        wanted = [p for p in range(s * m + n + d * k) if gives(Window(k, s, d, p, p, ceil_mode), n, m)]
        assert list(window_paddings(Window(k, s, d, ceil_mode=ceil_mode), n, m)) == wanted, (n, m)


@pytest.mark.parametrize(("k", "s", "d"), [*product((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 4))])
def test_transposed_paddings_are_all_that_give_the_size(k: int, s: int, d: int) -> None:
    """Paddings and output paddings in step, up to what torch takes."""
    extras = range(max_output_padding(s, d) + 1)
    for n, m in product(range(1, 7), range(1, 25)):
        wanted = {
            (p, op) for p in range(s * n + d * k) for op in extras if gives(TransposedWindow(k, s, p, op, d), n, m)
        }
        paddings, surplus = transposed_paddings(TransposedWindow(k, s, 0, 0, d), n, m)
        assert {(p, 2 * p - surplus) for p in paddings} == wanted, (n, m)


def test_no_pool_makes_more_than_one_output_more_than_inputs() -> None:
    """Whatever its kernel, stride, padding, dilation and rounding; and some pool makes that many."""
    for n in range(1, 9):
        made = []
        for k, s, d, ceil_mode in product(range(1, 8), range(1, 5), range(1, 4), (False, True)):
            for p in range(max_pool_pad(k) + 1):
                each = Window(k, s, d, p, p, ceil_mode)
                made += [m for m in range(1, n + 6) if gives(each, n, m)]
        assert max(made) == most_pooled(n)
