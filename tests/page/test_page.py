"""The page in a real browser: what a reader sees is what the engine says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from pyramidcalc.passes.reach import reach
from pyramidcalc.request import analyze
from tests.page.conftest import GROUND, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.page.server import Server


@pytest.fixture(scope="module")
def window(browser: Any) -> Iterator[Reader]:
    """One page for the tests of this file; none of them may make it complain."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield (reader := Reader(context.new_page()))
    context.close()
    assert reader.complaints == []


@pytest.fixture
def reader(window: Reader, server: Server) -> Reader:
    """The page as it opens at first, the pointer away from its maps."""
    window.page.mouse.move(0, 0)
    return window.opened(f"http://127.0.0.1:{server.port}/")


def test_a_field_writes_the_command(reader: Reader) -> None:
    """The command line, the address and the table follow a field; a link opens the same page."""
    reader.after(reader.page.fill, "#f-rate", "2, 5 9")
    line = "aspp --rate 2 5 9 --input 64x64"
    assert reader.page.input_value("#line") == line
    assert "19×19" in reader.page.inner_text('tr[data-name="rate9.conv"]')
    address = reader.page.url
    assert address.endswith(f"#{quote(line)}")
    reader.opened(address)
    assert reader.page.input_value("#f-rate") == "2 5 9"


def test_a_box_and_a_choice_write_the_command(reader: Reader) -> None:
    """A switch that is off is written so; what is as usual is left out."""
    reader.after(reader.page.uncheck, "#f-dropout")
    assert reader.page.input_value("#line") == "aspp --rate 6 12 18 --no-dropout --input 64x64"
    reader.after(reader.page.check, "#f-dropout")
    assert reader.page.input_value("#line") == "aspp --rate 6 12 18 --input 64x64"
    reader.after(reader.page.select_option, "#architecture", "spp")
    reader.after(reader.page.select_option, "#f-method", "adaptive")
    assert reader.page.input_value("#line") == "spp --method adaptive"


def test_arrows_change_the_number_under_the_caret(reader: Reader) -> None:
    """Up and down in a field or in the line, by ten with Shift; other numbers stay."""
    reader.page.click("#f-rate")
    reader.page.evaluate("document.getElementById('f-rate').setSelectionRange(3, 3)")
    reader.after(reader.page.keyboard.press, "ArrowUp")
    assert reader.page.input_value("#f-rate") == "6 13 18"
    reader.page.click("#line")
    reader.page.evaluate("document.getElementById('line').setSelectionRange(33, 33)")
    reader.after(reader.page.keyboard.press, "Shift+ArrowDown")
    assert reader.page.input_value("#line") == "aspp --rate 6 13 18 --input 64x54"


def test_the_map_is_what_reach_says(reader: Reader) -> None:
    """Every input pixel that is read is coloured, and no other: at the centre, at the corner, and where one points."""
    reader.ask("dense-aspp --rate 2 5 --input 33x41")
    resolved = analyze("dense-aspp", input=(33, 41), rate=(2, 5)).resolved
    assert resolved is not None
    box = reader.page.locator("#out").bounding_box()
    point = (box["x"] + box["width"] * 30.5 / 41, box["y"] + box["height"] * 7.5 / 33)
    for at, act in (
        ((16, 20), lambda: None),
        ((0, 0), lambda: reader.page.click('[data-at="corner"]')),
        ((7, 30), lambda: (reader.page.click("#out"), reader.page.mouse.move(*point))),
    ):
        act()
        whole = reach(resolved, "concat5", at)
        reader.drawn("concat5", at)
        assert reader.page.inner_text("#out-text").startswith(f"row {at[0]}, column {at[1]}")
        reader.said(f"{whole.pixels('input')} pixels read")
        mask = whole.mask("input")
        expected = [[mask.get((y,), 0) >> x & 1 for x in range(41)] for y in range(33)]
        assert [[int(colour != GROUND) for colour in row] for row in reader.pixels(33, 41)] == expected


