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
from pyramidcalc.oracle.configurations import NOT_DRAWN
from pyramidcalc.oracle.generators import IMPORTED
from tests.layers.shape_cases import RIGHT, WRONG, Shape, make
from tests.strategies import map_shapes, spatial_layers

HUGE = 10**12


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
    """Plain activations, and what only imported networks hold and tests/importing follows, are not in the table."""
    missing = set(layers.kinds()) - {layer.name for layer, *_ in RIGHT}
    activations = {name for name in missing if layers.kinds()[name].__module__.endswith("activation")}
    assert missing - activations <= {*NOT_DRAWN, *[kind.__name__ for kind in IMPORTED]}


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
        (make("SpatialPyramidPool2d", 4), ((3, 2**32, 16),), (3, 4, 4)),
        (make("Slice", 2, 7, -5, 4), ((3, HUGE, 16),), (3, HUGE // 4 - 3, 16)),
        (make("Split", 1, 10**9, 2), ((3, HUGE, 16),), (3, 1, 16)),
        (make("Split", HUGE, 0), ((HUGE,),), (HUGE,)),
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
