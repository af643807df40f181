"""Shapes: resolves every layer for one input and follows the sizes through the graph.

All other passes start from its result, so every one sees the same plain layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import LARGEST
from pyramidcalc.layers.base import KINDS, Diagnostic, shape_text
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph, Node
    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.layers.base import Layer, Maps, Shape

    Forms = Mapping[str, FloorForm]
    """How the sizes of every input follow from the first one's."""


class AppliedLayer:
    """One node on one input: the plain layer, the names and shapes of what it reads, and its output's shape."""

    __slots__ = ("_axes", "batch", "inputs", "layer", "name", "node", "shape", "shapes")

    node: Node
    batch: int
    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    shape: Shape

    def __init__(self, node: Node, shapes: tuple[Shape, ...], batch: int) -> None:
        """Raises ShapeError and LayerError where the layer cannot work on these shapes."""
        self.node = node
        self.batch = batch
        self.name, layer, inputs = node[:3]
        if layer.follows_size:
            layer = layer.resolve(*shapes)
            # What a layer only takes the size of is not read.
            inputs, shapes = inputs[: layer.arity], shapes[: layer.arity]
        self.layer = layer
        self.inputs = inputs
        self.shapes = shapes
        self.shape = layer.resolved_shape(*shapes, batch=batch)
        self._axes: tuple[Maps, ...] | None = None

    @property
    def axes(self) -> tuple[Maps, ...]:
        """The index maps of each input, channels first; shapes alone do without them."""
        if self._axes is None:
            self._axes = self.layer.axes(*self.shapes)
        return self._axes

    @property
    def macs(self) -> int:
        """Multiply-adds of all samples: of matrix products and convolutions, which if transposed count input positions.

        One multiply-add = 1; bias, normalisation, activation, pooling and resize count 0.
        """
        return self.layer.macs(self.shapes, self.shape) * self.batch + self.node.constant_macs


class Condition(NamedTuple):
    """What the inputs must keep to for a graph to be known on them, and why it is not on others."""

    holds: Callable[[Mapping[str, Shape]], bool]
    reason: str


Apply = Callable[["Node", tuple["Shape", ...], int], AppliedLayer]
"""Applies the layer of a node to the shapes that it reads, with a batch."""


class Resolved(Record):
    """A graph on one input: its layers up to the first that cannot work, and that failure if any.

    `shapes` are of inputs and nodes by name, (C, *spatial) or (F,), without the batch.
    """

    graph: Graph
    batch: int
    inputs: dict[str, Shape]
    layers: tuple[AppliedLayer, ...]
    shapes: dict[str, Shape]
    failure: Diagnostic | None

    def _key(self) -> tuple[object, ...]:
        # Layers and shapes follow from these.
        return self.graph, self.batch, self.inputs, self.failure


class Family(Record):
    """A graph on all sizes of its first input: how those of every input follow, and where it is known."""

    graph: Graph
    forms: Forms
    conditions: tuple[Condition, ...] = ()
    batch: int = 1

    def inputs(self, shape: Shape) -> dict[str, Shape]:
        """Name to (C, *spatial) of every input, where the first is of this one."""
        return {name: (c, *[self.forms[name].at(n) for n in shape[1:]]) for name, c in self.graph.inputs}

    def at(self, shape: Shape, apply: Apply = AppliedLayer) -> Resolved | None:
        """The graph where its first input is of this (C, *spatial); None where another is empty, or it is not known."""
        inputs = self.inputs(shape)
        known = min(map(min, inputs.values())) >= 1 and all(condition.holds(inputs) for condition in self.conditions)
        return shapes(self.graph, inputs, self.batch, apply) if known else None


def shapes(graph: Graph, inputs: Mapping[str, Shape], batch: int = 1, apply: Apply = AppliedLayer) -> Resolved:
    """Follows `inputs` (name to shape) through the graph, up to the first layer that refuses.

    Raises UsageError where the inputs are not those of the graph.
    """
    check_inputs(graph, inputs, batch)
    known: dict[str, Shape] = dict(inputs)
    layers: list[AppliedLayer] = []
    failure = None
    for node in graph.nodes:
        try:
            applied = apply(node, tuple([known[source] for source in node.inputs]), batch)
        except (ShapeError, LayerError) as error:
            failure = describe(error, node, known)
            break
        known[node.name] = applied.shape
        layers.append(applied)
    return Resolved(graph, batch, dict(inputs), tuple(layers), known, failure)


def check_inputs(graph: Graph, inputs: Mapping[str, Shape], batch: int) -> None:
    """Refuses inputs with other names or other channels than the graph's."""
    wanted = dict(graph.inputs)
    if not isinstance(inputs, Mapping):
        raise UsageError(f"inputs must be name to (C, H, W), got {inputs!r}", hint=f"names are {', '.join(wanted)}")
    if set(inputs) != set(wanted):
        raise UsageError(f"the graph's inputs are {', '.join(wanted)}, got {', '.join(inputs) or 'none'}")
    if type(batch) is not int or batch < 1:
        raise UsageError(f"batch (={batch!r}) must be a whole number of at least 1")
    for name, shape in inputs.items():
        listed = isinstance(shape, tuple | list) and len(shape) in KINDS
        if not listed or any(type(n) is not int for n in shape) or min(shape) < 1:
            kinds = "(C, H, W), or (C, L), (C, D, H, W) or (F,)"
            raise UsageError(f"input `{name}` {shape!r} must be {kinds}, integers, every size at least 1")
        if max(*shape, batch) > LARGEST:
            raise UsageError(f"input `{name}` or the batch is over torch's largest size, 2^63 − 1")
        if shape[0] != wanted[name]:
            raise UsageError(f"input `{name}` has {shape[0]} channels, the graph was built for {wanted[name]}")


def describe(error: ShapeError | LayerError, node: Node, known: Mapping[str, Shape]) -> Diagnostic:
    """The diagnostic of a layer that refused; names the inputs that do not go together."""
    message = error.message
    if isinstance(error, ShapeError) and error.between is not None:
        odd, other = (node.inputs[index] for index in error.between)
        message = f"{node.layer.name}: `{odd}` is {shape_text(known[odd])} but `{other}` is {shape_text(known[other])}"
    return Diagnostic(error.code, "error", message, error.hint, node.name)
