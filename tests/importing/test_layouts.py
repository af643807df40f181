"""Layouts against torch's strides: a view of a value that counts its positions holds what the factors say."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest

from pyramidcalc.importing.layouts import NoRuleError, Tensor, joined, reshaped, standard

AXES = (4, 6, 10)


def places(tensor: Tensor) -> list[int]:
    """The flat index in the value (C, H, W) of every entry, in order, by the factors."""
    _, h, w = AXES
    flat = {0: h * w, 1: w, 2: 1}
    result = [0]
    for dim in tensor.dims:
        for axis, stride, size in dim:
            result = [place + digit * stride * flat.get(axis, 0) for place in result for digit in range(size)]
    return result


def tensor() -> Tensor:
    """(1, 4, 6, 10) in its own order."""
    return Tensor.of("x", AXES, standard(AXES))


def test_a_value_in_its_own_order_counts_up() -> None:
    """Every place once, in order."""
    assert places(tensor()) == list(range(240))
    assert tensor().shape == (1, *AXES)
    assert tensor().covers


VIEWS = {
    "flatten": lambda t: t.reshape((1, 240)),
    "split": lambda t: t.reshape((1, 2, 2, 3, 2, 10)),
    "merge rows and columns": lambda t: t.reshape((1, 4, 60)),
    "there and back": lambda t: t.reshape((1, 4, 60)).reshape((1, 4, 6, 10)),
    "permute": lambda t: t.permute((0, 2, 3, 1)),
    "space to depth": lambda t: t.reshape((1, 4, 3, 2, 5, 2)).permute((0, 1, 3, 5, 2, 4)).reshape((1, 16, 3, 5)),
    "tokens": lambda t: t.permute((0, 2, 3, 1)).reshape((1, 60, 4)),
    "shuffle": lambda t: t.reshape((1, 2, 2, 6, 10)).permute((0, 2, 1, 3, 4)).reshape((1, 4, 6, 10)),
    "unsqueezed": lambda t: t.insert(1).drop(0),
    "expanded": lambda t: t.insert(1).expand((1, 3, 4, 6, 10)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_torchs(name: str) -> None:
    """The same view of a real tensor of indices."""
    torch = pytest.importorskip("torch", reason="torch is the reference here")
    x = torch.arange(240).reshape(1, *AXES)
    real = {
        "permute": lambda: x.permute(0, 2, 3, 1),
        "space to depth": lambda: torch.nn.PixelUnshuffle(2)(x),
        "tokens": lambda: x.flatten(2).transpose(1, 2),
        "shuffle": lambda: torch.nn.ChannelShuffle(2)(x),
        "expanded": lambda: x[:, None].expand(1, 3, 4, 6, 10),
    }.get(name, lambda: x)()
    view = VIEWS[name](tensor())
    assert places(view) == real.flatten().tolist()
    assert prod(view.shape) == real.numel()


@pytest.mark.parametrize(
    ("shape", "legal"),
    [((1, 24, 10), True), ((1, 8, 3, 10), True), ((1, 3, 8, 10), False), ((1, 5, 48), False), ((1, 241), False)],
)
def test_what_cuts_across_a_factor_is_refused(shape: tuple[int, ...], legal: bool) -> None:
    """A dimension of parts of two axes that are no whole digits of them has no layout."""
    if legal:
        assert prod(tensor().reshape(shape).shape) == 240
    else:
        with pytest.raises(NoRuleError):
            tensor().reshape(shape)


def test_joining_is_the_inverse_of_cutting() -> None:
    """Neighbouring digits of an axis are one again; in another order they are not."""
    for a, b, c in product((2, 3), (2, 5), (3, 4)):
        n = a * b * c
        cut = reshaped((((0, 1, n),),), (a, b, c))
        assert joined([factor for dim in cut for factor in dim]) == ((0, 1, n),)
        assert len(joined([factor for dim in cut[::-1] for factor in dim])) == 3
