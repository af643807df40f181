"""What a Python user expects of reports, and of the other questions as functions."""

from __future__ import annotations

import inspect
import pydoc
from typing import TYPE_CHECKING, Any

import pytest

import pyramidcalc as pc
from pyramidcalc.importing.results import AT_ONE_SIZE, Imported
from pyramidcalc.layer_report import LayerGroup, LayerReport
from tests import stubs

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE: dict[str, Any] = {"backbone": "resnet50", "input": (97, 65)}


def test_repr_is_one_line() -> None:
    """Of a large network too, and of its layers and scopes; the table is what print shows."""
    report = pc.analyze("deeplabv3", **LARGE)
    for thing in (report, report["aspp"], report["backbone.conv1"], pc.compare("spp", "ppm")):
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 200
    assert repr(pc.analyze("aspp", input=64)) == (
        "<Report of aspp: 2048×64×64 → 256×64×64, 15,535,104 parameters, 61.47 G MACs, 22 layers>"
    )
    assert repr(pc.analyze("spp", input=5)).endswith("invalid, 0 parameters, 0 MACs, 0 layers>")


def test_print_is_the_table() -> None:
    """The rows of the command and the totals below."""
    report = pc.analyze("aspp", input="64x64", rate=(3, 6))
    text = str(report)
    assert "rate6.conv" in text
    assert f"{report.parameters:,}" in text
    assert "37×37" not in text


def test_report_is_a_sequence_of_layers() -> None:
    """len, iteration and `in`, by name, by scope and by layer."""
    report = pc.analyze("aspp", rate=(3, 6))
    assert len(report) == len(list(report)) == len(report.layers)
    assert [layer.name for layer in report] == [layer.name for layer in report.layers]
    assert "rate3.conv" in report
    assert "rate3" in report
    assert report.layers[2] in report
    assert "rate" not in report
    assert "rate9.conv" not in report


def test_scopes_are_keys() -> None:
    """All layers of a scope as one: sums, the last output, what it reads of others."""
    report = pc.analyze("deeplabv3", **LARGE)
    aspp = report["aspp"]
    assert isinstance(aspp, LayerGroup)
    inner = [layer for layer in report if layer.name.startswith("aspp.")]
    assert list(aspp.layers) == inner
    assert aspp.parameters == sum(layer.parameters for layer in inner)
    assert aspp.macs == sum(layer.macs for layer in inner)
    assert aspp.output == inner[-1].output
    assert aspp.inputs == ("backbone.layer4.2.relu",)
    assert isinstance(report["aspp.rate6.conv"], LayerReport)


def test_equal_analyses_are_equal() -> None:
    """Made alike, by whatever way; other options, inputs or batches make others."""
    report = pc.analyze("aspp", input=(33, 49))
    assert report == pc.analyze("aspp", input="33x49")
    assert report != pc.analyze("aspp", input=(33, 50))
    assert report != pc.analyze("aspp", input=(33, 49), batch=2)
    assert report != pc.analyze("aspp", input=(33, 49), rate=(6, 12, 17))
    graph = pc.build("ppm", in_channels=8)
    assert pc.analyze(graph, input=(8, 9, 7)) == pc.analyze(graph, input=(8, 9, 7))


def test_rows_are_plain() -> None:
    """A number, a text or None a key, axes apart, so that a table of them has columns of numbers."""
    rows = pc.analyze("aspp", input=(2048, 33, 49), rate=(6,)).rows()
    assert len(rows) == len(pc.analyze("aspp", rate=(6,)))
    expected = {
        "layer": "rate6.conv", "op": "Conv2d", "channels": 256, "height": 33, "width": 49,
        "receptive_field_height": 13, "receptive_field_width": 13, "local_receptive_field_height": 13,
        "local_receptive_field_width": 13, "global": False, "stride_height": 1.0, "stride_width": 1.0,
        "parameters": 4718592, "macs": 4718592 * 33 * 49,
    }  # fmt: skip
    assert expected.items() <= rows[3].items()
    assert rows[-1]["receptive_field_height"] is None
    assert rows[-1]["global"] is True
    assert all(value is None or isinstance(value, int | float | str) for row in rows for value in row.values())


