"""Element-wise layers: activations, dropout and identity. All keep the shape, with any number of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import SAME_SIZE
from pyramidcalc.layers.base import SAME, Layer

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class Elementwise(Layer, abstract=True, elementwise=True):
    """Keeps any shape, reads each value once, learns nothing."""

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return SAME[len(shapes[0])]

    def law(self, axis: int) -> SizeLaw:
        return SAME_SIZE


class ReLU(Elementwise):
    """torch.nn.ReLU: max(x, 0)."""


class ReLU6(Elementwise):
    """torch.nn.ReLU6: min(max(x, 0), 6)."""


class Sigmoid(Elementwise):
    """torch.nn.Sigmoid."""


class Tanh(Elementwise):
    """torch.nn.Tanh."""


class SiLU(Elementwise):
    """torch.nn.SiLU, also called Swish: x·sigmoid(x)."""


class Mish(Elementwise):
    """torch.nn.Mish: x·tanh(softplus(x))."""


class Hardswish(Elementwise):
    """torch.nn.Hardswish: x·ReLU6(x + 3)/6."""


class Hardsigmoid(Elementwise):
    """torch.nn.Hardsigmoid: ReLU6(x + 3)/6."""


class GELU(Elementwise):
    """torch.nn.GELU; `approximate` is 'none' or 'tanh'."""

    approximate: str = "none"

    def _normalise(self) -> None:
        if self.approximate not in ("none", "tanh"):
            self.reject(f"`approximate` (={self.approximate!r}) must be 'none' or 'tanh'")


class ELU(Elementwise):
    """torch.nn.ELU."""

    alpha: float = 1.0

    def _normalise(self) -> None:
        self.number("alpha", self.alpha)


class LeakyReLU(Elementwise):
    """torch.nn.LeakyReLU."""

    negative_slope: float = 0.01

    def _normalise(self) -> None:
        self.number("negative_slope", self.negative_slope)


class PReLU(Elementwise):
    """torch.nn.PReLU: one learned slope, or one a channel."""

    num_parameters: int = 1
    init: float = 0.25

    def _normalise(self) -> dict[str, Any]:
        given = self.num_parameters
        # torch makes weights of this shape, and takes a tuple of one for it.
        given = given[0] if isinstance(given, tuple | list) and len(given) == 1 else given
        self.number("init", self.init)
        return {"num_parameters": self.integer("num_parameters", given, 1)}

    def takes(self) -> tuple[str, int] | None:
        return ("num_parameters", self.num_parameters) if self.num_parameters != 1 else None

    @property
    def parameters(self) -> int:
        return self.num_parameters


class Pointwise(Elementwise):
    """Any other function of each value by itself, named as in torch.ops.aten; `weights` are its learned numbers.

    A number or a constant tensor may take part: x + 1, x·gamma (layer scale), a normalisation over all axes.
    """

    op: str
    weights: int = 0

    def _normalise(self) -> None:
        self.integer("weights", self.weights, 0)

    @property
    def parameters(self) -> int:
        return self.weights


class Dropout(Elementwise, view=True):
    """torch.nn.Dropout; in inference a view of its input."""

    p: float = 0.5

    def _normalise(self) -> None:
        if not 0 <= self.number("p", self.p) <= 1:
            self.reject(f"`p` (={self.p!r}) must be a number from 0 to 1")


class Dropout1d(Dropout, ranks=(0, 1)):
    """torch.nn.Dropout1d: drops whole channels of a sequence; in inference a view of its input."""


class Dropout2d(Dropout, ranks=(0, 1, 2, 3)):
    """torch.nn.Dropout2d: drops whole channels; in inference a view of its input, of any rank as in torch."""


class Dropout3d(Dropout, ranks=(0, 1, 2, 3)):
    """torch.nn.Dropout3d: drops whole channels; in inference a view of its input, of any rank as in torch."""


class Identity(Elementwise, view=True):
    """torch.nn.Identity: a view of its input."""