def test_weights_darken_with_the_effective_field(reader: Reader) -> None:
    """A pixel that counts more is darker; those that are not read are the ground."""
    from pyramidcalc.passes.effective_field import effective_field

    reader.ask("dense-aspp --rate 2 5 --input 33x41")
    reader.page.click('[data-view="weights"]')
    reader.said("weight")
    resolved = analyze("dense-aspp", input=(33, 41), rate=(2, 5)).resolved
    assert resolved is not None
    field = effective_field(resolved, "concat5", (16, 20))
    _, (left, right) = field.hull("input") or ()
    columns = range(left, right + 1)
    hull = {(y, x): w for (y,), row in field.weights("input").items() for x, w in zip(columns, row, strict=True)}
    light = {
        (y, x): sum(map(int, colour.split(",")))
        for y, row in enumerate(reader.pixels(33, 41))
        for x, colour in enumerate(row)
    }
    # The frames of 50 % and 90 % lie on some pixels' borders, never on their middles.
    assert {place for place, sign in light.items() if sign == 765} == set(light) - {p for p, w in hull.items() if w}
    by_weight: dict[int, set[int]] = {}
    for place, weight in hull.items():
        by_weight.setdefault(weight, set()).add(light[place])
    shades = [by_weight[weight] for weight in sorted(by_weight)]
    assert all(len(shade) == 1 for shade in shades)
    assert sorted(shades, key=min, reverse=True) == shades


def test_choosing_a_layer_changes_what_is_shown(reader: Reader) -> None:
    """In the table or in the graph, by the pointer or by keys."""
    reader.page.click('tr[data-name="rate6.conv"] th button:last-child')
    reader.said("9 pixels read")
    reader.page.focus('#graph [data-layer="conv1x1.act"]')
    reader.page.keyboard.press("Enter")
    reader.said("1 pixel read")
    assert reader.page.inner_text("#out-name b") == "conv1x1.act"
    assert reader.page.locator("tr[aria-current=true]").get_attribute("data-name") == "conv1x1.conv"


def test_rows_unfold(reader: Reader) -> None:
    """A row opens to its layers, down to the last one."""
    reader.ask("deeplabv3 --input 65x97")
    rows = reader.page.locator("#table tbody tr")
    folded = rows.count()
    reader.page.click('tr[data-name="aspp"] .fold')
    assert reader.page.locator('tr[data-name="aspp.rate6"]').count() == 1
    reader.page.click("#unfold")
    reader.page.click("#unfold")
    report = analyze("deeplabv3", input=(65, 97))
    names = set(reader.page.evaluate("[...document.querySelectorAll('tbody tr')].map((e) => e.dataset.name)"))
    assert {layer.name for layer in report.layers} <= names
    assert rows.count() > folded + 300


def test_the_keys_move_the_pixel(reader: Reader) -> None:
    """Arrows on the output step by one pixel; the text says where, for those who cannot see it."""
    reader.page.focus("#out")
    reader.page.keyboard.press("ArrowUp")
    reader.page.keyboard.press("Shift+ArrowRight")
    reader.until("() => document.getElementById('out-text').textContent.startsWith('row 31, column 42')")
    assert "row 31, column 42" in reader.page.get_attribute("#out", "aria-label")


def test_a_mistake_keeps_the_last_answer(reader: Reader) -> None:
    """The sentence is shown above it, and goes with the mistake."""
    reader.ask("aspp --rat 6")
    assert "--rate" in reader.page.inner_text("#wrong")
    assert reader.page.locator("#table tbody tr").count() == 9
    reader.ask("aspp --rate 6")
    assert not reader.page.is_visible("#wrong")


def test_an_invalid_net_shows_its_rows(reader: Reader) -> None:
    """The rows before the failing layer, the reason, and the layer in red in the graph."""
    reader.ask("dspp --input 7x16")
    assert "use at most 7 bins" in reader.page.inner_text("#notes")
    assert reader.page.locator("#table tbody tr").count() == 12
    assert reader.page.locator(".box.failed").count() == 1


@pytest.mark.parametrize("line", ["fpn", "tcn", "spp", "ppm --input 8x13x11", "conv --dims 3 --input 2x7x8x9"])
def test_other_maps_are_drawn(reader: Reader, line: str) -> None:
    """Several inputs, sequences, vectors and volumes; a pixel at the corner too."""
    reader.ask(line)
    reader.page.click('[data-at="corner"]')
    reader.until("() => document.getElementById('in-text').textContent !== ''")
    assert reader.page.locator("#table tbody tr").count() > 0


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_is_wider_than_the_window(reader: Reader, width: int) -> None:
    """Tables and graphs scroll on their own; the page does not, on a screen or a phone."""
    reader.page.set_viewport_size({"width": width, "height": 900})
    try:
        for line in ("aspp", "fpn"):
            reader.ask(line)
            assert reader.page.evaluate("document.documentElement.scrollWidth") == width
    finally:
        reader.page.set_viewport_size({"width": 1280, "height": 900})


def test_no_other_host_is_asked(reader: Reader, server: Server) -> None:
    """All requests so far went to this server."""
    own = (f"http://127.0.0.1:{server.port}/", "data:", "about:")
    assert all(address.startswith(own) for address in reader.requests)
