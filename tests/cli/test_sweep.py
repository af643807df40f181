"""`pyramidcalc sweep`: rows are those of single runs, in every format."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import tracemalloc
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramidcalc.cli.sweeping import template as templates
from pyramidcalc.cli.sweeping.rows import Sweep
from pyramidcalc.cli.sweeping.running import blocks
from pyramidcalc.cli.sweeping.variables import variables_of
from pyramidcalc.cli.sweeping.writing import PAGE, WRITERS
from pyramidcalc.passes import outline
from pyramidcalc.report import analyze
from tests.cli.conftest import invoke, invoke_json

ASPP = ("sweep", "aspp --rate {r} --input 16x{n}x{n}")


def rows_of(*args: str) -> list[dict[str, str]]:
    """The rows that a sweep prints as CSV."""
    return list(csv.DictReader(io.StringIO(invoke(*args, "--format", "csv").stdout)))


def test_rows_are_the_product_and_hold_what_single_runs_say() -> None:
    """The last variable changes first; each number is the report's."""
    found = invoke_json(*ASPP, "--set", "r=6 12;3", "--set", "n=9..17..4")
    assert [tuple(row["values"].values()) for row in found["rows"]] == list(product([[6, 12], 3], [9, 13, 17]))
    for row in found["rows"]:
        rates, side = row["values"]["r"], row["values"]["n"]
        report = analyze("aspp", input=(16, side, side), rate=rates if isinstance(rates, list) else (rates,)).to_dict()
        kept = ("outputs", "output", "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes")
        assert {key: row[key] for key in kept} == json.loads(json.dumps({key: report[key] for key in kept}))
        codes = {(note["code"], note["layer"]) for note in report["diagnostics"] if note["severity"] == "warning"}
        assert {(n["code"], n["layer"]) for n in row["diagnostics"] if n["severity"] == "warning"} == codes
    assert (found["combinations"], found["invalid"]) == (6, 0)


@pytest.mark.parametrize(
    ("template", "sets", "commands"),
    [
        ("conv --kernel {k} --input 8x9", ("k=3 5;2x7",), ("--kernel 3 5", "--kernel 2x7")),
        ("conv --kernel=3 --input {c}x{h}x9", ("c=2,4", "h=11"), ("--input 2x11x9", "--input 4x11x9")),
        (
            "resize --scale {s} --mode {m}",
            ("s=1.5", "m=nearest,area"),
            ("--scale 1.5 --mode nearest", "--scale 1.5 --mode area"),
        ),
        (
            "pyramidcalc spp --bins {b} --batch {n}",
            ("b=4 2", "n=2,3"),
            ("--bins 4 2 --batch 2", "--bins 4,2 --batch 3"),
        ),
        ("aspp --rate {a} {b} --no-dropout", ("a=1", "b=2,3"), ("--rate 1 2 --no-dropout", "--rate 1 3 --no-dropout")),
        ("fpn --input {h}x{w}", ("h=32", "w=64,96"), ("--input 32x64", "--input 32x96")),
    ],
)
def test_variables_stand_in_any_value(template: str, sets: tuple[str, ...], commands: tuple[str, ...]) -> None:
    """A row says what the command with the values in place of the variables says."""
    name = template.removeprefix("pyramidcalc ").split()[0]
    found = invoke_json("sweep", template, *[word for each in sets for word in ("--set", each)])
    for row, command in zip(found["rows"], commands, strict=True):
        fixed = ["--input", "8x9"] if "--input 8x9" in template else []
        single = invoke_json(name, *command.split(), *fixed)
        assert row["outputs"] == single["outputs"]
        assert (row["macs"], row["parameters"]) == (single["macs"], single["parameters"])
        assert row.get("receptive_fields") == single.get("receptive_fields")


def test_invalid_combinations_are_marked_and_do_not_stop_the_rest(form: str) -> None:
    """SPP of 4 bins takes 4 but neither 3 nor 5; the reason stands in the row."""
    result = invoke("sweep", "spp --input {n}x{n}", "--set", "n=3..5", "--format", form)
    assert result.exit_code == 0
    assert result.stdout.count("4 bins on") == 2
    assert "5376" in result.stdout


