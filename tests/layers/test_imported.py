"""Layers that imported networks need: shapes, refusals, and what each output reads, against a plain count."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer, Shape


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


DEPTH = (((0, 1, 3), (1, 1, 2), (2, 1, 2)), ((1, 2, -1),), ((2, 2, -1),))
SPACE = (((0, 4, 3),), ((1, 1, -1), (0, 2, 2)), ((2, 1, -1), (0, 1, 2)))

RIGHT: list[tuple[Layer, tuple[Shape, ...], Shape]] = [
    (make("Rearrange", DEPTH), ((3, 4, 6),), (12, 2, 3)),
    (make("Rearrange", SPACE), ((12, 2, 3),), (3, 4, 6)),
    (make("Along", "mean", ((1, 1, -1),)), ((3, 4, 6),), (3, 1, 6)),
    (make("Along", "sum", ((0, 2, 3),)), ((12, 4, 6),), (4, 4, 6)),
    (make("Along", "softmax", ((1, 1, -1), (2, 1, 3)), True), ((3, 4, 6),), (3, 4, 6)),
    (make("Part", (2, 1, 3), 1, 2), ((3, 4, 6),), (3, 4, 4)),
    (make("Part", (0, 2, 3), 0, 2, 2), ((12, 4, 6),), (8, 4, 6)),
    (make("Expand", (None, 4, 6)), ((3, 1, 1),), (3, 4, 6)),
    (make("Expand", (3, 4, None)), ((3, 1, 6),), (3, 4, 6)),
    (make("Unflatten", 1, (3, 2, 2)), ((12,),), (3, 2, 2)),
    (make("Unflatten", -1, (3, -1, 2)), ((30,),), (3, 5, 2)),
    (make("Constant", (3, 4, 6), 5), (), (3, 4, 6)),
    (make("ChannelLinear", 3, 7), ((3, 4, 6),), (7, 4, 6)),
    (make("Pointwise", "exp"), ((3, 4, 6),), (3, 4, 6)),
    (make("Combine", "where"), ((3, 4, 6), (3, 1, 1)), (3, 4, 6)),
    (make("Attention", ((1, 1, -1), (2, 1, -1)), 2), ((4, 3, 5), (4, 2, 7), (6, 2, 7)), (6, 3, 5)),
    (make("Attention", ((1, 1, 2),)), ((4, 4, 5),) * 3, (4, 4, 5)),
    (make("Unknown", "unfold", (5, 4), 0, 3), ((3, 4, 6),), (5, 4)),
]


@pytest.mark.parametrize(("layer", "shapes", "wanted"), RIGHT, ids=lambda value: getattr(value, "name", ""))
def test_shapes(layer: Layer, shapes: tuple[Shape, ...], wanted: Shape) -> None:
    """One axis map an axis makes the shape."""
    assert layer.output_shape(*shapes) == wanted


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        (make("Rearrange", DEPTH), ((3, 5, 6),), "cannot make"),
        (make("Along", "sum", ((0, 2, 3),)), ((8, 4, 6),), "has no factor"),
        (make("Part", (2, 1, 3), 1, 2), ((3, 4, 7),), "has no factor"),
        (make("Expand", (None, 4, 6)), ((3, 2, 1),), "cannot stand for"),
        (make("Expand", (None, 1, 6)), ((3, 4, 1),), "cannot stand for"),
        (make("Unflatten", 1, (3, 2, 2)), ((11,),), "does not make"),
        (make("Unflatten", 1, (3, -1, 2)), ((11,),), "does not make"),
        (make("ChannelLinear", 3, 7), ((4, 4, 6),), "does not match"),
        (make("Attention", ((1, 1, -1),)), ((4, 3, 5), (5, 3, 5), (5, 3, 5)), "do not fit"),
        (make("Attention", ((1, 1, 2),)), ((4, 4, 5), (4, 6, 5), (4, 6, 5)), "windows of 2"),
        (make("Unknown", "unfold", (5, 4), given=((3, 4, 6),)), ((3, 4, 7),), "known for 3x4x6 only, got 3x4x7"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_refusals(layer: Layer, shapes: tuple[Shape, ...], message: str) -> None:
    """A ShapeError that says what does not go together."""
    with pytest.raises(ShapeError, match=message):
        layer.output_shape(*shapes)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("Rearrange", ((((0, 1, 3),), ((2, 1, -1),), ((1, 1, -1),)),)),
        ("Along", ("sum", ((1, 1, 2), (1, 4, 2)))),
        ("Part", ((0, 1, 4), 3, 2)),
        ("Part", ((0, 1, 4, 1), 0, 1)),
        ("Unflatten", (2, (3, 2))),
        ("Unflatten", (1, (-1, 3, -1))),
        ("Unflatten", (1, (2, 3, 4, 5, 6))),
        ("Constant", ((0,),)),
    ],
)
def test_what_no_input_makes_legal(kind: str, args: tuple[Any, ...]) -> None:
    """A LayerError when it is made."""
    with pytest.raises(LayerError):
        make(kind, *args)


@pytest.mark.parametrize(("factors", "shape", "r"), [(DEPTH, (3, 4, 6), 2)])
def test_space_to_depth_reads_what_torch_moves(factors: Any, shape: Shape, r: int) -> None:
    """Every output element reads the one input element that a view and a permute put there."""
    layer = make("Rearrange", factors)
    for c, i, j in product(*map(range, layer.output_shape(shape))):
        read = set()
        for _, maps in layer.terms(shape):
            read |= set(product(*[m.taps(n, k) for m, n, k in zip(maps, shape, (c, i, j), strict=True)]))
        assert read == {(c // (r * r), i * r + c // r % r, j * r + c % r)}


@pytest.mark.parametrize("n", [6, 12])
@pytest.mark.parametrize(("stride", "size"), [(1, 3), (2, 3), (3, 2), (1, 2)])
def test_a_factor_is_a_digit(n: int, stride: int, size: int) -> None:
    """Along it, the inputs that differ in that digit alone are read; a part takes some of its values."""
    digit = [i // stride % size for i in range(n)]
    rest = [(i // (stride * size), i % stride) for i in range(n)]
    (kept,) = make("Along", "softmax", ((1, stride, size),), True).axes((2, n))
    (summed,) = make("Along", "sum", ((1, stride, size),)).axes((2, n))
    (part,) = make("Part", (1, stride, size), 1, 1).axes((2, n))
    for i in range(n):
        assert list(kept[1].taps(n, i)) == [j for j in range(n) if rest[j] == rest[i]]
    groups = sorted(set(rest))
    assert [list(summed[1].taps(n, i)) for i in range(summed[1].size(n))] == [
        [j for j in range(n) if rest[j] == group] for group in groups
    ]
    assert [list(part[1].taps(n, i)) for i in range(part[1].size(n))] == [[j] for j in range(n) if digit[j] == 1]


def test_attention_counts_both_products() -> None:
    """Queries by keys and scores by values."""
    layer = make("Attention", ((1, 1, -1), (2, 1, -1)), 2)
    shapes = ((4, 3, 5), (4, 2, 7), (6, 2, 7))
    assert layer.macs(shapes, layer.output_shape(*shapes)) == 15 * 14 * 4 + 15 * 14 * 6
