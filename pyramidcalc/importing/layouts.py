"""Layouts: how the axes of a tensor lie in a value of a graph.

A tensor is a reference to a graph value, of shape (C, *spatial) or (F,), and for each of its own dimensions the
factors (axis, stride, size) that it is made of, the outermost first. Views change the factors alone: of a (C, H, W)
flattened to (H·W, C) the dimensions are ((1, 1, H), (2, 1, W)) and ((0, 1, C),). A dimension of size 1 has no factor.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyramidcalc.layers.base import Shape

    Factor = tuple[int, int, int]
    Dim = tuple[Factor, ...]
    Dims = tuple[Dim, ...]

BATCH = -1
"""Axis of the factors that count samples."""
REPEAT = -2
"""Axis of the factors that only repeat, as expand does."""


class NoRuleError(Exception):
    """There is no exact rule for this use of an operator; the text says which."""


class Cut(NamedTuple):
    """Where a part was cut from: `length` entries of a dimension of `whole` from `start`, every `step`."""

    whole: Tensor
    dim: int
    start: int
    length: int
    step: int


class Storage:
    """The memory that a tensor and its views share: the graph value that stands in it now.

    `dims` is the layout of the tensor that it was made for. `writes` counts the operators that have written to it;
    `cut` says of which other storage it is a part, and `seen` how often that had been written to when it was taken.
    """

    __slots__ = ("axes", "cut", "dims", "seen", "value", "writes")

    def __init__(self, value: str, axes: Shape, dims: Dims, cut: Cut | None = None) -> None:
        self.value = value
        self.axes = axes
        self.dims = dims
        self.cut = cut
        self.writes = 0
        self.seen = cut.whole.storage.writes if cut else 0


class Tensor:
    """A tensor as a layout over a graph value."""

    __slots__ = ("dims", "storage")

    def __init__(self, storage: Storage, dims: Iterable[Dim]) -> None:
        self.storage = storage
        self.dims: Dims = tuple([joined(dim) for dim in dims])

    @classmethod
    def of(cls, value: str, axes: Shape, dims: Iterable[Dim], cut: Cut | None = None) -> Tensor:
        """A tensor over a value of its own."""
        layout = tuple(map(joined, dims))
        return cls(Storage(value, axes, layout, cut), layout)

    @property
    def value(self) -> str:
        """Name of the graph value."""
        return self.storage.value

    @property
    def axes(self) -> Shape:
        """Shape of the graph value."""
        return self.storage.axes

    @property
    def shape(self) -> Shape:
        """Sizes of the tensor's own dimensions."""
        return tuple([size_of(dim) for dim in self.dims])

    @property
    def covers(self) -> bool:
        """Whether it holds every number of its value once."""
        factors = [factor for dim in self.dims for factor in dim if factor[0] != BATCH]
        return all(axis >= 0 for axis, _, _ in factors) and size_of(tuple(factors)) == prod(self.axes)

    def indices(self, position: Sequence[int]) -> list[list[int]]:
        """Of each dimension the indices that lie at a position of the value: all channels, the first sample."""
        result = []
        for dim in self.dims:
            places = [0]
            for axis, stride, size in dim:
                digits = range(size) if axis == 0 else [position[axis - 1] // stride % size if axis > 0 else 0]
                places = [place * size + digit for place in places for digit in digits]
            result.append(places)
        return result

    @property
    def is_vector(self) -> bool:
        """Whether the value is a vector (F,)."""
        return len(self.axes) == 1

    def view(self, dims: Iterable[Dim]) -> Tensor:
        """The same memory in other dimensions."""
        return Tensor(self.storage, dims)

    def reshape(self, shape: Sequence[int]) -> Tensor:
        """Raises NoRuleError where a factor cannot be cut so."""
        return self.view(reshaped(self.dims, shape))

    def permute(self, order: Sequence[int]) -> Tensor:
        """The dimensions in another order."""
        return self.view([self.dims[dim] for dim in order])

    def expand(self, shape: Sequence[int]) -> Tensor:
        """Dimensions of size 1 repeated, and new ones before."""
        dims = ((),) * (len(shape) - len(self.dims)) + self.dims
        return self.view(
            [((REPEAT, 0, n),) if size_of(dim) == 1 and n > 1 else dim for dim, n in zip(dims, shape, strict=True)]
        )

    def repeat(self, repeats: Sequence[int]) -> Tensor:
        """Dimensions one after the other as often as `repeats` says, and new ones before."""
        dims = ((),) * (len(repeats) - len(self.dims)) + self.dims
        return self.view([((REPEAT, 0, times), *dim) for dim, times in zip(dims, repeats, strict=True)])

    def drop(self, dim: int) -> Tensor:
        """Without a dimension of size 1."""
        return self.view(self.dims[:dim] + self.dims[dim + 1 :])

    def insert(self, dim: int) -> Tensor:
        """With a dimension of size 1 more."""
        return self.view((*self.dims[:dim], (), *self.dims[dim:]))


def size_of(dim: Dim) -> int:
    """How many positions some factors make."""
    return prod([size for _, _, size in dim])


def whole(axis: int, n: int) -> Dim:
    """The dimension that is a whole axis of n positions."""
    return ((axis, 1, n),) if n > 1 else ()


def standard(axes: Shape, batch: int = 1) -> Dims:
    """(N, C, *spatial) of a value in its own order."""
    return (whole(BATCH, batch), *[whole(axis, n) for axis, n in enumerate(axes)])


def joined(dim: Iterable[Factor]) -> Dim:
    """Neighbouring factors that are one, joined; those of size 1 left out."""
    result: list[Factor] = []
    for axis, stride, size in dim:
        if size == 1:
            continue
        if result and result[-1][:2] == (axis, stride * size):
            result[-1] = (axis, stride, result[-1][2] * size)
        else:
            result.append((axis, stride, size))
    return tuple(result)


def reshaped(dims: Dims, shape: Sequence[int]) -> list[Dim]:
    """The layout of a reshape to `shape`. Raises NoRuleError where a factor cannot be cut so."""
    rest = list(joined([factor for dim in dims for factor in dim]))[::-1]
    result = []
    for wanted in shape:
        factors: list[Factor] = []
        while wanted > 1:
            if not rest:
                raise NoRuleError(f"a view as {tuple(shape)} of another number of values")
            axis, stride, size = rest.pop()
            if wanted % size == 0:
                factors.append((axis, stride, size))
                wanted //= size  # noqa: PLW2901  # what is left of it
            elif size % wanted == 0:
                inner = size // wanted
                factors.append((axis, stride * inner, wanted))
                rest.append((axis, stride, inner))
                break
            else:
                raise NoRuleError(f"a view as {tuple(shape)} that cuts across {size} positions")
        result.append(joined(factors))
    return result


def factors_of(dims: Iterable[Dim], axis: int) -> list[Factor]:
    """The factors of one axis, in order."""
    return [factor for dim in dims for factor in dim if factor[0] == axis]


def opened(factor: Factor, axes: Shape) -> Factor:
    """The same factor for any size of its axis, where it is the outermost of a spatial one: -1 for its size."""
    axis, stride, size = factor
    return (axis, stride, -1) if axis > 0 and stride * size == axes[axis] else factor
