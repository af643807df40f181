"""Every block against the same pyramid written by hand in torch: weights, shapes and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.blocks.bifpn import bifpn
from pyramidcalc.blocks.dense_aspp import dense_aspp
from pyramidcalc.blocks.dspp import dspp
from pyramidcalc.blocks.fpn import fpn
from pyramidcalc.blocks.hdc import hdc
from pyramidcalc.blocks.mdspp import mdspp
from pyramidcalc.blocks.panet import panet
from pyramidcalc.blocks.ppm import ppm
from pyramidcalc.blocks.rfb import rfb
from pyramidcalc.blocks.spp import spp
from pyramidcalc.blocks.sppcspc import sppcspc
from pyramidcalc.blocks.tcn import tcn
from pyramidcalc.blocks.yolo_spp import yolo_spp
from tests.blocks.building import Built, built

if TYPE_CHECKING:
    from typing import Any

    from torch import Tensor, nn

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

H, W = 12, 17


def torch_modules(block: Built) -> dict[str, nn.Module]:
    """torch.nn's layer for each resolved layer that torch.nn has, with random weights and statistics."""
    from tests.blocks.wider_by_hand import FastFusion

    modules = {}
    for applied in block.resolved.layers:
        if hasattr(torch.nn, applied.layer.name):
            modules[applied.name] = getattr(torch.nn, applied.layer.name)(**applied.layer.attributes()).eval()
        elif applied.layer.name == "WeightedAdd":
            modules[applied.name] = FastFusion(**applied.layer.attributes())
    for module in modules.values():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.uniform_(0.1, 1.0)
    return modules


def run(block: Built, modules: dict[str, nn.Module], tensors: tuple[Tensor, ...]) -> list[Tensor]:
    """The outputs of the block, layer by layer."""
    values = dict(zip(block.resolved.inputs, tensors, strict=True))
    merges = {"Concat": lambda *maps: torch.cat(maps, 1), "Add": lambda *maps: torch.stack(maps).sum(0)}
    for applied in block.resolved.layers:
        name, given = applied.name, [values[name] for name in applied.inputs]
        values[name] = modules[name](*given) if name in modules else merges[applied.layer.name](*given)
        assert tuple(values[name].shape[1:]) == applied.shape, name
    return [values[name] for _, name in block.resolved.graph.outputs]


