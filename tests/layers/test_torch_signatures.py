"""Names, defaults, parameters and MACs of layers against torch.nn's classes of the same name."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from pyramidcalc import layers
from pyramidcalc.layers.base import Layer
from tests.layers.test_construction import FAMILIES
from tests.layers.torch_cases import RANKS

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

OWN = {
    *("ResizeTo", "LayerNorm2d", "Concat", "Add", "WeightedAdd", "Multiply", "Slice", "Split"),
    *("SpatialPyramidPool2d", "GridAvgPool2d", "SamePad1d", "SamePad2d", "SamePad3d", "SlidingPool"),
    *("Along", "Attention", "ChannelLinear", "Combine", "Constant", "Expand", "Part", "Pointwise", "Rearrange"),
    "Unknown",
}
LEFT_OUT = {"inplace", "device", "dtype"}
TORCHS = sorted(set(layers.kinds()) - OWN)


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_have_a_layer_for_one_two_and_three_axes(family: str) -> None:
    """Each with torch.nn's name, and of maps with as many axes."""
    assert {f"{family}{rank}d" for rank in RANKS} <= set(layers.kinds())
    for rank in RANKS:
        assert family == "Dropout" or max(layers.kinds()[f"{family}{rank}d"].ranks) == rank


def test_only_known_layers_have_no_torch_class() -> None:
    """Every layer but merges and those that follow the size is torch.nn's by name."""
    assert {kind for kind in layers.kinds() if not hasattr(torch.nn, kind)} == OWN


@pytest.mark.parametrize("kind", TORCHS)
def test_fields_and_defaults_are_torchs(kind: str) -> None:
    """Fields have torch.nn's names, order and defaults, without device, dtype and inplace."""
    signature = inspect.signature(getattr(torch.nn, kind)).parameters.values()
    named = [p for p in signature if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name not in LEFT_OUT]
    layer = layers.kinds()[kind]
    ours = [(name, layer._defaults.get(name, inspect.Parameter.empty)) for name in layer._fields]
    assert ours == [(p.name, p.default) for p in named]


LEARNED = [
    (make("Conv2d", 6, 8, (3, 2), (2, 1), (1, 0), (1, 2), 2), (6, 9, 7)),
    (make("Conv2d", 6, 6, 3, groups=6, bias=False), (6, 9, 7)),
    (make("Conv2d", 6, 8, 3, padding=2, padding_mode="circular"), (6, 9, 7)),
    (make("ConvTranspose2d", 6, 8, (3, 2), (2, 3), (1, 0), (1, 2), 2), (6, 9, 7)),
    (make("ConvTranspose2d", 6, 9, 4, bias=False), (6, 3, 5)),
    (make("Conv1d", 6, 8, 5, 2, 1, 3, 2), (6, 19)),
    (make("Conv3d", 6, 9, (3, 2, 4), (1, 2, 3), (2, 1, 0), groups=3), (6, 5, 7, 9)),
    (make("ConvTranspose1d", 6, 8, 5, 3, 1, 2), (6, 7)),
    (make("ConvTranspose3d", 6, 9, (3, 2, 4), (1, 2, 3), groups=3), (6, 2, 3, 4)),
    (make("BatchNorm1d", 6), (6,)),
    (make("BatchNorm3d", 6), (6, 2, 3, 4)),
    (make("InstanceNorm1d", 6, affine=True), (6, 9)),
    (make("InstanceNorm3d", 6), (6, 2, 3, 4)),
    (make("Linear", 7, 4), (7,)),
    (make("Linear", 7, 4, bias=False), (2, 3, 7)),
    (make("BatchNorm2d", 6), (6, 9, 7)),
    (make("BatchNorm2d", 6, affine=False), (6, 9, 7)),
    (make("GroupNorm", 3, 6), (6, 9, 7)),
    (make("PReLU", 6), (6, 9, 7)),
    (make("MaxPool2d", 3), (6, 9, 7)),
    (make("Upsample", (3, 4), None, "bilinear"), (6, 9, 7)),
    (make("GELU", "tanh"), (6, 9, 7)),
]


@pytest.mark.parametrize("layer", [layer for layer, _ in LEARNED], ids=lambda layer: layer.name)
def test_parameters_are_torchs(layer: Layer) -> None:
    """The same as the sum of numel over the real layer's parameters."""
    module = getattr(torch.nn, layer.name)(**layer.attributes())
    assert layer.parameters == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("layer", "shape"), LEARNED, ids=lambda value: value.name if isinstance(value, Layer) else "")
def test_macs_are_half_of_torchs_flops(layer: Layer, shape: tuple[int, ...]) -> None:
    """Half of what FlopCounterMode counts in a real forward."""
    from torch.utils.flop_counter import FlopCounterMode

    module = getattr(torch.nn, layer.name)(**layer.attributes()).eval()
    counter = FlopCounterMode(display=False)
    with counter:
        module(torch.zeros(1, *shape))
    assert 2 * layer.macs((shape,), layer.output_shape(shape)) == counter.get_total_flops()


@pytest.mark.parametrize("kind", ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm"])
def test_norms_without_bias_are_torchs(kind: str) -> None:
    """torch 2.13 can leave beta out; older ones do not know the argument."""
    if "bias" not in inspect.signature(getattr(torch.nn, kind)).parameters:
        pytest.skip("this torch has no `bias` here")
    layer = make(kind, *((6,) if kind.startswith("BatchNorm") else (3, 6)), bias=False)
    module = getattr(torch.nn, kind)(**layer.attributes())
    assert layer.parameters == sum(p.numel() for p in module.parameters()) == 6
