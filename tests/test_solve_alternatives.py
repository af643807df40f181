"""Where no layer gives a size: what would do, against what `solve` finds there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.solve.windows import Search, alternatives, solve

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
SIZES = st.integers(1, 40)
FEW = st.tuples(st.integers(1, 3), st.integers(1, 3)).map(lambda ends: range(min(ends), max(ends) + 1))


@given(st.sampled_from(KINDS), SIZES, SIZES, st.integers(0, 2), FEW, FEW, FEW, st.none() | FEW)
def test_what_would_do_does(
    kind: str, n: int, m: int, wider: int, kernels: range, strides: range, dilations: range, paddings: range | None
) -> None:
    """Each setting that is named gives the size with the others as they are; of a window's, none that is less does."""
    search = Search(kind, (n, n + wider), (m, m + wider), kernels, strides, dilations, paddings)
    if solve(search):
        return
    would_do = alternatives(search)
    for setting, value in would_do.items():
        assert solve(search.replace(**{setting: range(value, value + 1)}))
    for setting in ("kernel", "stride", "dilation"):
        assert not solve(search.replace(**{setting: range(1, would_do.get(setting, 100))}))


@pytest.mark.parametrize(
    ("kind", "n", "m", "expected"),
    [
        ("conv", 64, 5, {"kernel": 12, "stride": 8, "dilation": 8}),
        ("avg-pool", 64, 3, {"kernel": 53, "stride": 20}),
        ("conv-transpose", 5, 700, {"kernel": 171, "stride": 136, "dilation": 98}),
        ("max-pool", 64, 100, {}),
    ],
)
def test_the_least_that_would_do_is_named(kind: str, n: int, m: int, expected: dict[str, int]) -> None:
    """A larger kernel, stride or dilation."""
    assert alternatives(Search(kind, (n, n), (m, m))) == expected
