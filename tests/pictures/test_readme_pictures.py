"""The pictures of the README and the pages below it are what their commands draw today.

They are compared by their words, colours, lines and pixels and not by their bytes, which matplotlib's next version may
write in another way.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.image import imread
from numpy import array_split

from tests.cli.conftest import invoke
from tests.readme import PAGES, PICTURE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURES = [found for page in PAGES for found in PICTURE.findall(page.read_text(encoding="utf-8"))]
OWN = re.compile(r"(axes|figure|patch|line2d|text|legend|xtick|ytick|matplotlib\.axis|\w+Collection)_\d+")
"""Names that matplotlib gives groups, for it numbers what we do not name."""
SVG = "{http://www.w3.org/2000/svg}"


def words(root: ElementTree.Element) -> list[str]:
    """All texts in order."""
    return [text for element in root.iter(f"{SVG}text") for text in element.itertext()]


def named(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """What we named when it was drawn, and what is in it: branches, layers, sums, weights."""
    for group in root.iter(f"{SVG}g"):
        if group.get("id") and not OWN.fullmatch(group.get("id", "")):
            yield from group.iter()


def numbers(root: ElementTree.Element) -> list[float]:
    """Places and lines."""
    texts = [element.get(key, "") for element in named(root) for key in ("d", "x", "y")]
    return [float(number) for text in texts for number in re.findall(r"-?[\d.]+", text)]


def fills(root: ElementTree.Element) -> list[str]:
    """Colours."""
    return [colour for element in named(root) for colour in re.findall(r"#[0-9a-f]{6}\b", element.get("style", ""))]


def images(root: ElementTree.Element) -> Iterator[bytes]:
    """Pictures of pixels, as PNG files."""
    for element in root.iter(f"{SVG}image"):
        yield base64.b64decode(element.get("{http://www.w3.org/1999/xlink}href", "").partition("base64,")[2])


def means(file: bytes) -> list[float]:
    """The mean red in 16×16 parts of an image: its size may differ by a pixel."""
    image = imread(io.BytesIO(file))
    return [
        float(part[..., 0].mean())
        for rows in array_split(image, 16)
        for part in array_split(rows, 16, axis=1)
        if part.size
    ]


def test_there_are_pictures() -> None:
    """The pattern finds them, and pages show those files."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(PICTURES) == text.count("<!-- picture") >= 3
    assert all(f"{path})" in text for _, path in PICTURES)


@pytest.mark.parametrize(("command", "path"), PICTURES)
def test_a_picture_is_what_its_command_draws(command: str, path: str, tmp_path: Path) -> None:
    """`python -m tests.readme` draws them anew."""
    kept = ROOT / path
    assert kept.stat().st_size < 200_000
    args = command.split()[1:-1]
    assert invoke(*args, str(tmp_path / "new.svg")).exit_code == 0
    new, old = ElementTree.parse(tmp_path / "new.svg").getroot(), ElementTree.parse(kept).getroot()
    assert words(new) == words(old)
    assert fills(new) == fills(old)
    assert numbers(new) == pytest.approx(numbers(old), abs=0.05)
    assert len(numbers(new)) > 20
    for one, other in zip(images(new), images(old), strict=True):
        assert means(one) == pytest.approx(means(other), abs=0.02)
