"""Valid sizes of graphs made by hand, whose rules are known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import FloorForm, halved
from pyramidcalc.layers.convolution import Conv1d, Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.padding import ZeroPad2d
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo, Upsample
from pyramidcalc.layers.slicing import Slice, Split
from pyramidcalc.passes.shapes import Family
from pyramidcalc.passes.size_rules import Rule, aligned_rule, rule_of, valid_rule
from pyramidcalc.passes.sizes import MAX_PROVED, sizes
from tests.passes.size_cases import Case, case

if TYPE_CHECKING:
    from pyramidcalc.graph import Value
    from pyramidcalc.layers.base import Layer


def test_a_pool_and_its_resize_back_are_legal_everywhere_and_aligned_where_it_divides() -> None:
    """Half-pixel interpolation of a map of ⌈n/4⌉ is aligned where 4 divides n."""

    def build(b: Builder, x: Value) -> Value:
        pooled = b.add("pool", MaxPool2d(4, 4, ceil_mode=True), x)
        return b.add("add", Add(), x, b.add("resize", ResizeTo("bilinear", False), pooled, x))

    height, _ = case(build).axes()
    assert valid_rule(height).text("H") == "H >= 1"
    assert aligned_rule(height, 64).text("H") == "H ≡ 0 mod 4, checked up to 64"


def test_a_residual_without_padding_never_matches() -> None:
    """Two sizes that stay two apart: refused for ever, which is no size at all."""
    never = case(lambda b, x: b.add("add", Concat(), x, b.add("conv", Conv2d(2, 2, 3), x)))
    assert sizes(Family(never.graph, never.forms), never.given) is None


def test_branches_of_different_strides_meet_once() -> None:
    """n − 2 and ⌈n/2⌉ are equal at 4 and 5 only, proved for all others by how they move apart."""

    def build(b: Builder, x: Value) -> Value:
        half = b.add("half", Conv2d(2, 2, 3, 2, 1), x)
        return b.add("concat", Concat(), half, b.add("valid", Conv2d(2, 2, 3), x))

    assert case(build).rules() == ("H = 4–5", "W = 4–5")


def test_skips_of_a_decoder_need_a_multiple() -> None:
    """Two halvings and two doublings match their skips where 4 divides the size."""

    def build(b: Builder, x: Value) -> Value:
        half = b.add("half", MaxPool2d(2), x)
        quarter = b.add("quarter", MaxPool2d(2), half)
        up = b.add("up", Upsample(None, 2.0), quarter)
        merged = b.add("concat", Concat(), up, half)
        return b.add("concat2", Concat(), b.add("up2", Upsample(None, 2.0), merged), x)

    decoder = case(build)
    assert decoder.rules() == ("H ≡ 0 mod 4", "W ≡ 0 mod 4")
    proof = decoder.axes()[0].proof
    assert proof
    assert (proof.start, proof.period) == (4, 4)
    assert decoder.outputs() == [{"out": "H"}, {"out": "W"}]


def test_a_dense_layer_wants_one_size_beside_the_other() -> None:
    """2·H·W must be 96: with the other axis as given there is one size each."""

    def build(b: Builder, x: Value) -> Value:
        return b.add("linear", Linear(96, 5), b.add("flatten", Flatten(), x))

    assert case(build, 6, 8).rules() == ("H = 6", "W = 8")


def test_axes_are_judged_on_their_own() -> None:
    """Kernels and strides of height do not touch width."""
    conv = case(lambda b, x: b.add("conv", Conv2d(2, 2, (3, 5), (2, 3)), x))
    assert conv.rules() == ("H >= 3", "W >= 5")
    assert conv.outputs() == [{"out": "⌊(H − 1)/2⌋"}, {"out": "⌊(W + 1)/3⌋ − 1"}]


def test_sequences_and_volumes_have_axes_of_their_own() -> None:
    """Length; depth, height and width."""
    sequence = case(lambda b, x: b.add("conv", Conv1d(2, 2, 5, 3), x), 32)
    assert (sequence.rules(), sequence.outputs()) == (("L >= 5",), [{"out": "⌊(L + 1)/3⌋ − 1"}])
    volume = case(lambda b, x: b.add("pool", AvgPool3d((2, 3, 4), padding=(1, 0, 2)), x), 32, 16, 24)
    assert volume.rules() == ("D >= 2", "H >= 3", "W >= 4")
    assert volume.outputs() == [{"out": "⌊D/2⌋ + 1"}, {"out": "⌊H/3⌋"}, {"out": "⌊W/4⌋ + 1"}]


def test_skips_of_a_sequence_need_a_multiple() -> None:
    """As those of a map."""

    def build(b: Builder, x: Value) -> Value:
        return b.add("add", Add(), x, b.add("up", Upsample(None, 3.0), b.add("down", MaxPool1d(3), x)))

    assert case(build, 30).rules() == ("L ≡ 0 mod 3",)


@pytest.mark.parametrize(
    ("layer", "rule", "output"),
    [
        (Slice(2, 3, None, 2), "H >= 4", "⌊H/2⌋ − 1"),
        (Slice(2, -5, -1), "H >= 2", "4 from H = 5 on"),
        (Slice(2, -3, 5), "H = 1–7", None),
        (Split(4, 1, 2), "H >= 5", "4 from H = 8 on"),
        (Split((3, 5), 1, 2), "H = 8", "5"),
        (Slice(1, 1), "H >= 1", "H"),
        (ZeroPad2d((0, 0, 40, -2)), "H >= 2", "H + 38"),
    ],
)
def test_slices_and_splits_are_proved(layer: Layer, rule: str, output: str | None) -> None:
    """From either end, of fixed parts and of the rest."""
    sliced = case(lambda b, x: b.add("layer", layer, x), 8, 6)
    height = sliced.axes()[0]
    assert height.proof is not None
    assert valid_rule(height).text("H") == rule
    assert sliced.outputs()[0]["out"] == output
    for n in (*range(1, 12), height.checked + 1, 5003):
        assert height.legal(n) == sliced.works(height, n)


def test_inputs_that_follow_one_size_are_proved() -> None:
    """A map pooled by floors beside a level that rounds up: they meet at even sizes, for ever."""
    b = Builder()
    fine, coarse = b.input("c2", 2), b.input("c3", 3)
    b.output("out", b.add("join", Concat(), b.add("pool", MaxPool2d(2), fine), coarse))
    levels = Case(b.build(), (2, 32, 48), {"c2": halved(0), "c3": halved(1)})
    assert levels.rules() == ("H ≡ 0 mod 2", "W ≡ 0 mod 2")
    assert levels.outputs() == [{"out": "H/2"}, {"out": "W/2"}]
    for axis in levels.axes():
        assert axis.proof is not None
        for n in (*range(1, 9), axis.checked + 1, axis.checked + 2, 10_007):
            assert axis.legal(n) == levels.works(axis, n)


def test_an_input_that_is_empty_at_first_is_no_refusal_for_ever() -> None:
    """⌊n/2⌋ of 1 is nothing, and of larger sizes a map like any other."""
    b = Builder()
    whole, half = b.input("whole", 2), b.input("half", 2)
    b.output("out", b.add("resize", ResizeTo("nearest"), half, whole))
    halves = Case(b.build(), (2, 32, 48), {"whole": FloorForm(), "half": FloorForm(divisor=2)})
    assert halves.rules() == ("H >= 2", "W >= 2")


def test_a_given_size_that_fails_is_replaced() -> None:
    """The nearest square that works stands beside the other axis."""
    height, width = case(lambda b, x: b.add("conv", Conv2d(2, 2, 9), x), 5, 5).axes()
    assert (height.beside, width.beside) == ((2, 9, 9), (2, 9, 9))


def test_a_rounded_scale_is_only_checked() -> None:
    """⌊n/3⌋ in double precision has no law here, and none is claimed."""
    height, _ = case(lambda b, x: b.add("resize", Upsample(None, 1 / 3), x)).axes()
    assert height.proof is None
    assert valid_rule(height).text("H") == f"H >= 3, checked up to {height.checked}"
    assert height.nearest(10**9, 8) == (10**9,)


def test_a_constant_output_is_told() -> None:
    """Seven bins, whatever comes."""
    assert case(lambda b, x: b.add("bins", AdaptiveAvgPool2d(7), x)).outputs() == [{"out": "7"}] * 2


def test_beyond_double_precision_each_size_is_followed() -> None:
    """A factor's size is computed in double precision, a transposed window's is not: odd sizes over 2^53 part them."""

    def build(b: Builder, x: Value) -> Value:
        resized = b.add("resize", Upsample(None, 2.0), x)
        return b.add("add", Add(), resized, b.add("transposed", ConvTranspose2d(2, 2, 2, 2), x))

    doubled = case(build)
    height, _ = doubled.axes()
    assert height.proof is not None
    assert (height.legal(2**60), height.legal(2**60 + 1)) == (True, False)
    for n in (MAX_PROVED, MAX_PROVED + 1, 2**60, 2**60 + 1):
        assert height.legal(n) == doubled.works(height, n)


def test_rules_name_what_does_not_fit_their_pattern() -> None:
    """Single sizes below the pattern, and the least modulus."""
    assert rule_of(lambda n: n in (3, 8) or (n >= 20 and n % 4 in (0, 3)), 21, 8) == Rule(4, (0, 3), 20, (3, 8))
    assert Rule(4, (0, 3), 20, (3, 8)).text("W") == "W ≡ 0, 3 mod 4, W >= 20; also W = 3, 8"
    assert Rule(1, (), 1, ()).text("H") == "no H"
