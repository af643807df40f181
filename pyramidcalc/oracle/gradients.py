"""What an exported program reads, as torch's float64 gradients, every operator made positive: nothing cancels."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import fx

from pyramidcalc.importing.modules import words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

aten = torch.ops.aten


def first(x: Any, *_: Any, **__: Any) -> Any:
    """The first argument as it is: what a function of each value reads, and what a norm does but for statistics."""
    return x


def summed(x: torch.Tensor, *others: Any, **_: Any) -> torch.Tensor:
    """The sum of all tensors in place of any other function of them."""
    for other in others:
        x = x + (other if isinstance(other, torch.Tensor) else 0)
    return x


def sum_along(x: torch.Tensor, dim: Any = None, keepdim: bool = False, **_: Any) -> torch.Tensor:
    """The sum along dimensions in place of a maximum or a norm."""
    return x.sum() if dim is None else x.sum(dim, keepdim)


def max_along(x: torch.Tensor, dim: int, keepdim: bool = False) -> tuple[torch.Tensor, None]:
    """The sum in place of a maximum, without its index."""
    return x.sum(dim, keepdim), None


def spread_along(x: torch.Tensor, dim: int, *_: Any, **__: Any) -> torch.Tensor:
    """The sum along a dimension, at each of its positions, in place of a softmax."""
    return x.sum(dim, keepdim=True).expand_as(x)


def max_pool(
    x: torch.Tensor, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil: bool = False
) -> Any:
    """Which values a max pool may take: the sum over each window."""
    rank = x.dim() - 2
    sizes = getattr(torch.nn.functional, f"max_pool{rank}d")(
        x.detach(), kernel, stride or kernel, padding, dilation, ceil
    ).shape
    k, s, p, d = [
        [v] * rank if isinstance(v, int) else list(v) * (rank // len(v))
        for v in (kernel, stride or kernel, padding, dilation)
    ]
    pads = []
    for axis in range(rank)[::-1]:
        hi = (sizes[2 + axis] - 1) * s[axis] + d[axis] * (k[axis] - 1) + 1 - x.shape[2 + axis] - p[axis]
        pads += [p[axis], hi]
    ones = torch.ones(x.shape[1], 1, *k, dtype=x.dtype)
    convolve = getattr(torch.nn.functional, f"conv{rank}d")
    return convolve(torch.nn.functional.pad(x, pads), ones, stride=s, dilation=d, groups=x.shape[1])


def positive(operator: str) -> Callable[..., Any] | None:
    """What stands for an operator of ATen; None where its own weights are never negative."""
    return POSITIVE.get(operator.rstrip("_"))


POSITIVE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(
        words(
            """relu sigmoid silu hardswish gelu leaky_relu prelu batch_norm layer_norm group_norm instance_norm dropout
    to clamp clamp_min exp sqrt abs hardtanh pow neg hardsigmoid rsqrt softplus tanh elu mish relu6"""
        ),
        first,
    ),
    **dict.fromkeys(words("add sub mul div maximum minimum where"), summed),
    **dict.fromkeys(words("amax amin linalg_vector_norm"), sum_along),
    **dict.fromkeys(["max", "min"], max_along),
    **dict.fromkeys(["softmax", "log_softmax"], spread_along),
    **{f"max_pool{rank}d": max_pool for rank in (1, 2, 3)},
    "adaptive_max_pool2d": lambda x, size: (torch.nn.functional.adaptive_avg_pool2d(x, size), None),
    "_assert_tensor_metadata": lambda *_, **__: None,
    "matmul": lambda a, b: a @ b,
}


class Positive(fx.Interpreter):
    """Runs an exported program with positive operators; keeps the values of some names as they were when made.

    `shapes` holds those of all values by name, `name.index` where an operator gives several.
    """

    def __init__(self, exported: torch.export.ExportedProgram, names: Collection[str] = ()) -> None:
        super().__init__(exported.graph_module)
        self.names = names
        self.kept: dict[str, torch.Tensor] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}

    def run_node(self, node: fx.Node) -> Any:
        """Keeps shapes and values."""
        result = super().run_node(node)
        values = enumerate(result) if isinstance(result, list | tuple) else [(None, result)]
        for index, value in values:
            if isinstance(value, torch.Tensor):
                name = node.name if index is None else f"{node.name}.{index}"
                self.shapes[name] = tuple(value.shape)
                if name in self.names:
                    # A later operator may write to it in place.
                    self.kept[name] = value.clone()
        return result

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The stand-in for the operator, or the operator itself."""
        if isinstance(target, torch._ops.OpOverload):
            operator = target._schema.name.split("::")[1]
            stand_in = positive(operator)
            if stand_in is not None:
                result = stand_in(*args, **kwargs)
                if operator.endswith("_"):
                    return args[0].copy_(result) if result is not args[0] else result
                return result
            if operator in ("zeros", "zeros_like", "full", "new_zeros"):
                kwargs = {**kwargs, "dtype": torch.float64}
        return super().call_function(target, args, kwargs)


class Gradients:
    """What an exported program reads, from one run with positive operators, weights and inputs.

    `kept` are the names of values that are asked for beside the outputs.
    """

    def __init__(self, exported: torch.export.ExportedProgram, kept: Collection[str] = ()) -> None:
        signature = exported.graph_signature
        self.inputs: dict[str, torch.Tensor] = {}
        arguments = []
        for node in exported.graph.nodes:
            if node.op == "placeholder":
                shape = [int(n) for n in node.meta["val"].shape]
                tensor = torch.ones(shape, dtype=torch.float64)
                if node.name in signature.user_inputs:
                    self.inputs[node.name] = tensor.requires_grad_()
                elif len(shape) > 1:
                    # Means in place of sums, so that deep networks do not overflow.
                    tensor /= prod(shape[1:])
                arguments.append(tensor.clone())
        self.program = Positive(exported, kept)
        self.outputs = self.program.run(*arguments)

    def reads(self, value: torch.Tensor, position: tuple[int, ...]) -> dict[str, set[tuple[int, ...]]]:
        """Input name to the positions of which any channel's gradient is above zero, for all channels of one pixel."""
        place: tuple[Any, ...] = (0, slice(None), *position)
        pixel = value[place].sum()
        tensors = list(self.inputs.values())
        gradients: Any = [None] * len(tensors)
        if pixel.requires_grad:
            gradients = torch.autograd.grad(pixel, tensors, retain_graph=True, allow_unused=True)
        places: dict[str, set[tuple[int, ...]]] = {}
        for (name, tensor), gradient in zip(self.inputs.items(), gradients, strict=True):
            read = gradient is not None and tensor.dim() > 2
            places[name] = {tuple(place) for place in gradient[0].sum(0).nonzero().tolist()} if read else set()
        return places
