"""SPEED in Keras 3, written by hand; shares nothing with the package.

Import only where KERAS_BACKEND is torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import layers

if TYPE_CHECKING:
    from typing import Any

    from torch import Tensor

BINS = (2, 4, 6, 8)


def normed(x: Any) -> Any:
    """BatchNormalization and ReLU6."""
    return layers.ReLU(6.0)(layers.BatchNormalization()(x))


def block(x: Any, filters: int, stride: int, multiplier: int) -> tuple[Any, Any]:
    """The depthwise block of keras.applications.MobileNet; also gives the raw depthwise output."""
    if stride == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    raw = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        depth_multiplier=multiplier,
        use_bias=False,
    )(x)
    return normed(layers.Conv2D(filters, 1, padding="same", use_bias=False)(normed(raw))), raw


def separable(x: Any, filters: int, bias: bool) -> Any:
    """SeparableConv2D of 3×3."""
    return layers.SeparableConv2D(filters, 3, padding="same", use_bias=bias)(x)


def front(x: Any, filters: int, bias: bool) -> list[Any]:
    """Average pools, separable convolutions, resized back."""
    height, width = x.shape[1:3]
    pools = [layers.AveragePooling2D((height // n, width // n))(x) for n in BINS]
    return [layers.Resizing(height, width, interpolation="bilinear")(separable(y, filters, bias)) for y in pools]


def mdspp(x: Any, filters: int) -> Any:
    """The decoder's pyramid."""
    a, b, c, d = front(x, filters // 4, False)
    pairs = [layers.ReLU()(layers.Concatenate()(pair)) for pair in ([a, c], [b, d])]
    joined = [layers.ReLU()(separable(pair, filters // 2, False)) for pair in pairs]
    return layers.Concatenate()([*joined, x])


def up(x: Any, skip: Any, filters: int, out: int) -> Any:
    """To twice the size, skip, separable convolution."""
    x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.Concatenate()([x, skip]))
    return layers.ReLU()(separable(x, out, False))


def speed(height: int, width: int, alpha: float = 1.0, multiplier: int = 1) -> Any:
    """The whole model, for separable convolutions of 64, 32 and 16 channels in the decoder."""
    image = keras.Input((height, width, 3))
    x = normed(layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False)(image))
    skips = []
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        x, raw = block(x, int(filters * alpha), stride, multiplier)
        skips.append(raw)
    x = layers.Concatenate()([x, *front(x, 128, True)])
    x, _ = block(x, int(1024 * alpha), 2, multiplier)
    x, _ = block(x, int(256 * alpha), 1, multiplier)
    encoded = x
    x = layers.Conv2D(256, 1, padding="same")(x)
    x = up(x, skips[5], 128, 64)
    x = up(mdspp(x, 64), skips[3], 64, 32)
    x = up(mdspp(x, 32), skips[1], 32, 16)
    depth = layers.Conv2D(1, 3, padding="same", name="depth")(x)
    return keras.Model(image, {"encoder": encoded, "out": depth})


def torch_weights(model: Any) -> list[Tensor]:
    """Weights and statistics in the order of the layers, each in torch's axes.

    A kernel's axes are turned around, which is right for convolutions and transposed ones alike; a depthwise one
    then has its inputs and its outputs per input apart.
    """
    weights = []
    for layer in model.layers:
        for weight in layer.weights:
            value = weight.value.detach()
            if value.dim() == 4:
                value = value.permute(3, 2, 0, 1)
                if isinstance(layer, layers.DepthwiseConv2D) or "depthwise" in weight.name:
                    value = value.transpose(0, 1).reshape(-1, 1, *value.shape[2:])
            weights.append(value.contiguous())
    return weights
