"""Parts and orders of axes: Slice, Split and ChannelShuffle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import IDENTITY, LARGEST, SAME_SIZE, Growth, Interleave, constant
from pyramidcalc.indexmap import Slice as SliceMap
from pyramidcalc.layers.base import Layer

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Any

    from pyramidcalc.indexmap import SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class AlongOneAxis(Layer, abstract=True, view=True):
    """What acts on one axis: `dim` counts the batch as 0, as in torch, so that 1 is the channels; -1 is the last."""

    def checked_dim(self) -> int:
        """`dim` as an int, which is not the batch's."""
        dim = self.integer("dim", self.__dict__["dim"], -LARGEST)
        if dim == 0:
            self.reject("`dim` (=0) is the batch, of which every sample is treated alike", "1 is the channels' axis")
        return dim

    def axis_of_dim(self, shape: Shape) -> int:
        """The axis of (C, *spatial) that `dim` means. Raises ShapeError where there is none."""
        dim, count = self.__dict__["dim"], len(shape)
        index: int = dim - 1 if dim > 0 else count + dim
        if not 0 <= index < count:
            self.refuse(f"`dim` (={dim}) is no axis of {shape} with its batch", f"use 1 to {count}, or -{count} to -1")
        return index

    def check(self, *shapes: Shape, batch: int) -> None:
        self.axis_of_dim(shapes[0])

    def cut(self, n: int) -> SliceMap:
        """The part of the axis, of n positions, that is kept. Raises ShapeError where there is none."""
        raise NotImplementedError

    def cut_law(self) -> SizeLaw:
        """How many positions `cut` keeps."""
        raise NotImplementedError

    def channels(self, *channels: int | None) -> int | None:
        given = channels[0]
        if self.__dict__["dim"] != 1 or given is None:
            return given
        try:
            return self.cut(given).size(given)
        except ShapeError:
            return None

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        index = self.axis_of_dim(shapes[0])
        return (tuple([self.cut(n) if axis == index else IDENTITY for axis, n in enumerate(shapes[0])]),)

    def law(self, axis: int) -> SizeLaw | None:
        dim = self.__dict__["dim"]
        if dim < 0:
            return None  # which axis that is depends on how many there are
        return self.cut_law() if dim == axis + 1 else SAME_SIZE

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        shape = shapes[0]
        axis = axis if len(shape) > 1 else 0
        return self.cut_law().growth(shape[axis], rates[0]) if self.axis_of_dim(shape) == axis else Growth(rates[0])


class Slice(AlongOneAxis):
    """x[..., start:end:step] along `dim`, with torch's arguments: negative ends count from the last, None is the end.

    Source: torch.ops.aten.slice. A slice that would be empty is refused.
    """

    dim: int = 1
    start: int | None = None
    end: int | None = None
    step: int = 1

    def _normalise(self) -> dict[str, Any]:
        for field, value in (("start", self.start), ("end", self.end)):
            if value is not None:
                self.integer(field, value, -LARGEST - 1)
        return {"dim": self.checked_dim(), "step": self.integer("step", self.step, 1)}

    def cut(self, n: int) -> SliceMap:
        return SliceMap(self.start, self.end, self.step)

    def cut_law(self) -> SizeLaw:
        return self.cut(0).law()


class Split(AlongOneAxis):
    """One piece of torch.split(x, split_size, dim), the one of `index` from 0.

    Pieces are of one size, the last may be shorter, or of sizes that add up to the axis. Raises ShapeError for others.
    """

    split_size: int | tuple[int, ...]
    index: int
    dim: int = 1

    def _normalise(self) -> dict[str, Any]:
        given = self.split_size
        sizes: int | tuple[int, ...]
        if isinstance(given, tuple | list):
            sizes = tuple([self.integer("split_size", size, 0) for size in given])
        else:
            sizes = self.integer("split_size", given, 1)
        return {
            "split_size": sizes,
            "index": self.integer("index", self.index, 0),
            "dim": self.checked_dim(),
        }

    def cut(self, n: int) -> SliceMap:
        sizes, index = self.split_size, self.index
        if isinstance(sizes, int):
            start, stop = index * sizes, min((index + 1) * sizes, n)
        elif sum(sizes) != n:
            self.refuse(f"`split_size` (={sizes}) adds up to {sum(sizes)}, not to the axis' {n}")
        else:
            start, stop = sum(sizes[:index]), sum(sizes[: index + 1])
        if start >= n:
            self.refuse(f"there is no piece {index} of {n} positions split by {sizes}")
        return SliceMap(start, stop)

    def cut_law(self) -> SizeLaw:
        sizes, index = self.split_size, self.index
        # A longer axis than given sizes add up to is refused for ever; a shorter last piece is whole later on.
        return constant(sizes, (index + 1) * sizes) if isinstance(sizes, int) else constant(0, sum(sizes) + 1)


class ChannelShuffle(Layer, ranks=(1, 2, 3)):
    """torch.nn.ChannelShuffle: keeps (C, *spatial), channels dealt out in turn. Zhang et al., arXiv 1707.01083."""

    groups: int

    def _normalise(self) -> None:
        self.integer("groups", self.groups, 1)

    def check(self, *shapes: Shape, batch: int) -> None:
        if shapes[0][0] % self.groups:
            self.refuse(
                f"`groups` (={self.groups}) must divide the input's {shapes[0][0]} channels", code="channel-mismatch"
            )

    def law(self, axis: int) -> SizeLaw:
        return SAME_SIZE

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return ((Interleave(self.groups), *[IDENTITY] * (len(shapes[0]) - 1)),)
