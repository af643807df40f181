"""Graph and Builder: what is checked when a graph is made, and names by scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.errors import GraphError
from pyramidcalc.graph import Builder, Graph, Node, Value
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.resampling import ResizeTo

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT = (("input", 3),)
OUTPUT = (("output", "a"),)


def node(name: str, *inputs: str) -> Node:
    """A ReLU that reads these."""
    return Node(name, ReLU(), inputs)


def test_graph_keeps_nodes_in_order() -> None:
    """A legal graph is what it was made of."""
    graph = Graph(INPUT, (node("a", "input"), node("b", "a")), (("first", "b"), ("second", "a")))
    assert [node.name for node in graph.nodes] == ["a", "b"]
    assert graph.outputs == (("first", "b"), ("second", "a"))


def test_output_may_be_an_input() -> None:
    """A graph without nodes hands its input on."""
    assert Graph(INPUT, (), (("same", "input"),)).nodes == ()


@pytest.mark.parametrize(
    ("inputs", "nodes", "outputs", "message"),
    [
        ((("x", 3), ("x", 4)), (node("a", "x"),), OUTPUT, "two inputs share a name: x, x"),
        (INPUT, (node("a", "input"), node("a", "input")), OUTPUT, "`a` is used twice; give each node its own name"),
        (INPUT, (node("input", "input"),), OUTPUT, "`input` is used twice"),
        (INPUT, (node("a", "b"), node("b", "input")), OUTPUT, "`a` reads `b`, which is not there before it"),
        (INPUT, (node("a", "a"),), OUTPUT, "`a` reads `a`, which is not there before it"),
        (INPUT, (node("a"),), OUTPUT, "`a` is a ReLU of 1 inputs, got 0"),
        (INPUT, (Node("a", ResizeTo(), ("input",)),), OUTPUT, "`a` is a ResizeTo of 2 inputs, got 1"),
        (INPUT, (node("a", "input"),), (), "the graph has no output"),
        (INPUT, (node("a", "input"),), (("out", "b"),), "output `out` is `b`, which is not in the graph"),
    ],
)
def test_wrong_wiring_is_refused(
    inputs: tuple[tuple[str, int], ...], nodes: tuple[Node, ...], outputs: tuple[tuple[str, str], ...], message: str
) -> None:
    """GraphError, a ValueError, names the node and what is wrong with it."""
    with pytest.raises(GraphError) as caught:
        Graph(inputs, nodes, outputs)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_merges_take_any_number_of_inputs(count: int) -> None:
    """A layer without an arity is wired with as many as there are."""
    assert Graph(INPUT, (Node("a", Add(), ("input",) * count),), OUTPUT).nodes[0].inputs == ("input",) * count


def test_graphs_are_equal_by_what_they_hold() -> None:
    """Two graphs made alike are one."""
    assert Graph(INPUT, (node("a", "input"),), OUTPUT) == Graph(INPUT, (node("a", "input"),), OUTPUT)


def test_builder_names_by_scope() -> None:
    """Scopes nest, put their names before, and end."""
    builder = Builder()
    value = builder.input("image", 3)
    with builder.scope("stage"):
        value = builder.add("conv", Conv2d(3, 5, 2), value)
        with builder.scope("unit1"):
            value = builder.add("act", ReLU(), value)
    value = builder.add("last", ReLU(), value)
    builder.output("out", value)
    graph = builder.build()
    assert [node.name for node in graph.nodes] == ["stage.conv", "stage.unit1.act", "last"]
    assert [node.inputs for node in graph.nodes] == [("image",), ("stage.conv",), ("stage.unit1.act",)]
    assert (graph.inputs, graph.outputs) == ((("image", 3),), (("out", "last"),))


def test_builder_inputs_stand_outside_scopes() -> None:
    """An input declared within a scope keeps its own name."""
    builder = Builder()
    with builder.scope("stage"):
        assert builder.input("skip", 4) == Value("skip", 4)


def test_builder_scope_ends_when_its_body_fails() -> None:
    """An error inside a scope leaves the names after it alone."""
    builder = Builder()
    value = builder.input("image", 3)
    with pytest.raises(ZeroDivisionError), builder.scope("broken"):
        _ = 1 / 0
    assert builder.add("next", ReLU(), value).name == "next"


def test_builder_values_know_their_channels() -> None:
    """Channels follow from the layers: convolutions set them, merges add them up, others keep them."""
    builder = Builder()
    image = builder.input("image", 3)
    wide = builder.add("wide", Conv2d(3, 11, 2), image)
    assert (image.width, wide.width) == (3, 11)
    assert builder.add("act", ReLU(), wide).channels == 11
    assert builder.add("both", Concat(), image, wide).channels == 14


def test_width_after_flatten_is_refused_until_a_linear_sets_it() -> None:
    """What follows the input's size cannot be built on; the message names the node."""
    builder = Builder()
    flat = builder.add("flat", Flatten(), builder.input("image", 3))
    with pytest.raises(GraphError, match="the channels of `flat` follow the input's size"):
        _ = flat.width
    assert builder.add("dense", Linear(48, 7), flat).width == 7


def test_builder_refuses_a_wrong_line_itself() -> None:
    """What is wrong is told where it is added, not where the graph is built; what was right before it stays."""
    builder = Builder()
    image = builder.input("image", 3)
    act = builder.add("act", ReLU(), image)
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: builder.input("image", 4), "`image` is used twice"),
        (lambda: builder.input("mask", (3, 8, 8)), "input `mask` has a whole number of channels from 1, got (3, 8, 8)"),  # type: ignore[arg-type]
        (lambda: builder.add("act", ReLU(), image), "`act` is used twice; give each node its own name"),
        (lambda: builder.add("two", ReLU(), image, act), "`two` is a ReLU of 1 inputs, got 2"),
        (lambda: builder.add("far", ReLU(), Value("gone", 3)), "`far` reads `gone`, which is not there before it"),
        (lambda: builder.add("text", ReLU(), "image"), "`text` reads 'image', which is no value of this builder; give"),  # type: ignore[arg-type]
        (lambda: builder.add("kind", ReLU, image), "`kind` is no layer: ReLU is a class, of which layers are made"),  # type: ignore[arg-type]
        (lambda: builder.add("name", "ReLU", image), "`name` is no layer: 'ReLU'; layers are those of"),  # type: ignore[arg-type]
        (
            lambda: builder.add("conv", Conv2d(4, 5, 3), act),
            "`conv`: Conv2d: `in_channels` (=4) does not match the in",
        ),
        (lambda: builder.add("norm", BatchNorm2d(5), act), "`norm`: BatchNorm2d: `num_features` (=5) does not match"),
        (lambda: builder.output("out", "act"), "output `out` is 'act', which is no value of this builder"),  # type: ignore[arg-type]
    ]
    for line, message in wrong:
        with pytest.raises(GraphError) as caught:
            line()
        assert str(caught.value).startswith(message)
    builder.output("out", act)
    with pytest.raises(GraphError, match="two outputs share the label `out`"):
        builder.output("out", image)
    assert [node.name for node in builder.build().nodes] == ["act"]


@pytest.mark.torch
def test_builder_is_given_torchs_own_layers() -> None:
    """A module of torch's is named, and where layers are."""
    torch = pytest.importorskip("torch", reason="the mistake is torch's module")
    builder = Builder()
    with pytest.raises(GraphError, match="`conv` is no layer: Conv2d is a module of torch's; layers are"):
        builder.add("conv", torch.nn.Conv2d(3, 4, 1), builder.input("image", 3))
