"""Every layer kind against torch over systematic grids: both refuse, or both agree on the shape.

One axis runs through the grid, the other stays on numbers of its own; which is which alternates.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.layers.torch_cases import disagreements

if TYPE_CHECKING:
    from collections.abc import Sequence

pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element tensors"),
]

Case = tuple[dict[str, Any], tuple[int, ...]]


def crossed(
    names: tuple[str, ...], fixed: tuple[int, ...], rows: Sequence[tuple[int, ...]], **others: Any
) -> list[Case]:
    """Cases of two axes: size and `names` from `rows` on one, `fixed` on the other, alternating."""
    cases: list[Case] = []
    for index, row in enumerate(rows):
        first, second = (row, fixed) if index % 2 else (fixed, row)
        pairs = {name: (a, b) for name, a, b in zip(names, first[1:], second[1:], strict=True)}
        cases.append((others | pairs, (2, first[0], second[0])))
    return cases


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_conv2d_agrees(mode: str) -> None:
    """Kernel, stride, padding and dilation over sizes 1 to 12, for every padding mode."""
    sizes = range(1, 13) if mode == "zeros" else (1, 2, 3, 5, 8)
    rows = list(product(sizes, (1, 2, 3, 5), (1, 2, 5), (0, 1, 2, 5, 9), (1, 2, 4)))
    names = ("kernel_size", "stride", "padding", "dilation")
    cases = crossed(names, (9, 4, 3, 2, 2), rows, in_channels=2, out_channels=3, padding_mode=mode)
    assert disagreements("Conv2d", cases) == []


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_conv2d_with_named_padding_agrees(padding: str, mode: str) -> None:
    """padding='same' keeps sizes and refuses strides; 'valid' pads nothing."""
    rows = list(product((1, 2, 3, 5, 8), (1, 2, 3, 4), (1, 2), (1, 2, 3)))
    names = ("kernel_size", "stride", "dilation")
    others = {"in_channels": 2, "out_channels": 3, "padding": padding, "padding_mode": mode}
    assert disagreements("Conv2d", crossed(names, (7, 3, 1, 2), rows, **others)) == []


@pytest.mark.parametrize("kind", ["Conv2d", "ConvTranspose2d"])
def test_channels_and_groups_agree(kind: str) -> None:
    """Groups must divide both channels, and the input must have in_channels."""
    cases = [
        ({"in_channels": i, "out_channels": o, "groups": g, "kernel_size": (2, 3)}, (c, 4, 5))
        for i, o, g, c in product((1, 2, 4, 6), (1, 3, 4, 6), (1, 2, 3, 4), (1, 2, 4, 6))
    ]
    assert disagreements(kind, cases) == []


def test_conv_transpose2d_agrees() -> None:
    """Kernel, stride, padding, output padding and dilation over sizes."""
    rows = list(product((1, 2, 3, 5, 8, 12), (1, 2, 3, 4), (1, 2, 3), (0, 1, 2, 4), (0, 1, 2, 3), (1, 2, 3)))
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    assert (
        disagreements("ConvTranspose2d", crossed(names, (4, 3, 2, 1, 1, 3), rows, in_channels=2, out_channels=3)) == []
    )


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool2d_agrees(ceil_mode: bool) -> None:
    """Kernel, stride, padding and dilation over sizes 1 to 12, with either rounding."""
    rows = list(product(range(1, 13), (1, 2, 3, 5), (1, 2, 3, 7), (0, 1, 2, 3), (1, 2, 3)))
    names = ("kernel_size", "stride", "padding", "dilation")
    assert disagreements("MaxPool2d", crossed(names, (9, 4, 3, 2, 2), rows, ceil_mode=ceil_mode)) == []


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_avg_pool2d_agrees(ceil_mode: bool) -> None:
    """Kernel, stride and padding over sizes 1 to 12, with either rounding."""
    rows = list(product(range(1, 13), (1, 2, 3, 5), (1, 2, 3, 7), (0, 1, 2, 3)))
    assert (
        disagreements(
            "AvgPool2d", crossed(("kernel_size", "stride", "padding"), (9, 4, 3, 2), rows, ceil_mode=ceil_mode)
        )
        == []
    )


@pytest.mark.parametrize("kind", ["MaxPool2d", "AvgPool2d"])
def test_pools_without_a_stride_agree(kind: str) -> None:
    """Without a stride the kernel is the stride."""
    assert (
        disagreements(kind, [({"kernel_size": (k, 2)}, (3, n, 7)) for k, n in product(range(1, 6), range(1, 13))]) == []
    )


def test_divisor_override_agrees() -> None:
    """divisor_override is any number but zero."""
    cases = [({"kernel_size": 2, "divisor_override": divisor}, (2, 4, 5)) for divisor in (None, -2, 0, 1, 5)]
    assert disagreements("AvgPool2d", cases) == []


@pytest.mark.parametrize("kind", ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d"])
def test_adaptive_pools_agree(kind: str) -> None:
    """Any size from any size; None keeps an axis; 0 and negative sizes are refused."""
    targets = [None, 3, (1, 1), (4, 7), (None, 2), (5, None), (9, 12), 0, (0, 3), -1, (2, 3, 4)]
    cases = [({"output_size": m}, (2, h, w)) for m, h, w in product(targets, (1, 3, 8), (2, 5))]
    assert disagreements(kind, cases) == []


@pytest.mark.parametrize("kind", ["ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"])
def test_pads_agree(kind: str) -> None:
    """Every pad and crop of a small map; a circular pad is only asked for what a crop leaves to wrap."""
    cases: list[Case] = []
    for n, lo, hi in product((1, 2, 3, 5), range(-6, 8), range(-6, 8)):
        left = n - max(-lo, 0) - max(-hi, 0)
        if kind == "CircularPad2d" and max(-lo, -hi) > 0 and left < max(lo, hi, 1):
            continue  # torch gives memory that was never written here, pyramidcalc refuses
        cases.append(({"padding": (lo, hi, 1, -1)}, (2, 4, n)))
        cases.append(({"padding": (0, 2, lo, hi)}, (2, n, 6)))
    assert disagreements(kind, cases) == []


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_upsample_to_a_size_agrees(mode: str) -> None:
    """Any size from any size, corners aligned or not, in every mode."""
    corners: list[bool | None] = [None, False, True]
    cases: list[Case] = [
        ({"size": (m, 3), "mode": mode, "align_corners": align}, (2, n, 5))
        for n, m, align in product((1, 2, 3, 7), (0, 1, 2, 5, 9), corners)
    ]
    assert disagreements("Upsample", cases) == []


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_upsample_by_a_factor_agrees(mode: str) -> None:
    """m = ⌊n·scale⌋ in double precision, whether the factor is recomputed or not."""
    factors = (-1.0, 0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.1, 1.5, 2.0, 2.3, 3.0, 3.7)
    cases: list[Case] = [
        ({"scale_factor": (factor, 1.7), "mode": mode, "recompute_scale_factor": again}, (1, n, 5))
        for n, factor, again in product(range(1, 13), factors, (None, False, True))
    ]
    assert disagreements("Upsample", cases) == []


def test_upsample_scale_rounds_as_torch_over_long_axes() -> None:
    """⌊n·scale⌋ is torch's even where n·scale is within rounding of a whole number."""
    cases: list[Case] = [
        ({"scale_factor": (factor, 1.0)}, (1, n, 1))
        for n, factor in product(range(1, 130), (0.1, 0.29, 0.57, 1.1, 2.3))
    ]
    assert disagreements("Upsample", cases) == []


