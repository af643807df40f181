"""Layers and graphs as runnable torch modules.

A layer is torch.nn's own class where it has one, else a function by the layer's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.graph import Graph
from pyramidcalc.layers.base import shape_text
from pyramidcalc.mistakes import refuse_kind
from pyramidcalc.oracle.definitions import FUNCTIONS, MODULES, STAND_INS
from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Layer

TO_MODULE = {
    "name": "`to_module(build(name))` makes one of the catalogue's, `to_module(from_file(path).graph)` a file's",
    "module": "it is a module already",
    "Report": "`to_module(report.resolved.graph)`",
    "Builder": "`to_module(builder.build())`",
    "Imported": "`to_module(imported.graph)`",
}
"""What to call for what is given by mistake."""


class GraphModule(torch.nn.Module):
    """A graph as a runnable module of real torch layers, named as its nodes: submodules nest by scope.

    Takes the graph's inputs (N, C, *spatial) in order, or one dict name -> tensor; gives a tensor, or
    a dict label -> tensor where the graph has several outputs. Raises OracleError where torch
    cannot make a layer.
    """

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
        named = len(inputs) == 1 and not isinstance(inputs[0], torch.Tensor)
        given: Any = inputs[0] if named else dict(zip(names, inputs, strict=False))
        if set(given) != set(names) or (not named and len(inputs) > len(names)):
            got = f"{len(inputs)} ({', '.join(map(str, given))})"
            raise TypeError(f"this graph's inputs are {', '.join(names)}, got {got}")
        for name, value in given.items():
            if not isinstance(value, torch.Tensor):
                raise TypeError(f"input `{name}` must be a tensor, got {type(value).__name__}")
        return {name: given[name] for name in names}


def to_module(graph: Graph) -> GraphModule:
    """The module of a graph. Raises OracleError for layers of which it is not known what they compute."""
    if not isinstance(graph, Graph):
        refuse_kind(graph, "to_module takes a Graph", TO_MODULE)
    for node in graph.nodes:
        if node.layer.name in STAND_INS:
            raise OracleError(f"`{node.name}`: a {node.layer.name} says what is read, not what is computed")
    return GraphModule(graph)


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


def module_of(kind: str, arguments: Mapping[str, Any]) -> torch.nn.Module:
    """The module of a layer kind; raises what torch raises for bad arguments, OracleError for an unknown kind."""
    if function := FUNCTIONS.get(kind, STAND_INS.get(kind)):
        return Function(function, arguments)
    of_torch = MODULES.get(kind, getattr(torch.nn, kind, None))
    if not (isinstance(of_torch, type) and issubclass(of_torch, torch.nn.Module)):
        raise OracleError(f"torch.nn {torch.__version__} has no {kind}, and the oracle no module for it")
    module: torch.nn.Module = of_torch(**arguments)
    return module


class Function(torch.nn.Module):
    """A function of batches with its arguments, as a module."""

    def __init__(self, function: Callable[..., Tensor], arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self.function, self.arguments = function, dict(arguments)

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the function gives."""
        return self.function(*inputs, **self.arguments)

    def extra_repr(self) -> str:
        """The function's name and arguments."""
        return ", ".join([self.function.__name__, *(f"{name}={value!r}" for name, value in self.arguments.items())])