def test_reach_and_effective_field_are_asked_of_a_report() -> None:
    """The middle of the main output unless told otherwise."""
    report = pc.analyze("aspp", input=(33, 49), rate=(2, 3))
    assert report.reach(layer="rate3.conv").pixels("input") == 9
    assert report.reach(layer="rate3.conv").position == (16, 24)
    assert report.reach().coverage("input") == 1
    assert report.reach("corner", "rate3.conv").position == (0, 0)
    assert report.reach(at=(0, 1), layer="rate3.conv").pixels("input") == 4
    field = report.effective_field(at=(0, 1), layer="rate3.conv", measure="paths")
    assert (field.node, field.position, field.measure) == ("rate3.conv", (0, 1), "paths")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.reach(layer="rate3.con"), "there is no layer 'rate3.con'; did you mean rate3.conv"),
        (lambda r: r.reach(layer="input"), "there is no layer 'input'"),
        (lambda r: r.reach(at=(40, 2)), "40"),
        (lambda r: r.reach(at="center"), "position 'center' must be centre, corner, or one index"),
        (lambda r: r.effective_field(measure="median"), "median"),
    ],
)
def test_wrong_questions_are_refused(ask: Callable[[pc.Report], object], message: str) -> None:
    """With the nearest layers, or the rule."""
    with pytest.raises(pc.UsageError, match=message):
        ask(pc.analyze("aspp", input=(33, 49), rate=(2, 3)))


def test_an_invalid_report_has_no_reach() -> None:
    """The reason is that of the failing layer; layers before it can be asked."""
    report = pc.analyze("unet", input=(572, 570))
    with pytest.raises(pc.UsageError, match="unet has no output here: Concat: "):
        report.reach()
    assert report.reach(layer="down1.conv2").pixels("input") == 25


def test_sizes_are_asked_of_a_report() -> None:
    """The rule in words, membership, and the nearest; of several inputs, those of the first."""
    axes = pc.analyze("unet").sizes(most=300, near=500)
    assert list(axes) == ["height", "width"]
    assert str(axes["height"]) == "H ≡ 12 mod 16, H >= 188"
    assert axes["width"].valid == tuple(range(188, 301, 16))
    assert axes["width"].nearest == (492, 508)
    assert pc.analyze("fpn").sizes()["height"].outputs["p3"] == "⌊(H + 1)/2⌋"
    assert str(pc.analyze(pc.build("ppm"), input=(2048, 9, 9)).sizes()["width"]) == "W >= 1"


def test_several_inputs_of_ones_own_keep_their_proportion() -> None:
    """In sizes; of one that differs by axis nobody says how it follows."""
    builder = pc.Builder()
    half = builder.add("half", pc.layers.MaxPool2d(2), builder.input("one", 3))
    builder.output("out", builder.add("both", pc.layers.Add(), half, builder.input("two", 3)))
    report = pc.analyze(builder.build(), input={"one": (3, 8, 18), "two": (3, 4, 9)})
    assert {name: str(answer) for name, answer in report.sizes().items()} == {"height": "H >= 2", "width": "W >= 2"}
    report = pc.analyze(builder.build(), input={"one": (3, 8, 18), "two": (3, 4, 8)})
    with pytest.raises(pc.UsageError, match="inputs of sizes in no one proportion: one 3×8×18, two 3×4×8"):
        report.sizes()


def test_what_was_read_at_one_size_is_known_there() -> None:
    """Its answer holds that one, and says why."""
    builder = pc.Builder()
    builder.output("out", builder.add("pool", pc.layers.MaxPool2d(2), builder.input("image", 3)))
    report = pc.analyze(Imported(builder.build(), {"image": (3, 8, 18)}))
    width = report.sizes(near=20)["width"]
    assert (str(width), width.valid, width.nearest) == ("W = 18, checked up to 1024", (18,), (18,))
    assert width.to_dict()["unknown"] == [AT_ONE_SIZE]


@pytest.mark.parametrize("given", ["64x96", "64×96", "64*96", "64,96", "2048x64x96", " 64 x 96 "])
def test_input_may_be_text(given: str) -> None:
    """As on the command line."""
    assert pc.analyze("aspp", input=given).input == (2048, 64, 96)


def test_text_is_an_input_of_graphs_too() -> None:
    """With its channels, as a tuple is, and by name."""
    graph = pc.build("ppm", in_channels=8)
    for given in ("8x9x7", {"input": "8x9x7"}):
        assert pc.analyze(graph, input=given).input == (8, 9, 7)


