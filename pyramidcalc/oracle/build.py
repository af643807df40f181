"""Layers and graphs as runnable torch modules.

A layer is torch.nn's own class where it has one, else a function by the layer's definition. None of these asks
pyramidcalc's size rules anything, so that they can judge them.
"""

from __future__ import annotations

from functools import reduce
from math import ceil
from operator import index
from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.graph import Graph
from pyramidcalc.layers.base import shape_text
from pyramidcalc.mistakes import refuse
from pyramidcalc.oracle.device import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Layer

functional = torch.nn.functional
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
        if not isinstance(graph, Graph):
            refuse(graph, "to_module takes a Graph", TO_MODULE)
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


to_module = GraphModule


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
    if kind in MODULES:
        return MODULES[kind](**arguments)
    if kind in FUNCTIONS:
        return Function(FUNCTIONS[kind], arguments)
    of_torch = getattr(torch.nn, kind, None)
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


class LayerNorm2d(torch.nn.LayerNorm):
    """torchvision's LayerNorm2d: torch.nn.LayerNorm between two permutations."""

    def __init__(
        self, num_channels: int, eps: float = 1e-6, elementwise_affine: bool = True, bias: bool = True
    ) -> None:
        super().__init__(num_channels, eps, elementwise_affine, bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        return super().forward(of_maps(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class WeightedAdd(torch.nn.Module):
    """EfficientDet's fast normalised fusion: one learned number an input."""

    def __init__(self, count: int, eps: float = 1e-4) -> None:
        super().__init__()
        self.weights, self.eps = torch.nn.Parameter(torch.ones(whole(count))), float(eps)

    def forward(self, *inputs: Tensor) -> Tensor:
        """The sum, with torch's broadcasting."""
        weights = functional.relu(self.weights)
        shares = weights / (weights.sum() + self.eps)
        total: Tensor = reduce(torch.add, [share * x for share, x in zip(shares, alike(inputs), strict=True)])
        return total


def concat(*inputs: Tensor) -> Tensor:
    """One after the other along the channels."""
    return torch.cat(alike(inputs), 1)


def add(*inputs: Tensor) -> Tensor:
    """The sum, with torch's broadcasting."""
    return reduce(torch.add, alike(inputs))


def multiply(*inputs: Tensor) -> Tensor:
    """The product, with torch's broadcasting."""
    return reduce(torch.mul, alike(inputs))


def alike(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Refuses maps beside vectors: over whole batches torch would align a vector's features with a map's columns."""
    if len({x.dim() for x in inputs}) > 1:
        raise RuntimeError("maps and vectors do not merge")
    return inputs


def slice_(x: Tensor, dim: int = 1, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """x[..., start:end:step] on one axis that is not the batch's."""
    part: Tensor = torch.ops.aten.slice.Tensor(x, of_samples(x, dim), start, end, step)
    return part


def split(x: Tensor, split_size: int | tuple[int, ...], index: int, dim: int = 1) -> Tensor:
    """The piece of `index`, counted from 0, of torch.split."""
    if isinstance(index, bool) or index < 0:
        raise IndexError("pieces are counted from 0")
    size = list(split_size) if isinstance(split_size, tuple | list) else whole(split_size)
    return torch.split(x, size, of_samples(x, dim))[index]


def of_samples(x: Tensor, dim: int) -> int:
    """The axis; refuses the batch's."""
    if dim in (0, -x.dim()):
        raise IndexError("the batch is no axis of a sample")
    return dim


def resize_to(x: Tensor, like: Tensor, mode: str = "bilinear", align_corners: bool | None = None) -> Tensor:
    """interpolate to the sizes of a second tensor, as every decoder calls it."""
    return functional.interpolate(x, like.shape[2:], mode=mode, align_corners=align_corners)


def spatial_pyramid_pool(x: Tensor, bins: int, method: str = "pad") -> Tensor:
    """One level of the PyTorch ports of SPP-net (pad), of the paper's text (window), or adaptive."""
    bins, sizes = whole(bins), of_maps(x).shape[2:]
    kernel = [ceil(n / bins) for n in sizes]
    if method == "adaptive":
        return functional.adaptive_max_pool2d(x, bins)
    if method == "window":
        return functional.max_pool2d(x, kernel, [n // bins for n in sizes])
    if method != "pad":
        raise ValueError(f"no method {method!r}")
    pads = [(k * bins - n + 1) // 2 for k, n in zip(kernel, sizes, strict=True)]
    return functional.max_pool2d(x, kernel, kernel, pads)


def grid_avg_pool(x: Tensor, bins: int) -> Tensor:
    """SPEED's pool: pool size and strides ⌊H/bins⌋, ⌊W/bins⌋."""
    return functional.avg_pool2d(x, [n // whole(bins) for n in of_maps(x).shape[2:]])


def same_pad(x: Tensor, kernel_size: Any, stride: Any = 1, dilation: Any = 1, odd_first: Any = False) -> Tensor:
    """SAME of TensorFlow and ONNX by its definition: the least zeros for which a window makes ⌈n/stride⌉ outputs."""
    sizes, pads = x.shape[2:], list[int]()
    settings = kernel_size, stride, dilation
    numbers = [value if isinstance(value, tuple | list) else (value,) * len(sizes) for value in settings]
    if not isinstance(odd_first, bool):
        raise TypeError(f"odd_first is {odd_first!r}, no bool")
    for n, *window in zip(sizes, *numbers, strict=True):
        k, s, d = map(whole, window)
        zeros = 0
        while (n + zeros - d * (k - 1) - 1) // s + 1 < ceil(n / s):
            zeros += 1
        before = (zeros + odd_first) // 2
        pads = [before, zeros - before, *pads]
    return functional.pad(x, pads)


def of_maps(x: Tensor) -> Tensor:
    """Refuses what is no batch of maps."""
    if x.dim() != 4:
        raise RuntimeError(f"expected (N, C, H, W), got {x.dim()} axes")
    return x


def whole(value: Any) -> int:
    """A whole number of at least 1. Raises ValueError or TypeError."""
    if isinstance(value, bool) or index(value) < 1:
        raise ValueError(f"{value!r} is no whole number of at least 1")
    return index(value)


MODULES: dict[str, type[torch.nn.Module]] = {"LayerNorm2d": LayerNorm2d, "WeightedAdd": WeightedAdd}
"""Layers that torch.nn does not have, and that learn."""
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "Concat": concat,
    "Add": add,
    "Multiply": multiply,
    "Slice": slice_,
    "Split": split,
    "ResizeTo": resize_to,
    "SpatialPyramidPool2d": spatial_pyramid_pool,
    "GridAvgPool2d": grid_avg_pool,
    **dict.fromkeys(("SamePad1d", "SamePad2d", "SamePad3d"), same_pad),
}
"""Layers that torch.nn does not have, and that learn nothing."""
