"""What Jupyter shows of a report."""

from __future__ import annotations

from html.parser import HTMLParser

from pyramidcalc.graph import Graph, Node
from pyramidcalc.layers import Conv2d
from pyramidcalc.report import Report, analyze_graph
from pyramidcalc.request import analyze

VOID = {"br", "img", "meta"}


class Reading(HTMLParser):
    """Tags that are open, tags that were seen, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def shown(report: Report) -> Reading:
    """The report's HTML, read; every tag is closed in order."""
    reading = Reading(report._repr_html_())
    assert reading.open == []
    return reading


def test_it_has_totals_notes_and_every_layer() -> None:
    """Exact numbers, and each layer with its shape and receptive field."""
    report = analyze("aspp", input=(16, 33, 35), rate=(2, 24), channels=8)
    reading = shown(report)
    for text in (
        "8×33×35 (project)",
        "global (49×49)",
        f"{report.parameters:,}",
        "49×49",
        *[layer.name for layer in report.layers],
    ):
        assert any(text in part for part in reading.text), text
    assert any("rate 24" in part for part in reading.text)


def test_an_invalid_net_says_why() -> None:
    """The reason, and the layers before it."""
    reading = shown(analyze("dspp", input=(512, 7, 16)))
    assert any("8 bins on 7" in part for part in reading.text)
    assert "bin6.pool" in reading.text


def test_names_are_text() -> None:
    """A layer's name cannot bring a tag of its own."""
    name = "<script>alert('x')</script>&lt;"
    graph = Graph((("x", 3),), (Node(name, Conv2d(3, 4, 3), ("x",)),), (("<b>", name),))
    reading = shown(analyze_graph(graph, {"x": (3, 7, 9)}))
    assert "script" not in reading.seen
    assert name in reading.text
