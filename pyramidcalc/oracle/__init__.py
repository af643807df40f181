"""torch as the judge: runnable modules, and checks of every number that pyramidcalc gives.

The only part of pyramidcalc that needs torch, and it asks for it on first use, never on import.

    to_module(graph) -> torch.nn.Module         real torch.nn layers, named as in the graph: `rate6.conv.weight`
    verify(resolved, device) -> Verification    each number of one graph on one input, compared with torch
    verify_module(resolved, module, given, named) -> Verification
                                                the graph of a torch.nn.Module of yours, compared with that module
    random_kinds() -> tuple[str, ...]           the layers by name, and "graphs"; needs no torch
    random_checks(count, seed, kinds, device) -> RandomResult
                                                random layers and graphs, legal and illegal, compared with torch

All raise OracleError, with a way out, where torch is missing, has no such device, or memory would not do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramidcalc.oracle.build import to_module
    from pyramidcalc.oracle.configurations import random_kinds
    from pyramidcalc.oracle.programs import verify_module
    from pyramidcalc.oracle.random_layers import random_checks
    from pyramidcalc.oracle.results import Check, Disagreement, KindResult, RandomResult, Verification
    from pyramidcalc.oracle.verification import verify

__all__ = ["Check", "Disagreement", "KindResult", "RandomResult", "Verification"]
__all__ += ["random_checks", "random_kinds", "to_module", "verify", "verify_module"]

HOMES = dict.fromkeys(("Check", "Disagreement", "KindResult", "RandomResult", "Verification"), "results") | {
    "to_module": "build",
    "random_kinds": "configurations",
    "random_checks": "random_layers",
    "verify": "verification",
    "verify_module": "programs",
}
"""The file of each name."""


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
