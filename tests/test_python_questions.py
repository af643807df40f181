"""Comparisons, sweeps and questions turned round, as Python functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import pyramidcalc as pc

if TYPE_CHECKING:
    from collections.abc import Callable


def test_compare_puts_architectures_side_by_side() -> None:
    """By their own names or by others; a row a quantity."""
    comparison = pc.compare(small=pc.analyze("aspp", channels=64), large=pc.analyze("aspp"))
    rows = {row["quantity"]: row for row in comparison.rows()}
    assert rows["channels"] == {"quantity": "channels", "small": 64, "large": 256}
    assert rows["parameters"]["large"] == comparison["large"].parameters
    assert list(pc.compare("ppm", "aspp").reports) == ["ppm", "aspp"]
    assert "15,535,104" in str(comparison)


@pytest.mark.parametrize(
    ("names", "message"),
    [(("aspp",), "at least two"), (("aspp", "aspp"), "two architectures are called aspp; name them: compare")],
)
def test_compare_refuses(names: tuple[str, ...], message: str) -> None:
    """One alone, and two of one name."""
    with pytest.raises(pc.UsageError, match=message):
        pc.compare(*names)


def test_sweep_runs_all_combinations() -> None:
    """Of what is a list or a range; the last changes first, and what is invalid keeps its place."""
    sweep = pc.sweep("spp", bins=[(4, 2), (2, 1)], input=range(5, 8), method="pad")
    assert [tuple(point.values.values()) for point in sweep] == [
        (bins, n) for bins in ((4, 2), (2, 1)) for n in (5, 6, 7)
    ]
    assert [point.problem is None for point in sweep] == [False, True, True, True, True, True]
    rows = sweep.rows()
    assert (rows[0].get("channels"), rows[1]["channels"]) == (None, 20 * 256)
    assert "4 bins on 5" in rows[0]["problem"]
    assert repr(sweep) == "<Sweep of bins, input: 5 of 6 combinations valid>"
    assert "padding" in str(sweep)


def test_sweep_keeps_options_that_go_together_with_nothing() -> None:
    """A combination that no input makes legal is a problem too, not the end."""
    sweep = pc.sweep("rfb", variant=["rfb", "rfb-s"], stride=[1, 2], input=(64, 9, 9))
    assert [point.problem is None for point in sweep] == [True, True, False, False]


@pytest.mark.parametrize(
    ("values", "message"),
    [({"rate": (6, 12)}, "a sweep needs a list"), ({"rate": []}, "`rate` .=.*. holds no value")],
)
def test_sweep_refuses(values: dict[str, Any], message: str) -> None:
    """Nothing to vary, or no value."""
    with pytest.raises(pc.UsageError, match=message):
        pc.sweep("aspp", **values)


def test_solve_turns_the_question_round() -> None:
    """Layers for a size, and rates for a receptive field."""
    first, *others = pc.solve.conv(64, "32x32", kernel=3)
    assert (first.kernel, first.stride, first.padding, first.dilation) == (3, 2, 1, 1)
    assert others
    assert pc.solve.conv_transpose((5, 7), (10, 14), kernel=2, stride=2)[0].padding == 0
    assert {solution.kernel for solution in pc.solve.pool(64, 32, kind="avg", kernel=range(2, 4))} == {2, 3}
    assert pc.solve.pool(13, 7, kernel=2, stride=2, padding=0, ceil_mode=True)[0].kernel == 2
    assert pc.solve.aspp(33, receptive_field=25).rate == 12


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: pc.solve.conv(0, 4), "`input` .=0. must be a size"),
        (
            lambda: pc.solve.conv(8, (4, 4, 4)),  # type: ignore[arg-type]
            "`output` .=.4, 4, 4.. must be a size",
        ),
        (lambda: pc.solve.conv(8, 4, kernel=2.5), "`kernel` .=2.5. must be a whole number or a range"),  # type: ignore[arg-type]
        (lambda: pc.solve.pool(8, 4, kind="min"), "`kind` .='min'. must be max or avg"),  # type: ignore[arg-type]
        (lambda: pc.solve.conv(8, 4, kernel=0), "whole numbers from 1"),
    ],
)
def test_solve_refuses(ask: Callable[[], object], message: str) -> None:
    """Sizes, settings and kinds that are none."""
    with pytest.raises(pc.UsageError, match=message):
        ask()


@pytest.mark.parametrize(
    ("what", "values", "message"),
    [("aspp", {"rates": [3]}, "did you mean rate"), ("asp", {"rate": [3]}, "did you mean aspp")],
)
def test_a_sweep_that_is_wrong_everywhere_is_wrong_usage(what: str, values: dict[str, Any], message: str) -> None:
    """A misspelt name gives no sweep of invalid rows."""
    with pytest.raises(pc.UsageError, match=message):
        pc.sweep(what, **values)


def test_answers_are_one_line_in_a_prompt() -> None:
    """Masks and weights are asked for, not printed."""
    report = pc.analyze("aspp", input=(8, 9, 7), rate=(1, 2))
    assert repr(report.reach(at=(4, 3), layer="rate2.conv")) == "<Reach of rate2.conv at (4, 3): 9 pixels of input>"
    field = report.effective_field(at=(4, 3), layer="rate2.conv")
    assert repr(field) == "<EffectiveField of rate2.conv at (4, 3), mean: 5x5 pixels of input>"
    assert repr(pc.build("yolo-spp")) == "<Graph of 4 layers: input of 512 channels → concat>"


def test_a_layer_given_for_an_architecture_is_told_what_to_call() -> None:
    """A layer alone has a size, and no report."""
    with pytest.raises(pc.UsageError, match=r"got a layer \(ReLU\); `layer.output_shape"):
        pc.analyze(pc.layers.ReLU(), input=(3, 4, 5))