def test_options_that_do_not_go_together_are_marked() -> None:
    """Wrong usage of some combinations only."""
    rows = rows_of("sweep", "aspp --variant {v} --classes 3", "--set", "v=v3,v2")
    assert [bool(row["problem"]) for row in rows] == [True, False]
    assert "`classes` (=3) is for variants" in rows[0]["problem"]


def test_all_invalid_is_exit_code_1() -> None:
    """Nothing worked; the rows say why."""
    result = invoke("sweep", "spp --input {n}x{n}", "--set", "n=3,5", "--format", "csv")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 3


def test_warnings_name_their_layers() -> None:
    """A degenerate rate is what sweeps over rates look for."""
    rows = rows_of(*ASPP, "--set", "r=6 18;18 24", "--set", "n=33")
    assert [row["warnings"] for row in rows] == [
        "degenerate-rate (rate18.conv)",
        "degenerate-rate (rate18.conv, rate24.conv)",
    ]


def test_a_long_table_is_drawn_in_pages() -> None:
    """Headings again after so many rows; the count stands at the end."""
    text = invoke("sweep", "conv --input {n}", "--set", f"n=3..{PAGE + 12}").stdout
    assert text.count("parameters") == 2
    assert text.splitlines()[-1] == f"rows  {PAGE + 10} of {PAGE + 10} combinations valid"


@pytest.mark.parametrize("form", ["csv", "json", "markdown", "table"])
def test_processes_write_the_same(form: str) -> None:
    """Whatever the number of processes, the same bytes in the same order."""
    args = (*ASPP, "--set", "r=3,6", "--set", "n=9..120", "--format", form)
    assert invoke(*args, "--jobs", "2").stdout == invoke(*args).stdout


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=4), st.integers(-50, 50), st.integers(1, 9), st.integers(0, 9)
)
@settings(max_examples=50)
def test_values_and_ranges_in_one_list(values: list[int], first: int, step: int, length: int) -> None:
    """Ranges count up to their end, values stay in order."""
    last = first + step * length
    (variable,) = variables_of([f"n={','.join(map(str, values))},{first}..{last}..{step}"])
    wanted = [*values, *range(first, last + 1, step)]
    assert [int(variable.value(index)) for index in range(variable.length)] == wanted


@pytest.mark.parametrize(
    ("template", "settings", "valid"),
    [
        ("resnet --output-stride {o} --input 64", ["o=8..16..4"], [True, False, True]),
        ("resnet --output-stride {o} --input 64", ["o=8,12,16"], [True, False, True]),
        ("aspp --rate {r}", ["r=twelve,6"], [False, True]),
        ("aspp --rate {r}", ["r=0..2"], [False, True, True]),
        ("aspp --rate 6 --input {n}x{m}", ["n=0..1", "m=0,9"], [False, False, False, True]),
    ],
)
def test_a_value_among_others_that_cannot_be_read_is_marked(
    template: str, settings: list[str], valid: list[bool]
) -> None:
    """However the values are written; the row says what is wrong with the value."""
    rows = invoke_json("sweep", template, *[word for each in settings for word in ("--set", each)])["rows"]
    assert [row["valid"] for row in rows] == valid
    for row in rows:
        assert row["valid"] or row["diagnostics"][0]["code"] == "usage"


def test_what_is_kept_for_later_rows_is_small() -> None:
    """Fields beyond pools and resizes hold long tables, and rows of other sizes never need them again."""
    sweep = Sweep("ppm --bins 2 3 5 7 --input 8x{n}x{m}", ["n=1001,1002", "m=3001..3040"])
    sweep.rows(0, 2, "csv")
    tracemalloc.start()
    sweep.rows(2, 42, "csv")
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 40 * 20_000


