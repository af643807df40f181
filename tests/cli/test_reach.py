"""`pyramidcalc reach`: what one output pixel reads."""

from __future__ import annotations

import pytest

from pyramidcalc.cli.words import runs
from tests.cli.conftest import below, invoke, invoke_json


def test_dilation_leaves_holes() -> None:
    """A 3×3 at rate 6 reads nine pixels of a 13×13 hull; `mask` is the set itself, row to half-open runs."""
    values = invoke_json("reach", "aspp", "--rate", "6", "--layer", "rate6.conv", "--at", "16,10")
    columns = [[4, 5], [10, 11], [16, 17]]
    assert (values["layer"], values["at"], values["unknown"]) == ("rate6.conv", [16, 10], None)
    assert values["reach"]["input"] == {
        "pixels": 9,
        "hull": {"top": 10, "bottom": 22, "left": 4, "right": 16},
        "coverage": 9 / 169,
        "rows": [10, 16, 22],
        "columns": [4, 10, 16],
        "mask": {"10": columns, "16": columns, "22": columns},
    }


HOLES = [[1, 2], [4, 5], [7, 8]]


@pytest.mark.parametrize(
    ("line", "mask"),
    [
        ("conv --padding 1 --at 0,0", {"0": [[0, 2]], "1": [[0, 2]]}),
        ("conv-transpose --kernel 1 --stride 3 --at 1,1", {}),
        (
            "aspp --variant v2 --rate 1 3 --input 16x9x9 --at 0,4",
            {"0": [[1, 2], [3, 6], [7, 8]], "1": [[3, 6]], "3": HOLES},
        ),
        ("conv --dims 1 --dilation 4 --input 30 --at 2", [[2, 3], [6, 7], [10, 11]]),
        ("conv --dims 3 --kernel 2x1x3 --input 5x6x7 --at 1,2,3", {"1,2": [[3, 6]], "2,2": [[3, 6]]}),
    ],
)
def test_the_mask_is_what_is_read(line: str, mask: object) -> None:
    """Borders cut it; branches are united; a sequence is one row, a row of a volume is `slice,row`."""
    values = invoke_json("reach", *line.split())["reach"]["input"]
    lines = values["mask"].values() if isinstance(values["mask"], dict) else [values["mask"]]
    assert values["mask"] == mask
    assert sum(end - start for line in lines for start, end in line) == values["pixels"]


def test_the_middle_of_the_main_output_is_asked_where_nothing_is_given() -> None:
    """Position and layer have defaults; a vector has no position."""
    values = invoke_json("reach", "fpn", "--input", "33x35")
    assert (values["layer"], values["at"], list(values["reach"])) == ("p2", [16, 17], ["c2", "c3", "c4", "c5"])
    assert invoke_json("reach", "spp")["at"] == []
    assert below("reach", "spp")["pixel"] == "the vector of concat (5376 features)"


def test_table_says_the_same() -> None:
    """Pixels, hull, coverage, rows and columns."""
    args = ("reach", "aspp", "--rate", "6", "--layer", "rate6.conv")
    assert all(text in invoke(*args).stdout for text in ("rows 10–22, columns 10–22 (13×13)", "5.3%"))
    assert below(*args) == {
        "pixel": "row 16, column 16 of rate6.conv (256×33×33)",
        "input rows": "10–22 step 6",
        "input columns": "10–22 step 6",
    }


def test_too_large_an_axis_is_unknown() -> None:
    """Never guessed, never a hang."""
    assert "over the limit" in invoke_json("reach", "conv", "--input", "1000000000000")["unknown"]
    result = invoke("reach", "conv", "--input", "1000000000000")
    assert (result.exit_code, "unknown" in result.stdout) == (0, True)


def test_a_layer_before_the_failing_one_can_be_asked(form: str) -> None:
    """What comes after it cannot: exit code 1 with the reason, in every format."""
    args = ["reach", "dspp", "--bins", "2", "13", "--input", "4x12x16"]
    assert invoke_json(*args, "--layer", "bin2.pool")["reach"]["input"]["pixels"] == 6 * 8
    result = invoke(*args, "--format", form)
    assert (result.exit_code, "13 bins on 12" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("spp", "--at", "0,1"), "no position 0,1"),
        (("conv", "--at", "3"), "no position 3"),
        (("tcn", "--at", "3,4"), "no position 3,4"),
        (("aspp", "--at", "33,0"), "`project.dropout` is 33x33"),
        (("aspp", "--layer", "project.con"), "did you mean project.conv"),
        (("aspp", "--layer", "q"), "aspp --depth 99 shows all layers"),
    ],
)
def test_wrong_places_are_wrong_usage(args: tuple[str, ...], message: str) -> None:
    """Exit code 2 with what there is."""
    result = invoke("reach", *args)
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)


@pytest.mark.parametrize(
    ("positions", "text"),
    [
        ([], ""),
        ([5], "5"),
        ([0, 1, 2, 3], "0–3"),
        ([0, 1], "0–1"),
        ([3, 9], "3, 9"),
        ([3, 9, 15], "3–15 step 6"),
        ([0, 6, 12, 13, 14, 20, 30], "0–12 step 6, 13–14, 20, 30"),
    ],
)
def test_runs_are_short(positions: list[int], text: str) -> None:
    """Ascending positions as ranges and steps."""
    assert runs(positions) == text
