"""The page as one file: its answers, style and script inside; it fetches nothing and asks nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from pyramidcalc.cli.page.answers import contents
from pyramidcalc.cli.page.maps import reads, weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.answer import Answer
    from pyramidcalc.report import Report

NAMES = ("index.html", "page.css", "page.js")
MAX_RUNS = 5000
"""Rectangles of one picture in a file; more take megabytes."""
MAX_WEIGHTS = 4
"""Outputs whose effective fields a file holds."""


def page(answer: Answer, line: str) -> str:
    """The file of an answer that is of a whole architecture, whose command line is shown."""
    report = answer.report
    assert report is not None
    shown = contents(answer) | {"name": report.architecture, "about": "", "form": []}
    known: dict[str, Any] = {"line": line, "shown": shown, "reads": {}, "weights": {}} | dict(maps(report, shown))
    text, style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in NAMES)
    # A script element ends at its first end tag, wherever that stands.
    data = json.dumps(known).replace("<", "\\u003c")
    policy = f"default-src 'none'; img-src data:; style-src {allowed(style)}; script-src {allowed(script)}"
    for old, new in (
        (
            '<meta charset="utf-8">',
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">',
        ),
        ("<title>pyramidcalc</title>", f"<title>{escape(line)}</title>"),
        ('<link rel="stylesheet" href="page.css">', f"<style>{style}</style>"),
        (
            '<script type="module" src="page.js"></script>',
            f"<noscript>{report._repr_html_()}</noscript>\n"
            f'<script type="application/json" id="known">{data}</script>\n<script type="module">{script}</script>',
        ),
    ):
        assert old in text, f"the page has no {old}"
        text = text.replace(old, new, 1)
    return text


def allowed(inside: str) -> str:
    """The source of a Content-Security-Policy that is this element's content and no other."""
    return f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"


def maps(report: Report, shown: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the middle and the corner of every row read, and the weights of those of the outputs."""
    if report.resolved is None:
        return
    resolved = report.resolved
    outputs = [] if report.failed else [name for _, name in resolved.graph.outputs]
    layers = [row["layer"] for row in shown["rows"] if not row["level"]]
    read = {}
    for layer in dict.fromkeys([*outputs, *layers]):
        for at in places(report, layer):
            answer = reads(resolved, layer, at, None)
            runs = sum(len(rows) * len(columns) for each in answer.get("entries", ()) for rows, columns in each["runs"])
            if runs > MAX_RUNS:
                answer = {"unknown": f"{runs:,} separate rectangles are too many for a file; see `pyramidcalc explore`"}
            read[key(layer, at)] = answer
    yield "reads", read
    yield (
        "weights",
        {
            key(layer, at): weights(resolved, layer, at, None)
            for layer in list(dict.fromkeys(outputs))[:MAX_WEIGHTS]
            for at in places(report, layer)
        },
    )


def places(report: Report, layer: str) -> list[tuple[int, ...]]:
    """The middle and the first position of a layer's output; none of a graph's own inputs."""
    assert report.resolved is not None
    if layer in report.inputs:
        return []
    axes = report.resolved.shapes[layer][1:]
    return list(dict.fromkeys([tuple([n // 2 for n in axes]), (0,) * len(axes)]))


def key(layer: str, at: tuple[int, ...]) -> str:
    """How the page asks for it."""
    return f"{layer} {','.join(map(str, at))}"
