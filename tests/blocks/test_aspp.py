"""Atrous spatial pyramid pooling."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import analyze
from pyramidcalc.blocks.aspp import aspp
from pyramidcalc.errors import LayerError, UsageError
from pyramidcalc.passes.valid_taps import valid_taps
from tests.blocks.building import Built, built
from tests.passes.asking import all_fields

if TYPE_CHECKING:
    from typing import Any

VARIANTS = ("v3", "separable", "v2", "v2-vgg")


def rates_of(block: Built) -> list[int]:
    """Dilations of the 3×3 convolutions, in order."""
    layers = [node.layer.attributes() for node in block.resolved.graph.nodes if node.layer.name == "Conv2d"]
    return [layer["dilation"][0] for layer in layers if layer["kernel_size"] == (3, 3)]


@pytest.mark.parametrize(
    ("variant", "shape", "output"),
    [
        ("v3", (2048, 33, 35), (256, 33, 35)),
        ("separable", (2048, 33, 35), (256, 33, 35)),
        ("v2", (2048, 41, 43), (21, 41, 43)),
        ("v2-vgg", (512, 41, 43), (21, 41, 43)),
    ],
)
def test_size_is_kept(variant: str, shape: tuple[int, int, int], output: tuple[int, ...]) -> None:
    """256 channels from v3 and v3+, the classes from v2."""
    assert built(aspp, shape, variant=variant).output == output


@given(rate=st.integers(1, 60), height=st.integers(1, 50), width=st.integers(1, 50), variant=st.sampled_from(VARIANTS))
def test_every_rate_keeps_every_size(rate: int, height: int, width: int, variant: str) -> None:
    """Padding = rate, for a 3×3 at stride 1."""
    assert built(aspp, (4, height, width), variant=variant, rate=(rate,)).output[1:] == (height, width)


def test_parameters_of_v3() -> None:
    """15,535,104, the ASPP of torchvision's deeplabv3_resnet50: 2048·256·(1 + 3·9 + 1) + 1280·256 + 6·512."""
    assert built(aspp, (2048, 64, 64)).parameters == 15_535_104


def test_parameters_of_separable() -> None:
    """By hand: two 1×1, three depthwise and 1×1, each with its BatchNorm, and the projection."""
    one = 2048 * 256 + 512
    branch = 2048 * 9 + 2 * 2048 + one
    assert built(aspp, (2048, 33, 33), variant="separable").parameters == 2 * one + 3 * branch + 1280 * 256 + 512


def test_parameters_of_v2() -> None:
    """Four biased 3×3 from 2048 channels to 21 classes: 4·(2048·21·9 + 21)."""
    assert built(aspp, (2048, 41, 41), variant="v2").parameters == 1_548_372


@pytest.mark.parametrize(("options", "parameters"), [({}, 23_162_964), ({"hidden": 128, "dropout": False}, 2_436_692)])
def test_parameters_of_v2_vgg(options: dict[str, Any], parameters: int) -> None:
    """Per rate 512·h·9 + h + h² + h + h·21 + 21, with h = 1024 and with the ports' 128."""
    assert built(aspp, (512, 41, 41), variant="v2-vgg", **options).parameters == parameters


def test_names_of_v3() -> None:
    """Five branches, their concatenation and the projection."""
    unit = ("conv", "norm", "act")
    scopes = [f"{scope}.{name}" for scope in ("conv1x1", "rate6", "rate12", "rate18") for name in unit]
    pooling = [f"pooling.{name}" for name in ("pool", *unit, "resize")]
    project = [f"project.{name}" for name in (*unit, "dropout")]
    assert built(aspp, (8, 33, 35)).names == [*scopes, *pooling, "concat", *project]


def test_names_of_a_separable_branch() -> None:
    """A depthwise and a pointwise unit."""
    names = built(aspp, (8, 33, 35), variant="separable").names
    units = [f"rate6.{unit}.{name}" for unit in ("depthwise", "pointwise") for name in ("conv", "norm", "act")]
    assert [name for name in names if name.startswith("rate6.")] == units


def test_depthwise_convolutions_have_a_group_a_channel() -> None:
    """The 3×3 of a separable branch reads each channel alone."""
    layer = built(aspp, (8, 33, 35), variant="separable").layer("rate12.depthwise.conv").attributes()
    assert (layer["groups"], layer["out_channels"], layer["dilation"]) == (8, 8, (12, 12))


def test_names_of_v2() -> None:
    """A convolution a rate, and their sum."""
    assert built(aspp, (8, 41, 43), variant="v2", rate=(6, 12)).names == ["rate6.conv", "rate12.conv", "sum"]


def test_names_of_a_v2_vgg_branch() -> None:
    """VGG's fc6, fc7 and fc8 as convolutions."""
    block = built(aspp, (8, 41, 43), variant="v2-vgg", rate=(6,), hidden=5)
    units = [f"rate6.{unit}.{name}" for unit in ("fc6", "fc7") for name in ("conv", "act", "dropout")]
    assert block.names == [*units, "rate6.fc8.conv", "sum"]
    assert block.shape("rate6.fc7.conv") == (5, 41, 43)


@pytest.mark.parametrize("variant", VARIANTS)
def test_dropout_can_be_left_out(variant: str) -> None:
    """Then no layer drops anything."""
    block = built(aspp, (8, 41, 43), variant=variant, dropout=False)
    assert not [name for name in block.names if name.endswith("dropout")]


