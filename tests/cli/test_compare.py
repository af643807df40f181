"""`pyramidcalc compare`: architectures side by side."""

from __future__ import annotations

import pytest

from pyramidcalc.quantities import QUANTITIES
from pyramidcalc.request import analyze
from tests.cli.conftest import invoke, invoke_csv, invoke_json

ONE, OTHER = "aspp --rate 2 4 --input 16x9x7", "aspp --variant separable --rate 2,4 --input 16x9x7 --batch 2"
REPORTS = {
    ONE: analyze("aspp", input=(16, 9, 7), rate=(2, 4)),
    OTHER: analyze("aspp", input=(16, 9, 7), rate=(2, 4), variant="separable", batch=2),
}


def test_one_column_an_architecture_and_one_row_a_quantity() -> None:
    """The cells are those of the reports, the headings those of every table."""
    table = invoke("compare", ONE, OTHER, "--format", "markdown").stdout
    wanted = [quantity for quantity in QUANTITIES if quantity.in_whole]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]][: len(wanted)]
    assert [row[0] for row in rows] == [quantity.heading_for([(16, 9, 7)]) for quantity in wanted]
    assert [row[1] for row in rows[1:4]] == ["256×9×7", "global (9×9)", "1"]


def test_csv_has_a_plain_number_a_row() -> None:
    """What reads it gets numbers: of an output channels, height and width."""
    rows = {row.pop("quantity"): row for row in invoke_csv("compare", ONE, OTHER)}
    assert [rows[word][ONE] for word in ("channels", "height", "width")] == ["256", "9", "7"]
    assert rows["local receptive field rows"][ONE] == "9"
    assert rows["MACs"] == {line: str(report.macs) for line, report in REPORTS.items()}


def test_json_keeps_every_number() -> None:
    """One object an architecture, with the command line it came from: its report without the layers."""
    values = invoke_json("compare", ONE, OTHER)
    assert values["schema"] == 1
    for each, (line, report) in zip(values["architectures"], REPORTS.items(), strict=True):
        assert (each["command"], each["batch"]) == (line, report.batch)
        assert each["macs"] == report.macs
        assert "layers" not in each


def test_an_invalid_architecture_does_not_hide_the_others() -> None:
    """Its column says so, the reason stands below, and the exit code is 1."""
    result = invoke("compare", ONE, "spp --input 9x13")
    assert result.exit_code == 1
    for text in ("invalid", "spp --input 9x13: bin4.pool", f"{REPORTS[ONE].parameters:,}"):
        assert text in result.stdout


def test_several_inputs_and_outputs_are_named() -> None:
    """A pyramid of four levels beside a block with one."""
    text = invoke("compare", "fpn --input 40x72", "pyramidcalc ppm --input 8x13x11", "--format", "markdown").stdout
    assert "p2 256×40×72, p3 256×20×36" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "at least two"),
        ((ONE,), "at least two"),
        ((ONE, "assp"), "did you mean"),
        ((ONE, "resnet18"), "did you mean `resnet --variant 18`?"),
        ((ONE, ""), "names no architecture"),
        ((ONE, "aspp 'open"), "no closing quotation"),
        ((ONE, "aspp --rates 3"), "--rate"),
        ((ONE, "aspp --input 0x5"), "'0x5'"),
        ((ONE, "aspp --format json"), "give it outside the quotes"),
        ((ONE, "aspp --depth 2"), "--depth says what is done with an architecture, not what it is; leave it out"),
        ((ONE, "aspp --verify"), "in a spec write the key `verify`"),
        (("fpn", "fpn --channels 4 4 --input 5x9x9"), "in 'fpn --channels 4 4 --input 5x9x9': fpn: the input"),
        ((ONE, "mdspp --classes 3"), "--classes"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, with what is wrong."""
    result = invoke("compare", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("Error: ")) == (2, "", 1)
    assert message in result.stderr
