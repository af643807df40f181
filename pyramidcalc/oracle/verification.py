"""Every number of one graph on one input, compared with torch."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from pyramidcalc.oracle.device import choose, torch_version
from pyramidcalc.oracle.field_checks import field_checks
from pyramidcalc.oracle.forward import forward_checks
from pyramidcalc.oracle.reach_checks import channels_matter, reach_checks, runs_wide
from pyramidcalc.oracle.results import Check, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyramidcalc.oracle.device import torch
    from pyramidcalc.passes.shapes import Resolved

SMALL_GRAPH = 120
"""Up to so many nodes, reach and receptive field are checked at every one."""
MAX_NODES = 40


def verify(
    resolved: Resolved, device: str = "auto", progress: Callable[[int, int, str], None] | None = None
) -> Verification:
    """Compares shapes, parameters, MACs, reach and receptive fields with torch's.

    `progress(done, total, text)` is called before the work and after each of its steps. Raises
    OracleError where torch is missing, has no such device, or memory would not do.
    """
    chosen = choose(device)
    names = selected(resolved)
    total = len(resolved.graph.nodes) + 2 * len(names)
    checks: list[Check] = []
    if progress:
        progress(0, total, "forward pass")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for done, (text, more) in enumerate(work(resolved, names, chosen), 1):
            checks += more
            if progress:
                progress(min(done, total), total, text)
    return Verification(chosen.type, torch_version(), tuple(checks))


def work(resolved: Resolved, names: list[str], device: torch.device) -> Iterator[tuple[str, list[Check]]]:
    """The checks step by step, each with a text that says what it is about."""
    agree = True
    for name, checks in forward_checks(resolved, device):
        agree = agree and all(check.ok or check.quantity != "shape" for check in checks if check.layer in names)
        yield name, checks
    if not agree:
        # Positions and canvases come from our sizes: without them there is nothing to ask torch.
        for quantity in ("reach", "receptive-field"):
            for name in names:
                yield quantity, [Check(name, quantity, None, None, None, "torch has other sizes")]
        return
    if not names:
        return
    apart = channels_matter(resolved)
    wide = runs_wide(resolved, bool(apart))
    for check in reach_checks(resolved, names, apart, wide, device):
        yield f"reach of {check.layer}", [check]
    for check in field_checks(resolved, names, apart, wide, device):
        yield f"receptive field of {check.layer}", [check]


def selected(resolved: Resolved) -> list[str]:
    """All nodes of a small graph; of a large one the outputs and the last nodes of its scopes, outer scopes first."""
    names = [applied.name for applied in resolved.layers]
    if len(names) <= SMALL_GRAPH:
        return names
    chosen = {name for _, name in resolved.graph.outputs if name in names}
    for depth in range(1, max(name.count(".") for name in names) + 1):
        ends = {".".join(name.split(".")[:depth]): name for name in names if name.count(".") >= depth}
        if len(chosen | set(ends.values())) > MAX_NODES and depth > 1:
            break
        chosen |= set(ends.values())
    return [name for name in names if name in chosen]
