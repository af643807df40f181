"""Solving: layers for a size against brute force, and rates for a receptive field against their definition."""

from __future__ import annotations

from itertools import product
from math import gcd
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.report import analyze, build
from pyramidcalc.solve.rates import Judged, distances, judge, least_branches, propose, spread
from pyramidcalc.solve.windows import MOST_TRIED, Ranges, solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.layers.base import Layer

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
SMALL = Ranges(range(1, 6), range(1, 4), range(1, 4))
Setting = tuple[int, int, int, int, int]


def made(kind: str, setting: Setting, ceil_mode: bool = False) -> Layer:
    """The layer of (kernel, stride, padding, dilation, output padding)."""
    k, s, p, d, op = setting
    if kind == "conv":
        return Conv2d(1, 1, k, s, p, d)
    if kind == "conv-transpose":
        return ConvTranspose2d(1, 1, k, s, p, op, dilation=d)
    if kind == "avg-pool":
        return AvgPool2d(k, s, p, ceil_mode)
    return MaxPool2d(k, s, p, d, ceil_mode=ceil_mode)


def settings(kind: str, ranges: Ranges) -> list[Setting]:
    """Everything that is tried, one by one; a kernel of 1 has no dilation, and average pools have none."""
    return [
        (k, s, p, d, op)
        for k, s, d in product(ranges.kernel, ranges.stride, ranges.dilation)
        if d == 1 or (k > 1 and kind != "avg-pool")
        for p in range(d * (k - 1) + 1)
        for op in range(max(s, d) if kind == "conv-transpose" else 1)
    ]


def brute_force(kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ceil_mode: bool) -> set[Setting]:
    """Settings with which the layer itself gives the size."""
    found = set()
    for setting in settings(kind, SMALL):
        try:
            if made(kind, setting, ceil_mode).output_shape((1, *inputs)) == (1, *outputs):
                found.add(setting)
        except (LayerError, ShapeError):
            pass
    return found


def answers(kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ceil_mode: bool = False) -> set[Setting]:
    """Settings that `solve` lists, each once."""
    found = solve(kind, inputs, outputs, SMALL, ceil_mode=ceil_mode)
    listed = [(each.kernel, each.stride, each.padding, each.dilation, each.output_padding) for each in found]
    assert len(listed) == len(set(listed))
    return set(listed)


@given(st.sampled_from(KINDS), st.integers(1, 14), st.integers(1, 14), st.data())
def test_every_layer_that_gives_the_size_is_listed(kind: str, height: int, width: int, data: st.DataObject) -> None:
    """Exactly those that brute force over the layers finds, on inputs of different height and width."""
    ceil_mode = kind.endswith("pool") and data.draw(st.booleans())
    setting = data.draw(st.sampled_from(settings(kind, SMALL)))
    try:
        _, *sizes = made(kind, setting, ceil_mode).output_shape((1, height, width))
    except (LayerError, ShapeError):
        sizes = [data.draw(st.integers(1, 14)), data.draw(st.integers(1, 14))]
    outputs = (sizes[0], sizes[1])
    assert answers(kind, (height, width), outputs, ceil_mode) == brute_force(kind, (height, width), outputs, ceil_mode)


