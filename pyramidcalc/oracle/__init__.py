"""torch as the judge: runnable modules, and checks of every number that pyramidcalc gives.

The only part of pyramidcalc that needs torch, and it asks for it on first use, never on import.

    to_module(graph) -> torch.nn.Module
        Real torch.nn layers, named as in the graph: `rate6.conv.weight`. Takes the graph's inputs in order, or one
        dict; gives a tensor, or a dict label -> tensor where the graph has several outputs.

    verify(resolved, device="auto", progress=None) -> Verification
        Compares each number of one graph on one input with torch. `progress(done, total, text)` is called before
        the first step of the work and after each. Verification: .device ("cpu" | "cuda"), .torch (its version),
        .checks (tuple of Check), .ok, .failures (the checks that failed), .unchecked (those that could not be
        done), .to_dict(). Check: .layer, .quantity ("shape" | "parameters" | "macs" | "reach" |
        "receptive-field"), .expected (ours) and .got (torch's), .ok (None: not checked), .note.

    verify_module(resolved, module, given, named, progress=None) -> Verification
        Compares the graph of a torch.nn.Module of yours, exported on the shapes `given` and `named`, with a run of
        the module and float64 gradients of its program, on the CPU.

    random_kinds() -> tuple[str, ...]
        What `random_checks` knows: the layers by name, and "graphs" (random chains and merges). Needs no torch.

    random_checks(count, seed=0, kinds=None, device="auto", progress=None) -> RandomResult
        `count` random configurations, legal and illegal, shared among the kinds (None: all; a name is found
        whatever its case, an unknown one is a UsageError). `progress(done, total, kind)` is called before the first
        configuration and after each. RandomResult: .device, .torch, .kinds (tuple of KindResult), .count,
        .disagreements, .ok. KindResult, one summary row: .kind, .configurations, .accepted, .refused, .compared
        (numbers compared), .disagreements (tuple of Disagreement). Disagreement: .kind, .seed, .configuration (as
        text), .quantity, .expected, .got, .note, .command (the line that reproduces it,
        `pyramidcalc verify Conv2d --random 1 --seed 7`): configuration i of seed S is configuration 0 of seed S + i.

All raise OracleError, with a way out, where torch is missing, has no such device, or memory would not do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramidcalc.oracle.build import to_module
    from pyramidcalc.oracle.configurations import random_kinds
    from pyramidcalc.oracle.programs import verify_module
    from pyramidcalc.oracle.random_layers import random_checks
    from pyramidcalc.oracle.results import Check, Disagreement, KindResult, RandomResult, Verification
    from pyramidcalc.oracle.verification import verify

__all__ = [
    "Check",
    "Disagreement",
    "KindResult",
    "RandomResult",
    "Verification",
    "random_checks",
    "random_kinds",
    "to_module",
    "verify",
    "verify_module",
]

HOMES = {
    "build": ("to_module",),
    "configurations": ("random_kinds",),
    "programs": ("verify_module",),
    "random_layers": ("random_checks",),
    "results": ("Check", "Disagreement", "KindResult", "RandomResult", "Verification"),
    "verification": ("verify",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, members in HOMES.items():
        if name in members:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
