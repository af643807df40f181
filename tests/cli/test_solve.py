"""`pyramidcalc solve`."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.cli.conftest import invoke, invoke_json


def test_a_convolution_for_a_size() -> None:
    """One row a layer, simplest first; what reads only padding somewhere is left out unless --all."""
    sizes = ("--input", "64", "--output", "32", "--kernel", "1..3", "--stride", "2..3", "--dilation", "1")
    assert invoke("solve", "conv", *sizes, "--all").stdout.count("some outputs read only padding") == 5
    assert invoke("solve", "conv", *sizes).stdout == (
        "kernel  stride  padding  dilation  remarks\n"
        "─────── ─────── ──────── ───────── ─────────────────────────\n"
        "     1       2        0         1  skips 1 of every 2 inputs\n"
        "     2       2        0         1\n"
        "     3       2        1         1\n"
        "\n"
        "found     8 convolutions of 64 to 32\n"
        "left out  5 with outputs that read only padding; --all shows them\n"
    )


def test_a_transposed_convolution_says_what_idles_at_the_border() -> None:
    """Outputs after the last input, of an output padding that dilation allows."""
    sizes = ("--input", "5", "--output", "7", "--kernel-size", "1", "--stride", "1", "--dilation", "1..3")
    assert invoke("solve", "conv-transpose", *sizes).stdout == (
        "kernel  stride  padding  dilation  output padding  remarks\n"
        "─────── ─────── ──────── ───────── ─────────────── ─────────────────────────\n"
        "     1       1        0         3               2  some outputs read nothing\n"
        "\n"
        "found  1 transposed convolution of 5 to 7\n"
    )


@pytest.mark.parametrize("name", ["conv", "pool", "conv-transpose"])
def test_each_answer_run_as_a_command_gives_the_size(name: str) -> None:
    """The numbers are options of the layer's own command."""
    sizes = ("32x33", "64x66") if name == "conv-transpose" else ("64x66", "32x33")
    answer = invoke_json("solve", name, "--input", sizes[0], "--output", sizes[1], "--kernel", "2..4")
    wanted = [int(side) for side in sizes[1].split("x")]
    assert (answer["schema"], answer["output"]) == (1, wanted)
    assert len(answer["solutions"]) > 2
    for each in answer["solutions"]:
        options = [f"--{key.replace('_', '-')}={value}" for key, value in each.items() if key != "remarks"]
        assert invoke_json(name, "--input", sizes[0], *options)["output"][1:] == wanted


def test_pools_differ_in_kind_and_rounding() -> None:
    """Average pools have no dilation; ceil mode has answers of its own."""
    size = ("--input", "7", "--output", "4", "--kernel", "2..3", "--stride", "2")
    rows = {
        options: [each["dilation"] for each in invoke_json("solve", "pool", *size, *options)["solutions"]]
        for options in [(), ("--kind", "avg"), ("--ceil-mode",)]
    }
    assert set(rows["--kind", "avg"]) == {1}
    assert set(rows[()]) > {1}
    assert rows["--ceil-mode",] != rows[()]


