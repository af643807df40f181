"""Every layer of 1, 2 and 3 axes against torch over systematic grids: both refuse, or shape and parameters agree.

One axis runs through the grid, the others stay on numbers of their own; which one alternates.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.layers.torch_cases import RANKS, crossed, disagreements

if TYPE_CHECKING:
    from tests.layers.torch_cases import Case

pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element tensors"),
    pytest.mark.filterwarnings("ignore:dropout.d. Received a"),
    pytest.mark.filterwarnings("ignore:input's size at dim=1 does not match num_features"),
]
of_ranks = pytest.mark.parametrize("rank", RANKS)
MODES = ("zeros", "reflect", "replicate", "circular")


@of_ranks
@pytest.mark.parametrize("mode", MODES)
def test_conv_agrees(rank: int, mode: str) -> None:
    """Kernel, stride, padding and dilation over sizes 1 to 12, for every padding mode."""
    sizes = range(1, 13) if mode == "zeros" else (1, 2, 3, 5, 8)
    rows = list(product(sizes, (1, 2, 3, 5), (1, 2, 5), (0, 1, 2, 5, 9), (1, 2, 4)))
    names = ("kernel_size", "stride", "padding", "dilation")
    fixed = ((9, 4, 3, 2, 2), (7, 2, 4, 1, 3))
    cases = crossed(rank, names, fixed, rows, in_channels=2, out_channels=3, padding_mode=mode)
    assert disagreements(f"Conv{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_conv_with_named_padding_agrees(rank: int, padding: str, mode: str) -> None:
    """padding='same' keeps sizes and refuses strides; 'valid' pads nothing."""
    rows = list(product((1, 2, 3, 5, 8), (1, 2, 3, 4), (1, 2), (1, 2, 3)))
    names = ("kernel_size", "stride", "dilation")
    others = {"in_channels": 2, "out_channels": 3, "padding": padding, "padding_mode": mode}
    cases = crossed(rank, names, ((7, 3, 1, 2), (6, 2, 1, 4)), rows, **others)
    assert disagreements(f"Conv{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_channels_and_groups_agree(kind: str, rank: int) -> None:
    """Groups must divide both channels, the input must have in_channels; weights and biases are counted."""
    cases: list[Case] = [
        ({"in_channels": i, "out_channels": o, "groups": g, "kernel_size": (2, 3, 4)[:rank], "bias": c != 2}, shape)
        for i, o, g, c in product((1, 2, 4, 6), (1, 3, 4, 6), (1, 2, 3, 4), (1, 2, 4, 6))
        if (shape := (c, *(4, 5, 6)[:rank]))
    ]
    assert disagreements(f"{kind}{rank}d", cases) == []


@of_ranks
def test_conv_transpose_agrees(rank: int) -> None:
    """Kernel, stride, padding, output padding and dilation over sizes."""
    rows = list(product((1, 2, 3, 5, 8), (1, 2, 3, 4), (1, 2, 3), (0, 1, 2, 4), (0, 1, 2, 3), (1, 2, 3)))
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    fixed = ((4, 3, 2, 1, 1, 3), (3, 2, 3, 0, 2, 1))
    cases = crossed(rank, names, fixed, rows, in_channels=2, out_channels=3)
    assert disagreements(f"ConvTranspose{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool_agrees(rank: int, ceil_mode: bool) -> None:
    """Kernel, stride, padding and dilation over sizes 1 to 12, with either rounding."""
    rows = list(product(range(1, 13), (1, 2, 3, 5), (1, 2, 3, 7), (0, 1, 2, 3), (1, 2, 3)))
    names = ("kernel_size", "stride", "padding", "dilation")
    cases = crossed(rank, names, ((9, 4, 3, 2, 2), (8, 3, 2, 1, 3)), rows, ceil_mode=ceil_mode)
    assert disagreements(f"MaxPool{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_avg_pool_agrees(rank: int, ceil_mode: bool) -> None:
    """Kernel, stride and padding over sizes 1 to 12, with either rounding."""
    rows = list(product(range(1, 13), (1, 2, 3, 5), (1, 2, 3, 7), (0, 1, 2, 3)))
    cases = crossed(rank, ("kernel_size", "stride", "padding"), ((9, 4, 3, 2), (8, 3, 2, 1)), rows, ceil_mode=ceil_mode)
    assert disagreements(f"AvgPool{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["MaxPool", "AvgPool"])
def test_pools_without_a_stride_agree(kind: str, rank: int) -> None:
    """Without a stride the kernel is the stride."""
    cases: list[Case] = [
        ({"kernel_size": (k, 2, 4)[:rank]}, (3, *(n, 7, 5)[:rank])) for k, n in product(range(1, 6), range(1, 13))
    ]
    assert disagreements(f"{kind}{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["AdaptiveAvgPool", "AdaptiveMaxPool"])
def test_adaptive_pools_agree(kind: str, rank: int) -> None:
    """Any size from any size; None among several keeps an axis; 0 and negative sizes are refused."""
    each = (1, 4, 9, None, 0, -1)
    cases: list[Case] = [
        ({"output_size": (*target, 7)[:rank] if rank > 1 else target[:1]}, (2, *(h, w, 6)[:rank]))
        for target, h, w in product(product(each, each), (1, 3, 8), (2, 5))
    ]
    assert disagreements(f"{kind}{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"])
def test_pads_agree(kind: str, rank: int) -> None:
    """Every pad and crop of a small map; a circular pad is only asked for what a crop leaves to wrap."""
    cases: list[Case] = []
    for index, (n, lo, hi) in enumerate(product((1, 2, 3, 5), range(-6, 8), range(-6, 8))):
        left = n - max(-lo, 0) - max(-hi, 0)
        if kind == "CircularPad" and max(-lo, -hi) > 0 and left < max(lo, hi, 1):
            continue  # torch gives memory that was never written here, pyramidcalc refuses
        axes = [(4, 1, -1), (6, 0, 2)][: rank - 1]
        axes.insert(index % rank, (n, lo, hi))
        sides = tuple(side for _, *pair in reversed(axes) for side in pair)
        value = {"value": 1.5} if kind == "ConstantPad" else {}
        cases.append((value | {"padding": sides}, (2, *[size for size, *_ in axes])))
    assert disagreements(f"{kind}{rank}d", cases) == []


UPSAMPLING = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area", "lanczos")


@of_ranks
def test_upsample_to_a_size_agrees(rank: int) -> None:
    """Any size from any size, corners aligned or not, in every mode, those of other axes refused."""
    corners: list[bool | None] = [None, False, True]
    cases: list[Case] = [
        ({"size": (3, m, 6)[-rank:] if rank > 1 else m, "mode": mode, "align_corners": align}, (2, *(5, n, 4)[-rank:]))
        for mode, n, m, align in product(UPSAMPLING, (1, 2, 3, 7), (0, 1, 2, 9), corners)
    ]
    assert disagreements("Upsample", cases) == []


@of_ranks
def test_upsample_by_a_factor_agrees(rank: int) -> None:
    """m = ⌊n·scale⌋ in double precision, whether the factor is recomputed or not."""
    factors = (-1.0, 0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.1, 1.5, 2.0, 2.3, 3.0, 3.7)
    modes = ("nearest", "nearest-exact", "area", *{1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[rank])
    cases: list[Case] = [
        (
            {"scale_factor": (1.7, factor, 0.6)[:rank], "mode": mode, "recompute_scale_factor": again},
            (1, *(5, n, 4)[:rank]) if rank > 1 else (1, n),
        )
        for mode, n, factor, again in product(modes, (1, 2, 3, 5, 8, 11), factors, (None, False, True))
    ]
    assert disagreements("Upsample", cases) == []


def test_upsample_scale_rounds_as_torch_over_long_axes() -> None:
    """⌊n·scale⌋ is torch's even where n·scale is within rounding of a whole number."""
    cases: list[Case] = [
        ({"scale_factor": factor}, (1, n)) for n, factor in product(range(1, 130), (0.1, 0.29, 0.57, 1.1, 2.3))
    ]
    assert disagreements("Upsample", cases) == []


