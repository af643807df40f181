"""`pyramidcalc erf`: how much of one output pixel each input pixel makes up."""

from __future__ import annotations

import pytest

from tests.cli.conftest import below, invoke, invoke_json


def test_weights_are_whole_numbers_over_a_denominator() -> None:
    """A 3×5 window at the left border: fifteenths, of which padding takes some; rows and columns are sums."""
    values = invoke_json("erf", "conv", "--kernel", "3x5", "--padding", "0x2", "--input", "9x11", "--at", "4,1")
    assert (values["layer"], values["at"], values["measure"], values["denominator"]) == ("conv", [4, 1], "mean", 15)
    ends = {"top": 4, "bottom": 6, "left": 0, "right": 3}
    assert values["effective_field"]["input"] == {
        "total": 12,
        "hull": ends,
        "centre": [5, 2],
        "squares": [
            {"share": 0.5, "size": [3, 3], "ends": {"top": 4, "bottom": 6, "left": 1, "right": 3}},
            {"share": 0.9, "size": [5, 5], "ends": {"top": 3, "bottom": 7, "left": 0, "right": 4}},
        ],
        "largest": {"weight": 1, "at": [4, 0]},
        "rows": [4, 4, 4],
        "columns": [3, 3, 3, 3],
        "weights": {"4": [1, 1, 1, 1], "5": [1, 1, 1, 1], "6": [1, 1, 1, 1]},
    }


@pytest.mark.parametrize(
    ("line", "weights"),
    [
        ("conv --dims 1 --kernel 3 --dilation 4 --input 30 --at 2", [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        ("conv --dims 3 --kernel 2x1x3 --input 5x6x7 --at 1,2,3", {"1,2": [1, 1, 1], "2,2": [1, 1, 1]}),
        ("conv-transpose --kernel 1 --stride 3 --at 1,1", {}),
    ],
)
def test_sequences_volumes_and_nothing(line: str, weights: object) -> None:
    """A sequence is one row, a row of a volume is `slice,row`; an output may read nothing."""
    assert invoke_json("erf", *line.split())["effective_field"]["input"]["weights"] == weights


def test_paths_are_counted() -> None:
    """Every way to the output counts 1: of four branches of ASPP v2 all nine taps, the middle one four times."""
    args = ("erf", "aspp", "--variant", "v2", "--rate", "1", "2", "3", "4", "--input", "20x21", "--measure", "paths")
    values = invoke_json(*args)
    assert (values["denominator"], values["effective_field"]["input"]["total"]) == (1, 36)
    assert values["effective_field"]["input"]["largest"] == {"weight": 4, "at": [10, 10]}


def test_corner_and_centre_are_places() -> None:
    """Of a map; a vector has one place, whatever is asked."""
    assert invoke_json("erf", "aspp", "--input", "33x35", "--at", "corner")["at"] == [0, 0]
    assert invoke_json("erf", "aspp", "--input", "33x35", "--at", "center")["at"] == [16, 17]
    assert invoke_json("erf", "spp", "--at", "corner")["at"] == []


def test_table_says_the_squares_the_largest_and_the_sums() -> None:
    """One row an input; sums of rows and columns as bars."""
    args = ("erf", "conv", "--kernel", "3", "--dilation", "2", "--padding", "2", "--input", "9x11", "--at", "corner")
    assert all(text in invoke(*args).stdout for text in ("9×11  ", "3×3  ", "25% in row 0, column 0"))
    assert below(*args) == {
        "pixel": "row 0, column 0 of conv (3×9×11)",
        "mean": "every operator averages what it reads, and merges add",
        "input centre": "row 1, column 1, nearest to the centre of gravity; the squares are around it",
        "input 50%": "rows 0–2, columns 0–2 (3×3)",
        "input 90%": "rows 0–2, columns 0–2 (3×3)",
        "input rows": "█ █  0–2",
        "input columns": "█ █  0–2",
    }


def test_csv_has_exact_numbers() -> None:
    """Sides of the squares, the largest weight, the sum of all, and what they are over."""
    args = ("erf", "conv", "--kernel", "5", "--dilation", "2", "--input", "19x21", "--format", "csv")
    heading, row = invoke(*args).stdout.splitlines()
    assert heading == "input,channels,height,width,side of 50%,side of 90%,largest,total,denominator"
    assert row.endswith(",9,9,1,25,25")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("conv --input 1000000000000", "over the limit of 65536"),
        ("resize --mode bicubic --scale 2 --input 8x9", "cubic weights are of both signs"),
        ("adaptive-pool --output-size 1 --input 4000x5000", "over the limit of 128 MiB"),
        ("conv --kernel 5001 --input 6000x7000", "over the limit of 128 MiB"),
    ],
)
def test_what_is_unknown_has_a_reason(line: str, reason: str, form: str) -> None:
    """Too many pixels, too much work, weights of both signs: exit code 0 and why, in no time."""
    result = invoke("erf", *line.split(), "--format", form)
    assert (result.exit_code, reason in result.stdout or form == "csv") == (0, True)


def test_a_layer_before_the_failing_one_can_be_asked(form: str) -> None:
    """What comes after it cannot: exit code 1 with the reason, in every format."""
    args = ["erf", "dspp", "--bins", "2", "13", "--input", "4x12x16"]
    assert invoke_json(*args, "--layer", "bin2.pool")["effective_field"]["input"]["total"] == 48
    result = invoke(*args, "--format", form)
    assert (result.exit_code, "13 bins on 12" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("aspp", "--at", "33,0"), "`project.dropout` is 33x33"),
        (("aspp", "--at", "cornr"), "did you mean corner?"),
        (("aspp", "--layer", "q"), "there is no layer 'q'"),
        (("aspp", "--measure", "maen"), "did you mean mean?"),
        (("aspp", "--measure", "paths", "--verify"), "compares the measure mean"),
        (("aspp", "--device", "cpu"), "give --verify too"),
    ],
)
def test_wrong_questions_are_wrong_usage(args: tuple[str, ...], message: str) -> None:
    """Exit code 2 with what there is."""
    result = invoke("erf", *args)
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)


@pytest.mark.torch
def test_torch_confirms_every_weight() -> None:
    """One check of the pixel that is asked; what is unknown is not checked, and never passed."""
    values = invoke_json("erf", "aspp", "--input", "20x30", "--at", "3,25", "--verify", "--device", "cpu")
    (check,) = values["verification"]["checks"]
    assert (check["quantity"], check["layer"], check["ok"]) == ("effective-field", values["layer"], True)
    assert check["got"]["pixel"] == pytest.approx(values["effective_field"]["input"]["total"] / values["denominator"])
    cubic = invoke_json("erf", "resize", "--mode", "bicubic", "--scale", "2", "--input", "8x9", "--verify")
    assert [each["ok"] for each in cubic["verification"]["checks"]] == [None]
