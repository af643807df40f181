"""The taps of every layer against torch: which output element answers to which input element."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from tests.layers.torch_cases import RANKS, crossed, predicted, responses, torch_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.indexmap import IndexMap
    from tests.layers.torch_cases import Case

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]
of_ranks = pytest.mark.parametrize("rank", RANKS)
MODES = ("zeros", "reflect", "replicate", "circular")


def differing(kind: str, cases: Sequence[Case]) -> list[Any]:
    """The cases whose taps are not torch's; at least one case must be legal."""
    wrong, legal = [], 0
    for given, shape in cases:
        try:
            layer = layers.kinds()[kind](**given)
            layer.output_shape(shape)
        except (LayerError, ShapeError):
            continue
        legal += 1
        module = torch_class(kind)(**given)
        for parameter in module.parameters():
            torch.nn.init.ones_(parameter)
        if not torch.equal(predicted(layer, shape), responses(module, shape)):
            wrong.append((given, shape))
    assert legal
    return wrong


def on_one_channel(
    rank: int,
    names: tuple[str, ...],
    fixed: tuple[tuple[Any, ...], ...],
    rows: Sequence[tuple[Any, ...]],
    **others: Any,
) -> list[Case]:
    """As `crossed`, of one channel."""
    return [(given, (1, *shape[1:])) for given, shape in crossed(rank, names, fixed, rows, **others)]


