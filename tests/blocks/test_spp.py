"""Spatial pyramid pooling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.blocks.spp import spp
from pyramidcalc.errors import LayerError
from tests.blocks.building import built

METHODS = ("pad", "window", "adaptive")


@pytest.mark.parametrize("method", METHODS)
def test_vector_has_21_features_a_channel(method: str) -> None:
    """Bins 4 2 1 on the paper's 256×13×13 make 256·21 = 5376 features. Source: arXiv 1406.4729, section 2.2."""
    assert built(spp, (256, 13, 13), method=method).output == (5376,)


def test_spp_learns_nothing() -> None:
    """Pools and flattens have no parameters."""
    assert built(spp, (256, 13, 13)).parameters == 0


def test_levels_are_named_by_their_bins() -> None:
    """Each level is a pool and a flatten, in the order given."""
    assert built(spp, (3, 8, 8), bins=(2, 1)).names == [
        "bin2.pool",
        "bin2.flatten",
        "bin1.pool",
        "bin1.flatten",
        "concat",
    ]


def test_levels_follow_each_other_in_the_vector() -> None:
    """The concatenation reads the levels in the order of the bins, and equal bins are told apart."""
    concat = built(spp, (3, 8, 8), bins=(1, 4, 1)).node("concat")
    assert concat.inputs == ("bin1.flatten", "bin4.flatten", "bin1_2.flatten")


def test_pad_fails_at_five_sizes() -> None:
    """Of the sizes 1 … 64, torch refuses the padding of bins 4 2 1 at exactly 1, 2, 3, 5 and 9."""
    failing = [a for a in range(1, 65) if built(spp, (2, a, a)).resolved.failure]
    assert failing == [1, 2, 3, 5, 9]


@pytest.mark.parametrize(("shape", "axis"), [((2, 9, 16), "height"), ((2, 16, 9), "width")])
def test_pad_failure_names_the_axis_and_the_way_out(shape: tuple[int, int, int], axis: str) -> None:
    """The reason names the level, the axis, the numbers and the method that always works."""
    failure = built(spp, shape).failure
    assert failure.layer == "bin4.pool"
    assert f"{axis}: 4 bins on 9 need window 3 with padding 2" in failure.message
    assert "adaptive" in (failure.hint or "")


@given(bins=st.integers(1, 12), height=st.integers(1, 64), width=st.integers(1, 64))
def test_pad_gives_its_bins_wherever_it_is_legal(bins: int, height: int, width: int) -> None:
    """The vector's length does not depend on the size."""
    block = built(spp, (3, height, width), bins=(bins,))
    assert block.resolved.failure or block.output == (3 * bins**2,)


@given(bins=st.integers(1, 12), height=st.integers(1, 64), width=st.integers(1, 64))
def test_adaptive_takes_every_size(bins: int, height: int, width: int) -> None:
    """Also maps with fewer positions than bins."""
    assert built(spp, (3, height, width), bins=(bins,), method="adaptive").output == (3 * bins**2,)


def test_window_may_give_another_number_of_bins() -> None:
    """6 bins on 10: window 2, stride 1 make 9; the vector then depends on the input, which is a warning."""
    block = built(spp, (3, 10, 12), bins=(6, 2), method="window")
    assert block.shape("bin6.pool") == (3, 9, 6)
    assert block.output == (3 * (9 * 6 + 2 * 2),)
    assert block.warned("spp-bin-count") == ["bin6.pool"]


def test_window_may_leave_a_tail_unread() -> None:
    """3 bins on 8: window 3, stride 2 read 7 of 8 rows."""
    assert built(spp, (3, 8, 9), bins=(3,), method="window").warned("unread-input") == ["bin3.pool"]


def test_window_cannot_have_more_bins_than_positions() -> None:
    """The stride would be zero."""
    failure = built(spp, (3, 8, 5), bins=(2, 6), method="window").failure
    assert failure.layer == "bin6.pool"
    assert failure.code == "stride-zero"
    assert "⌊5/6⌋ = 0" in failure.message


def test_levels_before_a_failure_are_kept() -> None:
    """What worked before the failing level stays visible."""
    block = built(spp, (3, 8, 8), bins=(2, 9), method="window")
    assert [step.name for step in block.resolved.layers] == ["bin2.pool", "bin2.flatten"]


@pytest.mark.parametrize(
    ("method", "windows"),
    [
        ("pad", [(0, 2), (2, 6), (6, 10), (10, 13)]),
        ("window", [(0, 4), (3, 7), (6, 10), (9, 13)]),
        ("adaptive", [(0, 4), (3, 7), (6, 10), (9, 13)]),
    ],
)
def test_one_shape_does_not_mean_the_same_windows(method: str, windows: list[tuple[int, int]]) -> None:
    """4 bins on 13 are 4×4 by every method, but `pad` reads other positions."""
    pool = built(spp, (3, 13, 13), bins=(4,), method=method).layer("bin4.pool")
    rows = pool.axes((3, 13, 13))[0][1]
    taps = [list(rows.taps(13, i)) for i in range(rows.size(13))]
    assert [(read[0], read[-1] + 1) for read in taps] == windows


@pytest.mark.parametrize("bins", [(), (4, 0), (-1,), (2.0,)])
def test_wrong_bins_are_refused(bins: tuple[int, ...]) -> None:
    """No level, or a level of no bins."""
    with pytest.raises(LayerError, match="spp: `bins`"):
        built(spp, (3, 8, 8), bins=bins)


def test_an_unknown_method_is_refused() -> None:
    """The methods are named."""
    with pytest.raises(LayerError, match="pad, window, adaptive"):
        built(spp, (3, 8, 8), method="caffe")
