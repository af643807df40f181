"""Merges of several inputs: Concat, Add, WeightedAdd and Multiply."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IDENTITY, ZERO, Broadcast, FloorForm, Growth, Pad
from pyramidcalc.layers.base import KINDS, Layer, shape_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from pyramidcalc.layers.base import Maps, Shape


ONE_POSITION = FloorForm(0, add=1)


def together(sizes: Sequence[int], rates: Sequence[Fraction]) -> Growth | None:
    """How a merge of equal sizes goes on: at one rate as it is, or refused for ever once two sizes move apart."""
    if len(set(rates)) == 1:
        return Growth(rates[0])
    ahead = sorted(zip(rates, sizes, strict=True))
    apart = any(rate < ahead[-1][0] and size < ahead[-1][1] for rate, size in ahead)
    return Growth(rates[0]) if apart else None


class Merge(Layer, abstract=True, arity=None):
    """What merges share: any number of inputs, of which a shape that differs is named."""

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        if not shapes:
            self.refuse("needs at least one input")
        for index, shape in enumerate(shapes):
            self.check_input(shape)
            if len(shape) != len(shapes[0]):
                kinds = f"{KINDS[len(shape)]} and {KINDS[len(shapes[0])]}"
                self.differs(shapes, index, 0, f"{kinds} do not merge")
        return self.merged(shapes)

    def merged(self, shapes: tuple[Shape, ...]) -> Shape:
        """Shape of the merge of inputs that are not empty and of one kind."""
        raise NotImplementedError

    def differs(self, shapes: tuple[Shape, ...], odd: int, other: int, hint: str) -> None:
        """Raises ShapeError that says which input differs from which."""
        error = ShapeError(
            f"{self.name}: input {odd} is {shape_text(shapes[odd])}, input {other} is {shape_text(shapes[other])}",
            hint=hint,
            code="shape-mismatch",
        )
        error.between = (odd, other)
        raise error

    def closed(self, axis: int, forms: tuple[FloorForm | None, ...]) -> FloorForm | None:
        # All inputs are of one size, but for a broadcast one: the form with the fewest numbers tells it best.
        known = [form for form in forms if form is not None and form != ONE_POSITION]
        return min(known, key=lambda form: len(form.text("n"))) if known else next(iter(forms), None)


class Concat(Merge):
    """torch.cat on the channels: (C_i, *spatial) → (ΣC_i, *spatial); vectors (F_i,) → (ΣF_i,)."""

    def channels(self, *channels: int | None) -> int | None:
        known = [c for c in channels if c is not None]
        return sum(known) if len(known) == len(channels) else None

    def merged(self, shapes: tuple[Shape, ...]) -> Shape:
        sizes = [shape[1:] for shape in shapes]
        if sizes.count(sizes[0]) != len(sizes):
            usual = Counter(sizes).most_common(1)[0][0]
            odd = next(index for index, size in enumerate(sizes) if size != usual)
            self.differs(shapes, odd, sizes.index(usual), "resize, crop or pad one to the other's size")
        return (sum([shape[0] for shape in shapes]), *sizes[0])

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        if any(len(shape) != len(shapes[0]) for shape in shapes):
            return None
        if len(shapes[0]) == 1:
            return Growth(sum(rates, ZERO))
        return together([shape[axis] for shape in shapes], rates)

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        # Each input is a zero pad along the channels.
        total, start, axes = sum([shape[0] for shape in shapes]), 0, []
        for shape in shapes:
            axes.append((Pad(start, total - start - shape[0]), *[IDENTITY] * (len(shape) - 1)))
            start += shape[0]
        return tuple(axes)


class Broadcasting(Merge, abstract=True):
    """Element-wise merges with torch's broadcasting of size 1."""

    def channels(self, *channels: int | None) -> int | None:
        known = [c for c in channels if c is not None]
        return max(known) if known else None

    def merged(self, shapes: tuple[Shape, ...]) -> Shape:
        if all(shape == shapes[0] for shape in shapes):
            return shapes[0]
        result = []
        for axis in range(len(shapes[0])):
            sizes = [shape[axis] for shape in shapes]
            others = [size for size in sizes if size != 1] or [1]
            usual = Counter(others).most_common(1)[0][0]
            for index, size in enumerate(sizes):
                if size not in (1, usual):
                    self.differs(shapes, index, sizes.index(usual), "make the sizes equal, or one of them 1")
            result.append(usual)
        return tuple(result)

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        if any(len(shape) != len(shapes[0]) for shape in shapes):
            return None
        sizes = [shape[axis if len(shape) > 1 else 0] for shape in shapes]
        pairs = [pair for pair in zip(sizes, rates, strict=True) if pair != (1, ZERO)]
        # A size of 1 that grows broadcasts now and not later.
        if any(size == 1 for size, _ in pairs):
            return None
        return together(*zip(*pairs, strict=True))

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        merged = self.merged(shapes)
        return tuple(
            tuple([IDENTITY if n == m else Broadcast(m) for n, m in zip(shape, merged, strict=True)])
            for shape in shapes
        )


class Add(Broadcasting):
    """Sum of all inputs, element by element; size 1 broadcasts."""


class WeightedAdd(Broadcasting):
    """Sum of `count` inputs by learned weights, one number an input, each at least 0 and divided by their sum + eps.

    Fast normalised fusion: Σ ReLU(w_i)·x_i / (eps + Σ ReLU(w_i)). Source: Tan et al., arXiv 1911.09070, section 3.3.
    """

    count: int
    eps: float = 1e-4

    def _normalise(self) -> None:
        self.integer("count", self.count, 1)
        self.number("eps", self.eps)

    @property
    def parameters(self) -> int:
        return self.count

    def merged(self, shapes: tuple[Shape, ...]) -> Shape:
        if len(shapes) != self.count:
            self.refuse(f"`count` (={self.count}) is not the number of inputs, {len(shapes)}")
        return super().merged(shapes)


class Multiply(Broadcasting):
    """Product of all inputs, element by element; size 1 broadcasts (a gate of squeeze-excitation)."""


class Combine(Broadcasting):
    """Any other function of several inputs, element by element, named as in torch.ops.aten; size 1 broadcasts."""

    op: str
