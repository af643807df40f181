"""What every reader gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import FloorForm
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Shape


class Imported(Record):
    """A graph from elsewhere, the shapes (C, *spatial) of its inputs there, and what a user should know of it.

    `any_size` says whether the graph is known to be the same at other sizes of its inputs.
    """

    graph: Graph
    inputs: dict[str, Shape]
    notes: tuple[str, ...] = ()
    any_size: bool = False

    @property
    def forms(self) -> dict[str, FloorForm] | None:
        """How the sizes of all inputs follow from the first one's, where that is known."""
        return {next(iter(self.inputs)): FloorForm()} if self.any_size and len(self.inputs) == 1 else None


FILES = (".pt2", ".onnx", ".toml")
"""Endings of files that hold a network as data; reading them runs no code."""


def is_file(target: str) -> bool:
    """Whether a target is a file of data, not a name or Python code."""
    return target.lower().endswith(FILES)
