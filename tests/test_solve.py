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
from pyramidcalc.solve.windows import ANY, Search, Solution, solve, tiling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.layers.base import Layer

KINDS = ("conv", "max-pool", "avg-pool", "conv-transpose")
SMALL = (range(1, 5), range(1, 4), range(1, 4))
Setting = tuple[int, int, int, int, int]
Sides = tuple[int, int]


def layer_of(kind: str, setting: Setting, ceil_mode: bool = False) -> Layer:
    """The layer of (kernel, stride, padding, dilation, output padding); solve's own is what is tested."""
    k, s, p, d, op = setting
    if kind == "conv":
        return Conv2d(1, 1, k, s, p, d)
    if kind == "conv-transpose":
        return ConvTranspose2d(1, 1, k, s, p, op, dilation=d)
    if kind == "avg-pool":
        return AvgPool2d(k, s, p, ceil_mode)
    return MaxPool2d(k, s, p, d, ceil_mode=ceil_mode)


def settings(search: Search) -> Iterator[Setting]:
    """Every setting, one by one, with more padding than any that gives the size, and more output padding than legal.

    Twice the padding of a window that makes m is at most s·m + d·k, of a transposed one on n at most s·n + d·k; a
    pool's is at most half its kernel.
    """
    longest = max(*search.inputs, *search.outputs)
    for k, s, d in product(search.kernel, search.stride, search.dilation):
        enough = k if search.kind.endswith("pool") else (s * longest + d * k) // 2 + 2
        for p in range(enough + 1) if search.padding is ANY else search.padding:
            extras = range(max(s, d) + 1) if search.output_padding is ANY else search.output_padding
            for op in extras if search.kind == "conv-transpose" else (0,):
                if search.kind != "avg-pool" or d == 1:
                    yield k, s, p, d, op


def brute_force(search: Search) -> set[Setting]:
    """Settings with which the layer itself gives the size."""
    fitting = set()
    for setting in settings(search):
        try:
            layer = layer_of(search.kind, setting, search.ceil_mode)
            if layer.output_shape((1, *search.inputs)) == (1, *search.outputs):
                fitting.add(setting)
        except (LayerError, ShapeError):
            pass
    return fitting


def listed(search: Search) -> set[Setting]:
    """Settings that `solve` lists, each once."""
    each_one = [numbers(solution) for solution in solve(search)]
    assert len(each_one) == len(set(each_one))
    return set(each_one)


def numbers(solution: Solution) -> Setting:
    """(kernel, stride, padding, dilation, output padding)."""
    return solution.kernel, solution.stride, solution.padding, solution.dilation, solution.output_padding


def one_a_layer(kind: str, fitting: set[Setting]) -> set[Setting]:
    """Without those that differ from another in the dilation of a single tap alone, which is the same layer."""
    if kind == "conv-transpose":
        return fitting
    least = min((d for _, _, _, d, _ in fitting), default=1)
    return {(k, s, p, least if k == 1 else d, op) for k, s, p, d, op in fitting}


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
        _, height, width = layer_of(kind, setting, ceil_mode).output_shape((1, *inputs))
    except (LayerError, ShapeError):
        height, width = data.draw(SIDES)
    search = Search(kind, inputs, (height, width), *SMALL, ceil_mode=ceil_mode)
    assert listed(search) == one_a_layer(kind, brute_force(search))


@given(st.sampled_from(KINDS), SIDES, SIDES, spans(4), spans(4), spans(4), st.just(ANY) | spans(9, 0), st.data())
def test_ranges_leave_out_what_lies_outside_them(
    kind: str,
    inputs: Sides,
    outputs: Sides,
    kernels: range,
    strides: range,
    dilations: range,
    paddings: range,
    data: st.DataObject,
) -> None:
    """Any ranges, with steps, padding and output padding given or not, sizes reached or not."""
    extras = data.draw(st.just(ANY) | spans(4, 0)) if kind == "conv-transpose" else ANY
    search = Search(kind, inputs, outputs, kernels, strides, dilations, paddings, extras)
    assert listed(search) == one_a_layer(kind, brute_force(search))


