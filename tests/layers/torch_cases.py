"""What the differential tests share: both sides asked the same question, and impulse responses."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from pyramidcalc.errors import LayerError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from pyramidcalc.layers.base import Layer

RANKS = (1, 2, 3)
Case = tuple[dict[str, Any], tuple[int, ...]]
"""Arguments and a shape."""
Answer = tuple[tuple[int, ...], int] | str
"""Output shape and number of parameters, or `REFUSED`."""
REFUSED = "refused"


def ours(kind: type[Layer], arguments: dict[str, Any], *shapes: tuple[int, ...]) -> Answer:
    """What pyramidcalc says."""
    try:
        layer = kind(**arguments)
        return layer.output_shape(*shapes), layer.parameters
    except (LayerError, ShapeError, TypeError):
        return REFUSED


def torchs(kind: Callable[..., torch.nn.Module], arguments: dict[str, Any], *shapes: tuple[int, ...]) -> Answer:
    """What a real forward says; an empty map counts as refused."""
    import torch

    try:
        with torch.inference_mode():
            module = kind(**arguments).eval()
            output = module(*(torch.zeros(1, *shape) for shape in shapes))
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError):
        return REFUSED
    learned = sum(weights.numel() for weights in module.parameters())
    return (tuple(output.shape[1:]), learned) if output.numel() else REFUSED


def disagreements(kind: str, cases: Sequence[Case]) -> list[Any]:
    """The cases on which pyramidcalc and torch differ, with both answers; some must be legal."""
    from pyramidcalc import layers

    mine, real = layers.kinds()[kind], torch_class(kind)
    answers = [(case, ours(mine, *case), torchs(real, *case)) for case in cases]
    assert any(answer != REFUSED for _, answer, _ in answers)
    return [(*case, *pair) for case, *pair in answers if pair[0] != pair[1]]


def torch_class(kind: str) -> Callable[..., torch.nn.Module]:
    """torch.nn's class of the name, or what tensors do themselves."""
    from torch import nn

    if kind == "Slice":
        return sliced
    if kind == "Split":
        return split_piece
    module: Callable[..., nn.Module] = getattr(nn, kind)
    return module


def module_of(run: Callable[[torch.Tensor], torch.Tensor]) -> torch.nn.Module:
    """A function as a module."""
    import torch

    class Function(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return run(x)

    return Function()


def sliced(dim: int = 1, start: int | None = None, end: int | None = None, step: int = 1) -> torch.nn.Module:
    """Python's slicing of one axis, the batch's left alone."""
    part = slice(start, end, step)

    def run(x: torch.Tensor) -> torch.Tensor:
        if dim % x.dim() == 0 or not -x.dim() <= dim < x.dim():
            raise IndexError(f"no axis {dim}")
        return x[(*[slice(None)] * (dim % x.dim()), part)]

    return module_of(run)


def split_piece(split_size: int | tuple[int, ...], index: int, dim: int = 1) -> torch.nn.Module:
    """One piece of torch.split."""
    import torch

    def run(x: torch.Tensor) -> torch.Tensor:
        if dim % x.dim() == 0 or index < 0:
            raise IndexError(f"no axis {dim} or piece {index}")
        return torch.split(x, split_size if isinstance(split_size, int) else list(split_size), dim)[index]

    return module_of(run)


def crossed(
    rank: int,
    names: tuple[str, ...],
    fixed: tuple[tuple[int, ...], ...],
    rows: Sequence[tuple[int, ...]],
    **others: Any,
) -> list[Case]:
    """Cases of `rank` axes: size and `names` from `rows` on one, from `fixed` on the others, which one alternates.

    Of two axes all rows, of one and three every third.
    """
    cases: list[Case] = []
    for index, row in enumerate(rows if rank == 2 else rows[::3]):
        axes = list(fixed[: rank - 1])
        axes.insert(index % rank, row)
        size, *numbers = zip(*axes, strict=True)
        cases.append((others | dict(zip(names, numbers, strict=True)), (2, *size)))
    return cases


def responses(module: torch.nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    """Which output element answers to which input element: (outputs, inputs), by one impulse an input.

    For layers with non-negative kernels and for maxima this is the pattern of the gradient.
    """
    import torch

    count = prod(shape)
    with torch.inference_mode():
        impulses = torch.eye(count, dtype=torch.float64).reshape(count, *shape)
        output = module.double().eval()(impulses).reshape(count, -1)
    answers: torch.Tensor = (output.abs() > 1e-9).T & output.T.isfinite()
    return answers


def predicted(layer: Layer, shape: tuple[int, ...]) -> torch.Tensor:
    """What `responses` should be: the union of the products of the maps' taps."""
    import torch

    plain = layer.resolve(shape)
    sizes = plain.output_shape(shape)
    union = torch.zeros(prod(sizes), prod(shape), dtype=torch.bool)
    for _, maps in plain.terms(shape):
        product = torch.ones(1, 1)
        for axis_map, n, m in zip(maps, shape, sizes, strict=True):
            reads = torch.zeros(m, n)
            for i in range(m):
                reads[i, list(axis_map.taps(n, i))] = 1
            product = torch.kron(product, reads)
        union |= product.bool()
    return union
