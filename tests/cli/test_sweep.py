"""`pyramidcalc sweep`: rows are those of single runs, in every format."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramidcalc.cli.variables import variables_of
from pyramidcalc.request import analyze
from tests.cli.conftest import invoke, invoke_csv, invoke_json

ASPP = ("sweep", "aspp --rate {r} --input 16x{n}x{n}")
REPORTED = (
    *("outputs", "output", "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes"),
    *("weight_bytes", "memory_bytes", "intensity"),
)


def sets(*texts: str) -> list[str]:
    """`--set` before each text."""
    return [word for text in texts for word in ("--set", text)]


def test_rows_are_the_product_and_hold_what_single_runs_say() -> None:
    """The last variable changes first; each number and diagnostic is the report's."""
    values = invoke_json(*ASPP, *sets("r=6 12;3", "n=9..17..4"))
    assert [tuple(row["values"].values()) for row in values["rows"]] == list(product([[6, 12], [3]], [9, 13, 17]))
    for row in values["rows"]:
        rates, side = row["values"]["r"], row["values"]["n"]
        report = json.loads(json.dumps(analyze("aspp", input=(16, side, side), rate=tuple(rates)).to_dict()))
        assert row == {"values": row["values"], "valid": True} | {
            key: report[key] for key in (*REPORTED, "diagnostics")
        }
    assert (values["combinations"], values["invalid"], values["variables"]) == (6, 0, ["r", "n"])


@pytest.mark.parametrize(
    ("template", "settings", "lines"),
    [
        (
            "conv --kernel {k} --input 8x9",
            ["k=3 5;2x7"],
            ["conv --kernel 3 5 --input 8x9", "conv --kernel 2x7 --input 8x9"],
        ),
        ("conv --kernel=3 --input {c}x{h}x9", ["c=2,4", "h=11"], ["conv --input 2x11x9", "conv --input 4x11x9"]),
        ("resize --scale {s} --mode {m}", ["s=1.5", "m=area"], ["resize --scale 1.5 --mode area"]),
        (
            "pyramidcalc spp --bins {b} --batch {n}",
            ["b=4 2", "n=2,3"],
            ["spp --bins 4 2 --batch 2", "spp --bins 4 2 --batch 3"],
        ),
        ("aspp --rate {a} {b} --no-dropout", ["a=1", "b=2"], ["aspp --rate 1 2 --no-dropout"]),
        ("fpn --input {h}x{w}", ["h=32", "w=64"], ["fpn --input 32x64"]),
        ("{a} --input 64", ["a=ppm,conv"], ["ppm --input 64", "conv --input 64"]),
        ("conv --{o} 2", ["o=stride,dilation"], ["conv --stride 2", "conv --dilation 2"]),
    ],
)
def test_variables_stand_anywhere(template: str, settings: list[str], lines: list[str]) -> None:
    """A row says what the command with the values in place of the variables says."""
    for row, line in zip(invoke_json("sweep", template, *sets(*settings))["rows"], lines, strict=True):
        single = invoke_json(*line.split())
        for key in ("outputs", "macs", "parameters", "receptive_field"):
            assert row[key] == single[key]
        assert row.get("receptive_fields") == single.get("receptive_fields")


@pytest.mark.parametrize(
    ("values", "in_json"),
    [
        ("6,12", [6, 12]),
        ("6;6 12", [[6], [6, 12]]),
        ("0.5,2", [0.5, 2.0]),
        ("v2,3", ["v2", "3"]),
        ("3x5;3", ["3x5", "3"]),
    ],
)
def test_a_variable_has_one_type_in_json(values: str, in_json: list[object]) -> None:
    """Numbers, lists of numbers, or texts: whatever fits all of its values."""
    (variable,) = variables_of([f"n={values}"])
    assert [variable.in_json()(value) for value in variable.values] == in_json


def test_invalid_combinations_are_marked_and_do_not_stop_the_rest(form: str) -> None:
    """SPP of 4 bins takes 4 but neither 3 nor 5; the reason stands in the row."""
    result = invoke("sweep", "spp --input {n}x{n}", *sets("n=3..5"), "--format", form)
    assert (result.exit_code, result.stdout.count("4 bins on"), "5376" in result.stdout) == (0, 2, True)


def test_an_invalid_row_has_the_keys_of_a_valid_one() -> None:
    """With nothing for values."""
    bad, good = invoke_json("sweep", "spp --input {n}", *sets("n=3,4"))["rows"]
    assert list(bad) == list(good)
    assert {key: bad[key] for key in REPORTED} == {**dict.fromkeys(REPORTED), "outputs": {}}


def test_all_invalid_is_exit_code_1() -> None:
    """Nothing worked; the rows say why, and columns without a cell are left out of tables."""
    result = invoke("sweep", "spp --input {n}x{n}", *sets("n=3,5"))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].split() == ["n", "problem"]
    assert result.stdout.splitlines()[-1] == "rows  0 of 2 combinations valid"


