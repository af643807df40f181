"""Table, JSON, CSV and Markdown say the same, and below the table stands what a user must know."""

from __future__ import annotations

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


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_exact_table_and_markdown_have_the_same_cells(command: list[str]) -> None:
    """One list of columns, in two formats."""
    cells = table_cells(invoke(*command, "--exact").stdout)
    assert cells == markdown_cells(invoke(*command, "--format", "markdown").stdout)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_csv_has_plain_numbers(command: list[str]) -> None:
    """But for names, operations and words of truth every cell is empty or a number; each row is the layers' own."""
    texts = {"layer", "operation", *(f"global{of}" for of in ("", *(f" of c{level}" for level in "2345")))}
    report, rows = invoke_json(*command), invoke_csv(*command)
    layers = {layer["name"]: layer for layer in report["layers"]}
    for row in rows:
        assert [row[heading] and float(row[heading]) for heading in row if heading not in texts]
        sizes = [row[heading] for heading in ("channels", "length", "depth", "height", "width") if row.get(heading)]
        if row["layer"] in layers and "+" not in row["operation"]:
            assert [int(size) for size in sizes] == layers[row["layer"]]["output"]


def test_csv_has_the_receptive_field_by_axis() -> None:
    """Sizes are empty where the field is global, strides decimals where they are fractions."""
    rows = {row["layer"]: row for row in invoke_csv("aspp", "--rate", "6", "--input", "16x64x48")}
    wanted = {"receptive field rows": "13", "receptive field columns": "13", "stride rows": "1", "global": "False"}
    assert rows["rate6.conv"].items() >= wanted.items()
    concat = {"receptive field rows": "", "local receptive field rows": "13", "global": "True", "padding columns": "6"}
    assert rows["concat"].items() >= concat.items()
    (resize,) = invoke_csv("resize", "--scale", "4", "--mode", "bilinear", "--input", "3x8x9")
    assert (resize["stride rows"], resize["height"], resize["width"]) == ("0.25", "32", "36")


def test_columns_are_chosen_by_key() -> None:
    """In the order that is asked for, in every format; those that are shown on request alone too."""
    for form in ("table", "markdown", "csv"):
        text = invoke("spp", "--columns", "macs", "layer", "padding", "--format", form).stdout
        heading = text.splitlines()[0]
        assert heading.index("MACs") < heading.index("layer") < heading.index("padding")
        assert "operation" not in text
    result = invoke("spp", "--columns", "layers")
    assert (result.exit_code, "did you mean layer?" in result.stderr) == (2, True)


def test_a_table_rounds_at_a_glance() -> None:
    """Four digits and a unit in cells, every digit below and with --exact."""
    text = invoke("aspp", "--rate", "6", "--input", "64").stdout
    assert " 4.719 M  19.33 G " in text
    assert "19,327,352,832" not in text
    assert " 4,719,104  19,327,352,832 " in invoke("aspp", "--rate", "6", "--input", "64", "--exact").stdout
    assert "MACs             22,280,667,136 (22.28 G)" in text


def test_notes_of_one_code_are_one_line() -> None:
    """The first and a count, all with --all-notes; JSON has all anyway."""
    short, long = (invoke("speed", *more).stdout.splitlines() for more in ([], ["--all-notes"]))
    wanted = [note["code"] for note in invoke_json("speed")["diagnostics"]]
    assert sum("[dspp-grid]" in line for line in long) == wanted.count("dspp-grid") > 2
    (line,) = [line for line in short if "[dspp-grid]" in line]
    assert f"and {wanted.count('dspp-grid') - 1} more like it" in line


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
    text = invoke("fpn", "--columns", "layer", "receptive-field", "stride").stdout
    assert ["p4", "c4:3×3;", "c5:2×2", "c4:1;", "c5:1/2"] in [line.split() for line in text.splitlines()]
    row = next(row for row in invoke_csv("fpn") if row["layer"] == "p4")
    assert (row["receptive field rows of c4"], row["stride columns of c5"], row["global of c2"]) == ("3", "0.5", "")


def test_dilated_branches_say_where_all_taps_are_inside() -> None:
    """Share and number of positions, for dilated rows only."""
    shares = {row["layer"]: row["taps inside"] for row in invoke_csv("aspp", "--input", "64")}
    assert (shares["rate12.conv"], shares["conv1x1.conv"]) == (str(40 * 40 / 64 / 64), "")
    assert "39.1% (40×40)" in invoke("aspp", "--input", "64", "--exact").stdout
    assert "taps inside" not in invoke("spp").stdout


def test_global_and_unknown_are_words() -> None:
    """A field that reads all is `global`; what cannot be known is `unknown` with the reason below."""
    assert below("aspp")["receptive field"] == "global (37×37) pixels, stride 1, padding 18"
    lines = below("resize", "--size", "65536", "--mode", "bicubic", "--input", "65521")
    assert lines["receptive field"] == "unknown, stride 65521/65536 (0.9998), padding 2"
    assert lines["unknown"].startswith("receptive field of resize: what is read differs over 65536 positions")


def test_totals_have_units_and_exact_digits() -> None:
    """Below the table: input, output, field, parameters, MACs, activations, memory."""
    assert (
        below("conv", "--input", "4x60x50", "--out-channels", "7", "--batch", "2").items()
        >= {
            "input": "4×60×50, batch 2",
            "output": "7×58×48 (conv), batch 2",
            "receptive field": "3×3 pixels, stride 1, padding 0",
            "parameters": "259, 1.012 KiB",
            "MACs": "1,403,136 (1.403 M), 5.547 for each byte moved",
            "activations": "38,976, 152.2 KiB",
            "peak memory": "246 KiB + weights 1.012 KiB = 247 KiB (float32, inference)",
        }.items()
    )


def test_a_vector_has_features_under_the_heading_of_maps() -> None:
    """Whatever the rows: the columns' names follow from the input."""
    text = invoke("spp", "--depth", "1").stdout
    assert [f"{count} features" in text for count in (4096, 1024, 256, 5376)] == [True] * 4
    assert "output (C×H×W)" in text
    assert [row["channels"] + row["height"] for row in invoke_csv("spp", "--depth", "1")] == [
        "4096",
        "1024",
        "256",
        "5376",
    ]
    assert "channels,height,width" in invoke("spp", "--input", "5", "--format", "csv").stdout


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


@pytest.mark.parametrize("args", [("reach", "fpn"), ("reach", "tcn"), ("erf", "aspp"), ("taps", "--rate", "1..3")])
def test_csv_of_questions_is_numbers_beside_the_input(args: tuple[str, ...]) -> None:
    """Sizes, hulls and shares as plain numbers, which no reader has to take apart."""
    for row in invoke_csv(*args):
        row.pop("input", None)
        assert all(float(number) >= 0 for number in row.values())


def test_csv_has_the_ends_of_the_hull() -> None:
    """First and last position on each axis; an input's size is that of its maps."""
    (row,) = invoke_csv("reach", "conv", "--kernel", "3x5", "--input", "4x19x23", "--at", "2,7")
    assert [row[f"{end} {side}"] for side in ("row", "column") for end in ("first", "last")] == ["2", "4", "7", "11"]
    assert (row["channels"], row["height"], row["width"], row["coverage of the hull"]) == ("4", "19", "23", "1.0")
