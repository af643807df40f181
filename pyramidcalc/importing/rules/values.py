"""What the values of an ATen program are, beside tensors."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.importing.expressions import Size
from pyramidcalc.importing.layouts import NoRuleError, Tensor
from pyramidcalc.importing.operations import Operations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.layers.base import Shape


class Constant(NamedTuple):
    """A tensor that follows from no input, and what it does follow from: learned tensors, and products of these."""

    weights: frozenset[str]
    shape: Shape


class Scores(NamedTuple):
    """query·keyᵀ, named as in the program, which only another product turns back into a map."""

    name: str
    query: Tensor
    key: Tensor
    shape: Shape
    weights: tuple[str, ...]

    @property
    def work(self) -> int:
        """Multiply-adds of the product."""
        return prod(self.shape) * self.query.shape[-1]


Result = Tensor | Constant | Scores


class Run(Operations):
    """A run of a program, as rules see it: `shapes` are torch's own of the outputs of the operator at hand, and
    `weights_read` the learned tensors that its constant arguments follow from. `attended` has the node of each
    attention by the name of its scores. `value` is the name of its first
    output, `follows` that one's size as text, where it follows the input's, and `of_size` has the first value of each
    such size.
    """

    def __init__(self, learned: Mapping[str, int], batch: int) -> None:
        super().__init__(learned, batch)
        self.shapes: tuple[Shape, ...] = ()
        self.weights_read: tuple[str, ...] = ()
        self.attended: dict[str, str] = {}
        self.value = ""
        self.follows: tuple[str, ...] = ()
        self.of_size: dict[tuple[str, ...], Tensor] = {}


def open_sizes(shape: Shape) -> tuple[str, ...]:
    """The spatial sizes as text where one of them follows the input's; else nothing."""
    sizes = shape[2:]
    return tuple([getattr(n, "text", str(n)) for n in sizes]) if any(isinstance(n, Size) for n in sizes) else ()


def tensors_of(arguments: Any) -> list[Tensor]:
    """The tensors among arguments. Raises NoRuleError for scores."""
    values = list(arguments)
    if any(isinstance(value, Scores) for value in values):
        raise NoRuleError("scores of an attention")
    return [value for value in values if isinstance(value, Tensor)]


def only(value: Result | None) -> Tensor:
    """A tensor. Raises NoRuleError for scores."""
    return tensors_of([value])[0]
