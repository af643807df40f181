"""Exact shapes, receptive fields, parameters and MACs of convolutional pyramids, without torch.

>>> import pyramidcalc as pc
>>> pc.analyze("aspp", input=(2048, 64, 64), rate=(6, 12, 18)).output
(256, 64, 64)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramidcalc import layers, oracle, solve
    from pyramidcalc.comparing import compare
    from pyramidcalc.errors import (
        GraphError,
        LayerError,
        ModelError,
        OracleError,
        PyramidcalcError,
        ShapeError,
        UsageError,
    )
    from pyramidcalc.graph import Builder, Graph
    from pyramidcalc.importing.chain import chain
    from pyramidcalc.importing.exported import from_torch
    from pyramidcalc.importing.targets import from_file
    from pyramidcalc.importing.toml import to_toml
    from pyramidcalc.report import Report, analyze_graph
    from pyramidcalc.signatures import analyze, build
    from pyramidcalc.sweeping import sweep

__version__ = "0.1.0"

__all__ = [
    "Builder",
    "Graph",
    "GraphError",
    "LayerError",
    "ModelError",
    "OracleError",
    "PyramidcalcError",
    "Report",
    "ShapeError",
    "UsageError",
    "analyze",
    "analyze_graph",
    "build",
    "chain",
    "compare",
    "from_file",
    "from_torch",
    "layers",
    "oracle",
    "solve",
    "sweep",
    "to_toml",
]

HOMES = {
    "comparing": ("compare",),
    "errors": ("GraphError", "LayerError", "ModelError", "OracleError", "PyramidcalcError", "ShapeError", "UsageError"),
    "graph": ("Builder", "Graph"),
    "importing.chain": ("chain",),
    "importing.exported": ("from_torch",),
    "importing.targets": ("from_file",),
    "importing.toml": ("to_toml",),
    "report": ("Report", "analyze_graph"),
    "request": ("analyze", "build"),
    "sweeping": ("sweep",),
}


def __getattr__(name: str) -> object:
    # Public names are loaded on first use: importing the package costs next to nothing.
    from importlib import import_module

    if name in ("layers", "oracle", "solve"):
        return import_module(f"{__name__}.{name}")
    for home, members in HOMES.items():
        if name in members:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
