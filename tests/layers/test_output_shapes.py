"""output_shape of every layer kind: right shapes, and beside them the wrong ones with their reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.layers.base import Layer
from pyramidcalc.layers.resampling import Upsample
from tests.strategies import map_shapes, spatial_layers

HUGE = 10**12
Shape = tuple[int, ...]


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


RIGHT: list[tuple[Layer, tuple[Shape, ...], Shape]] = [
    (make("Conv2d", 8, 33, 3, padding=4, dilation=4), ((8, 56, 128),), (33, 56, 128)),
    (make("Conv2d", 6, 9, (3, 5), (2, 1), (0, 2), groups=3), ((6, 17, 20),), (9, 8, 20)),
    (make("Conv2d", 6, 9, (4, 2), padding="same", dilation=(1, 3)), ((6, 17, 20),), (9, 17, 20)),
    (make("Conv2d", 6, 9, 3, padding="valid", padding_mode="reflect"), ((6, 17, 20),), (9, 15, 18)),
    (make("Conv2d", 6, 9, 3, padding=(2, 1), padding_mode="circular"), ((6, 2, 20),), (9, 4, 20)),
    (make("ConvTranspose2d", 6, 9, (3, 4), (2, 3), (1, 0), (1, 2)), ((6, 7, 5),), (9, 14, 18)),
    (make("MaxPool2d", 3, 2, 1), ((5, 224, 112),), (5, 112, 56)),
    (make("MaxPool2d", 3, 2, 1, ceil_mode=True), ((5, 224, 112),), (5, 113, 57)),
    (make("AvgPool2d", (6, 8)), ((5, 12, 17),), (5, 2, 2)),
    (make("AdaptiveAvgPool2d", (3, None)), ((5, 12, 17),), (5, 3, 17)),
    (make("AdaptiveMaxPool2d", 20), ((5, 12, 17),), (5, 20, 20)),
    (make("ZeroPad2d", (1, 2, 3, -4)), ((5, 12, 17),), (5, 11, 20)),
    (make("ReflectionPad2d", (2, 0, 1, 1)), ((5, 2, 3),), (5, 4, 5)),
    (make("ReplicationPad2d", (9, 0, 0, 8)), ((5, 2, 3),), (5, 10, 12)),
    (make("CircularPad2d", (3, 1, 2, 2)), ((5, 2, 3),), (5, 6, 7)),
    (make("Upsample", (7, 9)), ((5, 12, 17),), (5, 7, 9)),
    (make("Upsample", scale_factor=(1.5, 0.4), mode="bilinear"), ((5, 13, 17),), (5, 19, 6)),
    (make("Upsample", scale_factor=2.5, mode="area"), ((5, 13, 17),), (5, 32, 42)),
    (make("ResizeTo"), ((5, 12, 17), (8, 30, 40)), (5, 30, 40)),
    (make("PixelShuffle", 3), ((18, 4, 5),), (2, 12, 15)),
    (make("BatchNorm2d", 5), ((5, 12, 17),), (5, 12, 17)),
    (make("GroupNorm", 2, 6), ((6, 12, 17),), (6, 12, 17)),
    (make("GroupNorm", 2, 6), ((6,),), (6,)),
    (make("LayerNorm2d", 5), ((5, 12, 17),), (5, 12, 17)),
    (make("ReLU"), ((5, 12, 17),), (5, 12, 17)),
    (make("PReLU", 5), ((5,),), (5,)),
    (make("Dropout"), ((7,),), (7,)),
    (make("Flatten"), ((5, 12, 17),), (1020,)),
    (make("Flatten"), ((7,),), (7,)),
    (make("Linear", 7, 4), ((7,),), (4,)),
    (make("Linear", 7, 4), ((2, 3, 7),), (2, 3, 4)),
    (make("Concat"), ((5, 12, 17), (2, 12, 17), (3, 12, 17)), (10, 12, 17)),
    (make("Concat"), ((5,), (7,)), (12,)),
    (make("Add"), ((5, 12, 17), (5, 12, 17)), (5, 12, 17)),
    (make("Multiply"), ((5, 12, 17), (5, 1, 1)), (5, 12, 17)),
    (make("Add"), ((1, 12, 1), (5, 1, 17), (1, 1, 1)), (5, 12, 17)),
    (make("SpatialPyramidPool2d", 4), ((5, 13, 16),), (5, 4, 4)),
    (make("SpatialPyramidPool2d", 6, "window"), ((5, 10, 12),), (5, 9, 6)),
    (make("SpatialPyramidPool2d", 6, "adaptive"), ((5, 3, 40),), (5, 6, 6)),
    (make("GridAvgPool2d", 8), ((5, 12, 16),), (5, 12, 8)),
    (make("SamePad2d", 3, 2), ((5, 12, 17),), (5, 13, 19)),
]

WRONG: list[tuple[Layer, tuple[Shape, ...], str, str]] = [
    (
        make("Conv2d", 8, 33, 3),
        ((7, 56, 128),),
        "channel-mismatch",
        r"`in_channels` \(=8\) does not match the input's 7 channels",
    ),
    (make("Conv2d", 8, 33, (3, 5)), ((8, 56, 4),), "kernel-too-large", "width: kernel 5 > padded input 4"),
    (make("Conv2d", 8, 33, (3, 5)), ((8, 2, 40),), "kernel-too-large", "height: kernel 3 > padded input 2"),
    (
        make("Conv2d", 8, 9, 3, padding=4, padding_mode="reflect"),
        ((8, 4, 9),),
        "padding-too-large",
        "height: reflect padding",
    ),
    (make("Conv2d", 8, 9, 3), ((8,),), "invalid-shape", r"needs a map \(C, H, W\), got a vector"),
    (make("Conv2d", 8, 9, 3), ((1, 8, 5, 6),), "invalid-shape", "got 4 axes"),
    (make("Conv2d", 8, 9, 3), ((8, 0, 6),), "invalid-shape", "empty input"),
    (make("ConvTranspose2d", 8, 9, 2, padding=3), ((8, 9, 3),), "empty-output", "width: transposed kernel 2"),
    (make("MaxPool2d", (2, 6)), ((5, 12, 5),), "kernel-too-large", "width: kernel 6 > padded input 5"),
    (make("AdaptiveAvgPool2d", 2), ((5,),), "invalid-shape", "got a vector"),
    (make("ZeroPad2d", (0, 0, -6, -6)), ((5, 12, 17),), "empty-output", r"height: padding \(-6, -6\)"),
    (make("ReflectionPad2d", (3, 0, 0, 0)), ((5, 4, 3),), "padding-too-large", "width: reflect"),
    (make("CircularPad2d", (0, 0, 0, 5)), ((5, 4, 9),), "padding-too-large", "height: circular"),
    (make("Upsample", scale_factor=0.1), ((5, 9, 20),), "empty-output", "height: scale 0.1 makes size 0 from 9"),
    (make("ResizeTo"), ((5, 12, 17), (8,)), "invalid-shape", "got a vector"),
    (
        make("PixelShuffle", 3),
        ((17, 4, 5),),
        "channel-mismatch",
        r"17 channels must be divisible by upscale_factor² \(=9\)",
    ),
    (make("BatchNorm2d", 5), ((6, 12, 17),), "channel-mismatch", "set num_features=6, or feed 5 channels"),
    (make("BatchNorm2d", 5, track_running_stats=False), ((5, 1, 1),), "batchnorm-1x1", "one value per channel"),
    (make("GroupNorm", 6, 6), ((6,),), "invalid-shape", "one value per group"),
    (make("GroupNorm", 2, 6, affine=False), ((5, 3, 4),), "invalid-shape", "must divide the input's 5 channels"),
    (make("LayerNorm2d", 5), ((4, 12, 17),), "channel-mismatch", "`num_channels`"),
    (make("PReLU", 5), ((4, 12, 17),), "channel-mismatch", "`num_parameters`"),
    (
        make("Linear", 7, 4),
        ((2, 7, 3),),
        "channel-mismatch",
        r"last axis 3 of \(2, 7, 3\); set in_features=3, or flatten",
    ),
    (
        make("Concat"),
        ((5, 12, 17), (2, 12, 17), (3, 12, 16)),
        "shape-mismatch",
        "input 2 is 3x12x16, input 0 is 5x12x17",
    ),
    (
        make("Concat"),
        ((3, 12, 16), (5, 12, 17), (2, 12, 17)),
        "shape-mismatch",
        "input 0 is 3x12x16, input 1 is 5x12x17",
    ),
    (make("Concat"), ((5, 12, 17), (7,)), "shape-mismatch", "a map and a vector do not merge"),
    (make("Concat"), (), "invalid-shape", "at least one input"),
    (make("Add"), ((5, 12, 17), (5, 12, 18)), "shape-mismatch", "make the sizes equal, or one of them 1"),
    (make("Multiply"), ((5, 12, 17), (4, 1, 1)), "shape-mismatch", "input 1 is 4x1x1, input 0 is 5x12x17"),
    (
        make("SpatialPyramidPool2d", 4),
        ((5, 13, 5),),
        "padding-too-large",
        "width: 4 bins on 5 need window 2 with padding 2",
    ),
    (make("SpatialPyramidPool2d", 6, "window"), ((5, 5, 12),), "stride-zero", "height: 6 bins on 5"),
    (make("GridAvgPool2d", 8), ((5, 7, 16),), "pool-zero", r"height: 8 bins on 7 would need a pool of ⌊7/8⌋ = 0"),
    (make("SamePad2d", 3, 2), ((5,),), "invalid-shape", "got a vector"),
]


def named(value: object) -> str:
    """Test ids that read: the layer's name."""
    return value.name if isinstance(value, Layer) else ""


