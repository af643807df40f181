"""Memory: elements of all activations, and the peak while running the nodes in order."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.passes.shapes import Resolved

FLOAT32_BYTES = 4


class Memory(Record):
    """`activations` in elements of the whole batch; `peak_bytes` in bytes of float32."""

    activations: int
    peak_bytes: int


def memory(resolved: Resolved) -> Memory:
    """Activations and peak memory of inference, nodes in graph order, nothing in place.

    Views (Identity, Flatten, Dropout) share their input's memory; the inputs count; a node's
    inputs and output are alive together; outputs of the graph live to the end.
    """
    elements = {name: prod(shape) for name, shape in resolved.inputs.items()}
    inputs = sum(elements.values())
    owner = {name: name for name in elements}
    last_use: dict[str, int] = {}
    made: list[int] = []
    for index, step in enumerate(resolved.steps):
        name = step.name
        for source in step.inputs:
            last_use[owner[source]] = index
        if step.layer.view:
            owner[name] = owner[step.inputs[0]]
            made.append(0)
        else:
            owner[name] = name
            last_use[name] = index
            elements[name] = count = step.work.elements
            made.append(count)
    for _, name in resolved.graph.outputs:
        if name in owner:
            last_use[owner[name]] = len(made)
    freed = [0] * (len(made) + 1)
    for name, index in last_use.items():
        freed[index] += elements[name]
    batch = resolved.batch
    return Memory(batch * sum(made), batch * FLOAT32_BYTES * peak(inputs, made, freed))


def peak(inputs: int, made: Sequence[int], freed: Sequence[int]) -> int:
    """Most elements alive at once, where each step makes some, and frees some when it is done."""
    most = alive = inputs
    for new, gone in zip(made, freed, strict=False):
        alive += new
        if alive > most:
            most = alive
        alive -= gone
    return most
