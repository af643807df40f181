"""A graph as a runnable torch.nn.Module: real torch layers by name, shims only for what torch.nn does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.layers.base import Layer, shape_text
from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

    from pyramidcalc.graph import Graph


def to_module(graph: Graph) -> torch.nn.Module:
    """A runnable module of real torch layers, named as the graph's nodes.

    Takes the graph's inputs (N, C, H, W) in order, or one dict name -> tensor; gives a tensor, or
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
            place(self, node.name, twin(node.layer, node.name))

    def forward(self, *inputs: Tensor | Mapping[str, Tensor]) -> Tensor | dict[str, Tensor]:
        """The graph's outputs."""
        labels = dict(self._graph.outputs)
        kept = {name: value for name, value in self.walk(*inputs) if name in set(labels.values())}
        found = {label: kept[name] for label, name in labels.items()}
        return found if len(found) > 1 else next(iter(found.values()))

    def walk(self, *inputs: Tensor | Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        """Inputs and nodes with their values, in order; each value is dropped after its last use."""
        alive = self._named(inputs)
        yield from alive.items()
        last = {name: node.name for node in self._graph.nodes for name in node.inputs}
        for node in self._graph.nodes:
            given = [alive[name] for name in node.inputs]
            try:
                value = self.get_submodule(node.name)(*given)
            except Exception as error:
                shapes = ", ".join(shape_text(tuple(x.shape)) for x in given)
                error.add_note(f"in `{node.name}`, a {node.layer.name} on {shapes}")
                raise
            alive[node.name] = value
            for name in {*node.inputs, node.name}:
                if last.get(name, node.name) == node.name:
                    del alive[name]
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


def twin(layer: Layer, name: str = "layer") -> torch.nn.Module:
    """The torch module of one layer."""
    if type(layer).resolve is not Layer.resolve:
        return Following(layer)
    if layer.name in SHIMS:
        return SHIMS[layer.name](layer)
    made = getattr(torch.nn, layer.name, None)
    if not (isinstance(made, type) and issubclass(made, torch.nn.Module)):
        raise OracleError(f"`{name}`: torch.nn {torch.__version__} has no {layer.name}, and the oracle no shim for it")
    try:
        module: torch.nn.Module = made(**layer.attributes())
    except (RuntimeError, ValueError, TypeError) as error:
        raise OracleError(f"`{name}`: torch cannot make {layer!r}: {str(error).splitlines()[0]}") from error
    return module


class Following(torch.nn.Module):
    """A layer whose window follows the size: made anew for each size that comes."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self._layer = layer

    def forward(self, *inputs: Tensor) -> Tensor:
        """The plain layer for these sizes, run on what it reads."""
        shapes = tuple(tuple(x.shape[1:]) for x in inputs)
        plain = self._layer.resolve(*shapes)
        value: Tensor = twin(plain)(*inputs[: plain.arity])
        return value

    def extra_repr(self) -> str:
        """The layer's own arguments."""
        return repr(self._layer)


class Shim(torch.nn.Module):
    """A merge by a function of all its inputs, none of them broadcast over samples."""

    def __init__(self, layer: Layer, merge: Callable[[tuple[Tensor, ...]], Tensor]) -> None:
        super().__init__()
        self._name = layer.name
        self._merge = merge

    def forward(self, *inputs: Tensor) -> Tensor:
        """The merged map or vector."""
        if len({x.dim() for x in inputs}) != 1:
            kinds = ", ".join(shape_text(tuple(x.shape)) for x in inputs)
            raise RuntimeError(f"{self._name} of maps and vectors ({kinds}) would align channels with columns")
        return self._merge(inputs)

    def extra_repr(self) -> str:
        """The merge's name."""
        return self._name


def concat(inputs: tuple[Tensor, ...]) -> Tensor:
    """One after the other along the channels."""
    return torch.cat(inputs, 1)


def add(inputs: tuple[Tensor, ...]) -> Tensor:
    """The sum, with torch's broadcasting."""
    total = inputs[0]
    for x in inputs[1:]:
        total = total + x
    return total


def multiply(inputs: tuple[Tensor, ...]) -> Tensor:
    """The product, with torch's broadcasting."""
    total = inputs[0]
    for x in inputs[1:]:
        total = total * x
    return total


class LayerNorm2d(torch.nn.Module):
    """LayerNorm over the channels of each position, with torch's parameter names."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        values = layer.attributes()
        self._shape = (values["num_channels"],)
        self._eps = values["eps"]
        affine = values["elementwise_affine"]
        self.weight = torch.nn.Parameter(torch.ones(self._shape)) if affine else None
        self.bias = torch.nn.Parameter(torch.zeros(self._shape)) if affine and values["bias"] else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        if x.dim() != 4:
            raise RuntimeError(f"LayerNorm2d expects 4 axes, got {x.dim()}")
        last = torch.nn.functional.layer_norm(x.permute(0, 2, 3, 1), self._shape, self.weight, self.bias, self._eps)
        return last.permute(0, 3, 1, 2)


SHIMS: dict[str, Callable[[Layer], torch.nn.Module]] = {
    "Concat": lambda layer: Shim(layer, concat),
    "Add": lambda layer: Shim(layer, add),
    "Multiply": lambda layer: Shim(layer, multiply),
    "LayerNorm2d": LayerNorm2d,
}
