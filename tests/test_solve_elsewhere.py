"""Where no layer gives a size: what would do, against what `solve` finds there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.solve.elsewhere import changes
from pyramidcalc.solve.windows import KINDS, Ranges, solve

SIZES = st.integers(1, 40)
FEW = st.tuples(st.integers(1, 3), st.integers(1, 3)).map(lambda ends: range(min(ends), max(ends) + 1))


@given(st.sampled_from(KINDS), SIZES, SIZES, st.integers(0, 2), FEW, FEW, FEW, st.none() | FEW)
def test_what_would_do_does(
    kind: str, n: int, m: int, wider: int, kernels: range, strides: range, dilations: range, paddings: range | None
) -> None:
    """Each setting that is named gives the size with the others as they are."""
    ranges = Ranges(kernels, strides, dilations, paddings)
    inputs, outputs = (n, n + wider), (m, m + wider)
    if solve(kind, inputs, outputs, ranges):
        return
    for setting, value in changes(kind, inputs, outputs, ranges).items():
        assert solve(kind, inputs, outputs, ranges.replace(**{setting: range(value, value + 1)}))


@pytest.mark.parametrize(
    ("kind", "n", "m", "expected"),
    [
        ("conv", 64, 5, {"kernel": 12, "stride": 8, "dilation": 8}),
        ("avg-pool", 64, 3, {"kernel": 53, "stride": 20}),
        ("conv-transpose", 5, 700, {"kernel": 171, "stride": 136, "dilation": 98}),
        ("max-pool", 64, 100, {}),
        ("conv", 10**18, 1, {"kernel": 25 * 10**16, "stride": 10**18 - 24, "dilation": (10**18 - 4) // 6}),
    ],
)
def test_the_least_that_would_do_is_told(kind: str, n: int, m: int, expected: dict[str, int]) -> None:
    """A larger kernel, stride or dilation, however far away."""
    assert changes(kind, (n, n), (m, m), Ranges()) == expected