@pytest.mark.parametrize(
    ("template", "settings", "valid"),
    [
        ("resnet --output-stride {o} --input 64", ["o=8..16..4"], [True, False, True]),
        ("aspp --rate {r}", ["r=twelve,6"], [False, True]),
        ("aspp --rate {r}", ["r=0..2"], [False, True, True]),
        ("aspp --rate 6 --input {n}x{m}", ["n=0..1", "m=0,9"], [False, False, False, True]),
        ("aspp --variant {v} --classes 3", ["v=v3,v2"], [False, True]),
        ("conv --{o} 3", ["o=kernel,karnel"], [True, False]),
    ],
)
def test_a_value_among_others_that_cannot_be_read_is_marked(
    template: str, settings: list[str], valid: list[bool]
) -> None:
    """The row says what is wrong with the value."""
    rows = invoke_json("sweep", template, *sets(*settings))["rows"]
    assert [row["valid"] for row in rows] == valid
    assert {row["diagnostics"][0]["code"] for row in rows if not row["valid"]} == {"usage"}


def test_warnings_name_their_layers() -> None:
    """A degenerate rate is what sweeps over rates look for."""
    rows = invoke_csv(*ASPP, *sets("r=6 18;18 24", "n=33"))
    assert [row["warnings"] for row in rows] == [
        "degenerate-rate (rate18.conv)",
        "degenerate-rate (rate18.conv, rate24.conv)",
    ]


def test_headings_name_the_letters_of_the_first_combination() -> None:
    """Sequences have C×L."""
    assert "output (C×L)" in invoke("sweep", "conv --dims 1 --stride {s}", *sets("s=1,2")).stdout
    assert "length" in invoke_csv("sweep", "conv --dims 1 --stride {s}", *sets("s=1,2"))[0]


def test_processes_write_the_same() -> None:
    """Whatever the number of processes, the same bytes in the same order."""
    args = (*ASPP, *sets("r=3,6", "n=9..120"), "--format", "json")
    assert invoke(*args, "--jobs", "2").stdout == invoke(*args).stdout


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=4), st.integers(-50, 50), st.integers(1, 9), st.integers(0, 9)
)
@settings(max_examples=50)
def test_values_and_ranges_in_one_list(values: list[int], first: int, step: int, length: int) -> None:
    """Ranges count up to their end, values stay in order."""
    last = first + step * length
    (variable,) = variables_of([f"n={','.join(map(str, values))},{first}..{last}..{step}"])
    assert list(map(int, variable.values)) == [*values, *range(first, last + 1, step)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "TEMPLATE"),
        (("", *sets("r=1")), "names no architecture"),
        (("asp --rate {r}", *sets("r=1")), "did you mean aspp"),
        (("aspp 'open {r}", *sets("r=1")), "no closing quotation"),
        (("aspp --rat {r}", *sets("r=1")), "--rate"),
        (("aspp --rate {r} --jobs 2", *sets("r=1")), "--jobs"),
        (("aspp --rate {r} --format csv", *sets("r=6")), "give it outside the quotes"),
        (("aspp --rate {r}",), "--set r=VALUES"),
        (("aspp --rate 6",), "a sweep needs variables"),
        (("aspp --rate {rate}", *sets("rates=1")), "did you mean rates"),
        (("aspp --rate {r}", *sets("r=1", "q=2")), "{q} stands nowhere"),
        (("aspp --rate {r}", *sets("r=1", "r=2")), "set twice"),
        (("aspp --rate {r}", *sets("r")), "has no `=`"),
        *[(("aspp --rate {r}", *sets(text)), "empty value") for text in ("r=", "r=1,,2", "r=1;")],
        (("aspp --rate {r}", *sets("2=1")), "is no name"),
        (("aspp --rate {r}", *sets("r=3..1")), "holds no number"),
        (("aspp --rate {r}", *sets("r=1..3..0")), "steps of 0"),
        *[
            (("aspp --rate {r}", *sets(text)), "is no range")
            for text in ("r=1..x", f"r=1..{'9' * 5000}", "r=1..2..3..4")
        ],
        (("aspp --rate {r}", *sets(f"r=1..{10**17}")), "numbers, more than 10,000,000; use a step"),
        (("aspp --rate {parameters}", *sets("parameters=1")), "column of the result"),
        (("aspp --rate {r} --input {n}", *sets("r=1..1001", "n=1..1000")), "1,001,000 rows; give --yes"),
        (("aspp --rate {r}", *sets("r=1"), "--jobs", "0"), "'0'"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2 before the first row, with what is wrong."""
    result = invoke("sweep", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_csv_has_columns_for_every_combination() -> None:
    """Not only for the first and the last: a volume stands between a sequence and an image."""
    rows = invoke_csv("sweep", "chain 'conv 4 k3' --input {n}", "--set", "n=5x20,5x8x9x7,5x8x9")
    assert [(row["length"], row["depth"], row["height"]) for row in rows] == [
        ("18", "", ""),
        ("", "6", "7"),
        ("", "", "6"),
    ]


def test_an_option_outside_the_quotes_is_told_where_it_stands() -> None:
    """The nearest option comes with it."""
    result = invoke("sweep", "aspp", "--rate", "6")
    assert result.exit_code == 2
    assert "inside its quotes" in result.stderr
