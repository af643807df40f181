"""Solving for a size: the layers that are listed against brute force over all paddings."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d
from pyramidcalc.solve.windows import MOST_TRIED, Ranges, Solution, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.layers.base import Layer

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
SMALL = Ranges(range(1, 5), range(1, 4), range(1, 4))
Setting = tuple[int, int, int, int, int]
Sides = tuple[int, int]


def made(kind: str, setting: Setting, ceil_mode: bool = False) -> Layer:
    """The layer of (kernel, stride, padding, dilation, output padding); made here, as solve's own is what is tested."""
    k, s, p, d, op = setting
    if kind == "conv":
        return Conv2d(1, 1, k, s, p, d)
    if kind == "conv-transpose":
        return ConvTranspose2d(1, 1, k, s, p, op, dilation=d)
    if kind == "avg-pool":
        return AvgPool2d(k, s, p, ceil_mode)
    return MaxPool2d(k, s, p, d, ceil_mode=ceil_mode)


def settings(kind: str, inputs: Sides, outputs: Sides, ranges: Ranges = SMALL) -> Iterator[Setting]:
    """Every setting, one by one, with more padding than any that gives the size, and more output padding than legal.

    Padding moves a size by 2/s of it, so s·m + n + span is more than what m outputs take.
    """
    for k, s, d in product(ranges.kernel, ranges.stride, ranges.dilation):
        most = s * (max(outputs) + 1) + s * max(inputs) + d * k
        for p in range(most) if ranges.padding is None else ranges.padding:
            extras = range(max(s, d) + 1) if ranges.output_padding is None else ranges.output_padding
            for op in extras if kind == "conv-transpose" else (0,):
                if kind != "avg-pool" or d == 1:
                    yield k, s, p, d, op


def brute_force(
    kind: str, inputs: Sides, outputs: Sides, ceil_mode: bool = False, ranges: Ranges = SMALL
) -> set[Setting]:
    """Settings with which the layer itself gives the size."""
    found = set()
    for setting in settings(kind, inputs, outputs, ranges):
        try:
            if made(kind, setting, ceil_mode).output_shape((1, *inputs)) == (1, *outputs):
                found.add(setting)
        except (LayerError, ShapeError):
            pass
    return found


def answers(kind: str, inputs: Sides, outputs: Sides, ceil_mode: bool = False, ranges: Ranges = SMALL) -> set[Setting]:
    """Settings that `solve` lists, each once."""
    listed = [numbers(each) for each in solve(kind, inputs, outputs, ranges, ceil_mode=ceil_mode)]
    assert len(listed) == len(set(listed))
    return set(listed)


def numbers(solution: Solution) -> Setting:
    """(kernel, stride, padding, dilation, output padding)."""
    return solution.kernel, solution.stride, solution.padding, solution.dilation, solution.output_padding


def one_a_layer(kind: str, found: set[Setting]) -> set[Setting]:
    """Without those that differ from another in the dilation of a single tap alone, which is the same layer."""
    if kind == "conv-transpose":
        return found
    least = min((d for _, _, _, d, _ in found), default=1)
    return {(k, s, p, least if k == 1 else d, op) for k, s, p, d, op in found}


SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9)) | st.integers(1, 9).map(lambda n: (n, n))


def spans(most: int, least: int = 1) -> st.SearchStrategy[range]:
    """Ascending ranges, with steps too."""
    ends = st.tuples(st.integers(least, most), st.integers(least, most), st.integers(1, 3))
    return ends.map(lambda drawn: range(min(drawn[:2]), max(drawn[:2]) + 1, drawn[2]))


