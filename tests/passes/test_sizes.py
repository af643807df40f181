"""Valid sizes of the catalogue and of random graphs: rules, proofs and closed forms against running size by size."""

from __future__ import annotations

import pytest

from pyramidcalc.catalog import names
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.size_rules import aligned_rule, closed_forms, outputs_of, valid_rule
from pyramidcalc.passes.sizes import sizes
from tests.passes.size_cases import Case, axes_of, case_of


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


@pytest.mark.parametrize(
    ("n", "nearest"),
    [(500, (482, 511)), (512, (512,)), (3, (127,)), (130, (130,)), (10**18 + 5, (10**18 + 2, 10**18 + 31))],
)
def test_nearest_sizes(n: int, nearest: tuple[int, ...]) -> None:
    """Itself where it works, else the neighbours on both sides, however far."""
    height, _ = axes_of("speed")
    assert height.nearest(n, 8) == nearest


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
