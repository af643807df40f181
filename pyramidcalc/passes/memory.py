"""Memory: elements of all activations, and the peak while running the nodes in order."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved

DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}
"""Bytes of one number."""
FLOAT32_BYTES = DTYPES["float32"]


class Memory(Record):
    """`activations` in elements of the whole batch; `peak_bytes` in bytes of the dtype.

    `layers` are (output, weights, moved) bytes of each layer; a view makes and moves nothing.
    """

    activations: int
    peak_bytes: int
    layers: tuple[tuple[int, int, int], ...]


def memory(resolved: Resolved, dtype: str = "float32") -> Memory:
    """Activations and peak memory of inference, nodes in graph order, nothing in place.

    Views (Identity, Flatten, Dropout) share their input's memory; the inputs count; a node's
    inputs and output are alive together; outputs of the graph live to the end.
    """
    batch, width = resolved.batch, DTYPES[dtype]
    elements = {name: prod(shape) for name, shape in resolved.inputs.items()}
    most = held = sum(elements.values())
    owner = {name: name for name in elements}
    last_use: dict[str, int] = {}
    produced: list[int] = []
    layers: list[tuple[int, int, int]] = []
    for index, applied in enumerate(resolved.layers):
        name, layer, read = applied.name, applied.layer, 0
        for source in applied.inputs:
            last_use[owner[source]] = index
            read += elements[source]
        weights = width * applied.node.parameters
        elements[name] = count = prod(applied.shape)
        if layer.view:
            owner[name] = owner[applied.inputs[0]]
            produced.append(0)
            layers.append((0, weights, 0))
        else:
            owner[name] = name
            last_use[name] = index
            produced.append(count)
            # Parameters that are shared or fixed are read too.
            layers.append((width * batch * count, weights, width * (batch * (read + count) + layer.parameters)))
    for _, name in resolved.graph.outputs:
        if name in owner:
            last_use[owner[name]] = len(produced)
    freed = [0] * (len(produced) + 1)
    for name, index in last_use.items():
        freed[index] += elements[name]
    for new, gone in zip(produced, freed, strict=False):
        most = max(most, held + new)
        held += new - gone
    return Memory(batch * sum(produced), width * batch * most, tuple(layers))
