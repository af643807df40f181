"""SlidingPool: the windows that other frameworks' pools take and torch.nn's do not."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, window
from pyramidcalc.layers.base import KINDS
from pyramidcalc.layers.windowed import Windowed

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Maps, Shape


class SlidingPool(Windowed, ranks=(1, 2, 3)):
    """(C, *spatial) → (C, *spatial') by a pool named `op`, with its own padding before and after each axis.

    One number an axis in every field; any pool may be dilated. A last window that starts in the padding after the
    input is left out in ceil_mode, as torch and ONNX do.
    """

    op: str
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ceil_mode: bool = False

    def _normalise(self) -> dict[str, Any]:
        least = {"kernel_size": 1, "stride": 1, "dilation": 1, "before": 0, "after": 0}
        changed = {name: tuple([self.integer(name, number, low) for number in self.__dict__[name]])
                   for name, low in least.items()}  # fmt: skip
        if len({len(numbers) for numbers in changed.values()}) != 1 or len(changed["stride"]) not in self.ranks:
            self.reject(f"needs one number an axis in each field, got {changed}")
        self.flag("ceil_mode", self.ceil_mode)
        return changed

    @cached_property
    def maps(self) -> Maps:
        """Index maps of all axes, channels first, made once."""
        numbers = zip(self.kernel_size, self.stride, self.dilation, self.before, self.after, strict=True)
        return IDENTITY, *[window(*each, self.ceil_mode) for each in numbers]

    def check_input(self, shape: Shape) -> None:
        super().check_input(shape)
        if len(shape) != len(self.maps):
            self.refuse(f"needs {KINDS[len(self.maps)]}, got {len(shape)} axes")
