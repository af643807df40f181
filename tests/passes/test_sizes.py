"""Valid sizes of the catalogue and of random graphs: rules, proofs and closed forms against running size by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.catalog import names
from pyramidcalc.layers.base import SIDES
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import MaxPool2d
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.passes.alignment import misaligned
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.size_rules import aligned_rule, output_texts, valid_rule
from tests.passes.drawing import channel_graph
from tests.passes.size_cases import Case, at, case, case_of
from tests.passes.test_ranks import drawn_steps, graph_of

if TYPE_CHECKING:
    from pyramidcalc.graph import Builder, Value
    from pyramidcalc.passes.sizes import AxisSizes

RULES = {
    "adaptive-pool": ("n >= 1", 1, "1"),
    "aspp": ("n >= 1", 1, "n"),
    "bifpn": ("n >= 1", 16, "n"),
    "conv": ("n >= 3", 1, "n − 2"),
    "conv-transpose": ("n >= 1", 1, "2·n"),
    "deeplabv1": ("n >= 1", 8, "n"),
    "deeplabv2": ("n >= 1", 8, "⌊(n − 1)/8⌋ + 1"),
    "deeplabv3": ("n >= 1", 16, "n"),
    "deeplabv3plus": ("n >= 1", 16, "n"),
    "dense-aspp": ("n >= 1", 1, "n"),
    "dspp": ("n >= 8", 1, "n"),
    "fpn": ("n >= 1", 8, "n"),
    "fpn-resnet": ("n >= 1", 32, "⌊(n − 1)/4⌋ + 1"),
    "hdc": ("n >= 1", 1, "n"),
    "lraspp": ("n >= 1", 16, "n"),
    "mdspp": ("n >= 8", 1, "n"),
    "mobilenet-v3-large": ("n >= 1", 32, "⌊(n − 1)/32⌋ + 1"),
    "panet": ("n >= 1", 8, "n"),
    "pool": ("n >= 2", 2, "⌊n/2⌋"),
    "ppm": ("n >= 1", 1, "n"),
    "pspnet": ("n >= 1", 8, "n"),
    "resize": ("n >= 1", 1, "2·n"),
    "rfb": ("n >= 1", 1, "n"),
    "resnet": ("n >= 1", 32, "⌊(n − 1)/32⌋ + 1"),
    "speed": ("n ≡ 0–2, 31 mod 32, n >= 127", 32, "⌊(n + 1)/4⌋"),
    "spp": ("n >= 10; also n = 4, 6–8", 1, None),
    "spp-net": ("n >= 26; also n = 14–15, 18–23", 2, None),
    "sppcspc": ("n >= 1", 1, "n"),
    "tcn": ("n >= 1", 1, "n"),
    # The tiles of arXiv 1505.04597, section 2: every pool has an even size; 572 is one of them.
    "unet": ("n ≡ 12 mod 16, n >= 188", 16, "n − 184"),
    "upernet": ("n >= 1", 32, "n"),
    "vgg16": ("n >= 32", 32, "⌊n/32⌋"),
    "xception": ("n >= 1", 32, "⌊(n − 1)/32⌋ + 1"),
    "yolo-spp": ("n >= 1", 1, "n"),
}
"""Rule of the valid sizes, period of the proof, and size of the main output, the same on all axes."""


def axes_of(name: str, most: int = 64) -> tuple[AxisSizes, ...]:
    """The axes of an architecture with its defaults."""
    return case_of(name).axes(most)


def test_every_architecture_has_its_rule() -> None:
    """A new one belongs in the table above."""
    assert set(names()) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_rules_of_the_catalogue(name: str) -> None:
    """What works, proved for all sizes, and what comes out; so it is small and far beyond what was followed, too."""
    for axis in axes_of(name):
        rule = valid_rule(axis)
        label, text = next(iter(output_texts(axis, rule).items()))
        assert axis.proof is not None
        assert (rule.text("n"), axis.proof.period, text and text.replace(axis.letter, "n")) == RULES[name]
        form = axis.output_forms[label]
        for n in (*range(1, 12), *range(axis.checked + 1, axis.checked + 2 + axis.proof.period), 10_007):
            resolved = at(axis, n)
            assert resolved is not None
            assert rule.holds(n) == axis.legal(n) == (resolved.failure is None), n
            if form is not None and text == form.text(axis.letter) and not resolved.failure:
                assert form.at(n) == resolved.shapes[axis.family.graph.outputs[0][1]][axis.axis]


@pytest.mark.parametrize("name", ["deeplabv3plus", "fpn-resnet", "ppm", "dspp", "tcn"])
def test_aligned_sizes_have_no_misaligned_merge(name: str) -> None:
    """The rule, told up to where sizes were looked at, says what the diagnostics of that axis say."""
    axis = axes_of(name, 100)[0]
    rule = aligned_rule(axis, 100)
    assert rule.text("n").endswith("checked up to 100")
    side = f"({SIDES[len(axis.beside) - 1][0]})"
    for n in (*range(1, 20), *range(80, 101)):
        resolved = at(axis, n)
        if resolved is not None and not resolved.failure:
            assert rule.holds(n) != any(
                side in f"{note.message} (" for note in misaligned(resolved.layers, fields(resolved))
            ), n


@pytest.mark.parametrize(
    ("n", "nearest"),
    [
        (24, (24,)),
        (30, (24, 48)),
        (3, (24,)),
        (10**7 + 5, (9_999_984, 10_000_008)),
        (10**12, (10**12 + 8,)),
        (10**12 - 4, ()),
    ],
)
def test_nearest_sizes(n: int, nearest: tuple[int, ...]) -> None:
    """Itself where it works, else its neighbours: however far where all is proved, else up to 8 away."""

    def build(b: Builder, x: Value) -> Value:
        return b.add("both", Concat(), x, b.add("up", Upsample(None, 24.0), b.add("down", MaxPool2d(24), x)))

    assert case(build, 48, 24).axes()[0].nearest(n, 8) == nearest


@pytest.mark.parametrize("seed", range(12))
def test_proofs_hold_on_random_graphs(seed: int) -> None:
    """Of slices, splits and branches, of maps and sequences, and of volumes: at sizes that were not followed, too."""
    steps, shape = drawn_steps(seed)
    cases = [Case(*channel_graph(seed, rank)) for rank in (1, 2)]
    cases.append(Case(graph_of(steps, (0, 1, 2), shape), shape))
    for each in cases:
        for axis in each.axes(32):
            rule = valid_rule(axis)
            assert axis.proof is not None
            for n in (*range(1, 25), *range(axis.checked + 1, axis.checked + 15), 5003):
                assert rule.holds(n) == axis.legal(n) == each.works(axis, n), (axis.axis, n)


@pytest.mark.torch
def test_torch_runs_speed_on_the_same_sizes() -> None:
    """Squares from 64 to 255: whole runs of real torch layers, a few channels wide."""
    torch = pytest.importorskip("torch", reason="torch is the reference here")
    from pyramidcalc.oracle import to_module

    graph = pc.build("speed", alpha=0.06)
    module = to_module(graph).eval()

    def runs(n: int) -> bool:
        try:
            with torch.no_grad():
                module(torch.zeros(1, 3, n, n))
        except (RuntimeError, ValueError):
            return False
        return True

    some = {n for n in range(64, 256) if n % 32 in (0, 2, 3, 30, 31)}
    accepted = {n for n in some if shapes(graph, {"input": (3, n, n)}).failure is None}
    assert accepted == set(filter(runs, some))
