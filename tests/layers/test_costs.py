"""Parameters, MACs and output channels of every layer kind, without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


@pytest.mark.parametrize(
    ("layer", "parameters"),
    [
        (make("Conv2d", 8, 33, (3, 5)), 8 * 33 * 15 + 33),
        (make("Conv2d", 8, 33, (3, 5), bias=False), 8 * 33 * 15),
        (make("Conv1d", 8, 33, 5), 8 * 33 * 5 + 33),
        (make("Conv3d", 8, 12, (2, 3, 5), groups=4), 2 * 12 * 30 + 12),
        (make("ConvTranspose1d", 8, 12, 5, groups=4), 8 * 3 * 5 + 12),
        (make("BatchNorm1d", 7), 14),
        (make("InstanceNorm3d", 7), 0),
        (make("InstanceNorm1d", 7, affine=True), 14),
        (make("Conv2d", 8, 12, 3, groups=4), 2 * 12 * 9 + 12),
        (make("Conv2d", 8, 8, 3, groups=8, bias=False), 72),
        (make("ConvTranspose2d", 8, 12, (2, 3), groups=4), 8 * 3 * 6 + 12),
        (make("BatchNorm2d", 7), 14),
        (make("BatchNorm2d", 7, bias=False), 7),
        (make("BatchNorm2d", 7, affine=False), 0),
        (make("GroupNorm", 3, 6), 12),
        (make("GroupNorm", 3, 6, bias=False), 6),
        (make("GroupNorm", 3, 6, affine=False), 0),
        (make("LayerNorm2d", 5), 10),
        (make("LayerNorm2d", 5, bias=False), 5),
        (make("LayerNorm2d", 5, elementwise_affine=False), 0),
        (make("Linear", 7, 4), 32),
        (make("Linear", 7, 4, bias=False), 28),
        (make("PReLU"), 1),
        (make("PReLU", 6), 6),
        (make("MaxPool2d", 3), 0),
        (make("Concat"), 0),
        (make("SpatialPyramidPool2d", 4), 0),
    ],
)
def test_parameters(layer: Layer, parameters: int) -> None:
    """Learned numbers: weights by groups, biases, gammas and betas; no buffers."""
    assert layer.parameters == parameters


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        (make("Conv2d", 8, 33, (3, 5), (2, 1)), (8, 17, 20), 33 * 8 * 16 * 8 * 15),
        (make("Conv2d", 8, 12, 3, groups=4, bias=False), (8, 7, 9), 12 * 5 * 7 * 2 * 9),
        (make("ConvTranspose2d", 8, 12, (2, 3), 2, groups=4), (8, 7, 9), 8 * 7 * 9 * 3 * 6),
        (make("Conv1d", 8, 33, 5, 2), (8, 17), 33 * 8 * 7 * 5),
        (make("Conv3d", 8, 12, (2, 3, 5), groups=4), (8, 4, 7, 9), 12 * 3 * 5 * 5 * 2 * 30),
        (make("ConvTranspose3d", 8, 12, (2, 3, 1), 2), (8, 4, 7, 9), 8 * 4 * 7 * 9 * 12 * 6),
        (make("Linear", 7, 4), (7,), 28),
        (make("Linear", 7, 4), (2, 3, 7), 6 * 28),
        (make("BatchNorm2d", 8), (8, 7, 9), 0),
        (make("AvgPool2d", 3), (8, 7, 9), 0),
        (make("Upsample", 3), (8, 7, 9), 0),
        (make("Sigmoid"), (8, 7, 9), 0),
    ],
)
def test_macs(layer: Layer, shape: tuple[int, ...], macs: int) -> None:
    """One multiply-add a weight and output position, a transposed one a weight and input position; nothing else."""
    assert layer.macs((shape,), layer.output_shape(shape)) == macs


@pytest.mark.parametrize(
    ("layer", "channels", "expected"),
    [
        (make("Conv2d", 8, 33, 3), (8,), 33),
        (make("Conv2d", 8, 33, 3), (None,), 33),
        (make("MaxPool2d", 3), (8,), 8),
        (make("ResizeTo"), (8, 5), 8),
        (make("Concat"), (8, 5, 2), 15),
        (make("Concat"), (8, None), None),
        (make("Add"), (8, 8), 8),
        (make("WeightedAdd", 2), (8, 1), 8),
        (make("Multiply"), (8, 1), 8),
        (make("PixelShuffle", 2), (12,), 3),
        (make("PixelShuffle", 2), (None,), None),
        (make("Slice", 1, 2, 7, 2), (8,), 3),
        (make("Slice", 2, 2, 7, 2), (8,), 8),
        (make("Split", (3, 5), 1), (8,), 5),
        (make("Split", 3, 2), (None,), None),
        (make("ChannelShuffle", 2), (8,), 8),
        (make("Flatten"), (8,), None),
        (make("Linear", 7, 4), (None,), 4),
    ],
)
def test_channels(layer: Layer, channels: tuple[int | None, ...], expected: int | None) -> None:
    """Output channels follow from the inputs' alone; None where they follow the input's size."""
    assert layer.channels(*channels) == expected


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        *((kind, True) for kind in ("Identity", "Flatten", "Dropout", "Dropout1d", "Dropout3d", "Slice", "Split")),
        *((kind, False) for kind in ("ReLU", "ChannelShuffle", "ZeroPad1d")),
    ],
)
def test_views(kind: str, view: bool) -> None:
    """Identity, Flatten, slices and, in inference, Dropout give their input's own memory."""
    assert layers.kinds()[kind].view is view
