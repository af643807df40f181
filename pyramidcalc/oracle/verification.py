"""Every number of one graph on one input, compared with torch."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.mistakes import refuse_kind
from pyramidcalc.oracle.build import GraphModule
from pyramidcalc.oracle.definitions import STAND_INS
from pyramidcalc.oracle.device import REFUSALS, choose, memory_explained, refusal, require_memory, torch, torch_version
from pyramidcalc.oracle.effective_checks import QUANTITY, effective_checks
from pyramidcalc.oracle.field_checks import field_checks
from pyramidcalc.oracle.reach_checks import channels_matter, reach_checks, runs_wide
from pyramidcalc.oracle.results import Check, Verification
from pyramidcalc.passes.memory import FLOAT32_BYTES, memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

SMALL_GRAPH = 120
"""Up to so many nodes, reach and receptive field are checked at every one."""
MAX_NODES = 40
"""Of larger graphs they are checked at so many and the outputs."""
MAX_VALUES = 20_000_000
"""Values of a graph with its real channels times nodes up to which nodes are checked: each takes gradients of all."""
MAX_WEIGHTS = 1 << 19
"""Input pixels times nodes up to which the effective field is checked at every one, else at the outputs alone."""


VERIFY = {
    "name": "`verify(analyze(name).resolved)`",
    "Report": "`verify(report.resolved)`",
    "Graph": "`verify(analyze(graph, input=…).resolved)`",
    "module": "`verify(analyze(module, input=…).resolved)`, or verify_module, which runs the module itself",
}
"""What to call for what is given by mistake."""


def verify(
    resolved: Resolved, device: str = "auto", progress: Callable[[int, int, str], None] | None = None
) -> Verification:
    """Compares shapes, parameters, MACs, reach, receptive fields and effective fields with torch's.

    `progress(done, total, text)` is called before the work and after each of its steps. Raises
    OracleError where torch is missing, has no such device, or memory would not do.
    """
    if not hasattr(resolved, "layers") or not hasattr(resolved, "graph"):
        refuse_kind(resolved, "verify takes a graph on an input, as `report.resolved`", VERIFY)
    chosen = choose(device)
    apart = channels_matter(resolved)
    wide = runs_wide(resolved, bool(apart))
    names = selected(resolved, affordable(resolved, wide))
    total = len(resolved.graph.nodes) + 2 * len(names) + len(weighed(resolved, names))
    checks: list[Check] = []
    if progress:
        progress(0, total, "forward pass")
    with warnings.catch_warnings(), memory_explained():
        warnings.simplefilter("ignore")
        for done, (text, more) in enumerate(work(resolved, names, apart, wide, chosen), 1):
            checks += more
            if progress:
                progress(min(done, total), total, text)
    return Verification(chosen.type, torch_version(), tuple(checks))


def work(
    resolved: Resolved, names: list[str], apart: set[str], wide: bool, device: torch.device
) -> Iterator[tuple[str, list[Check]]]:
    """The checks step by step, each with a text that says what it is about."""
    agree = True
    for name, checks in forward_checks(resolved, device):
        agree = agree and not any(check.ok is False for check in checks if check.quantity == "shape")
        yield name, checks
    if not agree:
        # Positions and canvases come from our sizes: without them there is nothing to ask torch.
        asked = {"reach": names, "receptive-field": names, QUANTITY: weighed(resolved, names)}
        for quantity, name in [(quantity, name) for quantity, some in asked.items() for name in some]:
            yield quantity, [Check(name, quantity, None, None, None, "torch has other sizes")]
        return
    if not names:
        return
    for check in reach_checks(resolved, names, apart, wide, device):
        yield f"reach of {check.layer}", [check]
    for check in field_checks(resolved, names, apart, wide, device):
        yield f"receptive field of {check.layer}", [check]
    for check in effective_checks(resolved, weighed(resolved, names), device):
        yield f"effective field of {check.layer}", [check]


def selected(resolved: Resolved, most: int) -> list[str]:
    """The nodes that are asked what they read: the outputs, and `most` of all, spread over the graph."""
    names = [applied.name for applied in resolved.layers]
    outputs = {name for _, name in resolved.graph.outputs}
    step = -(-len(names) // most)
    return [name for index, name in enumerate(names) if name in outputs or index % step == 0]


def affordable(resolved: Resolved, wide: bool) -> int:
    """How many nodes are asked; of `wide` graphs, whose real channels are run, as their size allows."""
    most = SMALL_GRAPH if len(resolved.layers) <= SMALL_GRAPH else MAX_NODES
    return max(1, min(most, MAX_VALUES // max(1, sum(map(prod, resolved.shapes.values()))) if wide else most))


def parameter_check(applied: AppliedLayer, torchs: int) -> Check:
    """The check of learned numbers, which a stand-in has not."""
    ours = applied.layer.parameters
    if ours and applied.layer.name in STAND_INS:
        why = f"what a {applied.layer.name} learns is known by its number alone"
        return Check(applied.name, "parameters", ours, None, None, why)
    return Check(applied.name, "parameters", ours, torchs, ours == torchs)


def weighed(resolved: Resolved, names: list[str]) -> list[str]:
    """Those of some nodes whose effective field is compared, which has a number for each input pixel."""
    if len(names) * sum(prod(shape[1:]) for shape in resolved.inputs.values()) <= MAX_WEIGHTS:
        return names
    outputs = {name for _, name in resolved.graph.outputs}
    return [name for name in names if name in outputs]


def forward_checks(resolved: Resolved, device: torch.device) -> Iterator[tuple[str, list[Check]]]:
    """Runs the real module node by node; gives each node's name with the checks of shape, parameters and MACs.

    Raises OracleError where the forward pass would not fit in memory.
    """
    from torch.utils.flop_counter import FlopCounterMode

    learned = sum(applied.layer.parameters for applied in resolved.layers)
    require_memory(FLOAT32_BYTES * learned + 2 * memory(resolved).peak_bytes, device, "a forward pass")
    module = GraphModule(resolved.graph).to(device).eval()
    ours = {applied.name: applied for applied in resolved.layers}
    inputs = {name: torch.zeros(resolved.batch, *shape, device=device) for name, shape in resolved.inputs.items()}
    names = iter([*inputs, *[node.name for node in resolved.graph.nodes]])
    said = f"refused: {resolved.failure.message}" if resolved.failure else ""
    counted = 0
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            for name, value in module.walk(inputs):
                if next(names) in inputs:
                    continue
                batch, *shape = value.shape
                if name not in ours:
                    # torch goes on where we refuse: right only where the map is empty.
                    note = "torch gives an empty map" if 0 in shape else None
                    yield name, [Check(name, "shape", said, shape, 0 in shape, note)]
                    return
                applied = ours[name]
                if applied.layer.opaque:
                    layer = applied.layer
                    numbers = {"shape": list(applied.shape), "parameters": layer.parameters, "macs": applied.macs}
                    yield name, [Check(name, key, n, None, None, layer.reason) for key, n in numbers.items()]
                    continue
                expected, macs = list(applied.shape), applied.macs
                whole = batch == resolved.batch
                note = None if whole else f"torch's batch is {batch}, not {resolved.batch}"
                parameters = sum(p.numel() for p in module.get_submodule(name).parameters(recurse=False))
                total = counter.get_total_flops() // 2
                checks = [
                    Check(name, "shape", expected, shape, whole and expected == shape, note),
                    parameter_check(applied, parameters),
                    Check(name, "macs", macs, total - counted, macs == total - counted),
                ]
                yield name, checks
                counted = total
    except REFUSALS as error:
        name, got = next(names), refusal(error)
        yield name, [Check(name, "shape", list(ours[name].shape) if name in ours else said, got, name not in ours)]
        for later in [*ours][[*ours].index(name) + 1 :] if name in ours else ():
            yield later, [Check(later, "shape", list(ours[later].shape), None, None, f"torch stopped at `{name}`")]
