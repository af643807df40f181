"""TensorFlow's paddings, and SPEED as a whole, against Keras 3 on its torch backend."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import tf_same_crop
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.sized import SamePad2d

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from torch import Tensor, nn

    from pyramidcalc.layers.base import Layer

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = [pytest.mark.torch, pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed")]


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Keras on torch, which reads its settings when it is imported, from a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        import keras

        if keras.backend.backend() != "torch":
            pytest.skip("keras runs on another backend already")
        # In double precision a branch of small values counts.
        before = keras.config.floatx(), keras.config.dtype_policy()
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        yield keras
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def chain(*layers: Layer) -> nn.Module:
    """Layers one after the other, in double precision."""
    b = Builder()
    x = b.input("input", 2)
    for number, layer in enumerate(layers):
        x = b.add(f"layer{number}", layer, x)
    b.output("output", x)
    return pc.oracle.to_module(b.build()).double()


def last_weight(module: nn.Module) -> Tensor:
    """The only weight."""
    (weight,) = module.parameters()
    return weight


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_same_convolution(keras: Any, kernel: int, stride: int) -> None:
    """⌈n/stride⌉ outputs, the odd zero after: equal sizes and values on every parity of height and width."""
    ours = chain(SamePad2d(kernel, stride), Conv2d(2, 3, kernel, stride, bias=False))
    theirs = last_weight(ours).detach().permute(2, 3, 1, 0)
    for height, width in ((7, 10), (8, 9), (9, 8), (12, 13), (1, 2)):
        image = torch.rand(1, 2, height, width, dtype=torch.float64)
        expected = keras.ops.conv(image.permute(0, 2, 3, 1), theirs, strides=stride, padding="same")
        torch.testing.assert_close(ours(image).permute(0, 2, 3, 1), expected)


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_same_transposed_convolution_is_the_gradient_of_the_same_convolution(keras: Any, kernel: int) -> None:
    """TensorFlow defines it so: with the crop, ours is the gradient of Keras's convolution of 2n."""
    crop = tf_same_crop(kernel, 2)
    sides = (crop.lo, crop.hi, crop.lo, crop.hi)
    ours = chain(ConvTranspose2d(2, 3, kernel, 2, bias=False), ZeroPad2d(sides))
    back = last_weight(ours).detach().permute(2, 3, 1, 0)
    for height, width in ((3, 4), (5, 2), (1, 6)):
        image = torch.rand(1, 2, height, width, dtype=torch.float64)
        wide = torch.zeros(1, 2 * height, 2 * width, 3, dtype=torch.float64, requires_grad=True)
        keras.ops.conv(wide, back, strides=2, padding="same").backward(image.permute(0, 2, 3, 1))
        torch.testing.assert_close(ours(image).permute(0, 2, 3, 1), wide.grad)


@pytest.mark.parametrize(
    ("size", "alpha", "multiplier"), [((192, 256), 1.0, 1), ((127, 194), 1.0, 1), ((128, 160), 0.33, 2)]
)
@pytest.mark.usefixtures("keras")
def test_speed(size: tuple[int, int], alpha: float, multiplier: int) -> None:
    """Equal parameters, and with equal weights equal maps of encoder and decoder."""
    import keras

    from tests.networks.handwritten.speed_keras import speed, torch_weights

    keras.utils.set_random_seed(0)
    theirs = speed(*size, alpha, multiplier)
    outputs = (("encoder", "block9.pointwise_act"), ("out", "depth"))
    graph = pc.build("speed", alpha=alpha, depth_multiplier=multiplier).replace(outputs=outputs)
    randomise(theirs)
    ours = pc.oracle.to_module(graph).double().eval()
    names = [name for name in ours.state_dict() if not name.endswith("num_batches_tracked")]
    ours.load_state_dict(dict(zip(names, torch_weights(theirs), strict=True)), strict=False)
    learned = sum(weight.value.numel() for weight in theirs.trainable_weights)
    assert learned == sum(node.layer.parameters for node in graph.nodes)
    image = torch.rand(1, 3, *size, dtype=torch.float64)
    with torch.no_grad():
        expected = theirs(image.permute(0, 2, 3, 1), training=False)
        results = ours(image)
    for label, _ in outputs:
        value = expected[label].permute(0, 3, 1, 2)
        # Keras's BatchNormalization is in single precision whatever its input; a shift by a pixel changes far more.
        torch.testing.assert_close(results[label], value, rtol=0, atol=0.01 * value.std().item())


def randomise(model: Any) -> None:
    """Norms that are not the identity."""
    generator = torch.Generator().manual_seed(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(torch.rand(tuple(weight.shape), generator=generator, dtype=torch.float64) + 0.5)


@pytest.mark.parametrize("size", [(200, 256), (96, 128), (192, 200)])
@pytest.mark.usefixtures("keras")
def test_speed_fails_where_keras_fails(size: tuple[int, int]) -> None:
    """Skips that do not match, and a pool of 0; the sizes that the hint names work in both."""
    from tests.networks.handwritten.speed_keras import speed

    report = pc.analyze("speed", input=size)
    assert report.failed
    with pytest.raises((ValueError, ZeroDivisionError)):
        speed(*size)
    hint = report.diagnostics[-1].hint or ""
    for height, width in re.findall(r"(\d+)x(\d+)", hint):
        output = pc.analyze("speed", input=(int(height), int(width))).output
        assert output is not None
        assert tuple(speed(int(height), int(width)).get_layer("depth").output.shape[1:3]) == output[1:]
