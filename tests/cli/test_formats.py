"""Table, JSON, CSV and Markdown say the same, and below the table stands what a user must know."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pyramidcalc.request import analyze
from tests.cli.conftest import below, invoke, invoke_csv, invoke_json

COMMANDS = [
    ["aspp", "--rate", "6", "12", "18", "--input", "64x48"],
    ["spp"],
    ["fpn", "--input", "33x35"],
    ["dspp", "--batch", "3"],
    ["yolo-spp", "--depth", "1"],
    ["mdspp", "--depth", "9"],
    ["conv", "--kernel", "3x5", "--dilation", "2"],
    ["ppm", "--input", "8x13x11"],
    ["tcn", "--levels", "2", "--input", "3x50"],
    ["conv", "--dims", "3", "--input", "2x7x8x9"],
]


def markdown_cells(text: str) -> list[list[str]]:
    """The rows of the first Markdown table, unescaped, headings first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines if "---" not in line]
    return [[cell.replace("\\", "").strip() for cell in row] for row in rows]


def table_cells(text: str) -> list[list[str]]:
    """The rows of the table, by the columns that the rule marks."""
    lines = text.splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("─"))
    starts = [0] + [i for i in range(1, len(lines[rule])) if lines[rule][i - 1 : i + 1] == " ─"]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    end = next((number for number, line in enumerate(lines) if not line), len(lines))
    rows = [*lines[:rule], *lines[rule + 1 : end]]
    return [[line[start:stop].strip() for start, stop in spans] for line in rows]


def plain(cell: str) -> str:
    """A cell without separators of thousands."""
    return cell.replace(",", "") if cell.replace(",", "").isdigit() else cell


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_table_markdown_and_csv_have_the_same_cells(command: list[str]) -> None:
    """One list of columns: only separators of thousands differ."""
    comma = list(csv.reader(io.StringIO(invoke(*command, "--format", "csv").stdout)))
    cells = table_cells(invoke(*command).stdout)
    assert cells == markdown_cells(invoke(*command, "--format", "markdown").stdout)
    assert [[plain(cell) for cell in row] for row in cells] == comma


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_columns_add_up_to_the_totals(command: list[str]) -> None:
    """Sums of parameters and MACs over the rows are those of the JSON object; columns keep their names."""
    report, rows, text = invoke_json(*command), invoke_csv(*command), invoke(*command).stdout
    for heading, key in (("parameters", "parameters"), ("MACs", "macs")):
        assert sum(int(row[heading]) for row in rows) == report[key]
        assert sum(layer[key] for layer in report["layers"]) == report[key]
        assert f"{report[key]:,}" in text


def test_json_is_the_reports_object() -> None:
    """The command line adds nothing to a catalogue's report and changes no number; no option is every default."""
    report = analyze("aspp", input=(16, 9, 7), rate=(2, 4), batch=2)
    values = invoke_json("aspp", "--rate", "2", "4", "--input", "16x9x7", "--batch", "2")
    assert values == json.loads(json.dumps(report.to_dict()))
    assert (values["schema"], values["verification"]) == (1, None)
    assert invoke_json("spp", "--depth", "1") == json.loads(json.dumps(analyze("spp").to_dict()))


def test_json_of_a_layer_has_its_formula() -> None:
    """In letters and with numbers."""
    assert invoke_json("conv", "--input", "9", "--stride", "2")["formula"] == {
        "formula": "⌊(n + lo + hi − d·(k − 1) − 1)/s⌋ + 1",
        "height and width": "⌊(9 + 0 + 0 − 1·(3 − 1) − 1)/2⌋ + 1 = 4",
    }


def test_an_invalid_architecture_is_told_in_every_format(form: str) -> None:
    """Rows up to the failing layer, the reason with numbers and a way out; exit code 1."""
    result = invoke("dspp", "--bins", "2", "4", "13", "--input", "8x12x16", "--format", form)
    assert result.exit_code == 1
    text = result.output.replace("\\", "")
    for part in ("bin4.pool", "13 bins on 12 would need a pool of", "use at most 12 bins"):
        assert part in text


def test_an_invalid_architecture_has_no_output_in_json() -> None:
    """The layers before the failing one, `output` null, one error; torch is not even asked."""
    values = invoke_json("spp", "--input", "5", "--verify")
    assert (values["output"], values["outputs"], values["layers"], values["verification"]) == (None, {}, [], None)
    assert [note["severity"] for note in values["diagnostics"]] == ["error"]


