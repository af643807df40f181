"""What every reader of graphs from elsewhere gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.graph import Graph


class Imported(Record):
    """A graph from elsewhere, the shape (C, *spatial) of each of its inputs, and what its user should know of it."""

    graph: Graph
    inputs: dict[str, tuple[int, ...]]
    notes: tuple[str, ...] = ()
