"""Valid sizes: rules, proofs and closed forms against graphs that are run size by size."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.catalog import find, names
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.indexmap import FloorForm, halved
from pyramidcalc.layers.convolution import Conv2d, ConvTranspose2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo, Upsample
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.size_rules import Rule, aligned_rule, closed_forms, outputs_of, rule_of, valid_rule
from pyramidcalc.passes.sizes import LARGEST_PROVED, AxisSizes, Proof, inputs, sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.graph import Value

Shapes = dict[str, tuple[int, ...]]


class Case:
    """A graph with what it takes to ask for its sizes."""

    def __init__(self, graph: Graph, given: tuple[int, int], forms: dict[str, FloorForm] | None = None) -> None:
        self.graph = graph
        self.given = given
        self.forms = forms or {"input": FloorForm()}

    def axes(self, most: int = 64) -> tuple[AxisSizes, AxisSizes]:
        """Its heights and widths."""
        found = sizes(self.graph, self.forms, self.given, most=most)
        assert found is not None
        return found

    def at(self, axis: AxisSizes, n: int) -> Shapes:
        """The inputs with one axis at n, beside what it was judged beside."""
        pair = (n, axis.beside) if axis.axis == "height" else (axis.beside, n)
        return inputs(self.graph, self.forms, *pair)

    def works(self, axis: AxisSizes, n: int) -> bool:
        """Whether the graph runs there."""
        return shapes(self.graph, self.at(axis, n)).failure is None


@cache
def axes_of(name: str) -> tuple[AxisSizes, AxisSizes]:
    """Heights and widths of an architecture, looked for up to 256 at least."""
    return case_of(name).axes(256)


def case_of(name: str) -> Case:
    """An architecture of the catalogue with its defaults."""
    found = find(name)
    options = found.checked({})
    channels, height, width = found.default_input(options)
    levels = found.levels(channels, options)
    graph = found.build({label: count for label, (count, _) in levels.items()}, options)
    return Case(graph, (height, width), {label: form for label, (_, form) in levels.items()})


def case(make: Callable[[Builder, Value], Value], given: tuple[int, int] = (32, 48)) -> Case:
    """A graph on one map of 2 channels."""
    builder = Builder()
    builder.output("out", make(builder, builder.input("input", 2)))
    return Case(builder.build(), given)


def rules(made: Case) -> tuple[str, str]:
    """Both rules in words."""
    height, width = made.axes()
    return valid_rule(height).text("H"), valid_rule(width).text("W")


def test_speed_works_where_running_it_does() -> None:
    """Every height and width from 64 to 512."""
    made = case_of("speed")
    for axis in axes_of("speed"):
        assert axis.valid(64, 512) == tuple(n for n in range(64, 513) if made.works(axis, n))


def test_speeds_rule() -> None:
    """Multiples of 32, and one less, one and two more, from 127 up; a quarter of it comes out."""
    made = case_of("speed")
    height, _ = axes_of("speed")
    assert height.proof is not None
    assert height.proof.period == 32
    rule = valid_rule(height)
    assert rule.text("H") == "H ≡ 0–2, 31 mod 32, H >= 127"
    assert outputs_of(made.graph, made.forms, height, rule) == {"out": "⌊(H + 1)/4⌋"}


@pytest.mark.parametrize("name", names())
def test_rules_hold_beyond_what_was_followed(name: str) -> None:
    """Sizes far beyond the proof, and small ones, are legal as the rule says and of the size that the form says."""
    made = case_of(name)
    for index, axis in enumerate(axes_of(name), 1):
        rule = valid_rule(axis)
        form = closed_forms(made.graph, made.forms, index)[made.graph.outputs[0][1]]
        text = next(iter(outputs_of(made.graph, made.forms, axis, rule).values()))
        beyond = range(axis.checked + 1, axis.checked + 36)
        for n in (*range(1, 12), *beyond, 10_007) if axis.proof else range(1, 12):
            resolved = shapes(made.graph, made.at(axis, n))
            assert rule.holds(n) == axis.legal(n) == (resolved.failure is None), n
            if text is not None and form is not None and text == form.text(axis.letter) and not resolved.failure:
                assert form.at(n) == resolved.shapes[made.graph.outputs[0][1]][index]


@pytest.mark.parametrize("name", names())
def test_all_is_proved(name: str) -> None:
    """Every architecture of the catalogue repeats, that of several inputs too."""
    assert all(axis.proof for axis in axes_of(name))


@pytest.mark.parametrize("name", ["deeplabv3plus", "speed", "fpn-resnet", "ppm", "resnet", "dspp"])
def test_aligned_sizes_have_no_misaligned_merge(name: str) -> None:
    """The rule says what the diagnostics of that size say of rows."""
    made = case_of(name)
    height, _ = axes_of(name)
    rule = aligned_rule(height)
    for n in (*range(1, 40), *range(120, 160), 192, 193, 384, 385):
        if height.legal(n):
            notes = diagnose(shapes(made.graph, made.at(height, n)))
            assert rule.holds(n) == (
                not any(note.code == "misaligned" and "(rows" in note.message for note in notes)
            ), n


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


@pytest.mark.parametrize(
    ("n", "nearest"),
    [(500, (482, 511)), (512, (512,)), (3, (127,)), (130, (130,)), (10**18 + 5, (10**18 + 2, 10**18 + 31))],
)
def test_nearest_sizes(n: int, nearest: tuple[int, ...]) -> None:
    """Itself where it works, else the neighbours on both sides, however far."""
    height, _ = axes_of("speed")
    assert height.nearest(n, 8) == nearest


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


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(40))
def test_proofs_hold_on_random_graphs(seed: int) -> None:
    """What is proved of chains with branches that come back is so at sizes that were not followed."""
    from pyramidcalc.oracle.configurations import GRAPHS
    from pyramidcalc.oracle.draws import Draw
    from pyramidcalc.oracle.random_graphs import Chain

    graph, given = Chain(Draw(GRAPHS, seed)).build()
    _, height, width = given["input"]
    if len(given) > 1:
        return
    made = Case(graph, (height, width))
    for axis in sizes(graph, made.forms, made.given, most=64) or ():
        if axis.proof is not None:
            rule = valid_rule(axis)
            for n in (*range(1, 20), *range(axis.checked + 1, axis.checked + 20), 5003, 20_011):
                assert rule.holds(n) == axis.legal(n) == made.works(axis, n), (axis.axis, n)


@pytest.mark.torch
def test_torch_runs_speed_on_the_same_sizes() -> None:
    """Squares from 64 to 512: whole runs of real torch layers, without data."""
    import torch

    from pyramidcalc.oracle import to_module

    made = case_of("speed")
    with torch.device("meta"):
        module = to_module(made.graph).eval()

    def runs(n: int) -> bool:
        try:
            with torch.no_grad():
                module(torch.empty(1, 3, n, n, device="meta"))
        except (RuntimeError, ValueError):
            return False
        return True

    height, width = axes_of("speed")
    sizes = range(64, 513)
    ours = {n for n in sizes if height.legal(n) and width.legal(n)}
    assert ours == {n for n in sizes if runs(n)}
