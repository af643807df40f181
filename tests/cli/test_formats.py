"""Table, JSON, CSV and Markdown say the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pyramidcalc.report import Report, analyze
from tests.cli.conftest import invoke, invoke_json

COMMANDS = [
    ["aspp", "--rate", "6", "12", "18", "--input", "64x48"],
    ["spp"],
    ["fpn", "--input", "33x35"],
    ["dspp", "--batch", "3"],
    ["yolo-spp", "--depth", "1"],
    ["mdspp", "--depth", "9"],
    ["conv", "--kernel", "3x5", "--dilation", "2"],
    ["ppm", "--input", "8x13x11"],
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
    assert table_cells(invoke(*command).stdout) == markdown_cells(invoke(*command, "--format", "markdown").stdout)
    assert [[plain(cell) for cell in row] for row in table_cells(invoke(*command).stdout)] == comma


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_columns_add_up_to_the_totals(command: list[str]) -> None:
    """Sums of parameters and MACs over the rows are those of the JSON object."""
    found = invoke_json(*command)
    rows = list(csv.DictReader(io.StringIO(invoke(*command, "--format", "csv").stdout)))
    for start, key in (("parameters", "parameters"), ("MACs", "macs")):
        (heading,) = (name for name in rows[0] if name.startswith(start))
        assert sum(int(row[heading]) for row in rows) == found[key]
        assert sum(layer[key] for layer in found["layers"]) == found[key]
        assert f"{found[key]:,}" in invoke(*command).stdout


def test_json_is_the_reports_object() -> None:
    """The command line adds nothing to a catalogue's report, and changes no number."""
    found = invoke_json("aspp", "--rate", "2", "4", "--input", "16x9x7", "--batch", "2")
    report = analyze("aspp", input=(16, 9, 7), rate=(2, 4), batch=2)
    assert found == json.loads(json.dumps(report.to_dict()))
    assert found["schema"] == 1
    assert found["verification"] is None


def test_json_of_a_layer_has_its_formula() -> None:
    """In letters and with numbers."""
    assert invoke_json("conv", "--input", "9", "--stride", "2")["formula"] == {
        "formula": "⌊(n + lo + hi − d·(k − 1) − 1)/s⌋ + 1",
        "height and width": "⌊(9 + 0 + 0 − 1·(3 − 1) − 1)/2⌋ + 1 = 4",
    }


def test_json_lists_every_layer_whatever_the_depth() -> None:
    """--depth is for tables."""
    assert invoke_json("aspp", "--depth", "1") == invoke_json("aspp")


def test_an_invalid_architecture_is_told_in_every_format(form: str) -> None:
    """Rows up to the failing layer, the reason with numbers and a way out; exit 1."""
    result = invoke("dspp", "--bins", "2", "4", "13", "--input", "8x12x16", "--format", form)
    assert result.exit_code == 1
    told = result.output.replace("\\", "")
    assert "bin4.pool" in told
    assert "13 bins on 12 would need a pool of" in told
    assert "use at most 12 bins" in told


def test_an_invalid_architecture_has_no_output_in_json() -> None:
    """The layers before the failing one, `output` null, one error."""
    found = invoke_json("spp", "--input", "5")
    assert (found["output"], found["outputs"], found["layers"]) == (None, {}, [])
    assert [note["severity"] for note in found["diagnostics"]] == ["error"]


def test_options_that_no_input_makes_legal_are_an_invalid_architecture(form: str) -> None:
    """A constructor's refusal has no layers to show, and is told all the same."""
    result = invoke("pool", "--kernel", "2", "--padding", "2", "--format", form)
    assert result.exit_code == 1
    assert "must be at most half" in result.output


def test_receptive_fields_name_their_input_where_there_are_several() -> None:
    """A cell of fpn says which level it reads how."""
    rows = list(csv.DictReader(io.StringIO(invoke("fpn", "--format", "csv").stdout)))
    cell = next(row for row in rows if row["layer"] == "p4")
    assert cell["receptive field (pixels)"] == "c4:3×3; c5:2×2"
    assert cell["stride (pixels)"] == "c4:1; c5:1/2"


def test_dilated_branches_say_where_all_taps_are_inside() -> None:
    """Share and number of positions, for dilated rows only."""
    rows = list(csv.DictReader(io.StringIO(invoke("aspp", "--input", "64", "--format", "csv").stdout)))
    shares = {row["layer"]: row["all taps inside"] for row in rows}
    assert shares["rate12.conv"] == "39.1% (40×40)"
    assert shares["conv1x1.conv"] == ""
    assert "all taps inside" not in invoke("spp").stdout


def test_global_and_unknown_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that reads all is `global`, one over the period's limit `unknown` with the reason below."""
    assert "global (37×37) pixels, stride 1, padding 18" in invoke("aspp").stdout
    monkeypatch.setattr("pyramidcalc.passes.composition.LONGEST_PERIOD", 4)
    told = invoke("resize", "--input", "17", "--size", "13").stdout
    assert "unknown" in told
    assert "receptive field of resize: what is read repeats only every 13 positions" in told


def test_totals_have_units() -> None:
    """Below the table: input, output, field, parameters, MACs, activations, memory."""
    told = invoke("conv", "--input", "4x6x5", "--out-channels", "7", "--batch", "2").stdout
    for line in ("4×6×5, batch 2", "7×4×3 (conv), batch 2", "3×3 pixels, stride 1, padding 0", "float32, inference"):
        assert line in told


def test_verification_is_summarised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of what agrees, reasons of what was not checked, and each disagreement; exit 1."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle import Check, Verification

    checks = (
        Check("concat", "shape", [5376], [5376], True),
        Check("concat", "reach", None, None, None, "no canvas"),
        Check("bin4.pool", "macs", 0, 7, False),
    )

    def verify(resolved: object, device: str = "auto", progress: object = None) -> Verification:
        return Verification(device, "9.9", checks)

    monkeypatch.setitem(vars(oracle), "verify", verify)
    result = invoke("spp", "--verify", "--device", "cpu")
    assert result.exit_code == 1
    assert "torch 9.9 on cpu agrees in 1: 1 shape" in result.stdout
    assert "reach of concat: no canvas" in result.stdout
    assert "macs of bin4.pool is 7 in torch, 0 here" in result.stdout
    found = invoke_json("spp", "--verify")["verification"]
    assert (found["ok"], len(found["checks"])) == (False, 3)


def test_report_of_an_invalid_architecture_is_not_verified() -> None:
    """There is nothing to compare: torch is not even imported."""
    assert invoke_json("spp", "--input", "5", "--verify")["verification"] is None


def test_analyze_and_the_command_line_agree_on_defaults() -> None:
    """No option given is every option's default."""
    report: Report = analyze("spp")
    assert invoke_json("spp") == json.loads(json.dumps(report.to_dict()))
