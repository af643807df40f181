"""Expectations: how they are read, what they are judged on, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyramidcalc.catalog import find
from pyramidcalc.errors import UsageError
from pyramidcalc.expectations import judge, parse
from pyramidcalc.expectations.reading import PARTS
from pyramidcalc.request import Request, analyze

if TYPE_CHECKING:
    from pyramidcalc.report import Report


@cache
def aspp() -> Report:
    """ASPP on 64×48: every branch differs, rows differ from columns, and a pooling branch is global."""
    return analyze("aspp", input=(2048, 64, 48), rate=(6, 12, 18))


@cache
def fpn() -> Report:
    """Four inputs and four outputs; p2 reads all inputs, p5 the last only."""
    return analyze("fpn", input=(200, 272))


def got(text: str, report: Report) -> tuple[bool, str, str | None]:
    """Whether it holds, what was found, and where."""
    outcome = judge(parse(text), report)
    return outcome.ok, outcome.got, outcome.layer


@pytest.mark.parametrize(
    "text",
    [
        "output=256x64x48",
        "output = 256×64×48",
        "OUTPUT=256,64,48",
        "output=64x48",
        "input=2048x64x48",
        "receptive-field=37x37",
        "receptive_field=37",
        "receptive-field=global",
        "receptive-field>=37x36",
        "rate18.conv.receptive-field=37x37",
        "rate18.conv.receptive-field!=global",
        "rate18.receptive-field<38",
        "pooling.pool.receptive-field!=37x37",
        "rate18.conv.padding=18",
        "stride=1x1",
        "parameters=15535104",
        "parameters=15,535,104",
        "parameters=15.535104M",
        "rate6.conv.parameters=4718592",
        "rate6.parameters=4719104",
        "macs<=70G",
        "macs>46.1G",
        "activations<17M",
        "peak-memory<=39MiB",
        "peak-activation-bytes=40894464",
        "concat.output=1280x64x48",
        "project.output!=256x48x64",
        "no-warnings",
        " no-warnings ",
    ],
)
def test_what_holds(text: str) -> None:
    """Names in any case, spaces around the operator, every separator of sizes, exact units, scopes and labels."""
    assert got(text, aspp())[0]


@pytest.mark.parametrize(
    ("text", "measured", "layer"),
    [
        ("output=256x48x64", "256x64x48", "project.dropout"),
        ("output=48x64", "256x64x48", "project.dropout"),
        ("output=256", "256x64x48", "project.dropout"),
        ("output>=256x64x49", "256x64x48", "project.dropout"),
        ("rate12.conv.output=1x2x3", "256x64x48", "rate12.conv"),
        ("receptive-field=36x37", "global (37x37)", "project.dropout"),
        ("receptive-field!=37", "global (37x37)", "project.dropout"),
        ("receptive-field!=global", "global (37x37)", "project.dropout"),
        ("rate6.conv.receptive-field=global", "13x13", "rate6.conv"),
        ("pooling.pool.receptive-field=64x48", "global", "pooling.pool"),
        ("pooling.pool.stride=1", "none, or branches differ", "pooling.pool"),
        ("stride=1/2", "1", "project.dropout"),
        ("macs<46G", "46104313856", None),
        ("rate6.conv.macs=1k", "14495514624", "rate6.conv"),
    ],
)
def test_what_fails_tells_what_was_found_and_where(text: str, measured: str, layer: str | None) -> None:
    """Sums of the whole architecture have no layer; everything else names one."""
    assert got(text, aspp()) == (False, measured, layer)


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_operators_are_those_of_numbers(sign: str, shift: int) -> None:
    """Against Python's own."""
    parameters = 15535104
    wanted = parameters + shift
    python = {"=": "=="}.get(sign, sign)
    assert got(f"parameters{sign}{wanted}", aspp())[0] is eval(f"{parameters} {python} {wanted}")


