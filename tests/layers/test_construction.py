"""Layers as records: normalised once, immutable, comparable; LayerError for what no input makes legal."""

from __future__ import annotations

from typing import Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.layers.base import Layer

FAMILIES = (
    *("Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "BatchNorm"),
    *("InstanceNorm", "Dropout", "ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"),
)
DESIGNED = {
    *(f"{family}{rank}d" for family in FAMILIES for rank in (1, 2, 3)),
    *("Upsample", "ResizeTo", "PixelShuffle", "Slice", "Split", "ChannelShuffle", "Concat", "Add", "Multiply"),
    "WeightedAdd",
    *("GroupNorm", "LayerNorm2d", "Dropout", "Identity", "Flatten", "Linear"),
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "SiLU", "Sigmoid", "Hardswish", "Hardsigmoid", "GELU", "ELU"),
    *("Tanh", "Mish", "SpatialPyramidPool2d", "GridAvgPool2d", "SamePad2d"),
}


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


def test_kinds_has_every_layer_of_the_design() -> None:
    """Every layer in scope is found by name, and no class that only shares code."""
    assert set(layers.kinds()) >= DESIGNED
    assert not [name for name, kind in layers.kinds().items() if vars(kind).get("abstract")]


def test_layers_are_attributes_of_the_package() -> None:
    """pyramidcalc.layers.Conv2d is the class of that name, and dir() shows it."""
    assert layers.Conv2d is layers.kinds()["Conv2d"]
    assert set(dir(layers)) >= DESIGNED


def test_unknown_layer_is_an_attribute_error_that_lists_the_known() -> None:
    """A name that is no layer says which there are."""
    with pytest.raises(AttributeError, match=r"no layer 'Conv5d'; it has .*Conv2d"):
        _ = layers.Conv5d  # type: ignore[attr-defined]  # type checkers find it, too


