"""A graph as a runnable torch.nn.Module of real torch layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.layers.base import shape_text
from pyramidcalc.oracle.device import torch
from pyramidcalc.oracle.modules import module_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from pyramidcalc.graph import Graph
    from pyramidcalc.layers.base import Layer


def to_module(graph: Graph) -> torch.nn.Module:
    """A runnable module of real torch layers, named as the graph's nodes.

    Takes the graph's inputs (N, C, *spatial) in order, or one dict name -> tensor; gives a tensor, or
    a dict label -> tensor where the graph has several outputs. Raises OracleError where torch
    cannot make a layer.
    """
    return GraphModule(graph)


class GraphModule(torch.nn.Module):
    """The layers of a graph as submodules, nested by scope, run in the graph's order."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        for node in graph.nodes:
            place(self, node.name, module_of_layer(node.layer, node.name))

    def forward(self, *inputs: Tensor | Mapping[str, Tensor]) -> Tensor | dict[str, Tensor]:
        """The graph's outputs."""
        labels = dict(self._graph.outputs)
        values = {name: value for name, value in self.walk(*inputs) if name in set(labels.values())}
        outputs = {label: values[name] for label, name in labels.items()}
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def walk(self, *inputs: Tensor | Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        """Inputs and nodes with their values, in order; each value is dropped after its last use."""
        held = self._named(inputs)
        yield from held.items()
        last = {name: node.name for node in self._graph.nodes for name in node.inputs}
        for node in self._graph.nodes:
            given = [held[name] for name in node.inputs]
            try:
                value = self.get_submodule(node.name)(*given)
            except Exception as error:
                shapes = ", ".join(shape_text(tuple(x.shape)) for x in given)
                error.add_note(f"in `{node.name}`, a {node.layer.name} on {shapes}")
                raise
            held[node.name] = value
            for name in {*node.inputs, node.name}:
                if last.get(name, node.name) == node.name:
                    del held[name]
            del given
            yield node.name, value

    def _named(self, inputs: tuple[Tensor | Mapping[str, Tensor], ...]) -> dict[str, Tensor]:
        names = [name for name, _ in self._graph.inputs]
        given: Mapping[str, object]
        if len(inputs) == 1 and not isinstance(inputs[0], torch.Tensor):
            given = inputs[0]
        elif len(inputs) == len(names):
            given = dict(zip(names, inputs, strict=True))
        else:
            raise TypeError(f"this graph takes {len(names)} inputs ({', '.join(names)}), got {len(inputs)}")
        if set(given) != set(names):
            raise TypeError(f"this graph's inputs are {', '.join(names)}, got {', '.join(map(str, given))}")
        tensors = {name: given[name] for name in names}
        for name, value in tensors.items():
            if not isinstance(value, torch.Tensor):
                raise TypeError(f"input `{name}` must be a tensor, got {type(value).__name__}")
        return tensors  # type: ignore[return-value]  # the loop has looked at each


def place(root: torch.nn.Module, name: str, module: torch.nn.Module) -> None:
    """Puts a module at its dotted name; scopes on the way are plain modules."""
    *scopes, leaf = name.split(".")
    parent = root
    try:
        for scope in scopes:
            if scope not in parent._modules:
                parent.add_module(scope, torch.nn.Module())
            parent = parent.get_submodule(scope)
        if leaf in parent._modules:
            raise KeyError(f"`{leaf}` is also a scope")
        parent.add_module(leaf, module)
    except KeyError as error:
        raise OracleError(
            f"`{name}` cannot be the name of a torch module: {error.args[0]}", hint="rename the node or its scope"
        ) from error


def module_of_layer(layer: Layer, name: str = "layer") -> torch.nn.Module:
    """The torch module of one layer. Raises OracleError, which names the node, where torch cannot make it."""
    try:
        return module_of(layer.name, layer.attributes())
    except OracleError as error:
        raise OracleError(f"`{name}`: {error.message}") from None
    except (RuntimeError, ValueError, TypeError) as error:
        raise OracleError(f"`{name}`: torch cannot make {layer!r}: {str(error).splitlines()[0]}") from error