@pytest.mark.parametrize("given", ["", "64y", "64x", "1x2x3x4x5", "64x-3"])
def test_text_that_is_no_size_is_refused(given: str) -> None:
    """In one sentence, with what is."""
    with pytest.raises(pc.UsageError, match=r"give HxW \(64x64\)"):
        pc.analyze("aspp", input=given)


def test_help_shows_the_real_signature() -> None:
    """Fields with their types and defaults, of layers and other records."""
    assert str(inspect.signature(pc.layers.ZeroPad2d)) == "(padding: int | tuple[int, ...])"
    parameters = inspect.signature(pc.layers.Conv2d).parameters
    assert list(parameters)[:3] == ["in_channels", "out_channels", "kernel_size"]
    assert parameters["dilation"].default == 1
    assert parameters["out_channels"].default is inspect.Parameter.empty
    assert "MaxPool2d(kernel_size: int | tuple[int, ...], stride:" in pydoc.render_doc(pc.layers.MaxPool2d)


GRAPH, REPORT = pc.build("ppm", in_channels=8), pc.analyze("ppm", input=(8, 9, 7))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pc.build(GRAPH), "build takes a name of the catalogue, got a Graph; it is built: `analyze"),  # type: ignore[call-overload]
        (lambda: pc.build(REPORT), "got a Report; `report.resolved.graph` is its graph"),  # type: ignore[call-overload]
        (lambda: pc.build(pc.Builder()), r"got a Builder; `builder.build\(\)` is its graph"),  # type: ignore[call-overload]
        (lambda: pc.analyze(REPORT), "analyze takes an architecture, got a Report; it is analysed already"),
        (lambda: pc.analyze(pc.Builder()), r"got a Builder; `analyze\(builder.build\(\), input=…\)`"),
        (lambda: pc.analyze_graph("ppm", {}), r"analyze_graph takes a Graph, got the text 'ppm'; `analyze\(name"),  # type: ignore[arg-type]
    ],
)
def test_what_is_given_by_mistake_is_told_what_to_call(call: Callable[[], object], message: str) -> None:
    """A graph, a builder or a report in another's place."""
    with pytest.raises(pc.UsageError, match=message):
        call()


@pytest.mark.torch
def test_modules_given_by_mistake() -> None:
    """To what takes names and graphs."""
    torch = pytest.importorskip("torch", reason="the mistake is torch's module")
    module = torch.nn.ReLU()
    with pytest.raises(pc.UsageError, match=r"got a torch.nn.Module \(ReLU\); `analyze\(module, input=…\)`"):
        pc.build(module)
    mistakes: tuple[tuple[Any, str], ...] = (
        ("ppm", r"to_module takes a Graph, got the text 'ppm'; `to_module\(build\(name\)\)` makes one"),
        (module, "it is a module already"),
        (REPORT, r"got a Report; `to_module\(report.resolved.graph\)`"),
    )
    for given, message in mistakes:
        with pytest.raises(pc.UsageError, match=message):
            pc.oracle.to_module(given)
    asked: tuple[tuple[Callable[..., object], Any, str], ...] = (
        (pc.oracle.verify, REPORT, r"verify takes a graph on an input, .* got a Report; `verify\(report.resolved\)`"),
        (pc.oracle.verify, GRAPH, r"got a Graph; `verify\(analyze\(graph, input=…\).resolved\)`"),
        (pc.from_torch, GRAPH, "torch.export takes a torch.nn.Module, got a Graph; it is a graph already"),
        (pc.from_torch, "ppm", r"got the text 'ppm'; `build\(name\)` is the graph of one of the catalogue"),
    )
    for function, given, message in asked:
        with pytest.raises(pc.UsageError, match=message):
            function(given)
    assert pc.analyze(module, input="3x8x9").output == (3, 8, 9)


@pytest.mark.parametrize("name", stubs.STUBS)
def test_type_checkers_know_options_and_layers(name: str) -> None:
    """The stubs are the catalogue's and the layers'; `python -m tests.stubs` writes them anew."""
    assert (stubs.FOLDER / name).read_text(encoding="utf-8") == stubs.STUBS[name]()
