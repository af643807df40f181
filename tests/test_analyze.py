"""`pc.analyze` and its neighbours of a user's own: modules, graphs and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import pyramidcalc as pc
from tests.importing.own import CHAIN

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (3, 32, 40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A chain as TOML."""
    imported = pc.chain(CHAIN, SHAPE)
    file = tmp_path / "net.toml"
    file.write_text(pc.to_toml(imported.graph, imported.inputs))
    return file


def test_a_path_is_read(path: Path) -> None:
    """As a text too; another input is asked by its shape or by name."""
    assert pc.analyze(path).output == (5, 16, 20)
    assert pc.analyze(str(path)).output == (5, 16, 20)
    assert pc.analyze(path, input=(3, 8, 6)).output == (5, 4, 3)
    assert pc.analyze(path, input=(8, 6)).output == pc.analyze(path, input=(3, 8, 6)).output
    assert pc.analyze(path, input={"input": (3, 8, 6)}).output == (5, 4, 3)
    assert pc.analyze(path, batch=3).macs == 3 * pc.analyze(path).macs


def test_a_graph_is_analysed() -> None:
    """Its one input without a name; several by theirs."""
    imported = pc.chain(CHAIN, SHAPE)
    assert pc.analyze(imported.graph, input=(3, 8, 6)).output == (5, 4, 3)
    assert pc.analyze(imported, input=(3, 8, 6)).output == (5, 4, 3)
    assert pc.analyze(imported).output == (5, 16, 20)
    assert pc.analyze(imported.graph, input=imported.inputs).output == (5, 16, 20)


def test_a_builders_graph_reaches_every_tool_as_toml(tmp_path: Path) -> None:
    """Written, read, and the same."""
    builder = pc.Builder()
    builder.output("map", builder.add("conv", pc.layers.Conv2d(3, 4, (3, 1), stride=2), builder.input("image", 3)))
    graph = builder.build()
    path = tmp_path / "own.toml"
    path.write_text(pc.to_toml(graph, {"image": (3, 9, 8)}))
    assert pc.from_file(path).graph == graph
    assert pc.analyze(path).layers == pc.analyze(graph, input=(3, 9, 8)).layers


@pytest.mark.torch
def test_a_module_is_analysed() -> None:
    """On the shapes of its inputs; its name is that of its class."""
    torch = pytest.importorskip("torch")
    module: Any = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (3, 1), stride=2), torch.nn.ReLU())
    report = pc.analyze(module, input=(3, 9, 8))
    assert (report.architecture, report.output, report.parameters) == ("Sequential", (4, 4, 4), 40)
    assert report.receptive_field is not None
    assert report.receptive_field.size == (3, 1)
    assert pc.analyze(module, input={"input": (3, 9, 8)}).output == (4, 4, 4)
    assert pc.from_torch(module, (3, 9, 8)).inputs == {"input": (3, 9, 8)}


@pytest.mark.torch
def test_a_module_needs_an_input() -> None:
    """No default is guessed."""
    torch = pytest.importorskip("torch")
    with pytest.raises(pc.UsageError, match=r"a ReLU needs an input; for example input=\(3, 224, 224\)"):
        pc.analyze(torch.nn.ReLU())


@pytest.mark.parametrize("what", [3, None, object, ["aspp"]])
def test_what_is_no_architecture_is_refused(what: Any) -> None:
    """With what there is."""
    with pytest.raises(
        pc.UsageError, match=r"analyze takes an architecture, got .*; give a name, a path, a Graph or a"
    ):
        pc.analyze(what)


def test_options_are_the_catalogues(path: Path) -> None:
    """A file has none."""
    with pytest.raises(pc.UsageError, match="options are of the catalogue's architectures, got rate"):
        pc.analyze(path, rate=6)  # type: ignore[call-overload]  # type checkers find it, too


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """In one sentence."""
    with pytest.raises(pc.ModelError, match="there is no file"):
        pc.analyze(tmp_path / "net.pt2")


@pytest.mark.parametrize("shape", [(0, 8, 8), "3x8y", {"x": (3, 8, 8)}, (3.5, 8, 8)])
def test_inputs_that_are_none_are_refused(path: Path, shape: Any) -> None:
    """Never by an error of another kind, for files and graphs."""
    graph = pc.from_file(path).graph
    # Of a file the channels are known, as the catalogue's are.
    for what in (graph,) if shape in (3, (3, 8)) else (path, graph):
        try:
            report = pc.analyze(what, input=shape)
        except pc.PyramidcalcError:
            continue
        assert report.failed
