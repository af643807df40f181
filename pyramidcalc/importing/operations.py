"""Operations on tensors: views cost nothing, a node is made where numbers are computed.

Every operation gives a tensor, and raises NoRuleError where it has no exact rule.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.importing.draft import Draft
from pyramidcalc.importing.layouts import (
    BATCH,
    REPEAT,
    Cut,
    NoRuleError,
    Tensor,
    factors_of,
    joined,
    opened,
    size_of,
    standard,
    whole,
)
from pyramidcalc.layers.activation import Pointwise
from pyramidcalc.layers.merging import Add, Combine, Concat, Multiply
from pyramidcalc.layers.rearranging import Along, Part
from pyramidcalc.layers.slicing import Slice
from pyramidcalc.layers.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.importing.draft import Weights
    from pyramidcalc.importing.layouts import Dim, Factor
    from pyramidcalc.layers.base import Layer

MERGES: dict[str, Layer] = {"add": Add(), "mul": Multiply()}
"""Operators that have a layer of their own."""


class Operations(Draft):
    """What is done to tensors in a graph in the making."""

    # Element by element

    def pointwise(self, operator: str, layer: Layer, tensor: Tensor, weights: Weights = ()) -> Tensor:
        """A layer that reads each value where it is, whatever the layout."""
        return self.node(operator, layer, [tensor], weights, tensor.dims)

    def function(self, operator: str, tensor: Tensor, weights: Weights = ()) -> Tensor:
        """Any function of each value, with learned numbers or without."""
        return self.pointwise(operator, Pointwise(operator, self.count(weights)), tensor, weights)

    def merge(self, operator: str, tensors: Sequence[Tensor], weights: Weights = ()) -> Tensor:
        """A function of several tensors, element by element, with broadcasting."""
        rank = max([len(tensor.dims) for tensor in tensors])
        aligned = [tensor.view(((),) * (rank - len(tensor.dims)) + tensor.dims) for tensor in tensors]
        shape = [max(sizes) for sizes in zip(*[tensor.shape for tensor in aligned], strict=True)]
        thin = [t.view([() if len(d) == 1 and d[0][0] == REPEAT else d for d in t.dims]) for t in aligned]
        dims = common(thin)
        if dims is None:
            thin = self.alike(thin)
            dims = common(thin)
        if dims is None:
            raise NoRuleError("tensors in different orders")
        layer = MERGES.get(operator) or Combine(operator)
        return self.node(operator, layer, thin, weights, dims).expand(shape)

    def alike(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The same numbers in values of one order: maps, or all as the largest lies."""
        try:
            return [self.as_map(tensor) for tensor in tensors]
        except NoRuleError:
            largest = max(tensors, key=lambda tensor: prod(tensor.shape))
            return [tensor if tensor is largest else self.laid_out_as(tensor, largest) for tensor in tensors]

    # Parts

    def slice(self, tensor: Tensor, dim: int, start: int | None, end: int | None, step: int = 1) -> Tensor:
        """Entries of a dimension as Python slices, whose ends may count from the last."""
        n = tensor.shape[dim]
        kept = range(n)[start:end:step]
        if not kept:
            raise NoRuleError("an empty slice")
        end = None if end is None or end >= n else end
        return self.take(tensor, dim, kept.start, len(kept), step, (start or 0, end))

    def take(
        self,
        tensor: Tensor,
        dim: int,
        start: int,
        length: int,
        step: int = 1,
        ends: tuple[int, int | None] | None = None,
    ) -> Tensor:
        """`length` entries of a dimension from `start`, every `step`; `ends` are a slice's own, for any size."""
        factors, size = tensor.dims[dim], size_of(tensor.dims[dim])
        if length == size and step == 1:
            return tensor
        cut = Cut(tensor, dim, start, length, step)
        if len(factors) > 1:
            return self.take_merged(tensor, cut)
        ((axis, stride, _),) = factors
        if axis == BATCH:
            raise NoRuleError("a part of the samples")
        if axis == REPEAT:
            return tensor.view([((REPEAT, 0, length),) if place == dim else d for place, d in enumerate(tensor.dims)])
        n = tensor.axes[axis]
        if size == n:
            end = start + (length - 1) * step + 1
            ends = ends or (start, None if end == n else end)
            layer: Layer = Slice(axis + 1, *ends, step)
        else:
            layer = Part(opened((axis, stride, size), tensor.axes), start, length, step)

        def rescaled(factor: Factor) -> Factor:
            """A factor of the axis that is left."""
            if factor[0] != axis or factor[1] < stride:
                return factor
            if factor[1] == stride:
                return (axis, stride, length)
            return (axis, factor[1] // size * length, factor[2])

        value = self.add("slice", layer, [tensor.value], helper=True)
        return Tensor.of(value, self.axes[value], [tuple(map(rescaled, d)) for d in tensor.dims], cut)

    def take_merged(self, tensor: Tensor, cut: Cut) -> Tensor:
        """A part of a dimension of several factors: whole turns of the outermost, or one entry of each."""
        _, dim, start, length, step = cut
        outer, *rest = tensor.dims[dim]
        inner = prod([size for _, _, size in rest])
        split = tensor.view((*tensor.dims[:dim], (outer,), tuple(rest), *tensor.dims[dim + 1 :]))
        if step == 1 and not start % inner and not length % inner:
            part = self.take(split, dim, start // inner, length // inner)
            return part.view((*part.dims[:dim], part.dims[dim] + part.dims[dim + 1], *part.dims[dim + 2 :]))
        if start // inner == (start + (length - 1) * step) // inner:
            turn = self.take(split, dim, start // inner, 1)
            return self.take(turn.drop(dim), dim, start % inner, length, step)
        return self.take(self.as_map(tensor), dim, start, length, step)

    def pieces(self, tensor: Tensor, dim: int, lengths: Sequence[int]) -> list[Tensor]:
        """Parts one after the other."""
        starts = [sum(lengths[:index]) for index in range(len(lengths))]
        return [self.take(tensor, dim, start, length) for start, length in zip(starts, lengths, strict=True)]

    def concat(self, operator: str, tensors: Sequence[Tensor], dim: int) -> Tensor:
        """Tensors one after the other along a dimension."""
        tensors = [self.written_out(tensor) for tensor in tensors if prod(tensor.shape)]
        if len(tensors) == 1:
            return tensors[0]
        rank = len(tensors[0].dims)
        if rank == 2 and dim == 1:
            vectors = [self.as_vector(tensor) for tensor in tensors]
            return self.node(operator, Concat(), vectors)
        rest = {tensor.dims[:dim] + tensor.dims[dim + 1 :] for tensor in tensors}
        alike = len({tensor.axes[1:] for tensor in tensors}) == 1 and len(rest) == 1
        whole_channels = all(tensor.dims[dim] == whole(0, tensor.axes[0]) for tensor in tensors)
        if alike and whole_channels:
            dims = list(tensors[0].dims)
            dims[dim] = whole(0, sum([tensor.axes[0] for tensor in tensors]))
            return self.node(operator, Concat(), tensors, dims=dims)
        if alike and len({tensor.axes for tensor in tensors}) == 1 and not any(tensor.dims[dim] for tensor in tensors):
            # A stack: the new dimension is the outermost factor of the channels.
            dims = list(tensors[0].dims)
            dims[dim] = ((0, tensors[0].axes[0], len(tensors)),)
            return self.node(operator, Concat(), tensors, dims=dims)
        if dim == 1 and rank > 2:
            return self.node(operator, Concat(), [self.as_map(tensor) for tensor in tensors])
        raise NoRuleError("along positions" if dim > 1 else "along samples")

    # Along dimensions

    def along(self, operator: str, tensor: Tensor, dims: Sequence[int], keeps: bool, keepdim: bool = True) -> Tensor:
        """A function along dimensions: `keeps` leaves the shape (softmax), else one value is left of each."""
        over = [factor for dim in dims for factor in tensor.dims[dim]]
        if any(axis == BATCH for axis, _, _ in over):
            raise NoRuleError("along samples")
        factors, left = [], {}
        for axis, n in enumerate(tensor.axes):
            own = joined(sorted(factors_of([tuple(over)], axis), key=lambda factor: -factor[1]))
            if len(own) > 1:
                raise NoRuleError("along parts of an axis")
            for factor in own:
                factors.append((axis, 1, -1) if factor[2] == n else opened(factor, tensor.axes))
                left[axis] = factor
        if keeps:
            return self.pointwise(operator, Along(operator, tuple(factors), True), tensor) if factors else tensor
        result = self.node(operator, Along(operator, tuple(factors)), [tensor]) if factors else tensor

        def rescaled(factor: Factor) -> Factor:
            """A factor of the axis that is left."""
            axis, stride, size = factor
            if axis not in left or stride < left[axis][1]:
                return factor
            return (axis, stride // left[axis][2], size)

        kept = [() if dim in dims else tuple(map(rescaled, d)) for dim, d in enumerate(tensor.dims)]
        return result.view([d for dim, d in enumerate(kept) if keepdim or dim not in dims])

    # Writing in place

    def fresh(self, tensor: Tensor) -> Tensor:
        """The tensor, cut out anew where what it is a part of has been written to since."""
        storage = tensor.storage
        if storage.cut is not None:
            source = self.fresh(storage.cut.whole).storage
            if source.writes != storage.seen:
                storage.value = self.take(*storage.cut).value
                storage.seen = source.writes
                storage.writes += 1
        return tensor

    def write(self, target: Tensor, new: Tensor) -> None:
        """Puts new numbers where a tensor is, for all that share its memory."""
        storage = target.storage
        try:
            if new.dims != target.dims and target.dims == standard(storage.axes, self.batch):
                new = self.as_map(new)
            if not target.covers or new.dims != target.dims or new.axes != storage.axes:
                raise NoRuleError("a write in place to a part")
            storage.value = new.value
        except NoRuleError as error:
            layer = Unknown(str(error), storage.axes)
            storage.value = self.add("write", layer, [storage.value, new.value])
        storage.writes += 1
        if storage.cut is not None:
            whole, part = storage.cut.whole, Tensor(storage, storage.dims)
            self.write(whole, self.replaced(storage.cut, part))
            storage.seen = whole.storage.writes

    def replaced(self, cut: Cut, part: Tensor) -> Tensor:
        """What a part was cut from, with new numbers in its place."""
        source, dim, start, length, step = cut
        rest = size_of(source.dims[dim]) - start - length
        try:
            if step != 1:
                raise NoRuleError("a write in place to every other position")
            before = [self.take(source, dim, 0, start)] if start else []
            after = [self.take(source, dim, start + length, rest)] if rest else []
            return self.concat("write", [*before, part, *after], dim)
        except NoRuleError as error:
            return self.unknown(f"write in place {error}", [source, part], source.shape)


def common(tensors: Sequence[Tensor]) -> list[Dim] | None:
    """The layout of tensors that lie alike but for dimensions of size 1; None where they do not."""
    dims = []
    for given in zip(*[tensor.dims for tensor in tensors], strict=True):
        kinds = {dim for dim in given if dim}
        if len(kinds) > 1:
            return None
        dims.append(next(iter(kinds), ()))
    if len({len(tensor.axes) for tensor in tensors}) > 1:
        return None
    for sizes in zip(*[tensor.axes for tensor in tensors], strict=True):
        if len({size for size in sizes if size > 1}) > 1:
            return None
    return dims
