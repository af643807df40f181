"""What values look like, and how odd ones are refused."""

from __future__ import annotations

import pytest

from tests.cli.conftest import invoke, invoke_json

ODD = ["0", "-1", "1.5", "nan", "inf", "", " ", "１２", "²", "1e3", "1_000", "+3", "None", "☃", "9" * 5000, "\udcff"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("64", [2048, 64, 64]),
        *[(text, [2048, 64, 48]) for text in ("64x48", "64×48", "64,48", "64X48", "64 x 48")],
        *[(text, [16, 64, 48]) for text in ("16x64x48", "16,64×48")],
    ],
)
def test_input_in_every_spelling(text: str, shape: list[int]) -> None:
    """H×W keeps the default channels, C×H×W sets them, one number is a square."""
    assert invoke_json("aspp", "--input", text)["input"] == shape


def test_input_of_several_levels_is_the_finest() -> None:
    """fpn's other inputs follow from --input, each half the size rounded up."""
    inputs = invoke_json("fpn", "--input", "33x35")["inputs"]
    assert inputs == {"c2": [256, 33, 35], "c3": [512, 17, 18], "c4": [1024, 9, 9], "c5": [2048, 5, 5]}


@pytest.mark.parametrize("text", [*ODD, "64x", "x64", "64x0", "64x-1", "1x2x3x4x5", "64xnan", "64.0x64"])
def test_odd_sizes_are_refused_with_value_rule_and_way_out(text: str) -> None:
    """One sentence names the value, what a size is, and an example; exit code 2."""
    result = invoke("aspp", "--input", text)
    assert result.exit_code == 2
    assert "Invalid value for '--input'" in result.stderr
    assert "64x64" in result.stderr
    assert len(result.stderr) < 500


@pytest.mark.parametrize("option", ["--rate", "--batch", "--depth", "--channels"])
@pytest.mark.parametrize("text", ODD)
def test_odd_numbers_are_refused_with_value_and_rule(option: str, text: str) -> None:
    """Numbers are plain digits from 1 to 10^18."""
    result = invoke("aspp", option, text)
    assert (result.exit_code, "is not a whole number from 1 to 10^18" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        *[
            (("resize", "--scale", text), "is not a number above 0")
            for text in ("nan", "-1", "0", "", "1e400", "x", "１")
        ],
        *[
            (("reach", "spp", "--at", text), "is not centre, corner or ROW,COL")
            for text in ("-1,2", "a,b", "", "1.0,2", "1,2,3,4")
        ],
        (("conv", "--padding", "same", "1"), "stands alone, for all axes"),
        (("adaptive-pool", "--size", "none"), "'none' keeps one axis; give the others too"),
    ],
)
def test_other_odd_values_are_refused(args: tuple[str, ...], rule: str) -> None:
    """Factors are finite and above 0, positions whole from 0, words stand alone."""
    result = invoke(*args)
    assert (result.exit_code, rule in result.stderr) == (2, True)


def test_huge_numbers_are_fine() -> None:
    """10**12 costs what a small number does, and is exact."""
    report = invoke_json("conv", "--input", "3x1000000000000x999999999999", "--out-channels", "1000000000000")
    assert report["output"] == [10**12, 10**12 - 2, 10**12 - 3]
    assert report["macs"] == 27 * 10**12 * (10**12 - 2) * (10**12 - 3)
