"""SPEED: widths and sizes of encoder, skips and decoder, and the inputs on which they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pyramidcalc as pc
from pyramidcalc.errors import LayerError
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from typing import Any

UPS = ("up1", "up2", "up3")


def channels(report: pc.Report, *names: str) -> list[int]:
    """Channels of some layers."""
    return [report[name].output[0] for name in names]


def test_encoder() -> None:
    """512×12×16 before DSPP, 1024×12×16 after, 256×6×8 at the end."""
    report = pc.analyze("speed", part="encoder")
    assert report["block7.pointwise_act"].output == (512, 12, 16)
    assert report["dspp.concat"].output == (1024, 12, 16)
    assert report.outputs == {"out": (256, 6, 8)}


def test_whole() -> None:
    """A quarter of the image: 1×48×64."""
    report = pc.analyze("speed")
    assert report.outputs == {"out": (1, 48, 64)}
    encoder = pc.analyze("speed", part="encoder")
    assert [layer.name for layer in report.layers][: len(encoder.layers)] == [layer.name for layer in encoder.layers]


def test_skips_are_raw_depthwise_outputs() -> None:
    """Write-ups, 6: 256, 128 and 64 channels, so the concats are 384, 192, 96 and the separables 64, 32, 16."""
    report = pc.analyze("speed")
    skips = [report[f"{up}.concat"].inputs[1] for up in UPS]
    assert skips == ["block6.depthwise", "block4.depthwise", "block2.depthwise"]
    assert channels(report, *skips) == [256, 128, 64]
    assert channels(report, *(f"{up}.concat" for up in UPS)) == [384, 192, 96]
    assert channels(report, *(f"{up}.pointwise" for up in UPS)) == [64, 32, 16]


def test_transposed_convolutions_double_the_size() -> None:
    """2n + 1 without padding, then the last row and column go."""
    report = pc.analyze("speed")
    assert report["up1.transposed"].output == (128, 13, 17)
    assert report["up1.crop"].output == (128, 12, 16)
    assert report["up1.crop"].attributes["padding"] == (0, -1, 0, -1)


def test_mdspp_comes_before_the_second_and_third_step() -> None:
    """Filters 64 on 64 channels, 32 on 32."""
    report = pc.analyze("speed")
    assert [report[f"{up}.mdspp.concat"].output for up in UPS[1:]] == [(128, 12, 16), (64, 24, 32)]


@pytest.mark.parametrize(("size", "padding"), [((192, 255), (1, 1, 0, 1)), ((127, 256), (0, 1, 1, 1))])
def test_stem_pads_by_the_size_and_blocks_do_not(size: tuple[int, int], padding: tuple[int, ...]) -> None:
    """TensorFlow's SAME looks at the parity, MobileNet's ZeroPadding2D does not."""
    report = pc.analyze("speed", input=size)
    assert report["stem.pad"].attributes["padding"] == padding
    assert {report[f"block{number}.pad"].attributes["padding"] for number in (2, 4, 6)} == {(0, 1, 0, 1)}


def test_alpha_scales_convolutions_and_pointwise_ones_only() -> None:
    """int(C·alpha); DSPP's filters and the decoder's first 1×1 stay."""
    report = pc.analyze("speed", alpha=0.3)
    assert channels(report, "stem.conv", "block1.pointwise", "block7.pointwise", "block9.pointwise") == [9, 19, 153, 76]
    assert channels(report, "block2.depthwise", "dspp.bin2.pointwise", "reduce") == [19, 128, 256]


def test_depth_multiplier_widens_depthwise_outputs_and_skips() -> None:
    """And nothing behind their pointwise convolutions."""
    report = pc.analyze("speed", depth_multiplier=3)
    assert channels(report, "block6.depthwise", "block6.pointwise") == [768, 512]
    assert channels(report, "up1.concat", "up1.pointwise") == [128 + 768, 128]


@given(alpha=st.floats(0.05, 3.0), multiplier=st.integers(1, 4))
def test_separables_have_the_largest_power_of_two_within_a_quarter(alpha: float, multiplier: int) -> None:
    """2^k ≤ channels/4 < 2^(k+1), whatever the skips are."""
    report = pc.analyze("speed", alpha=alpha, depth_multiplier=multiplier, input=128)
    for up in UPS:
        joined, separable = channels(report, f"{up}.concat", f"{up}.pointwise")
        assert separable.bit_count() == 1
        assert separable <= joined / 4 < 2 * separable


def test_skips_that_cannot_match() -> None:
    """200×256: both sides with their sizes, rows up to there, and sizes that work."""
    report = pc.analyze("speed", input=(200, 256))
    note = report.diagnostics[-1]
    assert (report.failed, report.output, note.code, note.layer) == (True, None, "shape-mismatch", "up2.concat")
    assert "`block4.depthwise` is 128x25x32 but `up2.crop` is 64x24x32" in note.message
    assert note.hint is not None
    assert note.hint.endswith("an input of 194x256 or 223x256 works")
    assert [layer.name for layer in report.layers][-1] == "up2.crop"


def test_pool_of_nothing() -> None:
    """96×128: DSPP's eight bins on six rows; the first size that works is named."""
    report = pc.analyze("speed", input=(96, 128))
    note = report.diagnostics[-1]
    assert (note.code, note.layer) == ("pool-zero", "dspp.bin8.pool")
    assert "8 bins on 6 would need a pool of ⌊6/8⌋ = 0" in note.message
    assert note.hint is not None
    assert note.hint.endswith("an input of 127x128 works")


@given(height=st.integers(4, 12), width=st.integers(4, 12))
def test_multiples_of_32_from_128_up_work(height: int, width: int) -> None:
    """A quarter of them comes out."""
    graph = pc.build("speed")
    resolved = shapes(graph, {"input": (3, 32 * height, 32 * width)})
    assert resolved.shapes[graph.outputs[0][1]] == (1, 8 * height, 8 * width)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"alpha": 0.01}, r"`alpha` \(=0\.01\) leaves int\(32·0\.01\) = 0 channels; use at least 0\.03125"),
        ({"alpha": -1.0}, r"`alpha` \(=-1\) leaves"),
        ({"depth_multiplier": 0}, r"`depth_multiplier` \(=0\) must be at least 1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], reason: str) -> None:
    """Each with its value, the rule and a way out."""
    with pytest.raises(LayerError, match=f"^speed: {reason}"):
        pc.build("speed", **options)
