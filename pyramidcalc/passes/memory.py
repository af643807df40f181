"""Memory: elements of all activations, and the peak while running the nodes in order."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
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
    elements = {name: prod(shape) * resolved.batch for name, shape in resolved.inputs.items()}
    inputs = sum(elements.values())
    owner = {name: name for name in elements}
    total = 0
    for step in resolved.steps:
        name = step.name
        if step.layer.view:
            owner[name] = owner[step.inputs[0]]
        else:
            owner[name] = name
            elements[name] = count = prod(step.shape) * resolved.batch
            total += count
    return Memory(total, FLOAT32_BYTES * peak(resolved, owner, elements, inputs))


def peak(resolved: Resolved, owner: dict[str, str], elements: dict[str, int], inputs: int) -> int:
    """Most elements alive at once; `owner` says whose memory a name stands for, `inputs` are alive at first."""
    last_use: dict[str, int] = {}
    for index, step in enumerate(resolved.steps):
        last_use[owner[step.name]] = index
        for name in step.inputs:
            last_use[owner[name]] = index
    for _, name in resolved.graph.outputs:
        if name in owner:
            last_use[owner[name]] = len(resolved.steps)
    freed = [0] * (len(resolved.steps) + 1)
    for name, index in last_use.items():
        freed[index] += elements[name]
    most = alive = inputs
    for index, step in enumerate(resolved.steps):
        if owner[step.name] == step.name:
            alive += elements[step.name]
        most = max(most, alive)
        alive -= freed[index]
    return most