def test_an_order_of_sizes_holds_on_every_axis() -> None:
    """64×48 is neither at most nor at least 48×64."""
    assert not got("output<=48x64", aspp())[0]
    assert not got("output>=48x64", aspp())[0]
    assert got("output!=48x64", aspp())[0]
    assert got("output<=64x64", aspp())[0]


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("", 1), ("k", 10**3), ("M", 10**6), ("G", 10**9), ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30)],
)
def test_units_are_exact(unit: str, factor: int) -> None:
    """A decimal part is a fraction, not a rounded float."""
    assert parse(f"macs=0.1{unit}").wanted == (Fraction(factor, 10),)
    assert parse(f"macs=3 {unit}").wanted == (Fraction(3 * factor),)


def test_sequences_and_volumes() -> None:
    """As many numbers as axes, or one for all; without the channels only where all spatial sizes are there."""
    volume = analyze("conv", dims=3, kernel_size=(1, 2, 3), input=(4, 5, 6, 7))
    for text in ("output=4x5x5x5", "output=5x5x5", "receptive-field=1x2x3", "receptive-field<=3", "padding=0x0x0"):
        assert got(text, volume)[0], text
    for text in ("output=5x5", "receptive-field=1x2", "receptive-field=3", "stride=2"):
        assert not got(text, volume)[0], text
    assert got("receptive-field=4", analyze("tcn", kernel_size=2, levels=2, input=9)) == (False, "7", "level1.relu")


def test_several_inputs_and_outputs() -> None:
    """Without a name the main ones are meant; a label names an output."""
    assert got("output=256x200x272", fpn())[0]
    assert got("p4.output=256x50x68", fpn())[0]
    ok, measured, layer = got("p5.receptive-field=3x3", fpn())
    assert not ok
    assert measured == "none, c2 is not read"
    assert layer is not None


def test_a_layers_parameters_are_its_own() -> None:
    """A failure says what the table's row of that name shows, which counts the norm; a scope counts all of it."""
    report = aspp()
    row, own = (4_719_104, 4_718_592)
    outcome = judge(parse(f"rate6.conv.parameters={row}"), report)
    assert (outcome.ok, outcome.got) == (False, str(own))
    assert outcome.note == f"with rate6.norm, as in the table's row, it is {row:,}"
    assert judge(parse(f"rate6.parameters={row}"), report).ok
    assert judge(parse("rate6.norm.parameters=1"), report).note == ""
    assert judge(parse("rate6.conv.macs=1"), report).note == ""


@pytest.mark.parametrize("text", ["=1", "!=1", "<1", ">=1", "=global", "!=global"])
def test_nothing_holds_of_what_is_unknown(text: str) -> None:
    """Not even a difference: a number that is not known is not compared; the stride, which is known, is."""
    report = analyze("resize", input=(3, 65521, 65521), size=65536, mode="bicubic")
    ok, measured, _ = got(f"resize.receptive-field{text}", report)
    assert not ok
    assert measured.startswith("unknown, what is read differs over 65536 positions")
    assert got("stride=65521/65536", report)[0]


def test_no_warnings_fails_on_warnings_and_errors() -> None:
    """Infos are none; allowed codes neither."""
    warned = analyze("aspp", input=(16, 33, 33), rate=(6, 40))
    outcome = judge(parse("no-warnings"), warned)
    assert not outcome.ok
    assert outcome.got == "1: degenerate-rate (rate40.conv)"
    assert outcome.layer == "rate40.conv"
    assert judge(parse("no-warnings"), warned, ("degenerate-rate",)).ok
    assert not judge(parse("no-warnings"), analyze("spp", input=(256, 5, 5))).ok