@given(st.sampled_from(KINDS), SIDES, st.data())
def test_every_layer_that_gives_the_size_is_listed(kind: str, inputs: Sides, data: st.DataObject) -> None:
    """Exactly those that brute force over all paddings finds, on inputs of equal and of different height and width."""
    ceil_mode = kind.endswith("pool") and data.draw(st.booleans())
    k, s, d, op = (data.draw(st.integers(least, most)) for least, most in ((1, 4), (1, 3), (1, 3), (0, 2)))
    setting = (k, s, data.draw(st.integers(0, k // 2 if kind.endswith("pool") else 8)), d, op)
    try:
        _, height, width = made(kind, setting, ceil_mode).output_shape((1, *inputs))
    except (LayerError, ShapeError):
        height, width = data.draw(SIDES)
    outputs = (height, width)
    expected = one_a_layer(kind, brute_force(kind, inputs, outputs, ceil_mode))
    assert answers(kind, inputs, outputs, ceil_mode) == expected


@given(st.sampled_from(KINDS), SIDES, SIDES, spans(4), spans(4), spans(4), st.none() | spans(9, 0), st.data())
def test_ranges_leave_out_what_lies_outside_them(
    kind: str,
    inputs: Sides,
    outputs: Sides,
    kernels: range,
    strides: range,
    dilations: range,
    paddings: range | None,
    data: st.DataObject,
) -> None:
    """Any ranges, with steps, padding and output padding given or not, sizes reached or not."""
    extras = data.draw(st.none() | spans(4, 0)) if kind == "conv-transpose" else None
    ranges = Ranges(kernels, strides, dilations, paddings, extras)
    expected = one_a_layer(kind, brute_force(kind, inputs, outputs, False, ranges))
    assert answers(kind, inputs, outputs, False, ranges) == expected


@pytest.mark.parametrize(
    ("kind", "n", "m", "found"),
    [
        ("conv", 64, 66, (1, 1, 1, 1, 0)),
        ("conv", 64, 100, (1, 1, 18, 1, 0)),
        ("conv", 4, 8, (3, 1, 3, 1, 0)),
        ("conv-transpose", 5, 7, (1, 1, 0, 3, 2)),
        ("conv-transpose", 9, 3, (1, 1, 3, 1, 0)),
    ],
)
def test_no_padding_is_too_large_to_be_listed(kind: str, n: int, m: int, found: Setting) -> None:
    """Windows wholly in the padding, outputs beyond the last input, and inputs cut away are legal."""
    assert found in answers(kind, (n, n), (m, m), ranges=Ranges())


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

    few = Ranges(range(1, 4), range(1, 3), range(1, 4))
    found = {setting for setting in settings(kind, size, wanted, few) if shape(setting) == wanted}
    assert answers(kind, size, wanted, ranges=few) == one_a_layer(kind, found)


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


@pytest.mark.parametrize(("n", "m"), [(64, 32), (7, 12), (5, 5), (4, 8), (12, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_order_is_that_of_its_rule(kind: str, n: int, m: int) -> None:
    """Padding beyond d·(k − 1), then output padding beyond the padding, last; then settings that are no defaults."""

    def simplicity(setting: Setting) -> tuple[object, ...]:
        k, s, p, d, op = setting
        plain = [p == 0, d == 1, op == 0, s == (k if kind.endswith("pool") else 1)]
        return p > d * (k - 1), p > d * (k - 1) or op > p, plain.count(False), d, op, k, s, p

    found = [numbers(each) for each in solve(kind, (n, n), (m, m), Ranges())]
    assert found == sorted(found, key=simplicity)


@given(
    st.sampled_from(KINDS),
    st.integers(1, 9),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 9),
)
def test_remarks_on_the_border_are_true(kind: str, n: int, m: int, k: int, s: int, d: int, p: int) -> None:
    """A window that lies wholly in the padding, an input that gives nothing, an output that reads nothing."""
    one = Ranges(range(k, k + 1), range(s, s + 1), range(d, d + 1), None if p == 9 else range(p, p + 1))
    for found in solve(kind, (n, n + 1), (m, m + s if kind == "conv-transpose" else m), one):
        told = found.remarks((n, n + 1))
        rows, columns = found.layer.axes((1, n, n + 1))[0][1:]
        taps = [
            [list(each.taps(size, i)) for i in range(each.size(size))] for each, size in ((rows, n), (columns, n + 1))
        ]
        if kind == "conv-transpose":
            assert ("some inputs at the border give nothing" in told) == found.beyond
            assert not found.beyond or not any(0 in each or n in each[n:] for axis in taps for each in axis)
            assert ("some outputs read nothing" in told) == any(not each for axis in taps for each in axis)
        else:
            first = range(-found.padding, found.dilation * (k - 1) + 1 - found.padding, found.dilation)
            assert ("reads only padding at the border" in told) == (max(first) < 0)


def test_remarks_tell_what_is_not_read_and_not_filled() -> None:
    """Inputs that a stride skips, rows that no window reaches, outputs that no input reaches."""
    by_kernel = {
        each.kernel: each.remarks((64, 64)) for each in solve("conv", (64, 64), (32, 32), Ranges(padding=range(2)))
    }
    assert by_kernel[1] == ["skips 1 of every 2 inputs"]
    assert by_kernel[2] == []
    (odd,) = solve("conv", (10, 10), (5, 5), Ranges(range(2, 3), range(2, 3), range(2, 3), range(1, 2)))
    assert odd.remarks((10, 10)) == ["skips 1 of every 2 inputs"]
    (left,) = solve("conv", (10, 10), (3, 3), Ranges(range(3, 4), range(3, 4), range(1, 2), range(1)))
    assert "reads the last 1 of 10 rows and columns" in left.remarks((10, 10))[0]
    holes = Ranges(range(1, 2), range(2, 3), range(1, 2), range(1), range(1, 2))
    (sparse,) = solve("conv-transpose", (4, 4), (8, 8), holes)
    assert sparse.remarks((4, 4)) == ["some outputs read nothing"]


def test_sizes_of_any_length_take_no_longer() -> None:
    """Paddings and output paddings are told by arithmetic, not walked through."""
    huge = 10**18
    one = Ranges(range(1, 2), range(1, 2), range(1, 2), range(huge))
    assert solve("conv", (1, 1), (huge, huge), one) == ()
    (found,) = solve("conv", (1, 1), (huge + 1, huge + 1), one)
    assert found.padding == huge // 2
    far = Ranges(range(1, 2), range(huge, huge + 1), range(1, 2), None, range(0, huge, huge // 2))
    paddings = [each.padding for each in solve("conv-transpose", (3, 3), (1, 1), far)]
    assert paddings == [huge, huge + huge // 4]


def test_paddings_beyond_torchs_integers_are_not_listed() -> None:
    """Sizes that only such a padding gives have no layer."""
    assert solve("conv", (1, 1), (10**18, 10**18), Ranges(range(3, 4), range(10**18, 10**18 + 1))) == ()


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        (Ranges(stride=range(1, 10**18)), "hold 27,999,999,999,999,999,972 combinations, over the limit of 100,000"),
        (Ranges(range(1, 2), range(10**9, 10**9 + 1), range(1, 2)), "more than 10,000 layers"),
    ],
)
def test_too_much_is_refused(ranges: Ranges, told: str) -> None:
    """Too many combinations, and too many answers."""
    with pytest.raises(UsageError, match=f"{told}.*; narrow"):
        solve("conv", (1, 1), (1, 1), ranges)
    assert MOST_TRIED <= 10**6