@pytest.mark.parametrize(("layer", "shapes", "expected"), RIGHT, ids=named)
def test_output_shape(layer: Layer, shapes: tuple[Shape, ...], expected: Shape) -> None:
    """The output's shape, with every axis of another length."""
    assert layer.output_shape(*shapes) == expected


@pytest.mark.parametrize(("layer", "shapes", "code", "message"), WRONG, ids=named)
def test_refused_shape(layer: Layer, shapes: tuple[Shape, ...], code: str, message: str) -> None:
    """ShapeError, a ValueError, with a stable code and a message of layer, axis, values and rule."""
    with pytest.raises(ShapeError, match=message) as caught:
        layer.output_shape(*shapes)
    assert isinstance(caught.value, ValueError)
    assert caught.value.code == code
    assert caught.value.message.startswith(f"{layer.name}: ")


def test_every_kind_has_a_right_shape() -> None:
    """No layer kind but plain activations is missing from the table."""
    missing = set(layers.kinds()) - {layer.name for layer, *_ in RIGHT}
    activations = {name for name in missing if layers.kinds()[name].__module__.endswith("activation")}
    assert missing == activations


@pytest.mark.parametrize(("layer", "count"), [(make("Conv2d", 3, 4, 2), 0), (make("ReLU"), 2), (make("ResizeTo"), 1)])
def test_wrong_number_of_inputs_is_refused(layer: Layer, count: int) -> None:
    """A layer says how many inputs it takes and got."""
    with pytest.raises(ShapeError, match=rf"takes {layer.arity} inputs?, got {count}"):
        layer.output_shape(*[(3, 5, 6)] * count)