@pytest.mark.parametrize(
    ("layer", "attributes"),
    [
        (
            make("Conv2d", 4, 6, 3, padding=(1, 2), groups=2),
            {"in_channels": 4, "out_channels": 6, "kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 2)}
            | {"dilation": (1, 1), "groups": 2, "bias": True, "padding_mode": "zeros"},
        ),
        (
            make("ConvTranspose2d", 4, 6, (2, 3), [4, 5], output_padding=1),
            {"in_channels": 4, "out_channels": 6, "kernel_size": (2, 3), "stride": (4, 5), "padding": (0, 0)}
            | {"output_padding": (1, 1), "groups": 1, "bias": True, "dilation": (1, 1), "padding_mode": "zeros"},
        ),
        (
            make("MaxPool2d", (5, 4)),
            {"kernel_size": (5, 4), "stride": (5, 4), "padding": (0, 0), "dilation": (1, 1)}
            | {"return_indices": False, "ceil_mode": False},
        ),
        (
            make("AvgPool2d", 5, (2, 3), 1),
            {"kernel_size": (5, 5), "stride": (2, 3), "padding": (1, 1), "ceil_mode": False}
            | {"count_include_pad": True, "divisor_override": None},
        ),
        (
            make("Conv1d", 4, 6, 3, dilation=[2]),
            {"in_channels": 4, "out_channels": 6, "kernel_size": (3,), "stride": (1,), "padding": (0,)}
            | {"dilation": (2,), "groups": 1, "bias": True, "padding_mode": "zeros"},
        ),
        (
            make("AvgPool3d", (5, 2, 3)),
            {"kernel_size": (5, 2, 3), "stride": (5, 2, 3), "padding": (0, 0, 0), "ceil_mode": False}
            | {"count_include_pad": True, "divisor_override": None},
        ),
        (make("ZeroPad3d", (1, 2)), {"padding": (1, 2, 0, 0, 0, 0)}),
        (make("Slice", 2, None, -3), {"dim": 2, "start": None, "end": -3, "step": 1}),
        (make("Split", [2, 3], 1), {"split_size": (2, 3), "index": 1, "dim": 1}),
        (make("AdaptiveAvgPool2d", (None, 3)), {"output_size": (None, 3)}),
        (make("AdaptiveMaxPool2d", 2), {"output_size": (2, 2), "return_indices": False}),
        (make("ZeroPad2d", 3), {"padding": (3, 3, 3, 3)}),
        (make("CircularPad2d", [1, 2, -3, 4]), {"padding": (1, 2, -3, 4)}),
        (
            make("Upsample", scale_factor=2),
            {"size": None, "scale_factor": 2.0, "mode": "nearest", "align_corners": None}
            | {"recompute_scale_factor": None},
        ),
        (
            make("SamePad2d", 3, (2, 1)),
            {"kernel_size": (3, 3), "stride": (2, 1), "dilation": (1, 1), "odd_first": False},
        ),
        (make("Flatten"), {"start_dim": 1, "end_dim": -1}),
    ],
    ids=lambda value: value.name if isinstance(value, Layer) else "",
)
def test_attributes_are_torchs_arguments_normalised(layer: Layer, attributes: dict[str, Any]) -> None:
    """Single numbers become one an axis, lists tuples, and a pool's missing stride its kernel."""
    assert layer.attributes() == attributes


@pytest.mark.parametrize("kind", ["BatchNorm2d", "GroupNorm"])
def test_norms_show_a_bias_only_where_it_is_left_out(kind: str) -> None:
    """torch before 2.13 knows no `bias` here, so the usual one is not passed on."""
    sizes = (6,) if kind == "BatchNorm2d" else (3, 6)
    assert "bias" not in make(kind, *sizes).attributes()
    assert make(kind, *sizes, bias=False).attributes()["bias"] is False


def test_layers_are_equal_by_kind_and_arguments() -> None:
    """One number and the same number twice are the same layer; another kind is not."""
    assert make("Conv2d", 4, 6, 3) == make("Conv2d", 4, 6, (3, 3), stride=[1, 1])
    assert make("Conv2d", 4, 6, 3) != make("Conv2d", 4, 6, (3, 5))
    assert make("ReLU") != make("Sigmoid")


def test_equal_layers_have_equal_hashes() -> None:
    """Layers can be keys, also after their maps were made."""
    first, second = make("MaxPool2d", 3), make("MaxPool2d", (3, 3))
    first.output_shape((2, 7, 8))
    assert len({first, second}) == 1


def test_layers_are_immutable() -> None:
    """A field cannot be set or deleted."""
    layer = make("Linear", 4, 5)
    with pytest.raises(AttributeError, match="Linear is immutable: cannot set 'out_features'"):
        layer.out_features = 6
    with pytest.raises(AttributeError, match="cannot delete"):
        del layer.in_features  # type: ignore[attr-defined]  # the refusal is what is tested


def test_replace_gives_a_changed_layer_and_checks_it() -> None:
    """replace normalises and refuses like the constructor, and leaves the first alone."""
    layer = make("Conv2d", 4, 6, 3)
    assert layer.replace(stride=2) == make("Conv2d", 4, 6, 3, 2)
    assert layer == make("Conv2d", 4, 6, 3)
    with pytest.raises(LayerError):
        layer.replace(groups=3)


def test_repr_reads_like_the_constructor() -> None:
    """The repr is the call that makes the layer."""
    assert repr(make("Linear", 4, 5)) == "Linear(in_features=4, out_features=5, bias=True)"


@pytest.mark.parametrize(
    ("layer", "normal"),
    [
        (make("MaxPool2d", (3,), [2], (1,), (2,)), make("MaxPool2d", 3, 2, 1, 2)),
        (make("MaxPool2d", 3, ()), make("MaxPool2d", 3)),
        (make("AvgPool2d", [3], []), make("AvgPool2d", 3)),
        (make("Conv2d", 4, 6, 3, (2,), [1], (3,)), make("Conv2d", 4, 6, 3, 2, 1, 3)),
        (make("ConvTranspose2d", 4, 6, 3, [2], (1,), (1,)), make("ConvTranspose2d", 4, 6, 3, 2, 1, 1)),
        (make("ZeroPad2d", (2, 1)), make("ZeroPad2d", (2, 1, 0, 0))),
        (make("ZeroPad2d", ()), make("ZeroPad2d", 0)),
    ],
)
def test_short_spellings_that_torch_takes(layer: Layer, normal: Layer) -> None:
    """One number in a tuple counts for both axes, an empty stride is none, and zeros may be left and right alone."""
    assert layer == normal


class Count:
    """A whole number of another kind, as numpy's are."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __index__(self) -> int:
        return self.count


def test_whole_numbers_of_other_kinds() -> None:
    """They are taken for the ints that they stand for, in every field."""
    two, three, four = Count(2), Count(3), Count(4)
    layer = make("Conv2d", four, Count(6), three, two, (Count(1), two), groups=two)
    assert layer == make("Conv2d", 4, 6, 3, 2, (1, 2), groups=2)
    assert layer.output_shape((4, 9, 11)) == (6, 5, 7)
    assert {type(value) for value in layer.to_dict().values()} <= {int, tuple, bool, str}
    assert make("ZeroPad2d", (two, three, 0, 1)) == make("ZeroPad2d", (2, 3, 0, 1))
    assert make("Linear", three, four) == make("Linear", 3, 4)
    assert make("BatchNorm2d", four, eps=two).output_shape((4, 5, 6)) == (4, 5, 6)
    assert make("PixelShuffle", two).output_shape((4, 5, 6)) == (1, 10, 12)


@pytest.mark.parametrize(
    ("ends", "shape", "result"),
    [
        ((1, 3), (4, 9, 11), (396,)),
        ((-3, -1), (4, 9, 11), (396,)),
        ((1, 1), (4, 9, 11), (4, 9, 11)),
        ((2, -2), (4, 9, 11), (4, 9, 11)),
        ((-1, 1), (7,), (7,)),
        ((2, -1), (4, 9, 11), "neither a map nor a vector"),
        ((0, -1), (4, 9, 11), "neither a map nor a vector"),
        ((3, 1), (4, 9, 11), "must be in order"),
        ((1, 3), (7,), "axes of 7 with its batch, -2 to 1"),
    ],
)
def test_flatten_from_and_to_any_axis(
    ends: tuple[int, int], shape: tuple[int, ...], result: tuple[int, ...] | str
) -> None:
    """All of a sample, or nothing; what is left must be a map or a vector."""
    layer = make("Flatten", *ends)
    if isinstance(result, tuple):
        assert layer.output_shape(shape) == result
        return
    with pytest.raises(ShapeError, match=result):
        layer.output_shape(shape)


@pytest.mark.parametrize("arguments", [(4,), (4, 6), (4, 6, 3, 1, 1, 1, 1, True, "zeros", 5)])
def test_too_few_and_too_many_arguments_are_type_errors(arguments: tuple[Any, ...]) -> None:
    """As for a function, a missing or a surplus argument is a TypeError."""
    with pytest.raises(TypeError, match="Conv2d"):
        make("Conv2d", *arguments)


def test_unknown_argument_is_a_type_error() -> None:
    """A misspelt keyword is told by name."""
    with pytest.raises(TypeError, match="'kernel'"):
        make("Conv2d", 4, 6, 3, kernel=3)
