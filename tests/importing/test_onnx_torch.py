"""What torch's exporter writes, against the reading of the same modules by torch.export."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.importing.onnx import from_onnx
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes

torch = pytest.importorskip("torch", reason="torch's exporter writes the files")
pytest.importorskip("onnxscript", reason="torch's exporter writes with it")
pytestmark = pytest.mark.torch

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from pyramidcalc.importing.exported import from_torch, quiet  # noqa: E402
from tests.networks.torchvision_models import torchvision_models  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from torch import Tensor

    from pyramidcalc.importing.results import Imported


class Awkward(nn.Module):
    """Operators that exporters write in ways of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU())
        self.pool = nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)
        self.up = nn.ConvTranspose2d(8, 8, 3, 2, 1, output_padding=1)
        self.norm = nn.GroupNorm(2, 8)
        self.pad = nn.ReflectionPad2d((1, 2, 0, 1))
        self.features = nn.Linear(8, 16)
        self.shuffle = nn.PixelShuffle(2)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Hardsigmoid())
        self.last = nn.Conv2d(8, 4, (3, 5), dilation=(2, 1), padding="same", groups=2)

    def forward(self, x: Tensor) -> Tensor:
        """One map in, one out."""
        x = self.stem(x)
        small = self.norm(self.pool(x))
        wide = functional.interpolate(small, size=x.shape[-2:], mode="bilinear")
        near = functional.interpolate(small, scale_factor=2.0, mode="nearest")
        near = near[:, :, : x.shape[2], : x.shape[3]]
        x = torch.cat([x + wide, near], 1)
        first, second = x.chunk(2, 1)
        first = self.gate(first) * first
        tokens = self.features(first.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        deep = self.shuffle(torch.cat([tokens, tokens], 1))
        result: Tensor = self.last(self.pad(deep) + self.pad(self.up(second)))
        return result


class Sequences(nn.Module):
    """One spatial axis."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(4, 6, 5, 2, dilation=2, padding=4), nn.BatchNorm1d(6), nn.GELU(), nn.MaxPool1d(3, 2, 1),
            nn.ConvTranspose1d(6, 6, 4, 2, 1), nn.InstanceNorm1d(6, affine=True),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """One sequence in, one out."""
        result: Tensor = self.net(x)
        return result


class Volumes(nn.Module):
    """Three spatial axes."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv3d(2, 4, 3, (1, 2, 2), 1), nn.ReLU(), nn.MaxPool3d((1, 2, 2)), nn.Upsample(scale_factor=2.0),
            nn.AvgPool3d(2), nn.Flatten(), nn.Linear(4 * 8 * 4 * 4, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """One volume in, one vector out."""
        result: Tensor = self.net(x)
        return result


def exported(module: nn.Module, shape: tuple[int, ...], file: Path) -> Imported:
    """The reading of the file that torch writes."""
    with quiet(), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.zeros(1, *shape),), str(file), dynamo=True, verbose=False)
    return from_onnx(file)


def products(imported: Imported) -> list[tuple[Any, ...]]:
    """Shape, MACs and receptive field of every layer that multiplies, in order."""
    resolved = shapes(imported.graph, imported.inputs)
    assert resolved.failure is None
    known = receptive_fields(resolved, fields(resolved))
    return [
        (layer.shape, layer.macs, *[(field.size, field.is_global, field.stride, field.padding, field.reasons)])
        for layer in resolved.layers
        for field in known[layer.name].values()
        if layer.macs
    ]


def ends(imported: Imported) -> list[tuple[Any, ...]]:
    """Shape and receptive field of every output."""
    resolved = shapes(imported.graph, imported.inputs)
    known = receptive_fields(resolved, fields(resolved))
    return [
        (resolved.shapes[node], field.size, field.is_global, field.local_size, field.stride, field.padding)
        for _, node in imported.graph.outputs
        for field in known[node].values()
    ]


class Borrowed(nn.Module):
    """Blocks of torchvision's nets: a shuffled unit, squeeze and excitation, and a head of two resolutions."""

    def __init__(self) -> None:
        super().__init__()
        models = torchvision_models()
        config = models.mobilenetv3.InvertedResidualConfig(8, 3, 16, 8, True, "HS", 1, 1, 1.0)
        self.low = models.shufflenetv2.InvertedResidual(8, 8, 1)
        self.high = nn.Sequential(
            models.shufflenetv2.InvertedResidual(8, 8, 2), models.mobilenetv3.InvertedResidual(config, nn.BatchNorm2d)
        )
        self.head = models.segmentation.lraspp.LRASPPHead(8, 8, 5, 4)

    def forward(self, x: Tensor) -> Tensor:
        """One map in, one out."""
        low = self.low(x)
        small: Tensor = self.head({"low": low, "high": self.high(low)})
        return functional.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)


OWN = {"awkward": (Awkward, (3, 32, 40)), "sequences": (Sequences, (4, 64)), "volumes": (Volumes, (2, 8, 16, 16)),
       "borrowed": (Borrowed, (8, 20, 28))}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_exported_modules_read_as_torch_export_reads_them(name: str, tmp_path: Path) -> None:
    """Every layer that multiplies, and every output, has the same shape, MACs and receptive field."""
    kind, shape = OWN[name]
    module = kind()
    ours, theirs = exported(module, shape, tmp_path / "net.onnx"), from_torch(module, shape)
    assert products(ours) == products(theirs)
    assert ends(ours) == ends(theirs)
    assert not any(node.layer.opaque for node in ours.graph.nodes)
    assert any("batch norm" in note for note in ours.notes) == (name in ("awkward", "sequences", "borrowed"))
