"""Memory: elements of all activations, and the peak while running the nodes in order."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}
"""Bytes of one number."""
FLOAT32_BYTES = DTYPES["float32"]


class Memory(Record):
    """`activations` in elements of the whole batch; `peak_bytes` in bytes of the dtype."""

    activations: int
    peak_bytes: int


def memory(resolved: Resolved, dtype: str = "float32") -> Memory:
    """Activations and peak memory of inference, nodes in graph order, nothing in place.

    Views (Identity, Flatten, Dropout) share their input's memory; the inputs count; a node's
    inputs and output are alive together; outputs of the graph live to the end.
    """
    elements = {name: prod(shape) for name, shape in resolved.inputs.items()}
    most = held = sum(elements.values())
    owner = {name: name for name in elements}
    last_use: dict[str, int] = {}
    produced: list[int] = []
    for index, applied in enumerate(resolved.layers):
        name = applied.name
        for source in applied.inputs:
            last_use[owner[source]] = index
        if applied.layer.view:
            owner[name] = owner[applied.inputs[0]]
            produced.append(0)
        else:
            owner[name] = name
            last_use[name] = index
            elements[name] = count = applied.elements
            produced.append(count)
    for _, name in resolved.graph.outputs:
        if name in owner:
            last_use[owner[name]] = len(produced)
    freed = [0] * (len(produced) + 1)
    for name, index in last_use.items():
        freed[index] += elements[name]
    for new, gone in zip(produced, freed, strict=False):
        most = max(most, held + new)
        held += new - gone
    return Memory(resolved.batch * sum(produced), resolved.batch * DTYPES[dtype] * most)


def bytes_of(applied: AppliedLayer, batch: int, dtype: str) -> tuple[int, int, int]:
    """(output, weights, moved) bytes of a layer; a view makes and moves nothing."""
    width = DTYPES[dtype]
    weights = width * applied.node.parameters
    if applied.layer.view:
        return 0, weights, 0
    output = width * batch * applied.elements
    inputs = width * batch * sum([prod(shape) for shape in applied.shapes])
    # Parameters that are shared or fixed are read too.
    return output, weights, inputs + width * applied.layer.parameters + output