def test_upsample_arguments_agree() -> None:
    """A size and a factor exclude each other, and one is needed."""
    cases: list[Case] = [
        ({"size": size, "scale_factor": factor, "recompute_scale_factor": again}, (2, 3, 4))
        for size, factor, again in product(
            (None, 5, (5, 6), (5,), (5, 6, 7)), (None, 2.0, (2.0, 1.5), (2.0,)), (None, True)
        )
    ]
    assert disagreements("Upsample", cases) == []


def test_upsample_modes_agree() -> None:
    """The modes of other dimensions and unknown ones are refused on a map."""
    modes = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area", "lanczos")
    assert disagreements("Upsample", [({"size": (6, 7), "mode": mode}, (2, 3, 4)) for mode in modes]) == []


def test_pixel_shuffle_agrees() -> None:
    """Channels must be divisible by the factor's square."""
    cases = [({"upscale_factor": r}, (c, 2, 3)) for r, c in product(range(-1, 5), (1, 2, 4, 8, 9, 16, 18))]
    assert disagreements("PixelShuffle", cases) == []


def test_batch_norm_agrees() -> None:
    """Channels must match where there are statistics or weights; statistics of one value are refused."""
    cases = [
        ({"num_features": f, "affine": affine, "track_running_stats": track}, shape)
        for f, affine, track, shape in product(
            (1, 3), (False, True), (False, True), ((3, 4, 5), (1, 1, 1), (3, 1, 1), (3, 1, 2))
        )
    ]
    assert disagreements("BatchNorm2d", cases) == []


def test_group_norm_agrees() -> None:
    """Groups divide channels, channels match, and one value a group is refused."""
    cases = [
        ({"num_groups": g, "num_channels": c, "affine": affine}, shape)
        for g, c, affine, shape in product(
            (1, 2, 3), (2, 4, 6), (False, True), ((2, 1, 1), (4, 3, 2), (6, 1, 1), (6,), (2,), (3,))
        )
    ]
    assert disagreements("GroupNorm", cases) == []


def test_linear_agrees() -> None:
    """in_features must match the last axis, of vectors and of maps."""
    cases = [
        ({"in_features": f, "out_features": 7}, shape)
        for f, shape in product((3, 4, 5), ((3,), (4,), (5, 3, 4), (4, 3, 5)))
    ]
    assert disagreements("Linear", cases) == []


@pytest.mark.parametrize(
    "kind",
    [
        "ReLU",
        "ReLU6",
        "Sigmoid",
        "Tanh",
        "SiLU",
        "Mish",
        "Hardswish",
        "Hardsigmoid",
        "GELU",
        "ELU",
        "LeakyReLU",
        "Dropout",
        "Identity",
        "Flatten",
    ],
)
def test_layers_that_take_any_shape_agree(kind: str) -> None:
    """Element-wise layers and Flatten take maps and vectors."""
    assert disagreements(kind, [({}, (2, 3, 4)), ({}, (5,))]) == []


def test_prelu_agrees() -> None:
    """One slope for all, or as many as channels."""
    cases = [({"num_parameters": c}, shape) for c, shape in product((1, 2, 3), ((2, 3, 4), (3, 2, 4), (2,), (5,)))]
    assert disagreements("PReLU", cases) == []
