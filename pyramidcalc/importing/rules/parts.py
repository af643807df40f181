"""Operators that take parts of a dimension, put parts together, or go along one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError, Tensor
from pyramidcalc.importing.rules.elements import elementwise
from pyramidcalc.importing.rules.values import Constant, Scores, only

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.importing.rules.values import Result, Run


def chunk(run: Run, self: Tensor, *_: Any, dim: int = 0, **__: Any) -> list[Tensor]:
    """Pieces of a dimension, of the sizes that torch gives."""
    dim %= len(only(self).dims)
    return run.pieces(self, dim, [shape[dim] for shape in run.shapes])


def unbind(run: Run, self: Tensor, dim: int = 0) -> list[Tensor]:
    """Every entry of a dimension."""
    dim %= len(only(self).dims)
    return [run.take(self, dim, index, 1).drop(dim) for index in range(self.shape[dim])]


def select(run: Run, self: Tensor, dim: int, index: int) -> Result:
    """One entry of a dimension."""
    dim %= len(only(self).dims)
    return run.take(self, dim, index % self.shape[dim], 1).drop(dim)


def slice_(
    run: Run, self: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Result:
    """Entries of a dimension, as Python slices."""
    return run.slice(only(self), dim % len(self.dims), start, end, step)


def narrow(run: Run, self: Tensor, dim: int, start: int, length: int) -> Result:
    """`length` entries of a dimension."""
    dim %= len(only(self).dims)
    return run.take(self, dim, start % self.shape[dim], length)


def cat(run: Run, tensors: Sequence[Result], dim: int = 0) -> Result:
    """One after the other; constants become nodes."""
    parts = [
        run.constant("constant", t.shape, sorted(t.weights)) if isinstance(t, Constant) else only(t) for t in tensors
    ]
    return run.concat("cat", parts, dim % len(run.shapes[0]))


def stack(run: Run, tensors: Sequence[Result], dim: int = 0) -> Result:
    """One after the other in a new dimension."""
    dim %= len(run.shapes[0])
    if any(not isinstance(tensor, Tensor) for tensor in tensors):
        raise NoRuleError("with a constant")
    return run.concat("stack", [only(tensor).insert(dim) for tensor in tensors], dim)


def reducing(name: str) -> Callable[..., Any]:
    """The rule of what makes one value of all along some dimensions; of max and min, the indices too."""

    def rule(
        run: Run,
        self: Tensor,
        dim: int | Sequence[int] | None = None,
        keepdim: bool = False,
        other: Tensor | Constant | None = None,
        **_: Any,
    ) -> Any:
        if other is not None:
            return elementwise(f"{name}imum")(run, self=self, other=other)
        rank = len(only(self).dims)
        dims = range(rank) if dim is None or dim == [] else [dim] if isinstance(dim, int) else dim
        places = [place % rank for place in dims]
        result = run.along(name, self, places, False, keepdim)
        return [result, *[result] * (len(run.shapes) - 1)]

    return rule


def softmax(run: Run, self: Result, dim: int = -1, *_: Any, **__: Any) -> Result:
    """Each value over the sum of all along a dimension."""
    if isinstance(self, Scores):
        return self
    return run.along("softmax", only(self), [dim % len(only(self).dims)], True)
