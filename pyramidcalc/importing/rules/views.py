"""Operators that change a layout: views, permutations, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import REPEAT, NoRuleError, Tensor, joined, standard
from pyramidcalc.importing.rules.values import Constant, Scores, only
from pyramidcalc.layers.resampling import PixelShuffle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.importing.rules.values import Result, Run


def same(run: Run, self: Result, *_: Any, **__: Any) -> Result:
    """The same memory."""
    return self


def copy(run: Run, self: Result, *_: Any, **__: Any) -> Result:
    """The same numbers in memory of their own."""
    return Tensor.of(self.value, self.axes, self.dims) if isinstance(self, Tensor) else self


def overwrite(run: Run, self: Tensor, src: Result, **_: Any) -> Result:
    """The numbers of another tensor, in place of its own."""
    if isinstance(src, Constant):
        return run.constant("constant", run.shapes[0], sorted(src.weights))
    return only(src).expand(run.shapes[0])


def fill(run: Run, self: Tensor, value: Any = 0) -> Result:
    """One number everywhere, which reads nothing."""
    if isinstance(value, Tensor | Scores):
        raise NoRuleError("with a number that follows from an input")
    return run.constant("constant", run.shapes[0])


def contiguous(run: Run, self: Result, **_: Any) -> Result:
    """The same memory where it is in order already."""
    return self if isinstance(self, Tensor) and in_order(self) else copy(run, self)


def in_order(tensor: Tensor) -> bool:
    """Whether the dimensions go through the value in its own order."""
    order = joined([factor for dim in tensor.dims for factor in dim if factor[0] >= 0])
    return order == joined([factor for dim in standard(tensor.axes) for factor in dim])


def view(run: Run, self: Tensor | Scores, *_: Any, **__: Any) -> Result:
    """Any view of the same numbers in the same order, by the shape that torch gives."""
    if isinstance(self, Scores):
        return self._replace(shape=run.shapes[0])
    result = self.reshape(run.shapes[0])
    return result if in_order(self) else Tensor.of(result.value, result.axes, result.dims)


def permute(run: Run, self: Tensor, dims: Sequence[int]) -> Result:
    """The dimensions in another order."""
    return only(self).permute([dim % len(self.dims) for dim in dims])


def transpose(run: Run, self: Tensor, dim0: int, dim1: int) -> Result:
    """Two dimensions swapped."""
    order = list(range(len(only(self).dims)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return self.permute(order)


def reverse(run: Run, self: Tensor) -> Result:
    """The dimensions from last to first."""
    return only(self).permute(range(len(self.dims))[::-1])


def movedim(run: Run, self: Tensor, source: Sequence[int], destination: Sequence[int]) -> Result:
    """Some dimensions at other places."""
    rank = len(only(self).dims)
    places = dict(zip([d % rank for d in destination], [s % rank for s in source], strict=True))
    rest = iter([dim for dim in range(rank) if dim not in places.values()])
    return self.permute([places[place] if place in places else next(rest) for place in range(rank)])


def expand(run: Run, self: Tensor, *_: Any, **__: Any) -> Result:
    """Dimensions of size 1 repeated."""
    return only(self).expand(run.shapes[0])


def repeat(run: Run, self: Tensor, repeats: Sequence[int]) -> Result:
    """Dimensions one after the other as often as `repeats` says."""
    return only(self).repeat(repeats)


def repeat_interleave(run: Run, self: Tensor, repeats: int, dim: int | None = None, **_: Any) -> Result:
    """Every entry of a dimension as often as `repeats` says."""
    if dim is None or not isinstance(repeats, int):
        raise NoRuleError("of a flat tensor, or of a number for each entry")
    dim %= len(only(self).dims)
    return self.view([(*d, (REPEAT, 0, repeats)) if place == dim else d for place, d in enumerate(self.dims)])


def pixel_shuffle(run: Run, self: Tensor, upscale_factor: int) -> Result:
    """Depth to space."""
    return run.node("pixel_shuffle", PixelShuffle(upscale_factor), [run.as_map(only(self), 2)])


def pixel_unshuffle(run: Run, self: Tensor, downscale_factor: int) -> Result:
    """Space to depth, as a view."""
    r = downscale_factor
    n, c, h, w = only(self).shape
    split = self.reshape((n, c, h // r, r, w // r, r)).permute((0, 1, 3, 5, 2, 4))
    return split.reshape(run.shapes[0])


def channel_shuffle(run: Run, self: Tensor, groups: int) -> Result:
    """Channels dealt out in turn, as a view."""
    n, c, *rest = only(self).shape
    split = self.reshape((n, groups, c // groups, *rest))
    return split.permute((0, 2, 1, *range(3, len(rest) + 3))).reshape(run.shapes[0])
