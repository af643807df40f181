"""`pyramidcalc list`: the whole catalogue."""

from __future__ import annotations

from pyramidcalc.catalog import find, names
from tests.cli.conftest import invoke, invoke_csv, invoke_json


def test_everything_is_listed_with_its_numbers() -> None:
    """Layers, blocks and networks, each as its own command says; blocks and networks cite where they come from."""
    entries = {entry["name"]: entry for entry in invoke_json("list")["architectures"]}
    assert sorted(entries) == sorted(names())
    for name, entry in entries.items():
        assert entry["kind"] == find(name).kind
        assert entry["summary"].endswith(".")
        assert entry["source"] or entry["kind"] == "layer"
    alone = invoke_json("aspp")
    keys = ("options", "output", "parameters", "macs", "receptive_field", "activations", "peak_activation_bytes")
    assert all(entries["aspp"][key] == alone[key] for key in keys)
    assert entries["aspp"]["default_input"] == alone["input"]


def test_numbers_can_be_asked_for_or_left_out() -> None:
    """A table leaves them out for want of room, unless --numbers; the other formats have them, exact."""
    assert "MACs" not in invoke("list").stdout
    assert "MACs" in invoke("list", "--numbers").stdout
    row = next(row for row in invoke_csv("list") if row["name"] == "aspp")
    assert (row["parameters"], row["MACs"]) == ("15535104", "16343957504")
    assert "macs" not in invoke_json("list", "--no-numbers")["architectures"][0]


def test_csv_has_the_default_input_in_numbers() -> None:
    """What reads it gets numbers: channels, height and width."""
    (row,) = [row for row in invoke_csv("list", "--kind", "network") if row["name"] == "speed"]
    assert [row[f"input {word}"] for word in ("channels", "height", "width")] == ["3", "192", "256"]
