"""Options with several values, in every spelling."""

from __future__ import annotations

import pytest

from pyramidcalc.cli.command import MissingValueError, is_value, rewrite
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
    """Before and after other options, and behind a question."""
    for args in (
        ["aspp", *spelling, "--batch", "2"],
        ["aspp", "--batch", "2", *spelling],
        ["reach", "aspp", *spelling],
    ):
        assert invoke_json(*args)["options"]["rate"] == [6, 12, 18]


@pytest.mark.parametrize(
    ("token", "value"),
    [(text, True) for text in ("6", "-6", "-.5", "-1x2", "-inf", "-NaN", "")]
    + [(text, False) for text in ("--", "-h", "--depth", "-x", "-")],
)
def test_a_value_is_what_does_not_look_like_an_option(token: str, value: bool) -> None:
    """A minus before a number makes a value, before anything else an option."""
    assert is_value(token) is value


@pytest.mark.parametrize(
    ("tokens", "rewritten"),
    [
        (["--layer", "--rate", "--rate", "1", "2"], ["--layer", "--rate", "--rate=1", "--rate=2"]),
        (["--rate", "1", "--", "--rate", "2"], ["--rate=1", "--", "--rate", "2"]),
    ],
    ids=["one value that looks like an option", "two dashes end the options"],
)
def test_tokens_are_taken_apart(tokens: list[str], rewritten: list[str]) -> None:
    """`--rate` parts its values, `--layer` takes one."""
    assert rewrite(tokens, {"--rate"}, {"--layer"}) == rewritten


@pytest.mark.parametrize("args", [["--rate"], ["--rate", "--batch", "2"], ["--rate", "--"]])
def test_an_option_without_a_value_is_an_error(args: list[str]) -> None:
    """At least one value is needed; completion lets it pass."""
    with pytest.raises(MissingValueError, match="--rate"):
        rewrite(args, {"--rate"}, {"--batch"})
    assert "--rate" not in rewrite(args, {"--rate"}, {"--batch"}, lenient=True)
    result = invoke("aspp", *args)
    assert (result.exit_code, "`--rate` needs at least one value, for example --rate 6 12 18" in result.stderr) == (
        2,
        True,
    )


@pytest.mark.parametrize("kernel", [["3x5"], ["3,5"], ["3", "5"], ["3×5"]])
def test_two_values_are_height_and_width(kernel: list[str]) -> None:
    """A pair may be written like a size or as two values, with either name of the option."""
    assert invoke_json("conv", "--kernel", *kernel)["layers"][0]["attributes"]["kernel_size"] == [3, 5]
    assert invoke_json("conv", "--kernel-size", *kernel)["output"] == [3, 222, 220]


@pytest.mark.parametrize(
    "args", [["--kernel", "3x5x2"], ["--kernel", "3", "5", "2"], ["--dims", "3", "--kernel", "3x5"]]
)
def test_as_many_values_as_axes_are_the_layers_own_rule(args: list[str]) -> None:
    """How many there may be follows from --dims: the layer says so, exit code 1; over three is wrong usage."""
    result = invoke("conv", *args)
    assert (result.exit_code, "must be one number or " in result.stdout) == (1, True)
    assert invoke("conv", "--kernel", "1x2x3x4").exit_code == 2
