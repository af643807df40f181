"""Builds one block as a graph of its own and follows shapes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.graph import Builder
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.graph import Node, Value
    from pyramidcalc.layers.base import Diagnostic, Layer
    from pyramidcalc.passes.shapes import Resolved

    Block = Callable[..., Value | dict[str, Value]]


class Built(NamedTuple):
    """A block on one input."""

    resolved: Resolved

    @property
    def output(self) -> tuple[int, ...]:
        """Shape of the main output."""
        return next(iter(self.outputs.values()))

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Shapes by label; the block must have worked."""
        assert self.resolved.failure is None, self.resolved.failure
        return {label: self.resolved.shapes[name] for label, name in self.resolved.graph.outputs}

    @property
    def parameters(self) -> int:
        """Learned numbers of all nodes."""
        return sum(node.layer.parameters for node in self.resolved.graph.nodes)

    @property
    def names(self) -> list[str]:
        """Names of all nodes, in order."""
        return [node.name for node in self.resolved.graph.nodes]

    @property
    def failure(self) -> Diagnostic:
        """Why the block does not work on its input."""
        assert self.resolved.failure is not None
        return self.resolved.failure

    def node(self, name: str) -> Node:
        """One node, not resolved."""
        return next(node for node in self.resolved.graph.nodes if node.name == name)

    def layer(self, name: str) -> Layer:
        """One layer, resolved."""
        return next(applied.layer for applied in self.resolved.layers if applied.name == name)

    def shape(self, name: str) -> tuple[int, ...]:
        """What one node gives."""
        return self.resolved.shapes[name]

    def warned(self, code: str) -> list[str | None]:
        """The layers that a diagnostic names."""
        known = fields(self.resolved)
        notes = diagnose(self.resolved, known, receptive_fields(self.resolved, known))
        return [note.layer for note in notes if note.code == code]


def built(block: Block, *inputs: tuple[int, ...], **options: Any) -> Built:
    """The block on inputs of these (C, *spatial); one is called `input`, several `c2`, `c3`, …"""
    b = Builder()
    names = ["input"] if len(inputs) == 1 else [f"c{number}" for number in range(2, len(inputs) + 2)]
    given = dict(zip(names, inputs, strict=True))
    result = block(b, *(b.input(name, shape[0]) for name, shape in given.items()), **options)
    for label, value in (result if isinstance(result, dict) else {"output": result}).items():
        b.output(label, value)
    return Built(shapes(b.build(), given))
