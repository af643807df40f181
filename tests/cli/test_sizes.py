"""`pyramidcalc sizes`: which input sizes work."""

from __future__ import annotations

import time

import pytest

from pyramidcalc import analyze
from tests.cli.conftest import invoke, invoke_csv, invoke_json


def test_json_says_all() -> None:
    """A list, a rule, a formula, and how they are known."""
    values = invoke_json("sizes", "conv", "--padding", "3", "--padding-mode", "reflect", "--to", "12", "--near", "2")
    assert (values["schema"], values["from"], values["to"], values["near"]) == (1, 1, 12, 2)
    assert values["height"] == {
        "valid": [4, 5, 6, 7, 8, 9, 10, 11, 12],
        "rule": "H >= 4",
        "output": "H + 4",
        "outputs": {"conv": "H + 4"},
        "refusal": None,
        "unknown": [],
        "nearest": [4],
        "aligned": {"valid": [4, 5, 6, 7, 8, 9, 10, 11, 12], "rule": "H = 4–12, checked up to 12", "proved": False},
        "proved": True,
        "period": 1,
        "repeats_from": 4,
        "checked": 12,
        "beside": 224,
    }
    assert values["width"]["rule"] == "W >= 4"


def test_sizes_may_have_gaps() -> None:
    """SPP's pools do not take every size."""
    height = invoke_json("sizes", "spp", "--to", "30", "--near", "5")["height"]
    assert (height["rule"], height["nearest"]) == ("H >= 10; also H = 4, 6–8", [4, 6])


def test_other_formats_say_the_same() -> None:
    """A row an axis, then lists and proofs."""
    text = invoke("sizes", "vgg16", "--to", "64").stdout
    for part in ("H >= 32", "⌊W/32⌋", "32–64 (33 from 1 to 64)", "repeats with period 32", "H >= 32, checked up to 64"):
        assert part in text
    assert [row["works for"] for row in invoke_csv("sizes", "vgg16", "--to", "64")] == ["H >= 32", "W >= 32"]
    assert "| height H |" in invoke("sizes", "vgg16", "--to", "64", "--format", "markdown").stdout


def test_several_inputs_and_outputs_that_follow_one_size() -> None:
    """The levels of a pyramid, each half the one before: all sizes work, and every output has its formula."""
    height = invoke_json("sizes", "fpn", "--to", "64")["height"]
    assert (height["rule"], height["proved"], height["period"]) == ("H >= 1", True, 8)
    assert height["outputs"] == {"p2": "H", "p3": "⌊(H + 1)/2⌋", "p4": "⌊(H − 1)/4⌋ + 1", "p5": "⌊(H − 1)/8⌋ + 1"}


def test_align_corners_wants_one_more_than_a_multiple() -> None:
    """DeepLab v3+ keeps its branches aligned at 33 and 49, and not at 32 and 48, as at 513 and not at 512."""
    aligned = invoke_json("sizes", "deeplabv3plus", "--from", "32", "--to", "49")["height"]["aligned"]["valid"]
    assert [n for n in (32, 33, 48, 49) if n in aligned] == [33, 49]


def test_aligned_sizes_are_those_without_a_warning() -> None:
    """As the reports of single sizes say."""
    height = invoke_json("sizes", "dspp", "--bins", "2", "3", "--from", "500", "--to", "512")["height"]
    reports = {n: analyze("dspp", bins=(2, 3), input=(n, height["beside"])) for n in range(500, 513)}
    drifts = {n for n, report in reports.items() for note in report.diagnostics if "(rows)" in note.message}
    assert height["aligned"]["valid"] == [n for n in reports if n not in drifts] != []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("conv --kernel 1000000000", "no square up to 4096"),
        ("dspp --bins 1000 100000", "at most 12 bins"),
        ("pool --kernel 3 --padding 2", "at most half"),
    ],
)
def test_no_size_at_all_is_a_failure(line: str, reason: str, form: str) -> None:
    """Exit code 1 and why, in every format; no axis has an answer."""
    result = invoke("sizes", *line.split(), "--format", form)
    assert (result.exit_code, reason in result.output) == (1, True)
    assert form != "json" or '"height": null' in result.stdout


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
    """Exit code 2 with one sentence."""
    result = invoke("sizes", "speed", *args)
    assert (result.exit_code, result.stdout, result.stderr.count("Error:")) == (2, "", 1)


@pytest.mark.parametrize(
    "line",
    [
        "conv --kernel 1000000000 --padding 499999999",
        "conv --stride 1000000000000",
        "resize --scale 0.3 --near 1000000000000000000",
        "aspp --input 1000000000000000000 --near 1000000000000000000",
        "dspp --bins 97",
        "deeplabv3plus --input 5 --near 3 --to 64",
    ],
)
def test_huge_and_tiny_numbers_end_soon(line: str) -> None:
    """An answer, within seconds."""
    start = time.perf_counter()
    assert invoke("sizes", *line.split()).exit_code == 0
    assert time.perf_counter() - start < 20
