"""The taps of every layer against torch: which output element answers to which input element."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from tests.layers.torch_cases import predicted, responses

torch = pytest.importorskip("torch", reason="torch is the reference here")
pytestmark = pytest.mark.torch

MODES = ("zeros", "reflect", "replicate", "circular")


def differing(
    kind: str, arguments: list[dict[str, Any]], shapes: list[tuple[int, int, int]], most: int = 2000
) -> list[Any]:
    """The cases whose taps are not torch's; at least one case must be legal."""
    wrong, legal = [], 0
    for given, shape in list(product(arguments, shapes))[:most]:
        try:
            layer = layers.kinds()[kind](**given)
            layer.output_shape(shape)
        except (LayerError, ShapeError):
            continue
        legal += 1
        module = getattr(torch.nn, kind)(**given)
        for parameter in module.parameters():
            torch.nn.init.ones_(parameter)
        if not torch.equal(predicted(layer, shape), responses(module, shape)):
            wrong.append((given, shape))
    assert legal
    return wrong


def grid(**values: Any) -> list[dict[str, Any]]:
    """Every combination of the values."""
    return [dict(zip(values, row, strict=True)) for row in product(*values.values())]


@pytest.mark.parametrize("mode", MODES)
def test_conv2d_reads_what_torch_reads(mode: str) -> None:
    """Kernel, stride, padding and dilation, in every padding mode."""
    arguments = grid(
        in_channels=(1,),
        out_channels=(1,),
        kernel_size=((3, 1), (2, 3), (1, 4)),
        stride=((1, 2), (3, 1)),
        padding=((0, 1), (2, 3), "valid"),
        dilation=((1, 2), (3, 1)),
        bias=(False,),
        padding_mode=(mode,),
    )
    assert differing("Conv2d", arguments, [(1, 7, 5), (1, 4, 8)]) == []


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("mode", MODES)
def test_conv2d_same_padding_reads_what_torch_reads(mode: str) -> None:
    """padding='same' with odd and even kernels puts the odd position where torch does."""
    arguments = grid(
        in_channels=(1,),
        out_channels=(1,),
        kernel_size=((2, 3), (4, 1), (5, 2)),
        padding=("same",),
        dilation=((1, 2), (2, 1)),
        bias=(False,),
        padding_mode=(mode,),
    )
    assert differing("Conv2d", arguments, [(1, 9, 7)]) == []


@pytest.mark.parametrize("kind", ["Conv2d", "ConvTranspose2d"])
@pytest.mark.parametrize(
    ("inputs", "outputs", "groups"), [(4, 6, 1), (4, 6, 2), (6, 6, 6), (3, 6, 3), (6, 3, 3), (1, 1, 1)]
)
def test_channels_read_what_torch_reads(kind: str, inputs: int, outputs: int, groups: int) -> None:
    """All channels, those of the group, or the own one only."""
    arguments = grid(
        in_channels=(inputs,), out_channels=(outputs,), kernel_size=((1, 2),), groups=(groups,), bias=(False,)
    )
    assert differing(kind, arguments, [(inputs, 2, 3)]) == []


def test_conv_transpose2d_reads_what_torch_reads() -> None:
    """Kernel, stride, padding, output padding and dilation, outputs that read nothing included."""
    arguments = grid(
        in_channels=(1,),
        out_channels=(1,),
        kernel_size=((1, 3), (2, 4), (3, 5)),
        stride=((1, 3), (2, 4)),
        padding=((0, 1), (2, 0)),
        output_padding=((0, 0), (1, 2)),
        dilation=((1, 2), (3, 1), (4, 2)),
        bias=(False,),
    )
    assert differing("ConvTranspose2d", arguments, [(1, 3, 5), (1, 4, 1)]) == []


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool2d_reads_what_torch_reads(ceil_mode: bool) -> None:
    """Kernel, stride, padding and dilation, with either rounding."""
    arguments = grid(
        kernel_size=((3, 2), (4, 5)),
        stride=(None, (2, 3), (5, 1)),
        padding=((0, 1), (1, 0)),
        dilation=((1, 2), (2, 1)),
        ceil_mode=(ceil_mode,),
    )
    assert differing("MaxPool2d", arguments, [(1, 8, 7), (1, 5, 9)]) == []


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("count_include_pad", [False, True])
def test_avg_pool2d_reads_what_torch_reads(ceil_mode: bool, count_include_pad: bool) -> None:
    """Kernel, stride and padding, with either rounding and either divisor."""
    arguments = grid(
        kernel_size=((3, 2), (4, 5)),
        stride=(None, (2, 3), (5, 1)),
        padding=((0, 1), (1, 0)),
        ceil_mode=(ceil_mode,),
        count_include_pad=(count_include_pad,),
    )
    assert differing("AvgPool2d", arguments, [(1, 8, 7), (1, 5, 9)]) == []


