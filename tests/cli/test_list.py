"""`pyramidcalc list`."""

from __future__ import annotations

import csv
import io

from pyramidcalc.catalog import names
from pyramidcalc.cli.root import subject_names
from tests.cli.conftest import invoke, invoke_json


def test_everything_is_listed_with_its_source() -> None:
    """Layers, blocks and networks; each architecture cites where it comes from."""
    found = {entry["name"]: entry for entry in invoke_json("list")["architectures"]}
    assert sorted(found) == sorted(subject_names())
    for name in names():
        assert found[name]["source"], name
        assert found[name]["summary"].endswith("."), name


def test_numbers_are_those_of_the_command() -> None:
    """Output, parameters and MACs at the default input."""
    found = {entry["name"]: entry for entry in invoke_json("list")["architectures"]}
    alone = invoke_json("aspp")
    assert all(found["aspp"][key] == alone[key] for key in ("output", "parameters", "macs", "receptive_field"))
    assert found["aspp"]["options"] == alone["options"]


def test_numbers_can_be_asked_for_or_left_out() -> None:
    """A table leaves them out for want of room, unless --numbers; the other formats have them."""
    assert "MACs" not in invoke("list").stdout
    assert "MACs" in invoke("list", "--numbers").stdout
    rows = list(csv.DictReader(io.StringIO(invoke("list", "--format", "csv").stdout)))
    assert next(row for row in rows if row["name"] == "aspp")["parameters"] == "15535104"
    assert "macs" not in invoke_json("list", "--no-numbers")["architectures"][0]
