"""Shapes: resolves every layer for one input and follows the sizes through the graph.

All other passes start from its result, so every one sees the same plain layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError, UsageError
from pyramidcalc.indexmap import LARGEST
from pyramidcalc.layers.base import Diagnostic, Layer, shape_text
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph, Node


class Work:
    """A layer on input shapes: the plain layer, the inputs that it reads, and what follows, worked out once.

    `given` is the layer before it was resolved; `axes` are the index maps of channels, rows and columns for each
    input; `elements` of the output and `macs` are of one sample.
    """

    __slots__ = ("_notes", "axes", "batch", "elements", "given", "layer", "macs", "parameters", "shape", "shapes")

    def __init__(self, given: Layer, shapes: tuple[tuple[int, ...], ...], batch: int) -> None:
        """Raises ShapeError and LayerError where the layer cannot work on these shapes."""
        layer = given
        # Most layers are plain already; asking the class is cheaper than the call.
        if type(layer).resolve is not Layer.resolve:
            layer = layer.resolve(*shapes)
            shapes = shapes[: layer.arity]
        self.shape = layer.resolved_shape(*shapes, batch=batch)
        self.given = given
        self.layer = layer
        self.shapes = shapes
        self.batch = batch
        self.axes = layer.axes(*shapes)
        self.elements = prod(self.shape)
        self.parameters = layer.parameters
        self.macs = layer.macs(shapes, self.shape)
        # Most layers never say anything.
        self._notes: tuple[Diagnostic, ...] | None = () if type(given).diagnose is Layer.diagnose else None

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What the layer has to say of these shapes."""
        if self._notes is None:
            self._notes = tuple(self.given.diagnose(self.shapes, self.shape, self.batch))
        return self._notes


WorkKey = tuple[int, int, *tuple[tuple[int, ...], ...]]
"""A layer's identity, the batch and the input shapes."""
Works = dict[WorkKey, Work]
"""A work keeps its layer, so the identity stays its own."""


class Step:
    """One node on one input: the names of what it really reads, and the work of its layer."""

    __slots__ = ("axes", "inputs", "layer", "name", "node", "shape", "shapes", "work")

    def __init__(self, node: Node, work: Work, inputs: tuple[str, ...]) -> None:
        self.node = node
        self.name = node.name
        self.inputs = inputs
        self.work = work
        self.layer = work.layer
        self.shapes = work.shapes
        self.shape = work.shape
        self.axes = work.axes


class Resolved(Record):
    """A graph on one input: steps up to the first layer that cannot work, and that failure if any.

    `shapes` are of inputs and nodes by name, (C, H, W) or (F,), without the batch.
    """

    graph: Graph
    batch: int
    inputs: dict[str, tuple[int, ...]]
    steps: tuple[Step, ...]
    shapes: dict[str, tuple[int, ...]]
    failure: Diagnostic | None


def shapes(graph: Graph, inputs: Mapping[str, tuple[int, ...]], batch: int = 1, works: Works | None = None) -> Resolved:
    """Follows `inputs` (name to (C, H, W)) through the graph, up to the first layer that refuses.

    Equal works are done once; `works` holds those of earlier runs, and takes up the new ones.
    Raises UsageError where the inputs are not those of the graph.
    """
    check_inputs(graph, inputs, batch)
    works = {} if works is None else works
    known: dict[str, tuple[int, ...]] = dict(inputs)
    steps: list[Step] = []
    failure = None
    for node in graph.nodes:
        name, layer, sources = node
        if len(sources) == 1:
            key: WorkKey = (id(layer), batch, known[sources[0]])
        else:
            key = (id(layer), batch, *[known[source] for source in sources])
        work = works.get(key)
        if work is None:
            try:
                work = works[key] = Work(layer, key[2:], batch)
            except (ShapeError, LayerError) as error:
                failure = describe(error, node, known)
                break
        known[name] = work.shape
        steps.append(Step(node, work, sources if len(work.shapes) == len(sources) else sources[: len(work.shapes)]))
    return Resolved(graph, batch, dict(inputs), tuple(steps), known, failure)


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