@pytest.mark.parametrize(
    ("kind", "n", "m", "setting"),
    [
        ("conv", 64, 66, (1, 1, 1, 1, 0)),
        ("conv", 64, 100, (1, 1, 18, 1, 0)),
        ("conv", 4, 8, (3, 1, 3, 1, 0)),
        ("conv-transpose", 5, 7, (1, 1, 0, 3, 2)),
        ("conv-transpose", 9, 3, (1, 1, 3, 1, 0)),
    ],
)
def test_no_padding_is_too_large_to_be_listed(kind: str, n: int, m: int, setting: Setting) -> None:
    """Windows wholly in the padding, outputs behind the last input, and inputs cut away are legal."""
    assert setting in listed(Search(kind, (n, n), (m, m)))


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
            modules: dict[str, Callable[[], nn.Module]] = {
                "conv": lambda: nn.Conv2d(1, 1, k, s, p, d),
                "conv-transpose": lambda: nn.ConvTranspose2d(1, 1, k, s, p, op, dilation=d),
                "avg-pool": lambda: nn.AvgPool2d(k, s, p),
                "max-pool": lambda: nn.MaxPool2d(k, s, p, d),
            }
            module = modules[kind]()
            return tuple(module(torch.zeros(1, 1, *size)).shape[2:])
        except (RuntimeError, ValueError):
            return None

    search = Search(kind, size, wanted, range(1, 4), range(1, 3), range(1, 4))
    fitting = {setting for setting in settings(search) if shape(setting) == wanted}
    assert listed(search) == one_a_layer(kind, fitting)


def test_simplest_comes_first() -> None:
    """Defaults before other settings, then small numbers; a pool's stride is its kernel by default."""
    first = [numbers(solution) for solution in solve(Search("conv", (64, 64), (32, 32)))[:4]]
    assert first == [(1, 2, 0, 1, 0), (2, 2, 0, 1, 0), (3, 2, 1, 1, 0), (4, 2, 1, 1, 0)]
    assert numbers(solve(Search("conv", (64, 64), (64, 64)))[0]) == (1, 1, 0, 1, 0)
    assert numbers(solve(Search("max-pool", (64, 64), (32, 32)))[0]) == (2, 2, 0, 1, 0)


@pytest.mark.parametrize(("n", "m"), [(64, 32), (7, 12), (5, 5), (4, 8), (12, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_order_is_that_of_its_rule(kind: str, n: int, m: int) -> None:
    """Padding over d·(k − 1), then output padding over the padding, last; then settings that are no defaults."""

    def simplicity(setting: Setting) -> tuple[object, ...]:
        k, s, p, d, op = setting
        plain = [p == 0, d == 1, op == 0, s == (k if kind.endswith("pool") else 1)]
        return p > d * (k - 1), p > d * (k - 1) or op > p, plain.count(False), d, op, k, s, p

    in_order = [numbers(solution) for solution in solve(Search(kind, (n, n), (m, m)))]
    assert in_order == sorted(in_order, key=simplicity)


def test_sizes_of_any_length_take_no_longer() -> None:
    """A padding among 10^18 is listed at once, and one that torch's integers do not hold is not listed."""
    huge = 10**18
    one = Search("conv", (1, 1), (huge + 1, huge + 1), range(1, 2), range(1, 2), range(1, 2), range(huge))
    assert [solution.padding for solution in solve(one)] == [huge // 2]
    assert solve(one.replace(outputs=(huge, huge))) == ()
    assert solve(one.replace(outputs=(20 * huge + 1,) * 2, padding=ANY)) == ()


@pytest.mark.parametrize(
    "search",
    [
        Search("conv", (1, 1), (1, 1), stride=range(1, 10**5)),
        Search("conv", (1, 1), (1, 1), range(1, 2), range(10**9, 10**9 + 1), range(1, 2)),
    ],
)
def test_too_much_is_refused(search: Search) -> None:
    """Too many combinations, and too many paddings of one."""
    with pytest.raises(UsageError, match=r"the ranges may hold [\d,]+ layers, over the limit of 200,000; narrow"):
        solve(search)


@given(st.sampled_from(KINDS), st.integers(1, 40), st.integers(1, 40))
def test_windows_from_end_to_end_give_the_size(kind: str, n: int, m: int) -> None:
    """What is proposed where the ranges hold nothing: the smaller size of the larger, or back."""
    n, m = max(n, m), min(n, m)
    kernel, stride = tiling(n, m)
    sizes = ((m, m), (n, n)) if kind == "conv-transpose" else ((n, n), (m, m))
    assert (kernel, stride, 0, 1, 0) in listed(
        Search(kind, *sizes, range(kernel, kernel + 1), range(stride, stride + 1))
    )
