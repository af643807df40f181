"""What the catalogue asks of every block file."""

from __future__ import annotations

import pytest

from pyramidcalc import analyze
from pyramidcalc.catalog import find, names
from pyramidcalc.graph import Builder

BLOCKS = names("block")


def test_all_pyramids_are_there() -> None:
    """Helpers with an underscore are no blocks."""
    assert set(BLOCKS) == {
        *("aspp", "bifpn", "dense-aspp", "dspp", "fpn", "hdc", "mdspp", "panet", "ppm", "rfb", "spp", "sppcspc"),
        *("tcn", "yolo-spp"),
    }


@pytest.mark.parametrize("name", BLOCKS)
def test_defaults_work(name: str) -> None:
    """Without any option the block works on its default input."""
    report = analyze(name)
    assert not report.failed
    assert report.output is not None


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_work_inside_a_scope(name: str) -> None:
    """A network can call the block twice, in two scopes; all names carry the scope."""
    block = find(name)
    options = block.checked({})
    taken = {key: options[key] for key in block.function.__kwdefaults__ or {}}
    b = Builder()
    levels = block.levels(block.default_input(options)[0], options)
    values = [b.input(level, channels) for level, (channels, _) in levels.items()]
    for scope in ("first", "second"):
        with b.scope(scope):
            result = block.function(b, *values, **taken)
        for value in result.values() if isinstance(result, dict) else (result,):
            assert value.name.startswith(f"{scope}.")
            b.output(value.name, value)
    graph = b.build()
    inner = [
        [node.name.split(".", 1)[1] for node in graph.nodes if node.name.startswith(scope)] for scope in ("f", "s")
    ]
    assert inner[0] == inner[1]
