"""Single layers: options named as in torch.nn, and the formula with the numbers put in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import invoke, invoke_json


def lines_of(*args: str) -> dict[str, str]:
    """Label to text of what stands below the table."""
    below = invoke(*args).stdout.rpartition("\n\n")[2]
    return {label.strip(): text for label, _, text in (line.partition("  ") for line in below.splitlines())}


@pytest.mark.parametrize(
    ("args", "attributes", "output"),
    [
        (
            ["conv", "--kernel", "5x3", "--stride", "2", "3", "--padding", "4x1", "--dilation", "2"],
            {"kernel_size": [5, 3], "stride": [2, 3], "padding": [4, 1], "dilation": [2, 2]},
            [3, 112, 74],
        ),
        (
            ["conv", "--input", "8x9x7", "--out-channels", "12", "--groups", "4", "--no-bias", "--padding", "same"],
            {"in_channels": 8, "out_channels": 12, "groups": 4, "bias": False, "padding": "same"},
            [12, 9, 7],
        ),
        (["conv", "--padding-mode", "reflect", "--padding", "1"], {"padding_mode": "reflect"}, [3, 224, 224]),
        (
            ["conv-transpose", "--kernel", "3", "--output-padding", "1", "--input", "2x5x7", "--out-channels", "4"],
            {"kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1], "output_padding": [1, 1]},
            [4, 10, 14],
        ),
        (["pool", "--kernel", "3", "--stride", "2", "--ceil-mode"], {"ceil_mode": True}, [3, 112, 112]),
        (["pool", "--kind", "avg", "--kernel-size", "3x2"], {"kernel_size": [3, 2], "stride": [3, 2]}, [3, 74, 112]),
        (["pool", "--dilation", "3"], {"dilation": [3, 3]}, [3, 111, 111]),
        (["adaptive-pool", "--size", "nonex7"], {"output_size": [None, 7]}, [3, 224, 7]),
        (["adaptive-pool", "--kind", "max", "--output-size", "5", "3"], {"output_size": [5, 3]}, [3, 5, 3]),
        (["resize", "--size", "13x9"], {"size": [13, 9], "mode": "bilinear"}, [3, 13, 9]),
        (["resize", "--scale-factor", "0.5x1.5", "--mode", "nearest"], {"scale_factor": [0.5, 1.5]}, [3, 112, 336]),
        (["resize", "--align-corners"], {"align_corners": True, "scale_factor": [2.0, 2.0]}, [3, 448, 448]),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) and item and isinstance(item[0], str) else "",
)
def test_options_make_the_layer(args: list[str], attributes: dict[str, Any], output: list[int]) -> None:
    """Options are torch.nn's fields; the channels come from the input."""
    found = invoke_json(*args)
    assert found["output"] == output
    assert attributes.items() <= found["layers"][0]["attributes"].items()


def test_formula_with_numbers_once_where_both_axes_are_equal() -> None:
    """Letters, numbers, and what the letters mean."""
    lines = lines_of("conv", "--input", "33", "--kernel", "3", "--padding", "24", "--dilation", "24")
    assert lines["formula"].strip() == "⌊(n + lo + hi − d·(k − 1) − 1)/s⌋ + 1"
    assert lines["height and width"].strip() == "⌊(33 + 24 + 24 − 24·(3 − 1) − 1)/1⌋ + 1 = 33"
    assert lines["where"].strip().startswith("n input size, lo padding before, hi padding after, d dilation, k kernel")


def test_formula_of_each_axis_where_they_differ() -> None:
    """Height and width on their own lines."""
    lines = lines_of("conv-transpose", "--input", "5x7")
    assert lines["height"].strip() == "(5 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 10"
    assert lines["width"].strip() == "(7 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 14"


def test_ceil_mode_has_its_own_formula() -> None:
    """The one-floor form of ceil_mode."""
    lines = lines_of("pool", "--kernel", "3", "--stride", "2", "--padding", "1", "--ceil-mode", "--input", "224")
    assert lines["height and width"].strip().endswith("= 113")


def test_a_layer_that_does_not_fit_says_why_and_what_would() -> None:
    """DESIGN's example: spans, padded input, and a padding that keeps the size; exit 1."""
    result = invoke("conv", "--input", "33", "--dilation", "24")
    assert result.exit_code == 1
    assert "kernel 3 at dilation 24 spans 49 > padded input 33; pad 24 keeps the size" in result.stdout


def test_a_word_holds_for_both_axes() -> None:
    """same and valid stand alone."""
    result = invoke("conv", "--padding", "same", "1")
    assert (result.exit_code, "stands alone" in result.stderr) == (2, True)
