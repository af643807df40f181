"""What values look like, and how odd ones are refused."""

from __future__ import annotations

import pytest

from tests.cli.conftest import invoke, invoke_json

ODD = ["0", "-1", "1.5", "nan", "inf", "", " ", "１２", "²", "1e3", "1_000", "+3", "None", "☃", "9" * 5000, "\udcff"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("64", [2048, 64, 64]),
        ("64x48", [2048, 64, 48]),
        ("64×48", [2048, 64, 48]),
        ("64,48", [2048, 64, 48]),
        ("64X48", [2048, 64, 48]),
        ("64 x 48", [2048, 64, 48]),
        ("16x64x48", [16, 64, 48]),
        ("16,64×48", [16, 64, 48]),
    ],
)
def test_input_in_every_spelling(text: str, shape: list[int]) -> None:
    """H×W keeps the default channels, C×H×W sets them, one number is a square."""
    assert invoke_json("aspp", "--input", text)["input"] == shape


def test_input_of_several_levels_is_the_finest() -> None:
    """fpn's other inputs follow from --input, each half the size rounded up."""
    assert invoke_json("fpn", "--input", "33x35")["inputs"] == {
        "c2": [256, 33, 35],
        "c3": [512, 17, 18],
        "c4": [1024, 9, 9],
        "c5": [2048, 5, 5],
    }


@pytest.mark.parametrize("text", [*ODD, "64x", "x64", "64x0", "64x-1", "1x2x3x4", "64xnan", "64.0x64"])
def test_odd_sizes_are_refused_with_value_rule_and_way_out(text: str) -> None:
    """One sentence names the value, what a size is, and an example; exit 2."""
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
    assert result.exit_code == 2
    assert "is not a whole number from 1 to 10^18" in result.stderr


def test_huge_numbers_are_fine() -> None:
    """10**12 costs what a small number does, and is exact."""
    found = invoke_json("conv", "--input", "3x1000000000000x999999999999", "--out-channels", "1000000000000")
    assert found["output"] == [10**12, 10**12 - 2, 10**12 - 3]
    assert found["macs"] == 27 * 10**12 * (10**12 - 2) * (10**12 - 3)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "0", "", "1e400", "x", "１"])
def test_odd_factors_are_refused(text: str) -> None:
    """A scale is finite and above 0."""
    result = invoke("resize", "--scale", text)
    assert (result.exit_code, "is not a number above 0" in result.stderr) == (2, True)


@pytest.mark.parametrize("text", ["3", "1,2,3", "-1,2", "a,b", "", "1.0,2"])
def test_odd_positions_are_refused(text: str) -> None:
    """--at is two whole numbers from 0."""
    result = invoke("reach", "spp", "--at", text)
    assert (result.exit_code, "is not ROW,COL" in result.stderr) == (2, True)
