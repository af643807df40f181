"""`--expect` on architecture commands."""

from __future__ import annotations

import pytest

from tests.cli.conftest import invoke, invoke_json

ASPP = ("aspp", "--rate", "6", "12", "18", "--input", "64x64")
HELD = ("output=256x64x64", "receptive-field=37x37", "rate18.conv.output=256x64x64", "macs<=70G", "no-warnings")


def expecting(*texts: str) -> list[str]:
    """The command line of ASPP with `--expect` before each text."""
    return [*ASPP, *[word for text in texts for word in ("--expect", text)]]


def test_what_holds_is_counted(form: str) -> None:
    """Exit code 0, in every format."""
    result = invoke(*expecting(*HELD), "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert ("5 of 5 hold" in result.stdout) is (form in ("table", "markdown"))


def test_what_fails_tells_expected_got_and_layer(form: str) -> None:
    """Exit code 1, in every format; CSV, which has no place for it, tells it on stderr."""
    result = invoke(*expecting(*HELD, "rate18.conv.output=256x64x63"), "--format", form)
    message = "layer rate18.conv: expected rate18.conv.output=256x64x63, got 256x64x64"
    assert result.exit_code == 1
    assert form == "json" or message in (result.stderr if form == "csv" else result.stdout).replace("\\", "")


def test_sums_are_told_of_the_architecture() -> None:
    """With separators and in short."""
    assert "aspp: expected macs<=60G, got 61,472,243,712 (61.47 G)" in invoke(*expecting("macs<=60G")).stdout


def test_json_has_every_outcome() -> None:
    """Only where some was asked for."""
    assert invoke_json(*expecting("output=256x64x64", "macs<1k"))["expectations"] == [
        {"expect": "output=256x64x64", "ok": True, "got": "256x64x64", "layer": "project.dropout"},
        {"expect": "macs<1k", "ok": False, "got": "61472243712", "layer": None},
    ]
    assert "expectations" not in invoke_json(*ASPP)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macs", "no operator; quote it"),
        ("macz<=1", "did you mean macs?"),
        ("rate17.conv.output=1", "did you mean rate1"),
        ("output=", "is not CxHxW"),
    ],
)
def test_wrong_usage(text: str, message: str) -> None:
    """Exit code 2, one sentence, no table."""
    result = invoke(*expecting(text))
    assert (result.exit_code, result.stdout, result.stderr.count("Error: ")) == (2, "", 1)
    assert message in result.stderr


def test_an_invalid_architecture_fails_what_is_expected_of_it() -> None:
    """Exit code 1, and the table up to the failing layer."""
    result = invoke("spp", "--input", "5", "--expect", "output=5376", "--expect", "concat.output=5376")
    assert result.exit_code == 1
    assert "spp: expected output=5376, got none, the architecture is invalid" in result.stdout
    assert "layer concat: expected concat.output=5376, got none" in result.stdout
