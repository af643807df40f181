"""What torch prints of its own modules, read back as a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.importing.chain import chain
from pyramidcalc.report import analyze_graph

torch = pytest.importorskip("torch")
nn = torch.nn

if TYPE_CHECKING:
    from typing import Any


pytestmark = pytest.mark.torch

MODULES = [
    ((6, 40), nn.Conv1d(6, 9, 5, 2, 3, 2, 3, bias=False, padding_mode="reflect")),
    ((6, 40, 50), nn.Conv2d(6, 9, (3, 5), (2, 1), (1, 2), (1, 3))),
    ((6, 40, 50), nn.Conv2d(6, 9, 3, padding="same", padding_mode="circular")),
    ((6, 9, 10, 11), nn.Conv3d(6, 9, (1, 2, 3), padding=(0, 1, 2))),
    ((6, 40, 50), nn.ConvTranspose2d(6, 9, 4, (2, 3), 1, (1, 2), dilation=2)),
    ((6, 40), nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True)),
    ((6, 41, 50), nn.MaxPool2d((3, 2), None, (1, 0))),
    ((6, 41, 50), nn.AvgPool2d((3, 2), 2, (1, 0))),
    ((6, 9, 10, 11), nn.AvgPool3d(2)),
    ((6, 40, 50), nn.AdaptiveAvgPool2d((None, 7))),
    ((6, 40), nn.AdaptiveMaxPool1d(7)),
    ((6, 40, 50), nn.BatchNorm2d(6, eps=0.01, momentum=None)),
    ((6, 40, 50), nn.InstanceNorm2d(6, affine=True)),
    ((6, 40, 50), nn.GroupNorm(3, 6)),
    ((6,), nn.BatchNorm1d(6)),
    ((6,), nn.Linear(6, 4, bias=False)),
    ((6, 40, 50), nn.Flatten()),
    ((6, 40, 50), nn.PReLU(6)),
    ((6, 40, 50), nn.LeakyReLU(0.2, inplace=True)),
    ((6, 40, 50), nn.ELU(0.5)),
    ((6, 40, 50), nn.Dropout2d(0.1)),
    ((6, 40, 50), nn.Upsample(size=(30, 70), mode="bicubic")),
    ((6, 40, 50), nn.Upsample(scale_factor=(1.5, 2.0))),
    ((6, 40, 50), nn.UpsamplingBilinear2d(scale_factor=2)),
    ((6, 40, 50), nn.UpsamplingNearest2d(size=(30, 70))),
    ((8, 40, 50), nn.PixelShuffle(2)),
    ((8, 40, 50), nn.ChannelShuffle(4)),
    ((6, 40, 50), nn.ZeroPad2d((1, 2, 3, -4))),
    ((6, 40), nn.ConstantPad1d((1, 2), 0.5)),
    ((6, 40, 50), nn.ReflectionPad2d((1, 2, 3, 4))),
    ((6, 9, 10, 11), nn.ReplicationPad3d(2)),
    ((6, 40, 50), nn.Sequential(nn.Sequential(nn.Conv2d(6, 8, 3), nn.ReLU6(True)), nn.Tanh(), nn.Hardswish())),
]


def compare(module: Any, shape: tuple[int, ...]) -> None:
    """The printed module has the parameters and the output's shape of the module itself."""
    imported = chain(repr(module), shape)
    report = analyze_graph(imported.graph, imported.inputs)
    assert report.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert report.output == tuple(module.eval()(torch.zeros(1, *shape, device=device_of(module))).shape[1:])


def device_of(module: Any) -> Any:
    """Where its parameters are."""
    return next((parameter.device for parameter in module.parameters()), "meta")


@pytest.mark.parametrize(("shape", "module"), MODULES, ids=[repr(module).splitlines()[0] for _, module in MODULES])
def test_what_torch_prints_is_what_torch_computes(shape: tuple[int, ...], module: Any) -> None:
    """Parameters and output of a printed module are its own."""
    compare(module, shape)


@pytest.mark.parametrize(
    ("model", "part"),
    [("alexnet", "features"), ("vgg11_bn", "features"), ("vgg16", "features"), ("vgg16", "classifier")],
)
def test_sequential_parts_of_torchvision(model: str, part: str) -> None:
    """`print(model.features)` pasted as it is."""
    from tests.networks.torchvision_models import torchvision_models

    with torch.device("meta"):
        module = getattr(getattr(torchvision_models(), model)(), part)
    compare(module, (25088,) if part == "classifier" else (3, 193, 257))


def test_names_are_the_paths_of_the_modules() -> None:
    """The names of a nested Sequential are torch's own paths."""
    module = nn.Sequential(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), nn.MaxPool2d(2))
    names = [name for name, part in module.named_modules() if not list(part.children())]
    assert [node.name for node in chain(repr(module), (3, 32, 32)).graph.nodes] == names
