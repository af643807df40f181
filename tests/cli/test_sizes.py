"""`pyramidcalc sizes`: which heights and widths work."""

from __future__ import annotations

import json
import time

import pytest

from pyramidcalc import analyze
from pyramidcalc.catalog import find, names
from tests.cli.conftest import invoke, invoke_json


def test_json_says_all() -> None:
    """A list, a rule, a formula, and how they are known."""
    found = invoke_json("sizes", "speed", "--to", "200", "--near", "140")
    height = found["height"]
    assert (found["schema"], found["from"], found["to"], found["near"]) == (1, 1, 200, 140)
    assert height["valid"] == [127, 128, 129, 130, 159, 160, 161, 162, 191, 192, 193, 194]
    assert (height["rule"], height["output"]) == ("H ≡ 0–2, 31 mod 32, H >= 127", "⌊(H + 1)/4⌋")
    assert height["nearest"] == [130, 159]
    assert (height["proved"], height["period"], height["beside"]) == (True, 32, 256)
    assert height["aligned"]["valid"] == [127, 128, 129, 130, 191, 192, 193, 194]
    assert "checked up to" in height["aligned"]["rule"]
    assert found["width"]["rule"] == "W ≡ 0–2, 31 mod 32, W >= 127"


def test_tables_say_the_same() -> None:
    """A row an axis, then lists and proofs."""
    told = invoke("sizes", "vgg16", "--to", "64").stdout
    for text in ("H >= 32", "⌊W/32⌋", "32–64 (33 from 1 to 64)", "repeats with period 32", "all branches aligned for"):
        assert text in told


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_other_formats(form: str) -> None:
    """The table's rows."""
    assert "height H" in invoke("sizes", "conv", "--kernel", "3", "--format", form).stdout


def test_several_outputs_each_have_a_formula() -> None:
    """By label in JSON."""
    outputs = invoke_json("sizes", "fpn-resnet")["width"]["outputs"]
    assert outputs["p5"] == "⌊(W − 1)/32⌋ + 1"


def test_align_corners_wants_one_more_than_a_multiple() -> None:
    """DeepLab v3+ keeps its branches aligned at 513 and not at 512."""
    aligned = invoke_json("sizes", "deeplabv3plus", "--from", "500")["height"]["aligned"]["valid"]
    assert (513 in aligned, 512 in aligned) == (True, False)


def test_several_inputs_that_follow_one_size() -> None:
    """The levels of a pyramid, each half the one before: all sizes work, and every output has its formula."""
    height = invoke_json("sizes", "fpn", "--to", "64")["height"]
    assert (height["rule"], height["proved"], height["period"]) == ("H >= 1", True, 8)
    assert height["outputs"] == {"p2": "H", "p3": "⌊(H + 1)/2⌋", "p4": "⌊(H − 1)/4⌋ + 1", "p5": "⌊(H − 1)/8⌋ + 1"}


def test_aligned_sizes_are_followed_as_far_as_asked() -> None:
    """Beyond what was followed for the rule, each is looked at."""
    found = invoke_json("sizes", "dspp", "--bins", "2", "3", "--from", "5000", "--to", "5012")["height"]
    reports = {n: analyze("dspp", bins=(2, 3), input=(n, found["beside"])) for n in range(5000, 5013)}
    drifts = {n for n, report in reports.items() for note in report.diagnostics if "(rows)" in note.message}
    assert found["checked"] < 5000
    assert found["aligned"]["valid"] == [n for n in reports if n not in drifts] != []


def test_no_size_at_all_is_a_failure() -> None:
    """Exit 1 and why."""
    failed = invoke("sizes", "conv", "--kernel", "1000000000")
    assert (failed.exit_code, "no square up to 4096" in failed.stderr) == (1, True)
    failed = invoke("sizes", "conv", "--kernel", "1000000000", "--format", "json")
    assert (failed.exit_code, json.loads(failed.stdout)["height"]) == (1, None)


def test_options_that_no_input_makes_legal_are_a_failure() -> None:
    """Exit 1 with the layer's sentence."""
    failed = invoke("sizes", "pool", "--kernel", "3", "--padding", "2")
    assert (failed.exit_code, "at most half" in failed.stderr) == (1, True)


@pytest.mark.parametrize(
    "args",
    [
        ("--from", "600", "--to", "500"),
        ("--to", "16385"),
        ("--to", "0"),
        ("--from", "-3"),
        ("--near", "x"),
        ("--near", "1" + 30 * "0"),
    ],
)
def test_odd_ranges_are_wrong_usage(args: tuple[str, ...]) -> None:
    """Exit 2 with one sentence."""
    failed = invoke("sizes", "speed", *args)
    assert (failed.exit_code, failed.stderr.count("Error:")) == (2, 1)


@pytest.mark.parametrize(
    "line",
    [
        "conv --kernel 1000000000 --padding 499999999",
        "conv --stride 1000000000000",
        "resize --scale 0.3 --near 1000000000000000000",
        "aspp --input 1000000000000000000 --near 1000000000000000000",
        "dspp --bins 1000 100000",
        "dspp --bins 97",
        "deeplabv3plus --input 5 --near 3",
    ],
)
def test_huge_numbers_end_soon(line: str) -> None:
    """An answer or a reason, within seconds."""
    start = time.perf_counter()
    assert invoke("sizes", *line.split()).exit_code in (0, 1)
    assert time.perf_counter() - start < 20


def test_no_architecture_has_options_of_these_names() -> None:
    """The group's own options would hide them."""
    for name in names():
        assert not {option.name for option in find(name).options} & {"near", "from", "to", "least", "most"}
