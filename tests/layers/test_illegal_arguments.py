"""Arguments that no input makes legal: LayerError with the layer, the argument, its value and the rule."""

from __future__ import annotations

from typing import Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError

ILLEGAL: list[tuple[str, dict[str, Any], str]] = [
    ("WeightedAdd", {"count": 0}, r"`count` \(=0\) must be at least 1"),
    ("WeightedAdd", {"count": 2, "eps": "x"}, r"`eps` \(='x'\) must be a number"),
    (
        "Linear",
        {"in_features": 2**63, "out_features": 4},
        "`in_features` must be at most 2.63 − 1, torch's largest integer",
    ),
    ("Conv2d", {"in_channels": 0, "out_channels": 4, "kernel_size": 3}, r"`in_channels` \(=0\) must be at least 1"),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 0}, r"`kernel_size` \(=0\) must be at least 1"),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 2.0}, r"`kernel_size` \(=2.0\) must be an integer"),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": True},
        r"`kernel_size` \(=True\) must be an integer",
    ),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": (1, 2, 3)}, r"one number or two \(height, width\)"),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": "3"}, r"`kernel_size` \(='3'\) must be an integer"),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "stride": 0},
        r"`stride` \(=0\) must be at least 1",
    ),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "dilation": (2, -1)}, r"`dilation` \(=-1\)"),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": -1},
        r"`padding` \(=-1\) must be at least 0",
    ),
    ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": "full"}, "'same' or 'valid'"),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": "same"}
        | {"dilation": (2,), "padding_mode": "reflect"},
        "pad the first axis alone",
    ),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": "same", "stride": (1, 2)},
        "'same' needs stride 1",
    ),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding_mode": "edge"},
        "must be one of zeros, reflect",
    ),
    (
        "Conv2d",
        {"in_channels": 5, "out_channels": 4, "kernel_size": 3, "groups": 2},
        r"`in_channels` \(=5\) must be divisible by `groups` \(=2\)",
    ),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 7, "kernel_size": 3, "groups": 2},
        r"`out_channels` \(=7\) must be divisible by `groups` \(=2\)",
    ),
    (
        "ConvTranspose2d",
        {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "output_padding": (0, 1)},
        "smaller than stride 1 or dilation 1",
    ),
    (
        "ConvTranspose2d",
        {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "padding_mode": "reflect"},
        "must be 'zeros'",
    ),
    (
        "MaxPool2d",
        {"kernel_size": 3, "padding": (1, 2)},
        r"`padding` \(=2\) must be at most half of `kernel_size` \(=3, undilated\)",
    ),
    ("MaxPool2d", {"kernel_size": 3, "return_indices": True}, "two outputs"),
    ("AvgPool2d", {"kernel_size": (4, 1), "padding": 1}, "use at most 0"),
    ("MaxPool2d", {"kernel_size": 2, "ceil_mode": 1}, r"`ceil_mode` \(=1\) must be True or False"),
    ("MaxPool2d", {"kernel_size": 2, "ceil_mode": []}, r"`ceil_mode` \(=\[\]\) must be True or False"),
    ("AvgPool2d", {"kernel_size": 2, "count_include_pad": None}, "must be True or False"),
    ("AvgPool2d", {"kernel_size": 2, "divisor_override": 0}, "must be an integer other than zero"),
    ("AvgPool2d", {"kernel_size": 2, "divisor_override": 1.5}, r"`divisor_override` \(=1.5\) must be an integer"),
    ("AdaptiveAvgPool2d", {"output_size": 0}, r"`output_size` \(=0\) must be at least 1"),
    ("AdaptiveAvgPool2d", {"output_size": None}, "one number or two"),
    ("AdaptiveMaxPool2d", {"output_size": (1, 2, 3)}, "one number or two"),
    ("AdaptiveMaxPool2d", {"output_size": 2, "return_indices": True}, "two outputs"),
    ("ZeroPad2d", {"padding": (1, 2, 3)}, r"one number or 4 \(width before, after, height before, after\)"),
    ("ReflectionPad2d", {"padding": (1, 2)}, r"one number or 4 \(width before, after, height before, after\)"),
    ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": (3,)}, "one number or two"),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "padding": (1,), "padding_mode": "circular"},
        "one number or two",
    ),
    ("MaxPool2d", {"kernel_size": ()}, "one number or two"),
    ("MaxPool2d", {"kernel_size": 3, "padding": []}, "one number or two"),
    ("MaxPool1d", {"kernel_size": (2, 3)}, r"`kernel_size` \(=\(2, 3\)\) must be one number"),
    ("AvgPool3d", {"kernel_size": (2, 3)}, r"one number or three \(depth, height, width\)"),
    ("AdaptiveAvgPool1d", {"output_size": (None,)}, "must be one number"),
    ("ConstantPad1d", {"padding": (1, 2, 3, 4), "value": 0}, r"one number or 2 \(length before, after\)"),
    ("ConstantPad2d", {"padding": 1, "value": "x"}, r"`value` \(='x'\) must be a number"),
    ("InstanceNorm2d", {"num_features": 0}, "at least 1"),
    ("Slice", {"dim": 0}, r"`dim` \(=0\) is the batch, of which every sample is treated alike"),
    ("Slice", {"step": 0}, r"`step` \(=0\) must be at least 1"),
    ("Slice", {"start": 1.0}, r"`start` \(=1.0\) must be an integer"),
    ("Split", {"split_size": 0, "index": 0}, r"`split_size` \(=0\) must be at least 1"),
    ("Split", {"split_size": (2, -1), "index": 0}, r"`split_size` \(=-1\) must be at least 0"),
    ("Split", {"split_size": 2, "index": -1}, r"`index` \(=-1\) must be at least 0"),
    ("ChannelShuffle", {"groups": 0}, "at least 1"),
    ("MaxPool2d", {"kernel_size": 2, "dilation": 2**31}, "must be at most 2.31 − 1, as torch counts in pools"),
    (
        "ConvTranspose2d",
        {"in_channels": 1, "out_channels": 1, "kernel_size": 1, "dilation": 2**40},
        "must be at most 2.31 − 1",
    ),
    ("Upsample", {"scale_factor": [2.0, 3.0]}, "must be a number"),
    ("ReflectionPad2d", {"padding": (1, 2, 3, 0.5)}, "`padding` .=0.5. must be an integer"),
    ("Upsample", {}, "either `size` or `scale_factor`"),
    ("Upsample", {"size": 3, "scale_factor": 2.0}, "not both"),
    ("Upsample", {"size": 3, "mode": "lanczos"}, r"`mode` \(='lanczos'\)"),
    ("Upsample", {"size": 3, "align_corners": True}, "is for linear and cubic modes, not nearest"),
    ("Upsample", {"size": 3, "recompute_scale_factor": True}, "means nothing with a `size`"),
    ("Upsample", {"scale_factor": 0.0}, "positive and finite"),
    ("Upsample", {"scale_factor": (1.0, float("nan"))}, "positive and finite"),
    ("Upsample", {"scale_factor": float("inf")}, "positive and finite"),
    ("Upsample", {"scale_factor": "2"}, "must be a number"),
    ("ResizeTo", {"mode": "lanczos"}, r"`mode` \(='lanczos'\)"),
    ("ResizeTo", {"mode": "nearest", "align_corners": False}, "not nearest"),
    ("PixelShuffle", {"upscale_factor": 0}, "at least 1"),
    ("BatchNorm2d", {"num_features": 0}, "at least 1"),
    (
        "GroupNorm",
        {"num_groups": 4, "num_channels": 6},
        r"`num_channels` \(=6\) must be divisible by `num_groups` \(=4\)",
    ),
    ("LayerNorm2d", {"num_channels": -3}, "at least 1"),
    ("Linear", {"in_features": 3, "out_features": 0}, "at least 1"),
    ("Flatten", {"start_dim": True}, r"`start_dim` \(=True\) must be an integer"),
    ("Flatten", {"end_dim": 1.0}, r"`end_dim` \(=1.0\) must be an integer"),
    ("BatchNorm2d", {"num_features": 4, "eps": "small"}, r"`eps` \(='small'\) must be a number"),
    ("BatchNorm2d", {"num_features": 4, "eps": None}, "must be a number"),
    ("BatchNorm2d", {"num_features": 4, "eps": -1e-9}, r"`eps` \(=-1e-09\) must be at least 0"),
    ("BatchNorm2d", {"num_features": 4, "eps": 0, "track_running_stats": False}, "over 0 where statistics"),
    ("BatchNorm2d", {"num_features": 4, "eps": 10**400}, "beyond what a double holds"),
    ("BatchNorm2d", {"num_features": 4, "momentum": "high"}, r"`momentum` \(='high'\) must be a number"),
    ("GroupNorm", {"num_groups": 2, "num_channels": 4, "eps": "small"}, "must be a number"),
    ("LayerNorm2d", {"num_channels": 4, "eps": None}, "must be a number"),
    ("LeakyReLU", {"negative_slope": None}, "must be a number"),
    ("ELU", {"alpha": "one"}, "must be a number"),
    ("PReLU", {"init": "low"}, "must be a number"),
    ("Dropout", {"p": 1.5}, "a number from 0 to 1"),
    ("Dropout", {"p": float("nan")}, "a number from 0 to 1"),
    ("GELU", {"approximate": "erf"}, "'none' or 'tanh'"),
    ("PReLU", {"num_parameters": 0}, "at least 1"),
    ("SpatialPyramidPool2d", {"bins": 0}, "at least 1"),
    ("SpatialPyramidPool2d", {"bins": 4, "method": "max"}, "must be one of pad, window, adaptive"),
    ("GridAvgPool2d", {"bins": -1}, "at least 1"),
    ("SamePad2d", {"kernel_size": 3, "stride": 0}, "at least 1"),
]


@pytest.mark.parametrize(("kind", "arguments", "message"), ILLEGAL)
def test_illegal_arguments_are_refused_by_name_and_value(kind: str, arguments: dict[str, Any], message: str) -> None:
    """LayerError, a ValueError, names the layer, the argument, its value and the rule."""
    with pytest.raises(LayerError, match=message) as caught:
        layers.kinds()[kind](**arguments)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith("Upsample: " if kind == "ResizeTo" else f"{kind}: ")
