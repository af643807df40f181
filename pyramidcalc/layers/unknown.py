"""Unknown: an operator of an imported network of which no rule says what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Whole
from pyramidcalc.layers.base import Layer, shape_text

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Maps, Shape


class Unknown(Layer, arity=None, opaque=True):
    """An operator without a rule: its output has `shape`, as the framework says; what it reads is unknown.

    `work` are its multiply-adds, `weights` its learned numbers. The shape holds for inputs of the shapes `given`, and
    others are refused; nothing is checked where `given` is empty.
    """

    op: str
    shape: tuple[int, ...]
    work: int = 0
    weights: int = 0
    given: tuple[tuple[int, ...], ...] = ()

    def _normalise(self) -> dict[str, Any]:
        self.integer("work", self.work, 0)
        self.integer("weights", self.weights, 0)
        return {
            "shape": tuple([self.integer("shape", size, 1) for size in self.shape]),
            "given": tuple([tuple(shape) for shape in self.given]),
        }

    @property
    def reason(self) -> str:
        return f"it is not known what the operator {self.op} reads"

    def channels(self, *channels: int | None) -> int | None:
        return self.shape[0] if len(self.shape) > 1 else None

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        if self.given and self.given != shapes:
            wanted, got = (" and ".join(map(shape_text, each)) for each in (self.given, shapes))
            self.refuse(f"the output of {self.op} is known for {wanted} only, got {got}")
        return self.shape

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return tuple([tuple([Whole(m) for m in (*self.shape, *shape[len(self.shape) :])]) for shape in shapes])

    @property
    def parameters(self) -> int:
        return self.weights

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        return self.work
