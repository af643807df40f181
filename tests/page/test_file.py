"""`--format html`: the page as one file, in a real browser and without one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.passes.reach import reach
from pyramidcalc.request import analyze
from tests.cli.conftest import invoke
from tests.page.conftest import GROUND, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


@pytest.fixture
def file_of(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens what `pyramidcalc … --format html` writes, as a file; it may ask for nothing but itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    reader = Reader(context.new_page())

    def opened(*args: str) -> Reader:
        path = tmp_path / "report.html"
        path.write_text(invoke(*args, "--format", "html").stdout, encoding="utf-8")
        return reader.opened(path.as_uri())

    yield opened
    assert reader.complaints == []
    assert {address.partition(":")[0] for address in reader.requests} <= {"file", "data", "about"}
    context.close()


def test_a_file_holds_the_page(file_of: Any) -> None:
    """Totals, notes, table, graph, reach and weights of centre and corner stand in it, and nothing is fetched."""
    reader = file_of("dense-aspp", "--rate", "2", "5", "--input", "33x41")
    resolved = analyze("dense-aspp", input=(33, 41), rate=(2, 5)).resolved
    assert resolved is not None
    assert reader.page.input_value("#line") == "dense-aspp --rate 2 5 --input 33x41"
    reader.page.click('[data-at="corner"]')
    whole = reach(resolved, "concat5", (0, 0))
    reader.drawn("concat5", (0, 0))
    reader.said(f"{whole.pixels('input')} pixels read")
    mask = whole.mask("input")
    expected = [[mask.get((y,), 0) >> x & 1 for x in range(41)] for y in range(33)]
    assert [[int(colour != GROUND) for colour in row] for row in reader.pixels(33, 41)] == expected
    reader.page.click('[data-view="weights"]')
    reader.said("weight")
    assert reader.page.locator(".box").count() > 5
    reader.page.click("#unfold")
    names = set(reader.page.evaluate("[...document.querySelectorAll('tbody tr')].map((e) => e.dataset.name)"))
    assert {layer.name for layer in resolved.layers} <= names


def test_a_file_of_hostile_names_runs_nothing(browser: Any, file_of: Any, tmp_path: Path) -> None:
    """Names of a user's own layers are text, wherever they stand."""
    name = "</script><img src=x onerror=alert(1)>\"'&amp;"
    path = tmp_path / "net.toml"
    source = invoke("chain", "conv 4 k3 p1; relu; conv 2 k1", "--input", "3x9x7", "--format", "toml").stdout
    path.write_text(source.replace('"conv1"', json.dumps(name)), encoding="utf-8")
    reader = file_of("model", str(path), "--input", "3x9x7")
    assert reader.page.locator("img").count() == 0
    assert name in reader.page.inner_text("#table")
    assert name[-22:] in reader.page.locator("#graph").inner_html().replace("&amp;", "&").replace("&gt;", ">")


def test_a_file_allows_its_own_script_alone() -> None:
    """The script and the style that stand in it, by their hashes; names of other sites stand in no attribute."""
    text = invoke("aspp", "--format", "html").stdout
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []


@pytest.mark.parametrize("command", [["reach", "aspp"], ["sizes", "aspp"], ["compare", "spp", "ppm"], ["list"]])
def test_other_answers_are_tables(command: list[str]) -> None:
    """Rows and lines of every answer, as text."""
    text = invoke(*command, "--format", "html").stdout
    rows = re.findall(r"<tr><td", text)
    table = [line for line in invoke(*command, "--format", "markdown").stdout.splitlines() if line.startswith("|")]
    assert len(rows) == len(table) - 2
    assert f"<title>pyramidcalc {' '.join(command)}</title>" in text
