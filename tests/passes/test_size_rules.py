"""Valid sizes of graphs made by hand, whose rules are known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.graph import Builder
from pyramidcalc.indexmap import FloorForm, halved
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo, Upsample
from pyramidcalc.passes.size_rules import Rule, aligned_rule, outputs_of, rule_of, valid_rule
from pyramidcalc.passes.sizes import LARGEST_PROVED, Proof, sizes
from tests.passes.size_cases import Case, case, rules

if TYPE_CHECKING:
    from pyramidcalc.graph import Value


def test_a_pool_and_its_resize_back_are_legal_everywhere_and_aligned_where_it_divides() -> None:
    """Half-pixel interpolation of a map of ⌈n/4⌉ is aligned where 4 divides n."""

    def make(b: Builder, x: Value) -> Value:
        pooled = b.add("pool", MaxPool2d(4, 4, ceil_mode=True), x)
        return b.add("add", Add(), x, b.add("resize", ResizeTo("bilinear", False), pooled, x))

    height, _ = case(make).axes()
    assert valid_rule(height).text("H") == "H >= 1"
    assert aligned_rule(height).text("H") == "H ≡ 0 mod 4; no other up to 256"


def test_a_residual_without_padding_never_matches() -> None:
    """Two sizes that stay two apart: refused for ever, which is no size at all."""
    made = case(lambda b, x: b.add("add", Concat(), x, b.add("conv", Conv2d(2, 2, 3), x)))
    assert sizes(made.graph, made.forms, made.given) is None


def test_branches_of_different_strides_meet_once() -> None:
    """n − 2 and ⌈n/2⌉ are equal at 4 and 5 only, proved for all others by how they move apart."""

    def make(b: Builder, x: Value) -> Value:
        half = b.add("half", Conv2d(2, 2, 3, 2, 1), x)
        return b.add("concat", Concat(), half, b.add("valid", Conv2d(2, 2, 3), x))

    assert rules(case(make)) == ("H = 4–5", "W = 4–5")


def test_skips_of_a_decoder_need_a_multiple() -> None:
    """Two halvings and two doublings match their skips where 4 divides the size."""

    def make(b: Builder, x: Value) -> Value:
        half = b.add("half", MaxPool2d(2), x)
        quarter = b.add("quarter", MaxPool2d(2), half)
        up = b.add("up", Upsample(None, 2.0), quarter)
        merged = b.add("concat", Concat(), up, half)
        return b.add("concat2", Concat(), b.add("up2", Upsample(None, 2.0), merged), x)

    made = case(make)
    assert rules(made) == ("H ≡ 0 mod 4", "W ≡ 0 mod 4")
    height, _ = made.axes()
    assert height.proof == Proof(4, 4)
    assert outputs_of(made.graph, made.forms, height, valid_rule(height)) == {"out": "H"}


def test_a_dense_layer_wants_one_size_beside_the_other() -> None:
    """2·H·W must be 96: with the other axis as given there is one size each."""

    def make(b: Builder, x: Value) -> Value:
        return b.add("linear", Linear(96, 5), b.add("flatten", Flatten(), x))

    assert rules(case(make, (6, 8))) == ("H = 6", "W = 8")


def test_axes_are_judged_on_their_own() -> None:
    """Kernels and strides of height do not touch width."""
    made = case(lambda b, x: b.add("conv", Conv2d(2, 2, (3, 5), (2, 3)), x))
    assert rules(made) == ("H >= 3", "W >= 5")
    found = [outputs_of(made.graph, made.forms, axis, valid_rule(axis))["out"] for axis in made.axes()]
    assert found == ["⌊(H − 1)/2⌋", "⌊(W + 1)/3⌋ − 1"]


def test_inputs_that_follow_one_size_are_proved() -> None:
    """A map pooled by floors beside a level that rounds up: they meet at even sizes, for ever."""
    b = Builder()
    fine, coarse = b.input("c2", 2), b.input("c3", 3)
    b.output("out", b.add("join", Concat(), b.add("pool", MaxPool2d(2), fine), coarse))
    made = Case(b.build(), (32, 48), {"c2": halved(0), "c3": halved(1)})
    assert rules(made) == ("H ≡ 0 mod 2", "W ≡ 0 mod 2")
    for axis in made.axes():
        assert axis.proof is not None
        assert outputs_of(made.graph, made.forms, axis, valid_rule(axis)) == {"out": f"{axis.letter}/2"}
        for n in (*range(1, 9), axis.checked + 1, axis.checked + 2, 10_007):
            assert axis.legal(n) == made.works(axis, n)


def test_an_input_that_is_empty_at_first_is_no_refusal_for_ever() -> None:
    """⌊n/2⌋ of 1 is nothing, and of larger sizes a map like any other."""
    b = Builder()
    whole, half = b.input("whole", 2), b.input("half", 2)
    b.output("out", b.add("resize", ResizeTo("nearest"), half, whole))
    made = Case(b.build(), (32, 48), {"whole": FloorForm(), "half": FloorForm(divisor=2)})
    assert rules(made) == ("H >= 2", "W >= 2")


def test_a_given_size_that_fails_is_replaced() -> None:
    """The nearest square that works stands beside the other axis."""
    height, width = case(lambda b, x: b.add("conv", Conv2d(2, 2, 9), x), (5, 5)).axes()
    assert (height.beside, width.beside) == (9, 9)


def test_a_rounded_scale_is_only_checked() -> None:
    """⌊n/3⌋ in double precision has no law here, and none is claimed."""
    made = case(lambda b, x: b.add("resize", Upsample(None, 1 / 3), x))
    height, _ = made.axes()
    assert height.proof is None
    assert valid_rule(height).text("H") == f"H >= 3, checked up to {height.checked}"
    assert height.nearest(10**9, 8) == (10**9,)


def test_a_constant_output_is_told() -> None:
    """Seven bins, whatever comes."""
    made = case(lambda b, x: b.add("bins", AdaptiveAvgPool2d(7), x))
    height, _ = made.axes()
    assert outputs_of(made.graph, made.forms, height, valid_rule(height)) == {"out": "7"}


def test_beyond_double_precision_each_size_is_followed() -> None:
    """A factor's size is computed in double precision, a transposed window's is not: odd sizes over 2^53 part them."""

    def make(b: Builder, x: Value) -> Value:
        resized = b.add("resize", Upsample(None, 2.0), x)
        return b.add("add", Add(), resized, b.add("transposed", ConvTranspose2d(2, 2, 2, 2), x))

    made = case(make)
    height, _ = made.axes()
    assert height.proof is not None
    assert (height.legal(2**60), height.legal(2**60 + 1)) == (True, False)
    for n in (LARGEST_PROVED, LARGEST_PROVED + 1, 2**60, 2**60 + 1):
        assert height.legal(n) == made.works(height, n)


def test_rules_name_what_does_not_fit_their_pattern() -> None:
    """Single sizes below the pattern, and the least modulus."""
    assert rule_of(lambda n: n in (3, 8) or (n >= 20 and n % 4 in (0, 3)), 21, 8) == Rule(4, (0, 3), 20, (3, 8))
    assert Rule(4, (0, 3), 20, (3, 8)).text("W") == "W ≡ 0, 3 mod 4, W >= 20; also W = 3, 8"
    assert Rule(1, (), 1, ()).text("H") == "no H"
