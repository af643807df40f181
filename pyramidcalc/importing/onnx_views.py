"""ONNX operators that only change how a tensor lies, or take a part of it: no numbers are computed."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError, Tensor
from pyramidcalc.importing.onnx_call import Constant, broadcast, in_order, pieces, reshaped, slices

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.importing.onnx_call import Call
    from pyramidcalc.importing.operations import Operations
    from pyramidcalc.layers.base import Shape

    Rule = Callable[[Operations, Call], Tensor | list[Tensor]]


def weights_of(*given: Constant | None) -> list[str]:
    """The names of the learned tensors behind some constants, in order."""
    return list(dict.fromkeys(chain.from_iterable([sorted(each.weights) for each in given if each is not None])))


def tensor_at(call: Call, index: int = 0) -> Tensor:
    """An input that must follow from the graph's inputs."""
    given = call.input(index)
    if not isinstance(given, Tensor):
        raise NoRuleError(f"a constant as input {index}")
    return given


def fixed(call: Call, index: int) -> Constant:
    """An input that must be a constant."""
    given = call.input(index)
    if not isinstance(given, Constant):
        raise NoRuleError(f"input {index} follows from the graph's inputs")
    return given


def optional(call: Call, index: int) -> Constant | None:
    """A constant, or None where the input is left out."""
    return None if call.input(index) is None else fixed(call, index)


def sizes_of(given: Tensor | Constant) -> Shape:
    """The shape of any input."""
    return given.shape if isinstance(given, Tensor) else given.dims


# Views


def viewed(draft: Operations, call: Call) -> Tensor:
    """Reshape, Flatten, Squeeze and Unsqueeze."""
    source = tensor_at(call)
    return source.reshape(reshaped(call, source.shape))


def permuted(draft: Operations, call: Call) -> Tensor:
    """Transpose."""
    source = tensor_at(call)
    return source.permute(in_order(call.get("perm", range(len(source.dims))[::-1]), len(source.dims)))


def expanded(draft: Operations, call: Call) -> Tensor:
    """Expand."""
    source = tensor_at(call)
    return source.expand(broadcast(source.shape, call.integers(1, "shape") or []))


def tiled(draft: Operations, call: Call) -> Tensor:
    """Tile."""
    return tensor_at(call).repeat(call.integers(1, "repeats") or [])


def blocks(draft: Operations, call: Call) -> Tensor:
    """DepthToSpace and SpaceToDepth."""
    source, size = tensor_at(call), call.get("blocksize", 1)
    n, c, h, w = source.shape
    if call.op == "SpaceToDepth":
        parts = source.reshape((n, c, h // size, size, w // size, size)).permute((0, 3, 5, 1, 2, 4))
        return parts.reshape((n, c * size**2, h // size, w // size))
    if call.get("mode", "DCR") == "CRD":
        parts = source.reshape((n, c // size**2, size, size, h, w)).permute((0, 1, 4, 2, 5, 3))
    else:
        parts = source.reshape((n, size, size, c // size**2, h, w)).permute((0, 3, 4, 1, 5, 2))
    return parts.reshape((n, c // size**2, h * size, w * size))


# Parts


def concatenated(draft: Operations, call: Call) -> Tensor:
    """Concat."""
    axis = in_order([call.get("axis", 1)], len(sizes_of(call.inputs[0])))[0]
    tensors = [
        each if isinstance(each, Tensor) else draft.constant("constant", each.dims, weights_of(each))
        for each in call.inputs
    ]
    return draft.concat(call.op.lower(), tensors, axis)


def split(draft: Operations, call: Call) -> list[Tensor]:
    """Split."""
    source = tensor_at(call)
    axis = in_order([call.get("axis", 0)], len(source.dims))[0]
    return draft.pieces(source, axis, pieces(call, source.shape[axis]))


def sliced(draft: Operations, call: Call) -> Tensor:
    """Slice, forwards."""
    source = tensor_at(call)
    for axis, kept in slices(call, source.shape):
        if kept.step < 0 or not kept:
            raise NoRuleError("backwards" if kept else "nothing is left")
        source = draft.take(source, axis, kept.start, len(kept), kept.step)
    return source


def gathered(draft: Operations, call: Call) -> Tensor:
    """Gather of one entry, or of entries at one distance."""
    source, indices = tensor_at(call), fixed(call, 1)
    axis = in_order([call.get("axis", 0)], len(source.dims))[0]
    n = source.shape[axis]
    places = [place % n for place in call.integers(1, "indices") or []]
    steps = {after - before for before, after in pairwise(places)} or {1}
    step = max(steps)
    if not places or step < 1 or len(steps) > 1:
        raise NoRuleError("in another order")
    part = draft.take(source, axis, places[0], len(places), step)
    return part.reshape((*part.shape[:axis], *indices.dims, *part.shape[axis + 1 :]))


VIEWS: dict[str, Rule] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), viewed),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), blocks),
    "Concat": concatenated,
    "Expand": expanded,
    "Gather": gathered,
    "Slice": sliced,
    "Split": split,
    "Tile": tiled,
    "Transpose": permuted,
}
"""Operator to rule."""
