"""Options with several values, in every spelling."""

from __future__ import annotations

import pytest

from pyramidcalc.cli.arguments import MissingValueError, is_value, rewrite
from tests.cli.conftest import invoke, invoke_json

SPELLINGS = [
    ["--rate", "6", "12", "18"],
    ["--rate", "6,12,18"],
    ["--rate=6", "12", "18"],
    ["--rate=6,12,18"],
    ["--rate", "6", "--rate", "12", "--rate", "18"],
    ["--rate", "6,", "12,", "18"],
    ["--rate", "6", "12", "--rate=18"],
]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=" ".join)
def test_all_spellings_of_several_values_are_the_same(spelling: list[str]) -> None:
    """The four ways of DESIGN, and mixtures of them, before and after other options."""
    for args in (["aspp", *spelling, "--batch", "2"], ["aspp", "--batch", "2", *spelling]):
        assert invoke_json(*args)["options"]["rate"] == [6, 12, 18]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=" ".join)
def test_reach_reads_the_same_spellings(spelling: list[str]) -> None:
    """A group that builds the architecture's command rewrites its options too."""
    assert invoke_json("reach", "aspp", *spelling, "--at", "1,2")["options"]["rate"] == [6, 12, 18]


@pytest.mark.parametrize(
    ("token", "value"),
    [(text, True) for text in ("6", "-6", "-.5", "-1x2", "-inf", "-NaN", "")]
    + [(text, False) for text in ("--", "-h", "--depth", "-x", "-")],
)
def test_a_value_is_what_does_not_look_like_an_option(token: str, value: bool) -> None:
    """A minus before a number makes a value, before anything else an option."""
    assert is_value(token) is value


def test_a_single_option_keeps_a_value_that_looks_like_an_option() -> None:
    """`--layer --rate` asks for a layer of that name."""
    made = rewrite(["--layer", "--rate", "--rate", "1", "2"], {"--rate": True}, {"--layer"})
    assert made == ["--layer", "--rate", "--rate=1", "--rate=2"]


def test_nothing_is_rewritten_after_two_dashes() -> None:
    """`--` ends the values and all options."""
    assert rewrite(["--rate", "1", "--", "--rate", "2"], {"--rate": True}, ()) == ["--rate=1", "--", "--rate", "2"]


def test_commas_stay_where_an_option_wants_them() -> None:
    """An option may take several values without parting them at commas."""
    assert rewrite(["--set", "a=1,2", "b"], {"--set": False}, ()) == ["--set=a=1,2", "--set=b"]


@pytest.mark.parametrize("args", [["--rate"], ["--rate", "--batch", "2"], ["--rate", "--"]])
def test_an_option_without_a_value_is_an_error(args: list[str]) -> None:
    """At least one value is needed; completion lets it pass."""
    with pytest.raises(MissingValueError, match="--rate"):
        rewrite(args, {"--rate": True}, {"--batch"})
    assert "--rate" not in rewrite(args, {"--rate": True}, {"--batch"}, lenient=True)
    result = invoke("aspp", *args)
    assert result.exit_code == 2
    assert "`--rate` needs at least one value, for example --rate 6 12 18" in result.stderr


def test_negative_numbers_are_values_that_are_refused() -> None:
    """-6 is told as a value out of range, not as an unknown option."""
    result = invoke("aspp", "--rate", "6", "-6")
    assert result.exit_code == 2
    assert "'-6' is not a whole number from 1" in result.stderr


@pytest.mark.parametrize("kernel", [["3x5"], ["3,5"], ["3", "5"], ["3×5"]])
def test_two_values_are_height_and_width(kernel: list[str]) -> None:
    """A pair may be written like a size or as two values."""
    assert invoke_json("conv", "--kernel", *kernel)["layers"][0]["attributes"]["kernel_size"] == [3, 5]
    assert invoke_json("conv", "--kernel-size", *kernel)["output"] == [3, 222, 220]


def test_a_pair_has_no_third_value() -> None:
    """Three values are refused, in whatever way they are parted."""
    for kernel in (["3", "5", "7"], ["3x5x7"]):
        result = invoke("conv", "--kernel", *kernel)
        assert (result.exit_code, "3 values; give one, or two" in result.stderr) == (2, True)
