"""A graph, a module or a report given where something else is wanted: what it is, and what to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = {"Graph": "a Graph", "Builder": "a Builder", "Report": "a Report", "Imported": "an imported network"}
"""Classes of this package by name, so that nothing is imported to tell them."""
GRAPH_OF = {"Report": "`report.resolved.graph` is its graph", "Builder": "`builder.build()` is its graph"}
FROM_TORCH = GRAPH_OF | {
    "name": "`build(name)` is the graph of one of the catalogue, `from_file(path)` reads a file",
    "Graph": "it is a graph already",
}
ANALYZE_GRAPH = {
    "name": "`analyze(name, …)` takes a name",
    "module": "`analyze(module, input=…)` takes a module",
    "Builder": "`builder.build()` gives its graph",
    "Imported": "`.graph` and `.inputs` are its graph and inputs",
}
ANALYZE = {
    "Report": "it is analysed already",
    "Builder": "`analyze(builder.build(), input=…)`",
    "layer": "`layer.output_shape(shape)` is its size; a Builder makes graphs of layers",
}
BUILD = GRAPH_OF | {
    "Graph": "it is built: `analyze(graph, input=…)` analyses it, `oracle.to_module(graph)` makes a module of it",
    "module": "`analyze(module, input=…)` analyses it, `from_torch(module, shape).graph` is its graph",
    "Imported": "`imported.graph` is its graph",
}
"""What to call for what is given by mistake, by whom it is given to."""


def kind_of(thing: object) -> str:
    """A class of OWN, "name" for text, "layer", "module" for a torch.nn.Module, or "other"."""
    if isinstance(thing, str):
        return "name"
    kind = type(thing)
    if kind.__module__.startswith("pyramidcalc.") and kind.__name__ in OWN:
        return kind.__name__
    if kind.__module__.startswith("pyramidcalc.layers."):
        return "layer"
    return "module" if hasattr(thing, "named_parameters") else "other"


def refuse_kind(thing: object, wanted: str, ways: Mapping[str, str], otherwise: str | None = None) -> NoReturn:
    """Raises UsageError: `wanted` says who takes what; `ways` what to call instead, by the kind of what was given."""
    kind = kind_of(thing)
    described = {
        "name": f"the text {thing!r}",
        "layer": f"a layer ({type(thing).__name__})",
        "module": f"a torch.nn.Module ({type(thing).__name__})",
    }
    got = described.get(kind) or OWN.get(kind) or repr(thing)
    raise UsageError(f"{wanted}, got {got}", hint=ways.get(kind, otherwise))