def test_pixel_shuffle_agrees() -> None:
    """Channels must be divisible by the factor's square."""
    cases: list[Case] = [({"upscale_factor": r}, (c, 2, 3)) for r, c in product(range(-1, 5), (1, 2, 4, 8, 9, 16, 18))]
    assert disagreements("PixelShuffle", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["BatchNorm", "InstanceNorm"])
def test_norms_a_channel_agree(kind: str, rank: int) -> None:
    """Channels must match where there are statistics or weights; statistics of one value are refused."""
    sizes = ((4, 5, 6), (1, 1, 1), (1, 2, 1)) if rank > 1 else ((4,), (1,), (2,))
    cases: list[Case] = [
        ({"num_features": f, "affine": affine, "track_running_stats": track}, (c, *size[:rank]))
        for f, affine, track, c, size in product((1, 3), (False, True), (False, True), (1, 3), sizes)
    ]
    if kind == "BatchNorm" and rank == 1:
        cases += [({"num_features": f}, (3,)) for f in (1, 3)]
    assert disagreements(f"{kind}{rank}d", cases) == []


def test_group_norm_agrees() -> None:
    """Groups divide channels, channels match, and one value a group is refused."""
    shapes = ((2, 1, 1), (4, 3, 2), (6, 1, 1), (6,), (2,), (3,), (4, 5), (6, 2, 1, 3))
    cases: list[Case] = [
        ({"num_groups": g, "num_channels": c, "affine": affine}, shape)
        for g, c, affine, shape in product((1, 2, 3), (2, 4, 6), (False, True), shapes)
    ]
    assert disagreements("GroupNorm", cases) == []


