"""No argument whatever makes a traceback, another exit code than 0, 1 or 2, or a hang."""

from __future__ import annotations

import time
from functools import cache

import click
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pyramidcalc.catalog import names
from pyramidcalc.cli.root import Root

SECONDS = 5.0
"""Far more than any command takes, whatever else the machine does."""
ODD = [
    *("0", "-1", "1", "2", "3", "7", "1000000000000", "999999999999999999", "1" * 5000),
    *("1.5", "-0.5", "nan", "inf", "-inf", "1e400", "1_000", "+3", "", " ", "１２", "²", "☃", "\x00", "\udcff"),
    *("x", "1x2", "3x", "0x5", "1,2", "1,,2", "1000000000000x1", "5x1000000000000x3", "1x2x3x4", "1x2x3x4x5"),
    *("none", "same", "nonex1", "--", "-"),
]


@cache
def options() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Each command with the flags of its options; what torch says of odd numbers is the oracle's test."""
    root = Root()
    context = click.Context(root)
    groups: list[tuple[tuple[str, ...], click.Command | None]] = [
        ((), root),
        (("reach",), root.get_command(context, "reach")),
    ]
    return tuple(
        (
            (*words, name),
            tuple(
                flag for param in command.params for flag in (*param.opts, *param.secondary_opts) if flag != "--verify"
            ),
        )
        for words, group in groups
        for name in (*names(), "list")
        if isinstance(group, click.Group) and (command := group.get_command(context, name))
    )


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with some of its options, each with odd values, no value, or a value after `=`."""
    words, flags = draw(st.sampled_from(options()))
    args = list(words)
    for flag in draw(st.lists(st.sampled_from(flags), max_size=4)):
        values = draw(st.lists(st.one_of(st.sampled_from(ODD), st.integers(1, 30).map(str)), max_size=3))
        glued = draw(st.booleans())
        args += [f"{flag}={values[0]}", *values[1:]] if values and glued else [flag, *values]
    return args


@settings(max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(command_lines())
@example(["conv", "--input", "1000000000000", "--kernel", "999999999999", "--dilation", "1000000000000"])
@example(["resize", "--scale", "1e-300"])
@example(["resize", "--size", "1000000000000", "--input", "999999999989", "--align-corners"])
@example(["reach", "resize", "--size", "65536", "--input", "65521"])
@example(["spp", "--bins", "1000000000000", "--input", "1000000000000", "--method", "window"])
@example(["adaptive-pool", "--size", "1000000000000", "--input", "999999999989"])
@example(["conv-transpose", "--stride", "1000000000000", "--output-padding", "999999999999"])
@example(["dspp", "--bins", "999999999989", "--input", "1000000000000"])
@example(["dense-aspp", "--input", "999999999999999999"])
@example(["tcn", "--levels", "64", "--kernel", "1000000000000"])
@example(["conv", "--dims", "3", "--input", "1x1000000000000x1x3", "--kernel", "1x1x1"])
@example(["sizes", "conv", "--dims", "3", "--kernel", "1000000000000"])
@example(["--help", "☃"])
@example(["\udcff"])
@example([""])
@example(["../layers/conv"])
@example(["__init__"])
@example(["reach", "list"])
def test_odd_arguments_end_in_0_1_or_2_without_a_traceback(args: list[str]) -> None:
    """Every option of every command with zero, negative, huge, float, NaN, empty, unicode and missing values."""
    start = time.perf_counter()
    result = CliRunner().invoke(Root(), args, prog_name="pyramidcalc")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2)
    assert "Traceback" not in result.output
    if result.exit_code == 2 and args and args[-1] != "reach":
        assert result.stderr.count("Error: ") == 1
        assert len(result.stderr) < 1500
    assert time.perf_counter() - start < SECONDS
