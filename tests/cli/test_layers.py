"""Single layers: options named as in torch.nn, and the formula with the numbers put in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import below, invoke, invoke_json

WINDOW = "⌊(n + lo + hi − d·(k − 1) − 1)/s⌋ + 1"


@pytest.mark.parametrize(
    ("line", "attributes", "output"),
    [
        (
            "conv --kernel 5x3 --stride 2 3 --padding 4x1 --dilation 2",
            {"kernel_size": [5, 3], "stride": [2, 3], "padding": [4, 1], "dilation": [2, 2]},
            [3, 112, 74],
        ),
        (
            "conv --input 8x9x7 --out-channels 12 --groups 4 --no-bias --padding same",
            {"in_channels": 8, "out_channels": 12, "groups": 4, "bias": False, "padding": "same"},
            [12, 9, 7],
        ),
        ("conv --padding-mode reflect --padding 1", {"padding_mode": "reflect"}, [3, 224, 224]),
        ("conv --padding -1 --padding-mode reflect", {"padding": [-1, -1]}, [3, 220, 220]),
        (
            "conv-transpose --kernel 3 --output-padding 1 --input 2x5x7 --out-channels 4",
            {"kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1], "output_padding": [1, 1]},
            [4, 10, 14],
        ),
        ("conv-transpose --padding 0 --output-padding 0", {"padding": [0, 0]}, [3, 450, 450]),
        ("pool --kernel 3 --stride 2 --ceil-mode", {"ceil_mode": True}, [3, 112, 112]),
        ("pool --kind avg --kernel-size 3x2", {"kernel_size": [3, 2], "stride": [3, 2]}, [3, 74, 112]),
        ("pool --dilation 3", {"dilation": [3, 3]}, [3, 111, 111]),
        ("adaptive-pool --size nonex7", {"output_size": [None, 7]}, [3, 224, 7]),
        ("adaptive-pool --kind max --output-size 5 3", {"output_size": [5, 3]}, [3, 5, 3]),
        ("resize --size 13x9", {"size": [13, 9], "mode": "bilinear"}, [3, 13, 9]),
        ("resize --scale-factor 0.5x1.5 --mode nearest", {"scale_factor": [0.5, 1.5]}, [3, 112, 336]),
        ("resize --align-corners", {"align_corners": True, "scale_factor": [2.0, 2.0]}, [3, 448, 448]),
    ],
)
def test_options_make_the_layer(line: str, attributes: dict[str, Any], output: list[int]) -> None:
    """Options are torch.nn's fields; the channels come from the input."""
    report = invoke_json(*line.split())
    assert report["output"] == output
    assert attributes.items() <= report["layers"][0]["attributes"].items()


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (
            "conv --input 33 --padding 24 --dilation 24",
            {"formula": WINDOW, "height and width": "⌊(33 + 24 + 24 − 24·(3 − 1) − 1)/1⌋ + 1 = 33"},
        ),
        (
            "conv-transpose --input 5x7",
            {
                "height": "(5 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 10",
                "width": "(7 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 14",
            },
        ),
        ("conv --kernel 1", {"formula": "n", "height and width": "224, kept", "where": "n input size"}),
        ("conv --kernel 1x3", {"formula": f"n; {WINDOW}", "height": "224, kept"}),
        (
            "adaptive-pool --dims 3 --size 2xnonex4 --input 16x9x14",
            {"depth": "2 bins over 16, 8 wide", "height": "9, kept", "width": "4 bins over 14, 3 to 4 wide"},
        ),
        (
            "pool --dims 1 --kernel 4 --input 5x37",
            {"formula": WINDOW, "length": "⌊(37 + 0 + 0 − 1·(4 − 1) − 1)/4⌋ + 1 = 9"},
        ),
        ("conv --dims 3 --input 7", {"depth, height and width": "⌊(7 + 0 + 0 − 1·(3 − 1) − 1)/1⌋ + 1 = 5"}),
    ],
)
def test_formula_with_numbers(line: str, lines: dict[str, str]) -> None:
    """Once where all axes are alike, else a line an axis; an axis that is kept has none."""
    assert lines.items() <= below(*line.split()).items()


def test_letters_are_explained() -> None:
    """In the order of the formula."""
    assert below("conv")["where"].startswith("n input size, lo padding before, hi padding after, d dilation, k kernel")


def test_ceil_mode_has_its_own_formula() -> None:
    """The one-floor form of ceil_mode."""
    lines = below("pool", "--kernel", "3", "--stride", "2", "--padding", "1", "--ceil-mode", "--input", "224")
    assert lines["height and width"].endswith("= 113")


def test_a_layer_that_does_not_fit_says_why_and_what_would() -> None:
    """Spans, padded input, and a padding that keeps the size; exit code 1."""
    result = invoke("conv", "--input", "33", "--dilation", "24")
    assert result.exit_code == 1
    assert "kernel 3 at dilation 24 spans 49 > padded input 33; pad 24 keeps the size" in result.stdout


@pytest.mark.parametrize("option", ["kernel", "stride", "dilation", "padding"])
def test_numbers_that_no_input_makes_legal_are_the_layers_own_rule(option: str) -> None:
    """Exit code 1 with torch's name of the field."""
    result = invoke("pool", f"--{option}", "-1")
    assert (result.exit_code, "(=-1) must be at least" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    ("line", "unread"),
    [
        ("pool --kernel 3 --input 1x8x9", "6 rows"),
        ("conv --kernel 3 --stride 2 --dilation 2 --input 1x8x9", None),
        # Four rows: the taps stand on 0 and 2, and of three rows none would read the second either.
        ("conv --kernel 2 --stride 3 --dilation 2 --input 1x4x4", None),
    ],
)
def test_rows_that_no_window_reads_are_told(line: str, unread: str | None) -> None:
    """With the size of which all would be read; a dilated kernel has holes that no size fills."""
    notes = [note for note in invoke_json(*line.split())["diagnostics"] if note["code"] == "unread-input"]
    assert [note["hint"].partition(" would")[0] for note in notes] == ([unread] if unread else [])
