"""The guide for whoever carries on: its links lead to files, and it names every part of the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pyramidcalc"
GUIDE = (PACKAGE / "README.md").read_text(encoding="utf-8")
LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", GUIDE)))


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_to_a_file(link: str) -> None:
    """A reader who follows it arrives."""
    assert (PACKAGE / link).is_file()


def test_every_folder_of_the_package_has_its_row() -> None:
    """No part of the house is left out of the list."""
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {link.split("/")[0] for link in LINKS if "/" in link}


def test_the_way_to_the_table_has_at_most_ten_stops() -> None:
    """Nine numbered stops today; more would say that the way is too long."""
    stops = re.findall(r"^(\d+)\. ", GUIDE, re.MULTILINE)
    assert [int(stop) for stop in stops] == list(range(1, len(stops) + 1))
    assert 5 <= len(stops) <= 10