def assert_same(block: Built, by_hand: nn.Module) -> None:
    """Equal weight shapes in order, equal numbers of parameters, and equal outputs on random input."""
    torch.manual_seed(0)
    modules = torch_modules(block)
    state = [value for module in modules.values() for value in module.state_dict().values()]
    theirs = by_hand.state_dict()
    assert [tuple(value.shape) for value in state] == [tuple(value.shape) for value in theirs.values()]
    assert block.parameters == sum(weight.numel() for weight in by_hand.parameters())
    by_hand.load_state_dict(dict(zip(theirs, state, strict=True)))
    by_hand.eval()
    tensors = tuple(torch.randn(2, *shape) for shape in block.resolved.inputs.values())
    with torch.no_grad():
        expected = by_hand(*tensors)
        outputs = run(block, modules, tensors)
    expected = expected if isinstance(expected, list) else [expected]
    for ours, wanted in zip(outputs, expected, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("separable", [False, True])
def test_aspp_v3(separable: bool) -> None:
    """torchvision's layout, and v3+'s."""
    from tests.blocks.by_hand import ASPP

    block = built(aspp, (10, H, W), variant="separable" if separable else "v3", rate=(2, 5, 14), channels=6)
    assert_same(block, ASPP(10, (2, 5, 14), 6, separable))


def test_aspp_of_torchvision_has_its_parameters() -> None:
    """2048 channels, rates 12 24 36, on the meta device: only shapes."""
    from tests.blocks.by_hand import ASPP

    with torch.device("meta"):
        by_hand = ASPP(2048, (12, 24, 36), 256)
    assert sum(weight.numel() for weight in by_hand.parameters()) == built(aspp, (2048, 65, 65)).parameters


@pytest.mark.parametrize("hidden", [None, 7])
def test_aspp_v2(hidden: int | None) -> None:
    """One 3×3 a rate, and VGG's three layers a rate."""
    from tests.blocks.by_hand import ASPPv2

    variant = "v2" if hidden is None else "v2-vgg"
    block = built(aspp, (10, H, W), variant=variant, rate=(2, 5), classes=4, hidden=hidden)
    assert_same(block, ASPPv2(10, (2, 5), 4, hidden))


@pytest.mark.parametrize(("channels", "kernel"), [(3, 3), (5, 2)])
def test_tcn(channels: int, kernel: int) -> None:
    """Three levels on a sequence shorter than what they read, with a 1×1 and without."""
    from tests.blocks.by_hand import tcn as by_hand

    block = built(tcn, (channels, 19), kernel_size=kernel, levels=3, channels=5)
    assert_same(block, by_hand(channels, (5, 5, 5), kernel))


def test_ppm() -> None:
    """Bins that do not divide the size, and channels that the bins do not divide."""
    from tests.blocks.by_hand import PPM

    assert_same(built(ppm, (11, H, W), bins=(1, 5, 7)), PPM(11, 3, (1, 5, 7)))


def test_dense_aspp() -> None:
    """Three layers."""
    from tests.blocks.by_hand import DenseASPP

    block = built(dense_aspp, (10, H, W), rate=(2, 3, 5), hidden=6, channels=4)
    assert_same(block, DenseASPP(10, (2, 3, 5), 6, 4))


def test_dspp() -> None:
    """Grids that are not bins by bins."""
    from tests.blocks.by_hand import DSPP

    assert_same(built(dspp, (10, H, W), bins=(2, 5, 8), filters=6), DSPP(10, 6, (2, 5, 8)))


def test_mdspp() -> None:
    """The branches in another order than by size."""
    from tests.blocks.by_hand import MDSPP

    assert_same(built(mdspp, (10, H, W), bins=(4, 2, 8, 5), filters=22), MDSPP(10, 22, (4, 2, 8, 5)))


def test_fpn() -> None:
    """Odd sizes on the way up."""
    from tests.blocks.by_hand import FPN

    levels = ((3, 21, 27), (4, 11, 14), (5, 6, 7))
    assert_same(built(fpn, *levels, out_channels=6), FPN((3, 4, 5), 6))


def test_spp() -> None:
    """The vector of the ports, value by value."""
    from tests.blocks.by_hand import SPP

    assert_same(built(spp, (5, 13, 16), bins=(4, 1, 2)), SPP((4, 1, 2)))


@settings(max_examples=200)
@given(bins=st.integers(1, 12), height=st.integers(1, 64), width=st.integers(1, 64))
def test_spp_is_refused_where_torch_refuses_it(bins: int, height: int, width: int) -> None:
    """The ports' pool raises exactly where the block fails; elsewhere the lengths agree."""
    from tests.blocks.by_hand import SPP

    block = built(spp, (1, height, width), bins=(bins,))
    try:
        vector = SPP((bins,))(torch.zeros(1, 1, height, width))
    except RuntimeError:
        assert block.resolved.failure
    else:
        assert block.output == tuple(vector.shape[1:])


@pytest.mark.parametrize("chained", [False, True])
def test_yolo_spp(chained: bool) -> None:
    """YOLOv5's SPP and SPPF."""
    from tests.blocks.by_hand import SPPF

    block = built(yolo_spp, (10, H, W), sppf=chained, project=True, out_channels=8)
    assert_same(block, SPPF(10, 8, chained))


def test_sppf_computes_what_spp_computes() -> None:
    """Chained pools of 5 and pools of 5, 9 and 13 give equal maps."""
    x = torch.randn(1, 4, 19, 23)
    side, chain = (built(yolo_spp, (4, 19, 23), sppf=sppf) for sppf in (False, True))
    assert torch.equal(run(side, torch_modules(side), (x,))[0], run(chain, torch_modules(chain), (x,))[0])


def test_panet() -> None:
    """Odd sizes on the way down and up."""
    from tests.blocks.wider_by_hand import PANet

    levels = ((3, 21, 27), (4, 11, 14), (5, 6, 7))
    assert_same(built(panet, *levels, out_channels=6), PANet((3, 4, 5), 6))


def test_bifpn() -> None:
    """Two cells on P3 to P7, the first with convolutions for other channels."""
    from tests.blocks.wider_by_hand import BiFPN

    levels = ((3, 37, 42), (4, 19, 21), (5, 10, 11))
    assert_same(built(bifpn, *levels, out_channels=6, repeats=2), BiFPN((3, 4, 5), 6, 2))


@pytest.mark.parametrize(
    ("options", "small"), [({"visual": 1, "stride": 2}, False), ({}, False), ({"variant": "rfb-s"}, True)]
)
def test_rfb(options: dict[str, Any], small: bool) -> None:
    """Both variants, and the stride; channels that do not divide."""
    from tests.blocks.wider_by_hand import RFB

    by_hand = RFB(43, 7, options.get("stride", 1), options.get("visual", 2), small)
    assert_same(built(rfb, (43, H, W), out_channels=7, **options), by_hand)


def test_sppcspc() -> None:
    """Pools of other sizes than YOLOv7's."""
    from tests.blocks.wider_by_hand import SPPCSPC

    assert_same(built(sppcspc, (10, H, W), kernel=(3, 7), out_channels=6), SPPCSPC(10, 6, (3, 7)))


@pytest.mark.parametrize("bottleneck", [False, True])
def test_hdc(bottleneck: bool) -> None:
    """Alone and in residual units, the first of which changes the channels."""
    from tests.blocks.wider_by_hand import HDC

    block = built(hdc, (10, H, W), rate=(1, 2, 5), channels=8, bottleneck=bottleneck)
    assert_same(block, HDC(10, 8, (1, 2, 5), bottleneck))
