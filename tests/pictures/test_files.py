"""Pictures as files: the same bytes every time, one column wide, legible, and of themselves alone."""

from __future__ import annotations

import re
import sys
from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

import matplotlib as mpl

import pyramidcalc as pc
from pyramidcalc.cli.rows import fold
from pyramidcalc.passes.bins import AxisBins, Bins
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.reach_by_branch import reach_by_branch
from pyramidcalc.pictures import growth as of_growth
from pyramidcalc.pictures import reach as of_reach
from pyramidcalc.pictures.bins import bins
from pyramidcalc.pictures.erf import erf
from pyramidcalc.pictures.sheet import WIDTH, encoded
from pyramidcalc.pictures.taps import taps
from tests.pictures.reading import drawn, texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
LONG = "a/folder/of/many/parts/and/another/one/that/goes/on/and/on/net_of_mine.py:SegmentationNetwork --x $y$ on 64×64"


def growth_of(name: str, **options: Any) -> Figure:
    """How the field of an architecture grows."""
    report = pc.analyze(name, **options)
    return of_growth.growth(report, fold(report, None, collapsed=True), LONG)


def reach_of(name: str, *, node: str | None = None, **options: Any) -> Figure:
    """What the middle of an output reads."""
    report = pc.analyze(name, **options)
    assert report.resolved is not None
    node = node or report.resolved.graph.outputs[0][1]
    at = [size // 2 for size in report[node].output[1:]]
    parts = reach_by_branch(report.resolved, node, at)
    return of_reach.reach(reach(report.resolved, node, at), parts, f"What the middle of {node} reads", LONG)


def erf_of(name: str, **options: Any) -> Figure:
    """How much counts for the middle of an output."""
    report = pc.analyze(name, **options)
    assert report.resolved is not None
    assert report.main is not None
    node, at = report.main.name, [size // 2 for size in report.main.output[1:]]
    return erf(effective_field(report.resolved, node, at), f"How much counts for the middle of {node}", LONG)


def pools() -> list[Bins]:
    """Pools of a pyramid with padding, overlaps and unread tails."""
    names = ("features.14.block.2.avgpool", "features.15.block.2.avgpool", "bin1")
    spans = (((-2, 1), (2, 5)), ((0, 5), (5, 11)), ((0, 12),))
    return [Bins(name, (AxisBins(13, span), AxisBins(15, span))) for name, span in zip(names, spans, strict=True)]


COUNTS = {rate: {9: max(65 - 2 * rate, 0), 6: 7, 4: 3, 2: 9, 1: rate} for rate in range(1, 97)}
FIGURES: dict[str, Callable[[], Figure]] = {
    "growth of aspp": lambda: growth_of("aspp", input=64),
    "growth of dense-aspp": lambda: growth_of("dense-aspp"),
    "growth of deeplabv3": lambda: growth_of("deeplabv3"),
    "growth of speed": lambda: growth_of("speed"),
    "growth of fpn": lambda: growth_of("fpn"),
    "growth of tcn": lambda: growth_of("tcn"),
    "growth of vgg16": lambda: growth_of("vgg16"),
    "growth of mobilenet": lambda: growth_of("mobilenet-v3-large"),
    "reach of aspp": lambda: reach_of("aspp", input=64),
    "reach of dense-aspp": lambda: reach_of("dense-aspp"),
    "reach of a thin map": lambda: reach_of("conv", input=(3, 400)),
    "reach of a tall map": lambda: reach_of("conv", input=(400, 3)),
    "reach of fpn": lambda: reach_of("fpn"),
    "reach of tcn": lambda: reach_of("tcn"),
    "reach of a volume": lambda: reach_of("conv", dims=3, dilation=2, padding=2, input=(12, 20, 30)),
    "reach of a vector": lambda: reach_of("spp"),
    "reach of a global field": lambda: reach_of("resnet"),
    "erf of aspp": lambda: erf_of("aspp", input=(20, 30)),
    "erf of resnet": lambda: erf_of("resnet", input=(96, 64)),
    "erf of fpn": lambda: erf_of("fpn", input=(24, 32)),
    "erf of tcn": lambda: erf_of("tcn", input=200),
    "erf of a volume": lambda: erf_of("conv", dims=3, dilation=2, padding=2, input=(12, 20, 30)),
    "taps": lambda: taps(COUNTS, 9, "Taps inside the map", LONG),
    "bins": lambda: bins(pools(), "What the bins read", LONG),
    "bins of a sequence": lambda: bins([Bins("pool", (AxisBins(13, ((0, 5), (5, 11))),))], "Bins", LONG),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_on_another_or_outside(name: str) -> None:
    """Whatever the names and numbers; half a point may touch."""
    figure = drawn(FIGURES[name])
    slack = figure.dpi / 72 / 2
    seen = list(texts(figure))
    assert len(seen) > 3
    for text, (left, bottom, right, top) in seen:
        outside = min(left, bottom, figure.bbox.width - right, figure.bbox.height - top)
        assert outside > -slack, f"{text!r} lies outside"
    for (one, a), (other, b) in combinations(seen, 2):
        common = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert min(common) < slack, f"{one!r} lies on {other!r}"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("growth of fpn", "svg"),
        ("reach of dense-aspp", "svg"),
        ("erf of aspp", "svg"),
        ("erf of aspp", "png"),
        ("growth of aspp", "pdf"),
        ("bins", "pdf"),
    ],
)
def test_files_are_the_same_twice(name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the day and the user's own settings of matplotlib."""
    first = encoded(FIGURES[name], form)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "savefig.dpi": 50, "svg.hashsalt": "other"}):
        assert encoded(FIGURES[name], form) == first
    assert first.startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[form])


@pytest.mark.parametrize("name", ["growth of fpn", "reach of aspp", "reach of tcn", "erf of resnet", "taps", "bins"])
def test_svg_holds_its_words_and_fetches_nothing(name: str) -> None:
    """Well-formed XML with texts as texts, as wide as a column of a paper."""
    file = encoded(FIGURES[name], "svg")
    root = ElementTree.fromstring(file)
    words = " ".join(text for element in root.iter(f"{SVG}text") for text in element.itertext())
    assert "SegmentationNetwork --x $y$ on 64×64" in words
    assert root.get("width") == f"{WIDTH * 72:g}pt"
    links = [value for element in root.iter() for key, value in element.attrib.items() if key.endswith(("href", "src"))]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(rb"@import|url\((?!#)|<script|<\?xml-stylesheet", file)


def test_no_new_figure_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither pyplot nor its list of figures comes in."""
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)  # another test may have asked for it
    encoded(FIGURES["reach of aspp"], "png")
    assert "matplotlib.pyplot" not in sys.modules