@pytest.mark.parametrize(
    ("options", "rates"),
    [
        ({}, [6, 12, 18]),
        ({"output_stride": 16}, [6, 12, 18]),
        ({"output_stride": 8}, [12, 24, 36]),
        ({"variant": "separable", "output_stride": 8}, [12, 24, 36]),
        ({"variant": "v2"}, [6, 12, 18, 24]),
        ({"variant": "v2", "output_stride": 8}, [6, 12, 18, 24]),
        ({"variant": "v2-vgg"}, [6, 12, 18, 24]),
        ({"rate": (2, 5), "output_stride": 8}, [2, 5]),
        ({"rate": (2, 5), "output_stride": 16, "variant": "v2"}, [2, 5]),
    ],
)
def test_output_stride_sets_rates_where_none_are_given(options: dict[str, Any], rates: list[int]) -> None:
    """Rates are used as given; v2's belong to output stride 8."""
    assert rates_of(built(aspp, (8, 33, 35), **options)) == rates


def test_output_stride_goes_through_the_catalogue() -> None:
    """The choices are numbers, not text."""
    assert analyze("aspp", output_stride=8)["rate24.conv"].attributes["dilation"] == (24, 24)


def test_equal_rates_get_names_of_their_own() -> None:
    """The second branch of rate 6 is rate6_2."""
    names = built(aspp, (8, 33, 35), rate=(6, 12, 6)).names
    assert {"rate6.conv", "rate12.conv", "rate6_2.conv"} < set(names)


def test_widths_can_be_given() -> None:
    """`channels` for the branches and the projection of v3, `classes` for v2."""
    block = built(aspp, (8, 33, 35), channels=7)
    assert block.shape("concat") == (35, 33, 35)
    assert block.output == (7, 33, 35)
    assert built(aspp, (8, 33, 35), variant="v2", classes=19).output == (19, 33, 35)


@pytest.mark.parametrize(
    ("variant", "shape"),
    [("v3", (2048, 33, 33)), ("separable", (2048, 33, 33)), ("v2", (2048, 41, 41)), ("v2-vgg", (512, 41, 41))],
)
def test_default_input_follows_the_variant(variant: str, shape: tuple[int, int, int]) -> None:
    """513 at output stride 16, and 321 at output stride 8."""
    assert analyze("aspp", variant=variant).input == shape


@given(rate=st.integers(1, 40), height=st.integers(1, 60), width=st.integers(1, 60))
def test_share_of_valid_taps(rate: int, height: int, width: int) -> None:
    """All nine taps are inside at (H − 2r)/H · (W − 2r)/W of the positions, nowhere where 2r ≥ H or W."""
    block = built(aspp, (2, height, width), rate=(rate,), variant="v2")
    inside = max(height - 2 * rate, 0) * max(width - 2 * rate, 0)
    taps = valid_taps(block.resolved).get(f"rate{rate}.conv")
    assert (taps.share if taps else None) == (Fraction(inside, height * width) if rate > 1 else None)


def test_a_rate_that_reaches_the_size_is_a_1x1() -> None:
    """Rate 18 on 33 has no full window; rate 36 reads one position only, and the note says so."""
    block = built(aspp, (8, 33, 33), rate=(6, 18, 36))
    assert block.warned("degenerate-rate") == ["rate18.conv", "rate36.conv"]
    (note,) = block.layer("rate36.conv").diagnose(((8, 33, 33),), (256, 33, 33), 1)
    assert "this is a 1x1" in note.message


def test_receptive_field_is_global_through_the_pooling() -> None:
    """The other paths reach as far as the largest rate: 2·18 + 1 = 37."""
    field = all_fields(built(aspp, (8, 64, 65)).resolved)["project.dropout"]["input"]
    assert field.is_global
    assert field.local_size == (37, 37)


def test_image_pooling_normalises_one_value_a_channel() -> None:
    """BatchNorm after the global average trains only with a batch of two."""
    assert built(aspp, (8, 33, 35)).warned("batchnorm-1x1") == ["pooling.norm"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"rate": ()}, "`rate` is empty"),
        ({"rate": (6, 0)}, r"`rate` \(=0\) must be at least 1"),
        ({"rate": (-6,)}, r"`rate` \(=-6\) must be at least 1"),
        ({"rate": (6.0,)}, r"`rate` \(=6.0\) must be an integer"),
        ({"channels": 0}, r"`channels` \(=0\) must be at least 1"),
        ({"variant": "v2", "classes": 0}, r"`classes` \(=0\) must be at least 1"),
        ({"variant": "v2-vgg", "hidden": 0}, r"`hidden` \(=0\) must be at least 1"),
    ],
)
def test_wrong_numbers_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value and the rule."""
    with pytest.raises(LayerError, match=f"aspp: {reason}"):
        built(aspp, (8, 33, 35), **options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"classes": 19}, r"`classes` \(=19\) is for variants v2 and v2-vgg only"),
        ({"variant": "separable", "hidden": 64}, r"`hidden` \(=64\) is for variants v2 and v2-vgg only"),
        ({"variant": "v2", "hidden": 64}, r"`hidden` \(=64\) is for variant v2-vgg only"),
        ({"variant": "v2-vgg", "channels": 64}, r"`channels` \(=64\) is for variants v3 and separable only"),
        ({"variant": "v2", "output_stride": 16}, "v2 has published rates for output stride 8 only.*; give the rates"),
        ({"output_stride": 4}, r"`output_stride` \(=4\) must be one of 16, 8"),
        ({"variant": "v4"}, r"`variant` \(='v4'\) must be one of v3, separable, v2, v2-vgg"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(options: dict[str, Any], reason: str) -> None:
    """Nothing that is given is ignored."""
    with pytest.raises(UsageError, match=f"aspp: {reason}"):
        built(aspp, (8, 33, 35), **options)
