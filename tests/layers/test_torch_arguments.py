"""Arguments that layers and torch must take or refuse alike: spellings, large integers, numbers of other kinds."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.layers.torch_cases import RANKS, disagreements

if TYPE_CHECKING:
    from tests.layers.torch_cases import Case

pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Initializing zero-element tensors"),
]
of_ranks = pytest.mark.parametrize("rank", RANKS)
SPELLINGS = (2, (2,), [2], (2, 2), (2, 2, 2), [2, 2, 2, 2, 2], (), 2.0, None, 0, -1, (2, 0), "2")
USUAL: dict[str, dict[str, Any]] = {
    "Conv": {"in_channels": 2, "out_channels": 3, "kernel_size": 3},
    "ConvTranspose": {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "stride": 3, "dilation": 3},
    "MaxPool": {"kernel_size": 4},
    "AvgPool": {"kernel_size": 4},
    "ConstantPad": {"value": 1.5},
}


@of_ranks
@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *(("Conv", field) for field in ("kernel_size", "stride", "padding", "dilation")),
        *(("ConvTranspose", field) for field in ("kernel_size", "stride", "padding", "output_padding", "dilation")),
        *(("MaxPool", field) for field in ("kernel_size", "stride", "padding", "dilation")),
        *(("AvgPool", field) for field in ("kernel_size", "stride", "padding")),
        *((kind, "output_size") for kind in ("AdaptiveAvgPool", "AdaptiveMaxPool")),
        *((kind, "padding") for kind in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad")),
    ],
)
def test_spellings_agree(kind: str, field: str, rank: int) -> None:
    """One number, one an axis, too few or too many, and what is no number."""
    shape = (2, *(7, 8, 9)[:rank])
    cases: list[Case] = [(USUAL.get(kind, {}) | {field: spelling}, shape) for spelling in SPELLINGS]
    assert disagreements(f"{kind}{rank}d", cases) == []


@of_ranks
def test_divisor_override_agrees(rank: int) -> None:
    """Any number but zero; a pool of sequences has none."""
    shape = (2, *(4, 5, 6)[:rank])
    cases: list[Case] = [({"kernel_size": 2}, shape)]
    cases += [({"kernel_size": 2, "divisor_override": divisor}, shape) for divisor in (None, -2, 0, 1, True)]
    assert disagreements(f"AvgPool{rank}d", cases) == []


@of_ranks
def test_upsample_arguments_agree(rank: int) -> None:
    """A size and a factor exclude each other, one is needed, and there is one number or one an axis."""
    sizes = (None, 5, (5,), (5, 6), (5, 6, 7))
    factors = (None, 2.0, True, (2.0,), (2.0, 1.5), (2, 1, True), [2.0, 1.5])
    cases: list[Case] = [
        ({"size": size, "scale_factor": factor, "recompute_scale_factor": again}, (2, *(3, 4, 5)[:rank]))
        for size, factor, again in product(sizes, factors, (None, True))
    ]
    assert disagreements("Upsample", cases) == []


HUGE = (2**31 - 1, 2**31, 2**40)


@of_ranks
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("MaxPool", ("stride", "dilation")),
        ("AvgPool", ("stride", "kernel_size")),
        ("ConvTranspose", ("stride", "dilation")),
        ("Conv", ("stride", "dilation")),
    ],
)
def test_integers_beyond_32_bits_agree(kind: str, fields: tuple[str, ...], rank: int) -> None:
    """Pools of maps, and transposed convolutions, count in 32 bits."""
    usual = {"in_channels": 2, "out_channels": 1} if kind.startswith("Conv") else {}
    cases: list[Case] = [
        (usual | {"kernel_size": 1} | {field: number}, (2, *(1, 1, 1)[:rank]))
        for field, number in product(fields, (1, *HUGE))
    ]
    assert disagreements(f"{kind}{rank}d", cases) == []


def test_numbers_of_other_kinds_agree() -> None:
    """numpy's numbers, and bools where torch takes them."""
    np = pytest.importorskip("numpy")
    whole, rounded, single = np.int64(2), np.float64(2.0), np.float32(1e-3)
    fields: list[tuple[str, dict[str, Any], str, tuple[object, ...]]] = [
        ("Upsample", {}, "scale_factor", (True, whole, rounded, (rounded, whole), np.True_)),
        ("AvgPool2d", {"kernel_size": 2}, "divisor_override", (True, False, whole, rounded, 2.0, None)),
        ("Flatten", {}, "start_dim", (True, np.int64(1), 1.0)),
        ("BatchNorm2d", {"num_features": 2}, "eps", (True, single, whole, None, "x")),
        ("GroupNorm", {"num_groups": 1, "num_channels": 2}, "eps", (True, single, whole)),
        ("LeakyReLU", {}, "negative_slope", (True, single, whole)),
        ("PReLU", {}, "num_parameters", ((1,), [2], whole, 2.0)),
        ("ConstantPad2d", {"padding": 1}, "value", (True, single, None, "x")),
        ("Conv2d", {"in_channels": 2, "out_channels": 2}, "kernel_size", (whole, (whole, np.int32(3)))),
        ("MaxPool2d", {}, "kernel_size", (whole, (whole, 3))),
    ]
    for kind, others, field, values in fields:
        assert disagreements(kind, [(others | {field: value}, (2, 4, 5)) for value in values]) == []


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_negative_padding_agrees(mode: str) -> None:
    """A crop in the modes that pad before they convolve, refused with zeros."""
    cases: list[Case] = [
        ({"in_channels": 2, "out_channels": 1, "kernel_size": 1, "padding": p, "padding_mode": mode}, (2, 4, 5))
        for p in (0, -1, (-1, 1), (0, -2), -2, -9)
    ]
    assert disagreements("Conv2d", cases) == []