@pytest.mark.parametrize("form", ["csv", "json", "markdown"])
def test_memory_does_not_grow_with_the_rows(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven times the rows: not 100 bytes more a row, with nothing kept for later rows."""
    monkeypatch.setattr(outline, "MOST_KEPT", 0)
    monkeypatch.setattr(templates, "MOST_KEPT", 1)

    def peak(rows: int) -> int:
        texts = ["r=6,12", f"n=33..{32 + rows // 2}"]
        tracemalloc.start()
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            monkeypatch.setattr(sys, "stdout", nowhere)
            sweep = Sweep("aspp --rate {r} --input {n}", texts)
            writer = WRITERS[form](sweep)
            writer.begin()
            for found in blocks(sweep, texts, form, 1):
                writer.rows(found)
            writer.end()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(200)  # imports, and the caches of layers
    few = peak(600)
    assert peak(4200) - few < 100 * 3600


def test_ranges_of_any_length_are_not_listed() -> None:
    """Memory does not grow with the number of values."""
    (variable,) = variables_of([f"n=1..{10**17}"])
    assert (variable.length, variable.value(10**17 - 1)) == (10**17, str(10**17))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "TEMPLATE"),
        (("", "--set", "r=1"), "names no architecture"),
        (("asp --rate {r}", "--set", "r=1"), "did you mean aspp"),
        (("aspp 'open {r}", "--set", "r=1"), "no closing quotation"),
        (("{a} --rate 3", "--set", "a=aspp"), "cannot be a variable"),
        (("aspp --{a} 3", "--set", "a=rate"), "is no option"),
        (("aspp --rat {r}", "--set", "r=1"), "--rate"),
        (("aspp --rate {r} --jobs 2", "--set", "r=1"), "--jobs"),
        (("aspp {r}", "--set", "r=1"), "belongs to no option"),
        (("aspp --rate {r}",), "--set r=6,12,18"),
        (("aspp --rate {rate}", "--set", "rates=1"), "did you mean rates"),
        (("aspp --rate {r}", "--set", "r=1", "--set", "q=2"), "write it as {q}"),
        (("aspp --rate {r}", "--set", "r=1", "--set", "r=2"), "set twice"),
        (("aspp --rate {r}", "--set", "r"), "has no `=`"),
        (("aspp --rate {r}", "--set", "r="), "empty value"),
        (("aspp --rate {r}", "--set", "r=1,,2"), "empty value"),
        (("aspp --rate {r}", "--set", "r=1;"), "empty value"),
        (("aspp --rate {r}", "--set", "2=1"), "is no name"),
        (("aspp --rate {r}", "--set", "r=twelve"), "'twelve'"),
        (("aspp --rate {r}", "--set", "r=-3..0"), "'-3'"),
        (("aspp --rate 6 --input {n}x{m}", "--set", "n=0", "--set", "m=0..3"), "'0x0'"),
        (("aspp --rate {r} --format csv", "--set", "r=6"), "give it outside the quotes"),
        (("aspp --rate {r}", "--set", "r=3..1"), "holds no number"),
        (("aspp --rate {r}", "--set", "r=1..3..0"), "steps of 0"),
        (("aspp --rate {r}", "--set", "r=1..x"), "is no range"),
        (("aspp --rate {r}", "--set", f"r=1..{'9' * 5000}"), "is no range"),
        (("aspp --rate {r", "--set", "r=1"), "'{r'"),
        (("aspp --rate {parameters}", "--set", "parameters=1"), "column of the result"),
        (("aspp --rate {r} --input {n}", "--set", "r=1..1001", "--set", "n=1..1000"), "1,001,000 rows; give --yes"),
        (("aspp --rate {r}", "--set", f"r=1..{10**17}"), "give --yes"),
        (("aspp --rate {r}", "--set", "r=1", "--jobs", "0"), "'0'"),
        (("aspp --variant {v}", "--set", "v=seperable,v4"), "did you mean separable"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments: tuple[str, ...], told: str) -> None:
    """Exit code 2 before the first row, with what is wrong."""
    result = invoke("sweep", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told.lower() in result.stderr.lower()
    assert "Traceback" not in result.stderr
