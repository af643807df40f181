"""`pyramidcalc compare`."""

from __future__ import annotations

import csv
import io

import pytest

from pyramidcalc.report import analyze
from tests.cli.conftest import invoke, invoke_json

ONE, OTHER = "aspp --rate 2 4 --input 16x9x7", "aspp --variant separable --rate 2,4 --input 16x9x7 --batch 2"


def test_one_column_an_architecture_and_one_row_a_quantity() -> None:
    """The cells are those of the reports."""
    rows = list(csv.reader(io.StringIO(invoke("compare", ONE, OTHER, "--format", "csv").stdout)))
    reports = [
        analyze("aspp", input=(16, 9, 7), rate=(2, 4)),
        analyze("aspp", input=(16, 9, 7), rate=(2, 4), variant="separable", batch=2),
    ]
    assert rows[0] == ["quantity", ONE, OTHER]
    cells = {row[0]: row[1:] for row in rows[1:]}
    assert cells["parameters"] == [str(report.parameters) for report in reports]
    assert cells["MACs"] == [str(report.macs) for report in reports]
    assert cells["activations (elements)"] == [str(report.activations) for report in reports]
    assert cells["peak activation memory (bytes)"] == [str(report.peak_activation_bytes) for report in reports]
    assert cells["output (C×H×W)"] == ["256×9×7 (project)"] * 2
    assert cells["receptive field (input pixels)"] == ["global (9×9)"] * 2
    assert cells["output stride (input pixels)"] == ["1", "1"]


def test_json_keeps_every_number() -> None:
    """One object an architecture, with the command line it came from."""
    found = invoke_json("compare", ONE, OTHER)
    assert found["schema"] == 1
    assert [each["command"] for each in found["architectures"]] == [ONE, OTHER]
    assert [each["batch"] for each in found["architectures"]] == [1, 2]
    assert found["architectures"][0]["parameters"] == analyze("aspp", input=(16, 9, 7), rate=(2, 4)).parameters


def test_an_invalid_architecture_does_not_hide_the_others() -> None:
    """Its column says so, the reason stands below, and the exit code is 1."""
    result = invoke("compare", ONE, "spp --input 9x13")
    assert result.exit_code == 1
    assert "invalid" in result.stdout
    assert "spp --input 9x13: bin4.pool" in result.stdout
    assert f"{analyze('aspp', input=(16, 9, 7), rate=(2, 4)).parameters:,}" in result.stdout


def test_several_inputs_and_outputs_are_named() -> None:
    """A pyramid of four levels beside a block with one."""
    text = invoke("compare", "fpn --input 40x72", "pyramidcalc ppm --input 8x13x11", "--format", "markdown").stdout
    assert "p2 256×40×72, p3 256×20×36" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "at least two"),
        ((ONE,), "at least two"),
        ((ONE, "assp"), "did you mean"),
        ((ONE, ""), "names no architecture"),
        ((ONE, "aspp 'open"), "no closing quotation"),
        ((ONE, "aspp --rates 3"), "--rate"),
        ((ONE, "aspp --input 0x5"), "'0x5'"),
        ((ONE, "aspp --format json"), "give it outside the quotes"),
        ((ONE, "aspp --depth 2"), "--depth says what is done with an architecture, not what it is; leave it out"),
        ((ONE, "aspp --verify"), "in a spec write the key `verify`"),
        (
            ("fpn --input 8", "fpn --channels 4 4 --input 5x9x9"),
            "in 'fpn --channels 4 4 --input 5x9x9': fpn: the input",
        ),
        ((ONE, "mdspp --classes 3"), "--classes"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments: tuple[str, ...], told: str) -> None:
    """Exit code 2, with what is wrong."""
    result = invoke("compare", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