@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("size", "wanted"), [((9, 13), (5, 7)), ((4, 6), (9, 13)), ((8, 11), (8, 11)), ((7, 7), (3, 3))]
)
def test_torch_gives_these_sizes_with_these_layers_alone(
    kind: str, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    """torch's own modules, legal and refused, over everything that is tried."""
    import torch
    from torch import nn

    def shape(setting: Setting) -> tuple[int, ...] | None:
        k, s, p, d, op = setting
        try:
            made_by: dict[str, Callable[[], nn.Module]] = {
                "conv": lambda: nn.Conv2d(1, 1, k, s, p, d),
                "conv-transpose": lambda: nn.ConvTranspose2d(1, 1, k, s, p, op, dilation=d),
                "avg-pool": lambda: nn.AvgPool2d(k, s, p),
                "max-pool": lambda: nn.MaxPool2d(k, s, p, d),
            }
            module = made_by[kind]()
            return tuple(module(torch.zeros(1, 1, *size)).shape[2:])
        except (RuntimeError, ValueError):
            return None

    assert answers(kind, size, wanted) == {setting for setting in settings(kind, SMALL) if shape(setting) == wanted}


def test_simplest_comes_first() -> None:
    """Defaults before other settings, then small numbers; a pool's stride is its kernel by default."""
    first = [
        (each.kernel, each.stride, each.padding, each.dilation) for each in solve("conv", (64, 64), (32, 32), Ranges())
    ]
    assert first[:4] == [(1, 2, 0, 1), (2, 2, 0, 1), (3, 2, 1, 1), (4, 2, 1, 1)]
    (same, *_) = solve("conv", (64, 64), (64, 64), Ranges())
    assert (same.kernel, same.stride, same.padding, same.dilation) == (1, 1, 0, 1)
    (pool, *_) = solve("max-pool", (64, 64), (32, 32), Ranges())
    assert (pool.kernel, pool.stride, pool.padding) == (2, 2, 0)


def test_remarks_tell_what_is_not_read_and_not_filled() -> None:
    """Inputs that a stride skips, rows that no window reaches, outputs that no input reaches."""
    by_kernel = {
        each.kernel: each.remarks((64, 64)) for each in solve("conv", (64, 64), (32, 32), Ranges(padding=range(2)))
    }
    assert by_kernel[1] == ["skips 1 of every 2 inputs"]
    assert by_kernel[2] == []
    (left,) = solve("conv", (10, 10), (3, 3), Ranges(range(3, 4), range(3, 4), range(1, 2), range(1)))
    assert "reads the last 1 of 10 rows and columns" in left.remarks((10, 10))[0]
    holes = Ranges(range(1, 2), range(2, 3), range(1, 2), range(1), range(1, 2))
    (sparse,) = solve("conv-transpose", (4, 4), (8, 8), holes)
    assert sparse.remarks((4, 4)) == ["some outputs read nothing"]


def test_sizes_of_any_length_take_no_longer() -> None:
    """Paddings are searched, not walked through."""
    huge = 10**18
    one = Ranges(range(1, 2), range(1, 2), range(1, 2), range(huge))
    assert solve("conv", (1, 1), (huge, huge), one) == ()
    (found,) = solve("conv", (1, 1), (huge + 1, huge + 1), one)
    assert found.padding == huge // 2


@pytest.mark.parametrize(
    "ranges",
    [Ranges(stride=range(1, 10**18)), Ranges(range(1, 2), range(10**9, 10**9 + 1), range(1, 2), range(10**9))],
)
def test_too_much_is_refused(ranges: Ranges) -> None:
    """Too many combinations, and too many answers."""
    with pytest.raises(UsageError, match="narrow the ranges"):
        solve("conv", (1, 1), (1, 1), ranges)
    assert MOST_TRIED <= 10**6


def pixels(rates: tuple[int, ...], size: tuple[int, int]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """What each output reads through the branches and the 1×1, pixel by pixel from `reach`."""
    resolved = shapes(build("aspp", in_channels=1, rate=rates, channels=1), {"input": (1, *size)})
    names = ["conv1x1.conv", *[f"rate{rate}.conv" for rate in rates]]
    read: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for row, column in product(range(size[0]), range(size[1])):
        here = read.setdefault((row, column), set())
        for name in names:
            mask = reach(resolved, name, row, column).mask("input")
            here |= {(r, c) for r, bits in enumerate(mask) for c in range(size[1]) if bits >> c & 1}
    return read


def groups(read: dict[tuple[int, int], set[tuple[int, int]]]) -> int:
    """Number of groups of outputs between which no input pixel is shared."""
    left, count = dict(read), 0
    while left:
        count += 1
        seen = left.pop(next(iter(left)))
        while found := [place for place, pixels in left.items() if pixels & seen]:
            seen = seen.union(*[left.pop(place) for place in found])
    return count


@pytest.mark.parametrize("rates", [(1, 2), (2, 4), (3, 6), (2, 3, 5), (3, 5), (2, 4, 5), (1, 4), (4,), (1,), (5, 6)])
@pytest.mark.parametrize("size", [(11, 14), (13, 12)])
def test_gridding_is_what_its_definition_says(rates: tuple[int, ...], size: tuple[int, int]) -> None:
    """Linked: all outputs in one group by shared pixels; a common factor g makes g×g groups."""
    found = judge(rates, *size)
    number = groups(pixels(rates, size))
    assert found.linked == (number == 1)
    assert found.factor == gcd(*rates)
    if all(2 * rate < min(size) for rate in rates):
        assert number == gcd(*rates) ** 2


@pytest.mark.parametrize(
    ("rates", "size"), [((2, 6), (13, 17)), ((3, 8), (33, 17)), ((8, 9), (17, 40)), ((6, 12, 18), (33, 33))]
)
def test_degenerate_is_what_the_table_warns_of(rates: tuple[int, ...], size: tuple[int, int]) -> None:
    """The same layers as the diagnostic of the command."""
    report = analyze("aspp", input=(8, *size), rate=rates)
    warned = {note.layer for note in report.diagnostics if note.code == "degenerate-rate"}
    assert {f"rate{rate}.conv" for rate in judge(rates, *size).degenerate} == warned


@given(st.integers(1, 40), st.integers(1, 5))
def test_spread_rates_share_no_factor_and_leave_the_smallest_holes(rate: int, branches: int) -> None:
    """No other rates up to the same one without a common factor have a smaller largest distance."""
    branches = min(branches, rate)

    def gap(rates: tuple[int, ...]) -> int:
        return max(b - a for a, b in zip((0, *rates), rates, strict=False))

    found = [rates for rates, _ in zip(spread(rate, branches), range(20), strict=False)]
    assert all(sorted(set(rates)) == list(rates) and rates[-1] == rate and len(rates) == branches for rates in found)
    assert all(gcd(*rates) == 1 for rates in found)
    if branches == 1:
        assert bool(found) == (rate == 1)
    elif branches <= 3:
        inner = product(range(1, rate), repeat=branches - 1)
        others = [(*rates, rate) for rates in inner if list(rates) == sorted(set(rates)) and gcd(*rates, rate) == 1]
        assert {gap(rates) for rates in found} == {min(map(gap, others))}


def test_as_many_branches_as_a_distance_takes() -> None:
    """Seven rates up to 18 leave taps at most 3 apart; six would share the factor 3."""
    assert least_branches(18, 3) == 7
    assert max(distances(18, 6)) == 4
    assert least_branches(16, 3) == 6
    assert least_branches(1, 3) == 1


def test_proposals_hold_what_they_promise() -> None:
    """On a map with room for it the receptive field is the one that was asked for."""
    answer = propose(65, 97, 37, 3)
    assert answer.proposals[0].rates == (5, 11, 18)
    assert all(found.good and found.receptive_field == 37 and found.distance == 7 for found in answer.proposals)
    assert [(found.rates, found.factor) for found in answer.others] == [((6, 12, 18), 6)]
    report = analyze("aspp", input=(2048, 65, 97), rate=answer.proposals[0].rates)
    assert report["rate18.conv"].receptive_field is not None
    assert report["rate18.conv"].receptive_field.size == (37, 37)


def test_a_map_too_small_for_the_receptive_field_gives_the_largest_that_is_not_degenerate() -> None:
    """33×33 holds no 3×3 of 37; rate 16 has all taps inside at the middle alone."""
    answer = propose(33, 33, 37, 3)
    assert (answer.receptive_field, answer.rate) == (33, 16)
    assert [found.rates for found in answer.proposals] == [(5, 10, 16), (5, 11, 16), (6, 11, 16)]
    assert all(found.inside.numerator == 1 for found in answer.proposals)
    rejected: tuple[Judged, ...] = answer.others
    assert rejected[0].rates == (6, 12, 18)
    assert rejected[0].degenerate == (18,)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((33, 33, 36, 3), "35 or 37"),
        ((33, 33, 1, 3), "ask for 3"),
        ((2, 33, 37, 3), "every rate is degenerate"),
        ((33, 4097, 37, 3), "over the limit"),
    ],
)
def test_what_has_no_rates_is_refused(arguments: tuple[int, int, int, int], told: str) -> None:
    """One sentence each."""
    with pytest.raises(UsageError, match=told):
        propose(*arguments)