@pytest.mark.parametrize("text", ["output=5376", "macs<=1G", "concat.output=5376", "concat.macs<1", "output!=5"])
def test_nothing_holds_of_an_invalid_architecture(text: str) -> None:
    """Sums up to a failing layer are no sums; a layer after it is known, and has no shape."""
    failed = analyze("spp", input=(256, 5, 5))
    assert got(text, failed)[:2] == (False, "none, the architecture is invalid")
    refused = Request.of(find("pool"), None, 1, {"padding": 2}).report()
    assert got(text, refused)[:2] == (False, "none, the architecture is invalid")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macs", "no operator; quote it"),
        ("rate18.conv.output", "no operator; quote it"),
        ("", "no operator; quote it"),
        ("macs!70", "no operator; quote it"),
        ("no-warning", "did you mean no-warnings?"),
        ("mac=3", "did you mean macs?"),
        ("rate18.conv.outptu=1", "did you mean output?"),
        ("zzz=1", "known are input, output, receptive-field"),
        (".output=1", "no layer stands before the dot"),
        ("=1", "known are"),
        ("rate6.activations=1", "of the whole architecture"),
        ("macs==1", "two operators"),
        ("macs=<1", "not a number"),
        ("macs=", "not a number"),
        ("macs=-1", "not a number"),
        ("macs=1e9", "not a number"),
        ("macs=nan", "not a number"),
        ("macs=1_000", "not a number"),
        ("macs=１２", "not a number"),
        ("macs=" + "9" * 5000, "not a number"),
        ("macs<=70GB", "units are k, M, G, KiB, MiB, GiB"),
        ("macs<=70g", "there is no unit"),
        ("output=64x", "is not CxHxW"),
        ("output=1x2x3x4x5", "is not CxHxW"),
        ("output=global", "is not CxHxW"),
        ("receptive-field=1x2x3x4", "is not HxW"),
        ("receptive-field<global", "write = or !="),
        ("stride=1/0", "is not one number, or one an axis"),
        ("padding=1.5", "is not one whole number, or one an axis"),
    ],
)
def test_wrong_usage_is_told_with_a_way_out(text: str, message: str) -> None:
    """In one sentence."""
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate18.cnv.output=1", "did you mean rate18.conv"),
        ("rates.output=1", "did you mean rate"),
        ("q.output=1", "--depth 99"),
        ("x" * 9999 + ".output=1", "9999 characters"),
    ],
)
def test_an_unknown_layer_names_the_nearest(text: str, message: str) -> None:
    """A typo is no failed expectation."""
    with pytest.raises(UsageError, match="has no layer") as refused:
        judge(parse(text), aspp())
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("output=1x2x3", "output=256x64x48"),
        ("output = 1x2", "output = 64x48"),
        ("macs<=1k", "macs<=46104313856"),
        ("receptive-field=1", "receptive-field=37x37"),
        ("rate6.conv.receptive-field=global", "rate6.conv.receptive-field=13x13"),
        ("pooling.pool.receptive-field=1", "pooling.pool.receptive-field=global"),
        ("stride>=2", "stride>=1"),
        ("macs<1k", None),
        ("parameters!=15535104", None),
        ("output=256x64x48", None),
    ],
)
def test_the_replacement_is_what_would_hold(text: str, measured: str | None) -> None:
    """Of =, <= and >= that fail; no value makes an exclusive operator right."""
    outcome = judge(parse(text), aspp())
    assert outcome.replacement == measured
    if measured is not None:
        assert judge(parse(measured), aspp()).ok


WORDS = st.sampled_from(
    ["macs", "output", "rate18.conv.output", "receptive-field", "stride", "padding", "rate6.", ".", ""]
)
VALUES = st.one_of(st.text(max_size=12), st.from_regex(r"[0-9xX,×./GkMiB -]{0,12}"), st.integers(0, 300).map(str))


@given(
    st.one_of(st.text(max_size=40), st.builds("{}{}{}".format, WORDS, st.sampled_from(["=", "<=", "!=", ">"]), VALUES))
)
@example("macs=" + "1," * 5000)
@example("output=" + "x" * 50_000)
@example("=" * 10_000)
def test_any_text_is_judged_or_refused(text: str) -> None:
    """No other exception, and a replacement always holds."""
    try:
        outcome = judge(parse(text), aspp())
    except UsageError:
        return
    assert outcome.replacement is None or judge(parse(outcome.replacement), aspp()).ok
    assert text.strip() == "no-warnings" or PARTS.fullmatch(text)