@of_ranks
@pytest.mark.parametrize("mode", MODES)
def test_conv_reads_what_torch_reads(rank: int, mode: str) -> None:
    """Kernel, stride, padding and dilation, in every padding mode."""
    rows = list(product((4, 7), (1, 2, 3), (1, 2, 3), (0, 1, 3), (1, 2)))
    names = ("kernel_size", "stride", "padding", "dilation")
    cases = on_one_channel(
        rank, names, ((5, 2, 2, 1, 3), (3, 1, 2, 2, 1)), rows,
        in_channels=1, out_channels=1, bias=False, padding_mode=mode,
    )  # fmt: skip
    assert differing(f"Conv{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding_reads_what_torch_reads(rank: int, padding: str, mode: str) -> None:
    """padding='same' with odd and even kernels puts the odd position where torch does."""
    rows = list(product((5, 8), (1, 2, 3, 4), (1, 2)))
    cases = on_one_channel(
        rank, ("kernel_size", "dilation"), ((6, 2, 3), (3, 3, 1)), rows,
        in_channels=1, out_channels=1, bias=False, padding=padding, padding_mode=mode,
    )  # fmt: skip
    assert differing(f"Conv{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize(
    ("inputs", "outputs", "groups"), [(4, 6, 1), (4, 6, 2), (6, 6, 6), (3, 6, 3), (6, 3, 3), (1, 1, 1)]
)
def test_channels_read_what_torch_reads(rank: int, kind: str, inputs: int, outputs: int, groups: int) -> None:
    """All channels, those of the group, or the own one only."""
    given = {"in_channels": inputs, "out_channels": outputs, "groups": groups, "bias": False}
    case = (given | {"kernel_size": (2, 1, 2)[:rank]}, (inputs, *(3, 2, 2)[:rank]))
    assert differing(f"{kind}{rank}d", [case]) == []


@of_ranks
def test_conv_transpose_reads_what_torch_reads(rank: int) -> None:
    """Kernel, stride, padding, output padding and dilation, outputs that read nothing included."""
    rows = list(product((1, 4), (1, 3, 5), (1, 2, 4), (0, 2), (0, 2), (1, 2, 3)))
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    cases = on_one_channel(
        rank, names, ((3, 2, 3, 1, 1, 2), (2, 3, 1, 0, 0, 1)), rows, in_channels=1, out_channels=1, bias=False
    )
    assert differing(f"ConvTranspose{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool_reads_what_torch_reads(rank: int, ceil_mode: bool) -> None:
    """Kernel, stride, padding and dilation, with either rounding."""
    rows = list(product((5, 8), (3, 4), (1, 2, 5), (0, 1), (1, 2)))
    names = ("kernel_size", "stride", "padding", "dilation")
    cases = on_one_channel(rank, names, ((7, 2, 3, 1, 2), (3, 3, 1, 0, 1)), rows, ceil_mode=ceil_mode)
    assert differing(f"MaxPool{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("count_include_pad", [False, True])
def test_avg_pool_reads_what_torch_reads(rank: int, ceil_mode: bool, count_include_pad: bool) -> None:
    """Kernel, stride and padding, with either rounding and either divisor."""
    rows = list(product((5, 8), (3, 4), (1, 2, 5), (0, 1)))
    cases = on_one_channel(
        rank, ("kernel_size", "stride", "padding"), ((7, 2, 3, 1), (3, 3, 1, 0)), rows,
        ceil_mode=ceil_mode, count_include_pad=count_include_pad,
    )  # fmt: skip
    assert differing(f"AvgPool{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["AdaptiveAvgPool", "AdaptiveMaxPool"])
def test_adaptive_pools_read_what_torch_reads(rank: int, kind: str) -> None:
    """Bins that divide, overlap or outnumber the inputs, or keep an axis."""
    rows = list(product((6, 7), (1, 2, 3, 4, 9, None) if rank > 1 else (1, 2, 3, 4, 9)))
    cases = on_one_channel(rank, ("output_size",), ((5, 3), (3, 2)), rows)
    assert differing(f"{kind}{rank}d", cases) == []


@of_ranks
@pytest.mark.parametrize("kind", ["ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"])
def test_pads_read_what_torch_reads(rank: int, kind: str) -> None:
    """Every pad and crop of a small map."""
    value = {"value": 0.0} if kind == "ConstantPad" else {}
    cases = []
    for index, (lo, hi) in enumerate(product(range(-3, 5), range(-3, 5))):
        axes = [(4, 1, -1), (3, 0, 2)][: rank - 1]
        axes.insert(index % rank, (5, lo, hi))
        sides = tuple(side for _, *pair in reversed(axes) for side in pair)
        cases.append((value | {"padding": sides}, (1, *[size for size, *_ in axes])))
    assert differing(f"{kind}{rank}d", cases) == []


INTERPOLATIONS = {
    1: (("linear", False), ("linear", True)),
    2: (("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True)),
    3: (("trilinear", False), ("trilinear", True)),
}


@of_ranks
def test_upsample_to_a_size_reads_what_torch_reads(rank: int) -> None:
    """Larger, smaller, equal and single sizes."""
    cases = []
    for mode, corners in (("nearest", None), ("nearest-exact", None), ("area", None), *INTERPOLATIONS[rank]):
        rows = list(product((1, 4, 5), (1, 2, 3, 8, 10)))
        cases += on_one_channel(rank, ("size",), ((3, 5), (2, 3)), rows, mode=mode, align_corners=corners)
    assert differing("Upsample", cases) == []


@of_ranks
@pytest.mark.parametrize("again", [False, True])
def test_upsample_by_a_factor_reads_what_torch_reads(rank: int, again: bool) -> None:
    """A step of 1/scale, or of n/m where the factor is recomputed."""
    cases = []
    for mode, corners in (("nearest", None), ("nearest-exact", None), ("area", None), *INTERPOLATIONS[rank]):
        rows = list(product((4, 6), (0.3, 0.5, 0.75, 1.0, 1.1, 1.7, 2.0, 2.3, 2.5, 3.0)))
        cases += on_one_channel(
            rank,
            ("scale_factor",),
            ((5, 1.5), (3, 1.25)),
            rows,
            mode=mode,
            align_corners=corners,
            recompute_scale_factor=again,
        )
    assert differing("Upsample", cases) == []


def nearest_source(n: int, rank: int, **arguments: Any) -> list[int]:
    """Which of n positions of the last axis torch takes for each output; the other axes keep their one position."""
    given = {name: (1,) * (rank - 1) + (value,) if name != "mode" else value for name, value in arguments.items()}
    positions = torch.arange(n, dtype=torch.float32).reshape(1, 1, *[1] * (rank - 1), n)
    return [int(source) for source in torch.nn.Upsample(**given)(positions).flatten()]


@of_ranks
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_nearest_takes_the_sample_that_torchs_rounding_takes(rank: int, mode: str) -> None:
    """torch computes the source in single precision, one way on maps and another on sequences and volumes."""
    one = (1,) * (rank - 1)
    wrong: list[tuple[int, float]] = []
    for n, m in [(3, 123), (7, 41), *product((5, 29, 49), range(1, 128, 3))]:
        axis_map = layers.Upsample((*one, m), mode=mode).axes((1, *one, n))[0][-1]
        if sources(axis_map, n) != nearest_source(n, rank, size=m, mode=mode):
            wrong.append((n, m))
    for n, scale in product((3, 10, 41), (1 / 3, 0.3, 0.7, 1.1, 2.0, 2.3, 3.7)):
        axis_map = layers.Upsample(scale_factor=(*one, scale), mode=mode).axes((1, *one, n))[0][-1]
        if int(n * scale) and sources(axis_map, n) != nearest_source(n, rank, scale_factor=scale, mode=mode):
            wrong.append((n, scale))
    assert wrong == []


def sources(axis_map: IndexMap, n: int) -> list[int]:
    """The one sample that each output reads."""
    return [source for i in range(axis_map.size(n)) for source in axis_map.taps(n, i)]


@pytest.mark.parametrize("r", [1, 2, 3])
def test_pixel_shuffle_reads_what_torch_reads(r: int) -> None:
    """Each output element is one input element, whose channel follows row and column."""
    assert differing("PixelShuffle", [({"upscale_factor": r}, (2 * r * r, 2, 3))]) == []


def test_channel_shuffle_reads_what_torch_reads() -> None:
    """The channels of all groups in turn."""
    assert differing("ChannelShuffle", [({"groups": groups}, (12, 2, 1)) for groups in (1, 2, 3, 4, 6, 12)]) == []


@of_ranks
def test_slices_and_splits_read_what_torch_reads(rank: int) -> None:
    """Of channels and of every other axis."""
    shape = (5, *(6, 3, 2)[:rank])
    slices = product((1, 2, -1), (None, 1, -3), (None, 4, -1), (1, 2))
    assert differing("Slice", [({"dim": d, "start": a, "end": b, "step": s}, shape) for d, a, b, s in slices]) == []
    splits = product((2, 4, (1, 4), (2, 3, 1)), (0, 1, 2), (1, 2, -1))
    assert differing("Split", [({"split_size": s, "index": i, "dim": d}, shape) for s, i, d in splits]) == []


def test_flatten_reads_the_whole_map() -> None:
    """A vector is one position: as a map axis it reads every row and column."""
    assert layers.Flatten().axes((2, 3, 4))[0][1].whole


@pytest.mark.parametrize(("bins", "method"), [(4, "pad"), (3, "window"), (5, "adaptive")])
def test_spatial_pyramid_levels_read_what_their_plain_pool_reads(bins: int, method: str) -> None:
    """A level that follows the size is checked as the plain layer that it resolves to."""
    shape = (1, 13, 11)
    plain = layers.SpatialPyramidPool2d(bins, method).resolve(shape)
    module = getattr(torch.nn, plain.name)(**plain.attributes())
    assert torch.equal(predicted(plain, shape), responses(module, shape))
