"""Shapes: resolves every layer for one input and follows the sizes through the graph.

All other passes start from its result, so every one sees the same plain layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import LARGEST
from pyramidcalc.layers.base import Diagnostic, Layer, shape_text
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph, Node
    from pyramidcalc.indexmap import IndexMap


class Step:
    """One node on one input: the plain layer, what it really reads, and the shapes."""

    __slots__ = ("_axes", "inputs", "layer", "name", "node", "shape", "shapes")

    def __init__(
        self,
        node: Node,
        layer: Layer,
        inputs: tuple[str, ...],
        shapes: tuple[tuple[int, ...], ...],
        shape: tuple[int, ...],
    ) -> None:
        self.node = node
        self.name = node.name
        self.layer = layer
        self.inputs = inputs
        self.shapes = shapes
        self.shape = shape
        self._axes: tuple[tuple[IndexMap, IndexMap, IndexMap], ...] | None = None

    @property
    def axes(self) -> tuple[tuple[IndexMap, IndexMap, IndexMap], ...]:
        """For each input, the index maps of channels, rows and columns; asked of the layer once."""
        if self._axes is None:
            self._axes = self.layer.axes(*self.shapes)
        return self._axes


class Resolved(Record):
    """A graph on one input: steps up to the first layer that cannot work, and that failure if any.

    Shapes are (C, H, W) or (F,), without the batch.
    """

    graph: Graph
    batch: int
    inputs: dict[str, tuple[int, ...]]
    steps: tuple[Step, ...]
    failure: Diagnostic | None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name to shape, of inputs and nodes."""
        return self.inputs | {step.name: step.shape for step in self.steps}


def shapes(graph: Graph, inputs: Mapping[str, tuple[int, ...]], batch: int = 1) -> Resolved:
    """Follows `inputs` (name to (C, H, W)) through the graph, up to the first layer that refuses.

    Raises UsageError where the inputs are not those of the graph.
    """
    check_inputs(graph, inputs, batch)
    known: dict[str, tuple[int, ...]] = dict(inputs)
    steps: list[Step] = []
    failure = None
    for node in graph.nodes:
        layer, sources = node.layer, node.inputs
        given = (known[sources[0]],) if len(sources) == 1 else tuple([known[name] for name in sources])
        try:
            # Most layers are plain already; asking the class is cheaper than the call.
            if type(layer).resolve is not Layer.resolve:
                layer = layer.resolve(*given)
                sources, given = sources[: layer.arity], given[: layer.arity]
            shape = layer.resolved_shape(*given, batch=batch)
        except (ShapeError, LayerError) as error:
            failure = describe(error, node, known)
            break
        known[node.name] = shape
        steps.append(Step(node, layer, sources, given, shape))
    return Resolved(graph, batch, dict(inputs), tuple(steps), failure)


def check_inputs(graph: Graph, inputs: Mapping[str, tuple[int, ...]], batch: int) -> None:
    """Refuses inputs with other names or other channels than the graph's."""
    wanted = dict(graph.inputs)
    if not isinstance(inputs, Mapping):
        raise UsageError(f"inputs must be name to (C, H, W), got {inputs!r}", hint=f"names are {', '.join(wanted)}")
    if set(inputs) != set(wanted):
        raise UsageError(f"the graph's inputs are {', '.join(wanted)}, got {', '.join(inputs) or 'none'}")
    if type(batch) is not int or batch < 1:
        raise UsageError(f"batch (={batch!r}) must be a whole number of at least 1")
    for name, shape in inputs.items():
        if len(shape) not in (1, 3) or any(type(n) is not int for n in shape) or min(shape) < 1:
            raise UsageError(f"input `{name}` {tuple(shape)} must be (C, H, W), integers, every size at least 1")
        if max(*shape, batch) > LARGEST:
            raise UsageError(f"input `{name}` or the batch is over torch's largest size, 2^63 − 1")
        if shape[0] != wanted[name]:
            raise UsageError(f"input `{name}` has {shape[0]} channels, the graph was built for {wanted[name]}")


def describe(error: ShapeError | LayerError, node: Node, known: Mapping[str, tuple[int, ...]]) -> Diagnostic:
    """The diagnostic of a layer that refused; names the inputs that do not go together."""
    message = error.message
    if isinstance(error, ShapeError) and error.between is not None:
        odd, other = (node.inputs[index] for index in error.between)
        message = f"{node.layer.name}: `{odd}` is {shape_text(known[odd])} but `{other}` is {shape_text(known[other])}"
    return Diagnostic(error.code, "error", message, error.hint, node.name)