@pytest.mark.parametrize(
    ("line", "way_out"),
    [
        ("conv --input 64 --output 5", "--kernel 16 --stride 12 --padding 0 --dilation 1 would do"),
        ("conv --input 64 --output 66 --padding 0", "use conv-transpose, or put a pad before the layer"),
        ("conv --input 64 --output 32x40", "both axes share their settings here; solve for each by itself"),
        ("pool --input 64 --output 66 --kind avg --ceil-mode", "use conv-transpose, or put a pad before the layer"),
        (
            "pool --kind avg --dilation 2 --input 8 --output 4",
            "--kernel 2 --stride 2 --padding 0 --dilation 1 would do",
        ),
        ("conv-transpose --input 7 --output 5 --padding 0", "use conv"),
        (
            "conv-transpose --input 5 --output 60 --output-padding 2",
            "--kernel 12 --stride 12 --padding 0 --dilation 1 --output-padding 0 would do",
        ),
    ],
)
def test_no_answer_is_exit_code_1(line: str, way_out: str) -> None:
    """With a way out, as options where there are some: then they do."""
    arguments = line.split()
    result = invoke("solve", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(rf"error: no [a-z ]+ in these ranges makes \d+(×\d+)? of \d+; {way_out}\n", result.stderr)
    assert invoke_json("solve", *arguments)["solutions"] == []
    if way_out.startswith("--"):
        # The last of two wins.
        assert len(invoke_json("solve", *arguments, *way_out.removesuffix(" would do").split())["solutions"]) == 1


def test_rates_for_a_receptive_field_and_why() -> None:
    """33×33 has no room for 37: the largest rate that is not degenerate, and what is wrong with 6 12 18."""
    result = invoke("solve", "aspp", "--map", "33x33", "--receptive-field", "37")
    assert result.exit_code == 0
    text = result.stdout
    assert "5 10 16" in text
    assert "37 needs rate 18, which is degenerate here; rate 16, 33, is the largest that is not" in text
    assert "gridding: the rates share the factor 6, so 6×6 grids share no pixel" in text
    assert "--branches 6" in text


@pytest.mark.parametrize("size", [25, 27, 31, 33, 39])
def test_as_many_branches_as_are_said_leave_taps_one_kernel_apart(size: int) -> None:
    """That many do, and one less do not."""
    of_map = ("--map", str(size), "--receptive-field", str(size))
    [closer] = [line for line in invoke_json("solve", "aspp", *of_map)["why"] if line.startswith("closer")]
    branches = int(closer.split()[-1])
    distances = [
        [rates["distance"] for rates in invoke_json("solve", "aspp", *of_map, "--branches", str(count))["proposals"]]
        for count in (branches - 1, branches)
    ]
    assert min(distances[0]) > 3
    assert set(distances[1]) == {3}


def test_few_positions_with_all_taps_inside_are_a_warning() -> None:
    """7% on the map of 769 at stride 16, with the receptive field up to which it is a quarter; none up to there."""
    why = invoke_json("solve", "aspp", "--map", "49", "--receptive-field", "37")["why"]
    few = "all taps inside: only at 7.0% of the positions with rate 18; "
    better = "at a quarter or more up to rate 12, --receptive-field 25"
    assert [line for line in why if line.startswith("all taps inside")] == [few + better]
    why = invoke_json("solve", "aspp", "--map", "49", "--receptive-field", "25")["why"]
    assert not [line for line in why if line.startswith("all taps inside")]


def test_a_receptive_field_is_proposed_where_none_is_given() -> None:
    """The image at an output stride and its map give the same."""
    of_image = invoke_json("solve", "aspp", "--input", "513x769", "--output-stride", "16")
    of_map = invoke_json("solve", "aspp", "--map", "33x49")
    sizes = [[answer[key] for key in ("input", "output_stride", "map")] for answer in (of_image, of_map)]
    assert sizes == [[[513, 769], 16, [33, 49]], [None, None, [33, 49]]]
    assert of_image["receptive_field"] == of_map["receptive_field"] == {"asked": None, "proposed": 19}
    assert of_image["proposals"] == of_map["proposals"] != []
    assert of_image["why"][0] == "map: 33×49, of 513×769 at output stride 16"


@pytest.mark.parametrize("stride", [8, 16, 32])
@pytest.mark.parametrize("image", ["513x769", "512x1024", "95x100"])
def test_the_map_of_an_image_is_that_of_the_backbones(image: str, stride: int) -> None:
    """ResNet's last map."""
    [last] = invoke_json("resnet", "--input", image, "--output-stride", str(stride))["outputs"].values()
    assert invoke_json("solve", "aspp", "--input", image, "--output-stride", str(stride))["map"] == last[1:]


def test_rates_as_json() -> None:
    """Proposals without degenerate rates and without gridding, others with their reasons."""
    answer = invoke_json("solve", "aspp", "--map", "65x97", "--receptive-field", "37", "--branches", "7")
    assert answer["receptive_field"] == {"asked": 37, "proposed": 37}
    assert len(answer["proposals"]) == 5
    for each in answer["proposals"]:
        assert (len(each["rates"]), each["rates"][-1], each["linked"], each["reasons"]) == (7, 18, True, [])
        assert each["distance"] == 3
        report = invoke_json("aspp", "--input", "65x97", "--rate", *map(str, each["rates"]))
        assert not [note for note in report["diagnostics"] if note["code"] == "degenerate-rate"]
    assert answer["why"]
    assert all(each["reasons"] for each in answer["others"])


def test_one_branch_cannot_avoid_gridding() -> None:
    """Nothing to propose: exit code 1 and the way out."""
    result = invoke("solve", "aspp", "--map", "65", "--receptive-field", "37", "--branches", "1")
    assert result.exit_code == 1
    assert "always leaves gridding; use --branches 2" in result.stdout


def test_every_format_holds_the_answers(form: str) -> None:
    """Tables, JSON, CSV and Markdown."""
    for args, text in [
        (("conv", "--input", "64", "--output", "32"), "2"),
        (("aspp", "--map", "65", "--receptive-field", "37"), "18"),
    ]:
        result = invoke("solve", *args, "--format", form)
        assert result.exit_code == 0
        assert text in result.stdout
    if form == "csv":
        rows = list(csv.reader(io.StringIO(invoke("solve", *args, "--format", form).stdout)))
        assert rows[1] == ["5 11 18", "37", "19.9%", "1", "7", "proposed"]


@pytest.mark.parametrize(
    "sizes",
    [
        "",
        "--input 769x769",
        "--output-stride 16",
        "--map 33 --input 513",
        "--map 33 --output-stride 16",
        "--map 33 --input 513 --output-stride 16",
    ],
)
def test_a_size_that_may_be_of_the_image_or_the_map_is_refused(sizes: str) -> None:
    """One sentence says which option is which, with an example of each."""
    result = invoke("solve", "aspp", *sizes.split())
    assert result.exit_code == 2
    assert "--input is the image and goes with --output-stride; --map is the map itself" in result.stderr
    assert "give --input 513x513 --output-stride 16, or --map 33x33" in result.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cnov", "did you mean conv"),
        ("deeplab", "there are conv, conv-transpose, pool, aspp"),
        ("conv --input 64", "'--output'"),
        ("conv --input 0 --output 32", "'0'"),
        ("conv --input 64 --output 32 --kernel 0..3", "whole numbers from 1"),
        ("conv-transpose --input 64 --output 128 --stride 3..0..-1", "whole numbers from 1"),
        ("conv --input 64 --output 32 --kernel 7..1", "it counts up from 7, away from 1"),
        ("conv --input 64 --output 32 --padding 0..4..0", "goes by steps of 0"),
        (f"conv --input 64 --output 32 --kernel 1..{10**6}", "narrow the ranges"),
        (f"conv --input 64 --output 32 --kernel 1..{10**18}", "more than 10,000,000; use a step"),
        ("conv --input 64 --output 32 --kernel 1..2..3..4", "'1..2..3..4'"),
        ("conv --input 64 --output 32 --kernel 1..x", "'1..x'"),
        (f"conv-transpose --input 4 --output 8 --stride {10**17}", "narrow the ranges"),
        ("aspp --map 33 --receptive-field 36", "ask for 37"),
        (f"aspp --map 33 --receptive-field {10**18}", "ask for 1000000000000000001"),
        ("aspp --map 2 --receptive-field 37", "give a map of at least 3x3"),
        ("aspp --map 33 --receptive-field 37 --branches 0", "'0'"),
    ],
)
def test_wrong_usage_is_refused_in_one_sentence(line: str, message: str) -> None:
    """Exit code 2, with what is wrong."""
    result = invoke("solve", *line.split())
    assert (result.exit_code, result.stdout, result.stderr.count("Error: ")) == (2, "", 1)
    assert message in result.stderr