ANY_SHAPE: tuple[tuple[int, ...], ...] = ((5,), (2, 3), (2, 3, 4), (2, 3, 4, 5))


def test_linear_agrees() -> None:
    """in_features must match the last axis, of vectors and of maps."""
    cases: list[Case] = [
        ({"in_features": f, "out_features": 7, "bias": f != 4}, shape) for f, shape in product((3, 4, 5), ANY_SHAPE)
    ]
    assert disagreements("Linear", cases) == []


@pytest.mark.parametrize(
    "kind",
    [
        *("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "GELU", "ELU", "LeakyReLU"),
        *("Dropout", "Dropout2d", "Dropout3d", "Identity", "Flatten"),
    ],
)
def test_layers_that_take_any_shape_agree(kind: str) -> None:
    """Vectors, sequences, maps and volumes."""
    assert disagreements(kind, [({}, shape) for shape in ANY_SHAPE]) == []


def test_dropout_of_sequences_agrees() -> None:
    """It takes no map."""
    assert disagreements("Dropout1d", [({}, shape) for shape in ANY_SHAPE]) == []


def test_prelu_agrees() -> None:
    """One slope for all, or as many as channels."""
    cases: list[Case] = [
        ({"num_parameters": c}, shape)
        for c, shape in product((1, 2, 3, (2,), [3]), ((2, 3, 4), (3, 2, 4), (2,), (5,), (2, 7), (3, 1, 4, 5)))
    ]
    assert disagreements("PReLU", cases) == []


@of_ranks
def test_slice_agrees(rank: int) -> None:
    """Python's slices of every axis: negative ends and axes, ends beyond the axis, empty ones refused."""
    ends = (None, 0, 1, 3, 9, -1, -4, -9, 10**15, -(10**15))
    cases: list[Case] = [
        ({"dim": dim, "start": start, "end": end, "step": step}, (5, *(6, 4, 3)[:rank]))
        for dim, (start, end, step) in product(range(-4, 5), product(ends, ends, (1, 2, 5)))
    ]
    assert disagreements("Slice", cases[:: 4 - rank]) == []


@of_ranks
def test_split_agrees(rank: int) -> None:
    """Pieces of one size, the last one shorter, or of given sizes, along every axis."""
    sizes = (1, 2, 4, 7, (5,), (2, 3), (1, 3, 1), (3, 0, 2), (2, 2), (4, 2), (3, 1))
    cases: list[Case] = [
        ({"split_size": size, "index": index, "dim": dim}, (5, *(6, 4, 3)[:rank]))
        for size, index, dim in product(sizes, range(-1, 6), range(-4, 5))
    ]
    assert disagreements("Split", cases) == []


def test_channel_shuffle_agrees() -> None:
    """Groups divide the channels of sequences, maps and volumes."""
    cases: list[Case] = [
        ({"groups": groups}, shape)
        for groups, shape in product((-1, 0, 1, 2, 3, 4, 6), ((6, 5), (6, 2, 3), (4, 2, 3), (6, 2, 3, 4)))
    ]
    assert disagreements("ChannelShuffle", cases) == []
