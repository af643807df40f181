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
    owner = {name: name for name in resolved.inputs}
    elements = {name: prod(shape) * resolved.batch for name, shape in resolved.inputs.items()}
    for step in resolved.steps:
        if step.layer.view:
            owner[step.name] = owner[step.inputs[0]]
        else:
            owner[step.name] = step.name
            elements[step.name] = prod(step.shape) * resolved.batch
    activations = sum(count for name, count in elements.items() if name not in resolved.inputs)
    return Memory(activations, FLOAT32_BYTES * peak(resolved, owner, elements))


def peak(resolved: Resolved, owner: dict[str, str], elements: dict[str, int]) -> int:
    """Most elements alive at once; `owner` says whose memory a name stands for."""
    last_use = {}
    for index, step in enumerate(resolved.steps):
        last_use[owner[step.name]] = index
        for name in step.inputs:
            last_use[owner[name]] = index
    for _, name in resolved.graph.outputs:
        if name in owner:
            last_use[owner[name]] = len(resolved.steps)
    alive = sum(elements[name] for name in resolved.inputs)
    most = alive
    ends: dict[int, list[str]] = {}
    for name, index in last_use.items():
        ends.setdefault(index, []).append(name)
    for index, step in enumerate(resolved.steps):
        if owner[step.name] == step.name:
            alive += elements[step.name]
        most = max(most, alive)
        alive -= sum(elements[name] for name in ends.get(index, ()))
    return most