@pytest.mark.parametrize(
    ("kind", "args"), [("SpatialPyramidPool2d", (4,)), ("GridAvgPool2d", (4,)), ("SamePad2d", (3, 2))]
)
def test_layers_that_follow_the_size_need_one(kind: str, args: tuple[int, ...]) -> None:
    """Without an input there is no size to follow: a ShapeError, no IndexError."""
    with pytest.raises(ShapeError, match="takes 1 input, got 0"):
        make(kind, *args).output_shape()


def test_statistics_of_one_value_are_fine_in_a_batch() -> None:
    """What torch refuses for batch 1 it takes for batch 2."""
    assert make("BatchNorm2d", 5, track_running_stats=False).output_shape((5, 1, 1), batch=2) == (5, 1, 1)
    assert make("GroupNorm", 6, 6).output_shape((6,), batch=2) == (6,)


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (make("Conv2d", 3, 4, 3, 2), ((3, HUGE, HUGE + 2),), (4, HUGE // 2 - 1, HUGE // 2)),
        (make("ConvTranspose2d", 3, 4, 2, 2), ((3, HUGE, 5),), (4, 2 * HUGE, 10)),
        (make("AdaptiveAvgPool2d", (7, HUGE)), ((3, HUGE, 5),), (3, 7, HUGE)),
        (make("Upsample", scale_factor=0.5), ((3, HUGE, 6),), (3, HUGE // 2, 3)),
        (make("CircularPad2d", (0, 0, HUGE, 1)), ((3, HUGE, 5),), (3, 2 * HUGE + 1, 5)),
        (make("Flatten"), ((HUGE, HUGE, 3),), (3 * HUGE**2,)),
        (make("SpatialPyramidPool2d", 4), ((3, HUGE, 16),), (3, 4, 4)),
    ],
    ids=named,
)
def test_huge_shapes_cost_nothing(layer: Layer, shapes: tuple[Shape, ...], expected: Shape) -> None:
    """Sizes that torch cannot allocate are arithmetic here."""
    assert layer.output_shape(*shapes) == expected


@given(st.data(), map_shapes())
def test_swapping_the_axes_swaps_the_answer(data: st.DataObject, shape: tuple[int, int, int]) -> None:
    """A layer with its pairs swapped makes of the swapped map the swapped output, or refuses too."""
    layer = data.draw(spatial_layers(shape[0]))
    changed = {name: swapped(name, value) for name, value in layer.attributes().items()}
    mirrored = type(layer)(**changed)
    answers = []
    for one, given_shape in ((layer, shape), (mirrored, (shape[0], shape[2], shape[1]))):
        try:
            answers.append(one.output_shape(given_shape))
        except (ShapeError, LayerError):
            answers.append(())
    assert answers[0] == (answers[1] and (answers[1][0], answers[1][2], answers[1][1]))


def swapped(name: str, value: Any) -> Any:
    """A pair the other way round; four sides of a pad likewise."""
    if name == "padding" and isinstance(value, tuple) and len(value) == 4:
        return value[2:] + value[:2]
    return value[::-1] if isinstance(value, tuple) else value


def test_resize_to_becomes_a_plain_upsample() -> None:
    """What follows another tensor's size resolves to torch's layer for that size."""
    resolved = make("ResizeTo", "bilinear", True).resolve((5, 12, 17), (8, 30, 40))
    assert resolved == Upsample((30, 40), None, "bilinear", True)


@pytest.mark.parametrize(
    ("layer", "plain"),
    [
        (make("SpatialPyramidPool2d", 4), make("MaxPool2d", (4, 3), (4, 3), (2, 1))),
        (make("SpatialPyramidPool2d", 4, "window"), make("MaxPool2d", (4, 3), (3, 2))),
        (make("SpatialPyramidPool2d", 4, "adaptive"), make("AdaptiveMaxPool2d", 4)),
        (make("GridAvgPool2d", 4), make("AvgPool2d", (3, 2))),
        (make("SamePad2d", (3, 4), (2, 3)), make("ZeroPad2d", (1, 2, 1, 1))),
        (make("Conv2d", 5, 6, 3), make("Conv2d", 5, 6, 3)),
    ],
    ids=named,
)
def test_resolve_gives_the_plain_layer_for_a_size(layer: Layer, plain: Layer) -> None:
    """On 13 rows and 10 columns; a plain layer is its own."""
    assert layer.resolve((5, 13, 10)) == plain
