"""Sequences and volumes on the command line: every command takes one, two or three axes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import below, invoke, invoke_csv, invoke_json


@pytest.mark.parametrize(
    ("line", "output", "field"),
    [
        ("conv --dims 1 --dilation 8 --input 16000", [3, 15984], {"size": [17], "stride": [1], "padding": [0]}),
        ("conv --dims 1 --kernel 5 --stride 3 --padding 2 --input 4x50", [4, 17], {"size": [5], "stride": [3]}),
        (
            "conv --dims 3 --kernel 3x5x7 --stride 1x2x3 --padding 1x0x2 --input 2x9x11x13",
            [2, 9, 4, 4],
            {"size": [3, 5, 7], "stride": [1, 2, 3], "padding": [1, 0, 2]},
        ),
        ("conv-transpose --dims 1 --input 5x7", [5, 14], {"size": [2], "stride": ["1/2"]}),
        ("conv-transpose --dims 3 --kernel 2 --padding 0 --input 1x3x4x5", [1, 6, 8, 10], {"size": [1, 1, 1]}),
        ("pool --dims 1 --kernel 4 --input 5x37", [5, 9], {"size": [4], "stride": [4]}),
        ("pool --dims 3 --kind avg --kernel 1x2x3", [3, 16, 56, 37], {"size": [1, 2, 3], "stride": [1, 2, 3]}),
        ("adaptive-pool --dims 1 --size 4 --input 2x10", [2, 4], {"size": [3], "stride": ["5/2"]}),
        ("adaptive-pool --dims 3 --kind max --size 2x3x4 --input 8x9x12", [3, 2, 3, 4], {"size": [4, 3, 3]}),
        ("resize --dims 1 --size 7 --mode nearest --input 1x21", [1, 7], {"size": [1], "stride": [3]}),
        ("resize --dims 3 --scale 0.5x2x1.5 --input 2x8x9x10", [2, 4, 18, 15], {"stride": [2, "1/2", "2/3"]}),
        ("tcn --kernel 3 --levels 4 --channels 5 --input 2x50", [5, 50], {"size": [61], "padding": [60]}),
    ],
)
def test_layers_and_tcn(line: str, output: list[int], field: dict[str, Any]) -> None:
    """The output, and size, stride and padding of the receptive field, one an axis."""
    report = invoke_json(*line.split())
    assert report["output"] == output
    assert field.items() <= report["receptive_field"].items()


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize("kernel", [2, 7])
def test_receptive_field_of_tcn(kernel: int, levels: int) -> None:
    """Two convolutions a level, at rates 1, 2, 4 …: 1 + 2(k − 1)(2^levels − 1), all of it before the output."""
    report = invoke_json("tcn", "--kernel", str(kernel), "--levels", str(levels))
    reach = 2 * (kernel - 1) * (2**levels - 1)
    assert (report["receptive_field"]["size"], report["receptive_field"]["padding"]) == ([1 + reach], [reach])


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("conv --dims 1", [3, 16000]),
        ("conv --dims 3", [3, 16, 112, 112]),
        ("conv --dims 1 --input 40", [3, 40]),
        ("conv --dims 1 --input 2x40", [2, 40]),
        ("conv --dims 3 --input 7", [3, 7, 7, 7]),
        ("conv --dims 3 --input 5x7x9", [3, 5, 7, 9]),
        ("conv --dims 3 --input 2,5x7×9", [2, 5, 7, 9]),
        ("tcn --input 2x40", [2, 40]),
    ],
)
def test_inputs_of_any_number_of_axes(line: str, shape: list[int]) -> None:
    """Channels may be left out; one number stands for all axes."""
    assert invoke_json(*line.split())["input"] == shape


@pytest.mark.parametrize(
    ("line", "heading", "lines"),
    [
        ("conv --dims 1 --dilation 8", "output (C×L)", {"receptive field": "17 pixels, stride 1, padding 0"}),
        (
            "conv --dims 3 --kernel 1x2x3 --stride 2",
            "output (C×D×H×W)",
            {"output": "3×8×56×55 (conv)", "receptive field": "1×2×3 pixels, stride 2, padding 0"},
        ),
        (
            "reach conv --dims 3 --dilation 2 --input 1x9x11x13 --at 4,5,6",
            "size (C×D×H×W)",
            {
                "pixel": "slice 4, row 5, column 6 of conv (1×5×7×9)",
                "input slices": "4–8 step 2",
                "input rows": "5–9 step 2",
                "input columns": "6–10 step 2",
            },
        ),
        (
            "reach tcn --kernel 2 --levels 3 --input 1x50",
            "size (C×L)",
            {"pixel": "position 25 of level2.relu (25×50)", "input positions": "11–25"},
        ),
    ],
)
def test_tables_name_the_axes(line: str, heading: str, lines: dict[str, str]) -> None:
    """Length; depth, height and width; positions; slices, rows and columns."""
    assert heading in invoke(*line.split()).stdout.splitlines()[0]
    assert lines.items() <= below(*line.split()).items()


def test_reach_of_a_sequence_in_json() -> None:
    """The names of its one axis."""
    values = invoke_json("reach", "conv", "--dims", "1", "--stride", "2", "--input", "21", "--at", "3")
    assert values["reach"]["input"] == {
        "pixels": 3,
        "hull": {"first": 6, "last": 8},
        "coverage": 1.0,
        "positions": [6, 7, 8],
        "mask": [[6, 9]],
    }


def test_sizes_of_every_axis() -> None:
    """An answer an axis, by its name; a sequence has no other axis beside it."""
    volume = invoke_json("sizes", "conv", "--dims", "3", "--kernel", "3x5x7", "--input", "2x9x11x13", "--to", "20")
    assert {name: volume[name]["rule"] for name in ("depth", "height", "width")} == {
        "depth": "D >= 3",
        "height": "H >= 5",
        "width": "W >= 7",
    }
    assert volume["height"]["beside"] == [9, 13]
    length = invoke_json("sizes", "pool", "--dims", "1", "--kernel", "4", "--to", "20", "--near", "1")["length"]
    assert (length["rule"], length["output"], length["nearest"], length["beside"]) == ("L >= 4", "⌊L/4⌋", [4], None)


def test_rows_of_different_ranks_stand_beside_each_other() -> None:
    """In comparisons and sweeps."""
    result = invoke("compare", "tcn --levels 2", "conv --dims 3", "conv")
    assert "input (C×L or C×D×H×W or C×H×W)" in result.stdout
    compared = {row["quantity"]: row for row in invoke_csv("compare", "tcn --levels 2", "conv --dims 3", "conv")}
    assert list(compared["input length"].values())[1:] == ["784", "", ""]
    assert list(compared["input depth"].values())[1:] == ["", "16", ""]
    assert list(compared["receptive field rows"].values())[1:] == ["", "3", "3"]
    swept = invoke_csv("sweep", "conv --dims {d} --kernel 3 --input {n}", "--set", "d=1..3", "--set", "n=9")
    sides = ["receptive field positions", "receptive field slices", "receptive field rows", "receptive field columns"]
    assert [[row[side] for side in sides] for row in swept] == [
        ["3", "", "", ""],
        ["", "", "3", "3"],
        ["", "3", "3", "3"],
    ]


@pytest.mark.parametrize(
    ("line", "holds", "fails"),
    [
        (
            "conv --dims 1 --stride 2 --input 4x21",
            ["output=4x10", "receptive-field=3", "stride=2", "conv.padding=0", "input=4x21"],
            ["output=10x4", "receptive-field=3x3", "stride>2"],
        ),
        (
            "conv --dims 3 --kernel 1x2x3 --padding 0x1x2 --input 4x5x6x7",
            ["output=4x5x7x9", "output=5x7x9", "receptive-field=1x2x3", "stride=1", "padding=0x1x2", "output>=5x7x8"],
            ["output=4x5x9x7", "receptive-field=1x2", "padding=0x1", "stride!=1x1x1"],
        ),
    ],
)
def test_expectations_on_one_and_three_axes(line: str, holds: list[str], fails: list[str]) -> None:
    """As many numbers as axes; one for all; the channels may be left out."""
    expected = [word for text in [*holds, *fails] for word in ("--expect", text)]
    outcomes = invoke_json(*line.split(), *expected)["expectations"]
    assert [outcome["expect"] for outcome in outcomes if outcome["ok"]] == holds
