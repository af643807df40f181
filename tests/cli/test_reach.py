"""`pyramidcalc reach`: what one output pixel reads."""

from __future__ import annotations

import pytest

from pyramidcalc.cli.commands.reach import runs
from tests.cli.conftest import invoke, invoke_json


def test_dilation_leaves_holes() -> None:
    """A 3×3 at rate 6 reads nine pixels of a 13×13 hull."""
    found = invoke_json("reach", "aspp", "--rate", "6", "--layer", "rate6.conv", "--at", "16,10")
    read = found["reach"]["input"]
    assert (found["layer"], found["at"]) == ("rate6.conv", [16, 10])
    assert (read["pixels"], read["coverage"]) == (9, 9 / 169)
    assert read["hull"] == {"top": 10, "bottom": 22, "left": 4, "right": 16}
    assert (read["rows"], read["columns"]) == ([10, 16, 22], [4, 10, 16])


def test_borders_cut_what_is_read() -> None:
    """At a corner a padded window reads less."""
    read = invoke_json("reach", "conv", "--padding", "1", "--at", "0,0")["reach"]["input"]
    assert (read["rows"], read["columns"], read["pixels"]) == ([0, 1], [0, 1], 4)


def test_the_middle_of_the_main_output_is_asked_where_nothing_is_given() -> None:
    """Position and layer have defaults."""
    found = invoke_json("reach", "fpn", "--input", "33x35")
    assert (found["layer"], found["at"]) == ("p2", [16, 17])
    assert list(found["reach"]) == ["c2", "c3", "c4", "c5"]


def test_table_says_the_same() -> None:
    """Pixels, hull, coverage, rows and columns."""
    told = invoke("reach", "aspp", "--rate", "6", "--layer", "rate6.conv").stdout
    for text in ("rows 10–22, columns 10–22 (13×13)", "5.3%", "10–22 step 6", "row 16, column 16 of rate6.conv"):
        assert text in told


def test_too_large_an_axis_is_unknown() -> None:
    """Never guessed, never a hang."""
    assert "over the limit" in invoke_json("reach", "conv", "--input", "1000000000000")["unknown"]
    told = invoke("reach", "conv", "--input", "1000000000000")
    assert (told.exit_code, "unknown" in told.stdout) == (0, True)


def test_a_layer_before_the_failing_one_can_be_asked() -> None:
    """What comes after it cannot: exit 1 with the reason."""
    args = ["reach", "dspp", "--bins", "2", "13", "--input", "4x12x16"]
    assert invoke_json(*args, "--layer", "bin2.pool")["reach"]["input"]["pixels"] == 6 * 8
    failed = invoke(*args)
    assert (failed.exit_code, "13 bins on 12" in failed.stderr) == (1, True)
    assert invoke(*args, "--format", "json").exit_code == 1


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