@pytest.mark.parametrize("kind", ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d"])
def test_adaptive_pools_read_what_torch_reads(kind: str) -> None:
    """Bins that divide, overlap, outnumber the inputs, or keep an axis."""
    sizes = [(h, w) for h, w in product((1, 2, 3, 4, 7, 11), (1, 2, 5, 6, 9))] + [(None, 3), (4, None)]
    assert differing(kind, grid(output_size=sizes), [(1, 7, 6), (1, 5, 9)]) == []


@pytest.mark.parametrize("kind", ["ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"])
def test_pads_read_what_torch_reads(kind: str) -> None:
    """Every pad and crop of a small map."""
    arguments = [{"padding": (lo, hi, 2, -1)} for lo, hi in product(range(-5, 5), range(-5, 5))]
    arguments += [{"padding": (-1, 1, lo, hi)} for lo, hi in product(range(-4, 5), range(-4, 5))]
    assert differing(kind, arguments, [(1, 4, 5)]) == []


@pytest.mark.parametrize(
    ("mode", "align_corners"),
    [
        ("nearest-exact", None),
        ("area", None),
        ("bilinear", False),
        ("bilinear", True),
        ("bicubic", False),
        ("bicubic", True),
    ],
)
def test_upsample_to_a_size_reads_what_torch_reads(mode: str, align_corners: bool | None) -> None:
    """Larger, smaller, equal and single sizes."""
    arguments = grid(
        size=list(product((1, 2, 3, 8, 12), (1, 4, 5, 6, 10))), mode=(mode,), align_corners=(align_corners,)
    )
    assert differing("Upsample", arguments, [(1, 4, 5), (1, 1, 8)]) == []


def test_nearest_reads_what_torch_reads_where_rounding_cannot_matter() -> None:
    """torch rounds ⌊i·n/m⌋ in floating point: its index is ours, or is one off where i·n/m is whole."""
    for n, m in product(range(1, 14), range(1, 30)):
        index = torch.nn.Upsample(size=(1, m))(torch.arange(n, dtype=torch.float64).reshape(1, 1, 1, n)).flatten()
        axis_map = layers.Upsample((1, m)).axes((1, 1, n))[0][2]
        for i in range(m):
            if i * n % m:
                assert list(axis_map.taps(n, i)) == [int(index[i])]
            else:
                assert int(index[i]) - i * n // m in (-1, 0)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("again", [False, True])
def test_upsample_by_a_factor_reads_what_torch_reads(mode: str, again: bool) -> None:
    """A step of 1/scale, or of n/m where the factor is recomputed."""
    factors = [(2.0, 1.5), (0.5, 0.75), (1.0, 1.25), (2.5, 3.0), (0.3, 1.7), (2.3, 1.1)]
    arguments = grid(scale_factor=factors, mode=(mode,), recompute_scale_factor=(again,))
    assert differing("Upsample", arguments, [(1, 4, 5), (1, 6, 3)]) == []


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_upsample_by_a_factor_with_corners_reads_what_torch_reads(mode: str, align_corners: bool) -> None:
    """With aligned corners the factor gives the size only."""
    arguments = grid(scale_factor=[(2.0, 1.5), (0.5, 0.75), (2.3, 1.1)], mode=(mode,), align_corners=(align_corners,))
    assert differing("Upsample", arguments, [(1, 4, 5), (1, 6, 3)]) == []


@pytest.mark.parametrize("r", [1, 2, 3])
def test_pixel_shuffle_reads_what_torch_reads(r: int) -> None:
    """Each output element is one input element, whose channel follows row and column."""
    assert differing("PixelShuffle", [{"upscale_factor": r}], [(2 * r * r, 2, 3)]) == []


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
