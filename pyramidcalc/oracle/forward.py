"""Shapes, parameters and MACs of every node against one real forward pass."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from torch.utils.flop_counter import FlopCounterMode

from pyramidcalc.oracle.build import to_module
from pyramidcalc.oracle.device import is_memory, out_of_memory_told, require_memory, torch
from pyramidcalc.oracle.results import Check
from pyramidcalc.passes.memory import FLOAT32_BYTES, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

REFUSALS = (
    ValueError,
    RuntimeError,
    TypeError,
    AssertionError,
    NotImplementedError,
    IndexError,
    ZeroDivisionError,
    OverflowError,
)
"""What torch raises where it refuses arguments or sizes."""


def forward_checks(resolved: Resolved, device: torch.device) -> Iterator[tuple[str, list[Check]]]:
    """Runs the real module node by node; gives each node's name and its checks.

    Raises OracleError where the forward pass would not fit in memory.
    """
    needed = (
        FLOAT32_BYTES * sum(applied.layer.parameters for applied in resolved.layers) + 2 * memory(resolved).peak_bytes
    )
    require_memory(needed, device, "a forward pass")
    with warnings.catch_warnings(), out_of_memory_told():
        warnings.simplefilter("ignore")
        yield from checks(resolved, device)


def checks(resolved: Resolved, device: torch.device) -> Iterator[tuple[str, list[Check]]]:
    """The checks of every node, and of the refusal that ends an invalid graph."""
    module = to_module(resolved.graph).to(device).eval()
    ours = {
        applied.name: (applied, applied.layer.parameters, applied.macs * resolved.batch) for applied in resolved.layers
    }
    counter, counted, reached = FlopCounterMode(display=False), 0, None
    inputs = {name: torch.zeros(resolved.batch, *shape, device=device) for name, shape in resolved.inputs.items()}
    left = iter(node.name for node in resolved.graph.nodes)
    try:
        with torch.no_grad(), counter:
            for name, value in module.walk(inputs):  # type: ignore[operator]  # a GraphModule has walk
                if name in inputs:
                    continue
                reached = next(left)
                if name not in ours:
                    yield name, [accepted_anyway(resolved, name, tuple(value.shape[1:]))]
                    return
                macs = counter.get_total_flops() // 2
                parameters = sum(p.numel() for p in module.get_submodule(name).parameters(recurse=False))
                yield name, compare(*ours[name], tuple(value.shape), parameters, macs - counted, resolved.batch)
                counted = macs
    except REFUSALS as error:
        if is_memory(error):
            raise
        yield from refused(resolved, next(left), error, reached)


def compare(
    applied: AppliedLayer, parameters: int, macs: int, shape: tuple[int, ...], learned: int, counted: int, batch: int
) -> list[Check]:
    """Our shape, parameters and MACs of one node against torch's."""
    expected = list(applied.shape)
    whole = shape[0] == batch
    note = None if whole else f"torch's batch is {shape[0]}, not {batch}"
    return [
        Check(applied.name, "shape", expected, list(shape[1:]), whole and expected == list(shape[1:]), note),
        Check(applied.name, "parameters", parameters, learned, parameters == learned),
        Check(applied.name, "macs", macs, counted, macs == counted),
    ]


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def accepted_anyway(resolved: Resolved, name: str, shape: tuple[int, ...]) -> Check:
    """torch went on where we refuse: right only where the map is empty."""
    said = resolved.failure.message if resolved.failure else "not in the graph"
    empty = 0 in shape
    return Check(name, "shape", f"refused: {said}", list(shape), empty, "torch gives an empty map" if empty else None)


def refused(resolved: Resolved, name: str, error: BaseException, last: str | None) -> Iterator[tuple[str, list[Check]]]:
    """torch refuses a node: right where we do too; what comes after it cannot be checked."""
    shapes = {applied.name: list(applied.shape) for applied in resolved.layers}
    got = f"refused: {first_line(error)}"
    if name not in shapes:
        said = resolved.failure.message if resolved.failure else ""
        yield name, [Check(name, "shape", f"refused: {said}", got, True)]
        return
    yield name, [Check(name, "shape", shapes[name], got, False, f"after `{last}`" if last else None)]
    names = list(shapes)
    for later in names[names.index(name) + 1 :]:
        yield later, [Check(later, "shape", shapes[later], None, None, f"torch stopped at `{name}`")]