def test_options_that_no_input_makes_legal_are_an_invalid_architecture(form: str) -> None:
    """A constructor's refusal has no layers to show, and is told all the same."""
    result = invoke("pool", "--kernel", "2", "--padding", "2", "--format", form)
    assert (result.exit_code, "must be at most half" in result.output) == (1, True)


@pytest.mark.parametrize("args", [("reach", "pool", "--padding", "2"), ("sizes", "pool", "--padding", "2")])
def test_an_answer_without_rows_has_no_headings(args: tuple[str, ...]) -> None:
    """CSV is empty, the reason stands on stderr; a table has the reason alone."""
    result = invoke(*args, "--format", "csv")
    assert (result.exit_code, result.stdout, "must be at most half" in result.stderr) == (1, "", True)
    assert invoke(*args).stdout.startswith("error  ")


def test_receptive_fields_name_their_input_where_there_are_several() -> None:
    """A cell of fpn says which level it reads how."""
    cell = next(row for row in invoke_csv("fpn") if row["layer"] == "p4")
    assert cell["receptive field (pixels)"] == "c4:3×3; c5:2×2"
    assert cell["stride (pixels)"] == "c4:1; c5:1/2"


def test_dilated_branches_say_where_all_taps_are_inside() -> None:
    """Share and number of positions, for dilated rows only."""
    shares = {row["layer"]: row["all taps inside"] for row in invoke_csv("aspp", "--input", "64")}
    assert (shares["rate12.conv"], shares["conv1x1.conv"]) == ("39.1% (40×40)", "")
    assert "all taps inside" not in invoke("spp").stdout


def test_global_and_unknown_are_words() -> None:
    """A field that reads all is `global`; what cannot be known is `unknown` with the reason below."""
    assert below("aspp")["receptive field"] == "global (37×37) pixels, stride 1, padding 18"
    lines = below("resize", "--size", "65536", "--input", "65521")
    assert lines["receptive field"] == "unknown, stride 65521/65536, padding 1"
    assert lines["unknown"].startswith("receptive field of resize: what is read differs over 65536 positions")


def test_totals_have_units_and_exact_digits() -> None:
    """Below the table: input, output, field, parameters, MACs, activations, memory."""
    assert (
        below("conv", "--input", "4x60x50", "--out-channels", "7", "--batch", "2").items()
        >= {
            "input": "4×60×50, batch 2",
            "output": "7×58×48 (conv), batch 2",
            "receptive field": "3×3 pixels, stride 1, padding 0",
            "parameters": "259",
            "MACs": "1,403,136 (1.403 M)",
            "activations": "38,976 elements, 152.2 KiB as float32",
            "peak memory": "246 KiB of activations (float32, inference)",
        }.items()
    )


def test_a_vector_has_features_under_the_heading_of_maps() -> None:
    """Whatever the rows: the columns' names follow from the input."""
    rows = invoke_csv("spp", "--depth", "1")
    assert [row["output (C×H×W)"] for row in rows] == [
        "4096 features",
        "1024 features",
        "256 features",
        "5376 features",
    ]
    assert "output (C×H×W)" in invoke("spp", "--input", "5", "--format", "csv").stdout


def test_verification_is_summarised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of what agrees, reasons of what was not checked, and each disagreement; exit code 1."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle.results import Check, Verification

    checks = (
        Check("concat", "shape", [5376], [5376], True),
        Check("concat", "reach", None, None, None, "no canvas"),
        Check("bin4.pool", "macs", 0, 7, False),
    )
    # Into its names, as asking for the real one would bring torch in.
    monkeypatch.setitem(vars(oracle), "verify", lambda *_, device, **__: Verification(device, "9.9", checks))
    result = invoke("spp", "--verify", "--device", "cpu")
    assert result.exit_code == 1
    assert "torch 9.9 on cpu agrees in 1: 1 shape" in result.stdout
    assert "reach of concat: no canvas" in result.stdout
    assert "macs of bin4.pool is 7 in torch, 0 here" in result.stdout
    verification = invoke_json("spp", "--verify")["verification"]
    assert (verification["ok"], len(verification["checks"])) == (False, 3)
