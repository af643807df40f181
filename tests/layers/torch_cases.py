"""What the differential tests share: both sides asked the same question, and impulse responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramidcalc.errors import LayerError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from pyramidcalc.layers.base import Layer

Size = tuple[int, ...] | str
REFUSED = "refused"


def ours(kind: type[Layer], arguments: dict[str, Any], *shapes: tuple[int, ...]) -> Size:
    """The output shape by pyramidcalc, or `REFUSED`."""
    try:
        return kind(**arguments).output_shape(*shapes)
    except (LayerError, ShapeError):
        return REFUSED


def torchs(kind: type[torch.nn.Module], arguments: dict[str, Any], *shapes: tuple[int, ...]) -> Size:
    """The output shape by a real forward, or `REFUSED`; an empty map counts as refused."""
    import torch

    try:
        with torch.inference_mode():
            output = kind(**arguments).eval()(*(torch.zeros(1, *shape) for shape in shapes))
    except (RuntimeError, ValueError, TypeError, AssertionError):
        return REFUSED
    return tuple(output.shape[1:]) if output.numel() else REFUSED


def disagreements(kind: str, cases: Sequence[tuple[dict[str, Any], tuple[int, ...]]]) -> list[Any]:
    """The cases (arguments, shape) on which pyramidcalc and torch differ, with both answers."""
    from torch import nn

    from pyramidcalc import layers

    mine, real = layers.kinds()[kind], getattr(nn, kind)
    different = []
    for arguments, shape in cases:
        pair = ours(mine, arguments, shape), torchs(real, arguments, shape)
        if pair[0] != pair[1]:
            different.append((arguments, shape, *pair))
    return different


def responses(module: torch.nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    """Which output element answers to which input element: (outputs, inputs), by one impulse an input.

    For layers with non-negative kernels and for maxima this is the pattern of the gradient.
    """
    import torch

    count = shape[0] * shape[1] * shape[2]
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
    union = torch.zeros(sizes[0] * sizes[1] * sizes[2], shape[0] * shape[1] * shape[2], dtype=torch.bool)
    for _, maps in plain.terms(shape):
        product = torch.ones(1, 1)
        for axis_map, n, m in zip(maps, shape, sizes, strict=True):
            reads = torch.zeros(m, n)
            for i in range(m):
                reads[i, list(axis_map.taps(n, i))] = 1
            product = torch.kron(product, reads)
        union |= product.bool()
    return union
