"""A network as data: frozen nodes in order, and a builder that names them by scope.

A graph never depends on the input's size: layers whose window follows the size stay unresolved
until a pass runs.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import GraphError, ShapeError
from pyramidcalc.layers.base import Layer
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Value(NamedTuple):
    """What a builder hands from layer to layer: a node's name and its channels (None: follows the size)."""

    name: str
    channels: int | None

    @property
    def width(self) -> int:
        """The channels, where a layer must know them. Raises GraphError where they follow the size."""
        if self.channels is None:
            raise GraphError(f"the channels of `{self.name}` follow the input's size and cannot be built on")
        return self.channels


class Node(NamedTuple):
    """One layer in a graph: its full name, the layer, and the names of what it reads.

    `shares` names the earlier node whose parameters this one uses again. `learned` is the number of parameters that
    this node is the first to use, where they are not those of the layer: fixed weights, tied ones, weight norm.
    `constant_macs` are the multiply-adds of products of learned tensors alone that it is the first to use.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shares: str | None = None
    learned: int | None = None
    constant_macs: int = 0

    @property
    def parameters(self) -> int:
        """Learned numbers that no earlier node uses."""
        if self.learned is not None:
            return self.learned
        return 0 if self.shares else self.layer.parameters


class Graph(Record):
    """Inputs (name, channels), nodes in order, and outputs (label, node name); checked when made.

    Raises GraphError for a name used twice, an input or a node that shares its parameters that is not there yet, a
    layer with the wrong number of inputs, or no output.
    """

    inputs: tuple[tuple[str, int], ...]
    nodes: tuple[Node, ...]
    outputs: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        inputs = ", ".join(f"{name} of {channels} channels" for name, channels in self.inputs)
        return f"<Graph of {len(self.nodes)} layers: {inputs} → {', '.join(name for name, _ in self.outputs)}>"

    def _normalise(self) -> None:
        known = {name for name, _ in self.inputs}
        if len(known) != len(self.inputs):
            raise GraphError(f"two inputs share a name: {', '.join(name for name, _ in self.inputs)}")
        for node in self.nodes:
            check_wiring(node, known)
            known.add(node.name)
        if not self.outputs:
            raise GraphError("the graph has no output", hint="a builder has `output(label, value)` for them")
        for label, name in self.outputs:
            if name not in known:
                raise GraphError(f"output `{label}` is `{name}`, which is not in the graph")


def check_wiring(node: Node, known: Collection[str]) -> None:
    """Raises GraphError where a node takes a name that is known, or does not fit to what is there before it."""
    if node.name in known:
        raise GraphError(f"`{node.name}` is used twice", hint="give each node its own name")
    for name in node.inputs:
        if name not in known:
            raise GraphError(f"`{node.name}` reads `{name}`, which is not there before it")
    if node.shares is not None and node.shares not in known:
        raise GraphError(f"`{node.name}` shares the parameters of `{node.shares}`, which is not there before it")
    wanted = node.layer.arity
    if wanted is not None and len(node.inputs) != wanted:
        raise GraphError(f"`{node.name}` is a {node.layer.name} of {wanted} inputs, got {len(node.inputs)}")


class Builder:
    """Adds layers one by one and names them by scope; `build` gives the graph.

    What is wrong with a line raises GraphError there and then.
    """

    checks_channels = True
    """Whether channels that do not fit are wrong; of files they are not: a report shows the layers before them."""

    def __init__(self) -> None:
        self._inputs: list[tuple[str, int]] = []
        self._nodes: list[Node] = []
        self._outputs: list[tuple[str, str]] = []
        self._known: set[str] = set()
        self.prefix = ""

    def input(self, name: str, channels: int) -> Value:
        """A new input of the graph, outside all scopes. Raises GraphError for a name used twice."""
        if type(channels) is not int or channels < 1:
            hint = "sizes come later, with the input that is analysed"
            raise GraphError(f"input `{name}` has a whole number of channels from 1, got {channels!r}", hint=hint)
        if name in self._known:
            raise GraphError(f"`{name}` is used twice", hint="give each input its own name")
        self._inputs.append((name, channels))
        self._known.add(name)
        return Value(name, channels)

    def add(self, name: str, layer: Layer, *inputs: Value) -> Value:
        """A new node in the current scope; gives its output.

        Raises GraphError for a name used twice, what is no layer, inputs that are none or too few or many, and channels
        that the layer does not take, where they are known.
        """
        full = self.prefix + name
        if not isinstance(layer, Layer):
            raise GraphError(
                f"`{full}` is no layer: {no_layer(layer)}", hint="layers are those of `pyramidcalc.layers`"
            )
        for value in inputs:
            if not isinstance(value, Value):
                hint = "give what `input` or `add` returned"
                raise GraphError(f"`{full}` reads {value!r}, which is no value of this builder", hint=hint)
        names, channels = zip(*inputs, strict=True) if inputs else ((), ())
        node = Node(full, layer, names)
        check_wiring(node, self._known)
        try:
            if self.checks_channels and inputs and inputs[0].channels is not None:
                layer.check_channels(inputs[0].channels)
        except ShapeError as error:
            raise GraphError(f"`{full}`: {error.message}", hint=error.hint, code=error.code) from None
        self._nodes.append(node)
        self._known.add(full)
        return Value(full, layer.channels(*channels))

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """For `with`: names inside get `name.` before them; scopes nest."""
        outer = self.prefix
        self.prefix = f"{outer}{name}."
        try:
            yield
        finally:
            self.prefix = outer

    def output(self, label: str, value: Value) -> None:
        """Declares an output of the graph; the first is the main one. Raises GraphError for a label used twice."""
        if not isinstance(value, Value) or value.name not in self._known:
            hint = "give what `input` or `add` returned"
            raise GraphError(f"output `{label}` is {value!r}, which is no value of this builder", hint=hint)
        if label in dict(self._outputs):
            raise GraphError(f"two outputs share the label `{label}`", hint="give each its own")
        self._outputs.append((label, value.name))

    def build(self) -> Graph:
        """The finished graph."""
        return Graph(tuple(self._inputs), tuple(self._nodes), tuple(self._outputs))


def no_layer(thing: object) -> str:
    """What was given in a layer's place, in words."""
    if isinstance(thing, type):
        return f"{thing.__name__} is a class, of which layers are made with arguments, as {thing.__name__}(…)"
    if hasattr(thing, "named_parameters"):
        return f"{type(thing).__name__} is a module of torch's"
    return repr(thing)
