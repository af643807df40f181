"""What an exported program reads, as torch's float64 gradients, every operator made positive: nothing cancels."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import fx

from pyramidcalc.importing.modules import words
from pyramidcalc.importing.rules import METADATA
from pyramidcalc.importing.rules.elements import FUNCTIONS, LAYERS
from pyramidcalc.oracle.operations import first, window_sums
from pyramidcalc.oracle.twin import gradients

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


def summed(x: Any, *others: Any, **_: Any) -> Any:
    """The sum of all tensors in place of any other function of each value."""
    for other in others:
        x = x + (other if isinstance(other, torch.Tensor) else 0)
    return x


def sum_along(x: torch.Tensor, dim: Any = None, keepdim: bool = False, **_: Any) -> torch.Tensor:
    """The sum along dimensions in place of a maximum."""
    return x.sum() if dim is None else x.sum(dim, keepdim)


def norm_along(x: torch.Tensor, order: Any = None, dim: Any = None, keepdim: bool = False, **_: Any) -> torch.Tensor:
    """The sum along dimensions in place of a norm."""
    return sum_along(x, dim, keepdim)


def max_along(x: torch.Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The sum in place of a maximum: of two tensors, of all numbers, or along a dimension without its index."""
    if isinstance(dim, torch.Tensor):
        return x + dim
    return x.sum() if dim is None else (x.sum(dim, keepdim), None)


def spread_along(x: torch.Tensor, dim: int, *_: Any, **__: Any) -> torch.Tensor:
    """The sum along a dimension, at each of its positions, in place of a softmax."""
    return x.sum(dim, keepdim=True).expand_as(x)


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The sum of a row and a column in place of their product: nothing grows."""
    if min(a.dim(), b.dim()) < 2:
        return a @ b
    return a.sum(-1, keepdim=True) + b.sum(-2, keepdim=True)


def attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    """One query, all keys and all values, summed."""
    return query.sum(-1, keepdim=True) + key.sum((-2, -1), keepdim=True) + value.sum(-2, keepdim=True)


def adaptive_max_pool(x: torch.Tensor, size: Any) -> Any:
    """The mean over each bin in place of its maximum, without the index."""
    return getattr(torch.nn.functional, f"adaptive_avg_pool{x.dim() - 2}d")(x, size), None


POSITIVE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys([*FUNCTIONS, *LAYERS], summed),
    **dict.fromkeys(
        words("batch_norm layer_norm group_norm instance_norm rms_norm prelu to _to_copy float double half type"), first
    ),
    **dict.fromkeys(words("amax amin logsumexp prod std var"), sum_along),
    **dict.fromkeys(words("linalg_vector_norm norm"), norm_along),
    **dict.fromkeys(["max", "min"], max_along),
    **dict.fromkeys(["softmax", "log_softmax"], spread_along),
    **dict.fromkeys(words("matmul bmm mm"), product),
    "scaled_dot_product_attention": attention,
    **{f"max_pool{rank}d": window_sums for rank in (1, 2, 3)},
    **{f"adaptive_max_pool{rank}d": adaptive_max_pool for rank in (1, 2, 3)},
    **dict.fromkeys(METADATA - {"item", "_local_scalar_dense", "sym_size"}, lambda *_, **__: None),
}


class Positive(fx.Interpreter):
    """Runs an exported program with positive operators; keeps the values of some names as they were when made.

    `shapes` holds those of all values by name, `name.index` where an operator gives several.
    """

    def __init__(
        self, exported: torch.export.ExportedProgram, names: Collection[str], device: torch.device | str
    ) -> None:
        super().__init__(exported.graph_module)
        self.names = names
        self.device = device
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
            stand_in = POSITIVE.get(operator.rstrip("_"))
            if stand_in is not None:
                result = stand_in(*args, **kwargs)
                if operator.endswith("_"):
                    return args[0].copy_(result) if result is not args[0] else result
                return result
        if "device" in kwargs:
            kwargs = {**kwargs, "device": self.device}
        result = super().call_function(target, args, kwargs)
        number = isinstance(result, torch.Tensor) and result.is_floating_point()
        return result.double() if number else result


class Gradients:
    """What an exported program reads, from one run with positive operators, weights and inputs on a device.

    `kept` are the names of values that are asked for beside the outputs.
    """

    def __init__(
        self,
        exported: torch.export.ExportedProgram,
        kept: Collection[str] = (),
        device: torch.device | str = "cpu",
    ) -> None:
        signature = exported.graph_signature
        self.inputs: dict[str, torch.Tensor] = {}
        arguments = []
        for node in exported.graph.nodes:
            if node.op == "placeholder":
                shape, kind = [int(n) for n in node.meta["val"].shape], node.meta["val"].dtype
                if not kind.is_floating_point:
                    # Indices: whatever they are, no gradient goes through them.
                    arguments.append(torch.zeros(shape, dtype=kind, device=device))
                    continue
                tensor = torch.ones(shape, dtype=torch.float64, device=device)
                if node.name in signature.user_inputs:
                    self.inputs[node.name] = tensor.requires_grad_()
                elif len(shape) > 1:
                    # Means in place of sums, so that deep networks do not overflow.
                    tensor /= prod(shape[1:])
                arguments.append(tensor.clone())
        self.program = Positive(exported, kept, device)
        self.outputs = self.program.run(*arguments)

    def reads(self, value: torch.Tensor, indices: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        """Input name to where any channel's gradient is above zero (1, *spatial), for some indices of a value."""
        pixel = value
        for dim, places in enumerate(indices):
            pixel = pixel.index_select(dim, torch.tensor(places, device=value.device))
        by_input = gradients(pixel, self.inputs, torch.ones_like(pixel))
        return {name: gradient[0].sum(0, keepdim=True) != 0 for name, gradient in by_input.items()}
