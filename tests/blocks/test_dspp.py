"""SPEED's depthwise spatial pyramid pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.blocks.dspp import dspp
from pyramidcalc.errors import LayerError
from tests.blocks.building import built

if TYPE_CHECKING:
    from typing import Any


def test_output_of_speeds_encoder() -> None:
    """512×12×16 gives 1024×12×16. Source: Papa et al., SPEED, IEEE Access 2022."""
    assert built(dspp, (512, 12, 16)).output == (1024, 12, 16)


def test_parameters() -> None:
    """Four branches of a depthwise 3×3 without bias and a 1×1 with bias: 4·(512·9 + 512·128 + 128)."""
    assert built(dspp, (512, 12, 16)).parameters == 281_088


def test_branches_pool_convolve_and_resize() -> None:
    """Each branch goes to its grid and back, with no norm and no activation."""
    block = built(dspp, (8, 12, 16), bins=(4, 2), filters=5)
    names = [f"{branch}.{name}" for branch in ("bin4", "bin2") for name in ("pool", "depthwise", "pointwise", "resize")]
    assert block.names == [*names, "concat"]
    assert [block.shape(name) for name in names[:4]] == [(8, 4, 4), (8, 4, 4), (5, 4, 4), (5, 12, 16)]


def test_the_map_comes_first() -> None:
    """The concatenation starts with the input."""
    assert built(dspp, (8, 12, 16), bins=(4, 2)).node("concat").inputs == ("input", "bin4.resize", "bin2.resize")


def test_grids_of_speeds_encoder() -> None:
    """On 12×16 the bins 6 and 8 give 6×8 and 12×8, and a warning each."""
    block = built(dspp, (512, 12, 16))
    grids = [block.shape(f"bin{bins}.pool")[1:] for bins in (2, 4, 6, 8)]
    assert grids == [(2, 2), (4, 4), (6, 8), (12, 8)]
    assert block.warned("dspp-grid") == ["bin6.pool", "bin8.pool"]


@given(bins=st.integers(1, 20), height=st.integers(1, 60))
def test_grid_is_exact_where_the_remainder_is_small(bins: int, height: int) -> None:
    """The grid has b rows exactly when H mod b < ⌊H/b⌋; below b rows there is no pool."""
    block = built(dspp, (2, height, bins), bins=(bins,), filters=1)
    if height < bins:
        assert block.failure.code == "pool-zero"
    else:
        assert (block.shape(f"bin{bins}.pool")[1] == bins) == (height % bins < height // bins)


@given(bins=st.integers(1, 20), height=st.integers(20, 60))
def test_rows_that_the_grid_leaves_over_are_told(bins: int, height: int) -> None:
    """H mod ⌊H/b⌋ rows are read by no window of that branch."""
    block = built(dspp, (2, height, bins), bins=(bins,), filters=1)
    assert bool(block.warned("unread-input")) == (height % (height // bins) > 0)


def test_more_bins_than_rows_fail() -> None:
    """The pool would be 0; branches before stay visible."""
    block = built(dspp, (8, 5, 16))
    assert block.failure.layer == "bin6.pool"
    assert "height: 6 bins on 5 would need a pool of ⌊5/6⌋ = 0" in block.failure.message
    assert block.shape("bin4.resize") == (128, 5, 16)


def test_equal_bins_get_names_of_their_own() -> None:
    """The second branch of 2 bins is bin2_2."""
    assert "bin2_2.pool" in built(dspp, (8, 7, 9), bins=(2, 2)).names


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"bins": ()}, "`bins` is empty"),
        ({"bins": (2, 0)}, r"`bins` \(=0\) must be at least 1"),
        ({"filters": 0}, r"`filters` \(=0\) must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"^dspp: {reason}"):
        built(dspp, (8, 12, 16), **options)
