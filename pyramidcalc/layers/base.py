"""What every layer is: an immutable record with torch.nn's name and fields, and a few rules as methods."""

from __future__ import annotations

from contextlib import suppress
from operator import index
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.indexmap import IDENTITY, LARGEST, FloorForm, Growth, IndexMap, SizeLaw
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction
    from typing import Any, ClassVar, NoReturn

    from pyramidcalc.errors import PyramidcalcError

    Shape = tuple[int, ...]
    """(C, *spatial), or (F,)."""
    Maps = tuple[IndexMap, ...]
    """The index maps of all axes, channels first."""

KINDS = {1: "a vector (F,)", 2: "a sequence (C, L)", 3: "a map (C, H, W)", 4: "a volume (C, D, H, W)"}
"""What a shape of so many axes is called."""
AXES = {0: (), 1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""Names of the sizes, by the number of spatial axes."""
SIDES = {0: (), 1: ("positions",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}
"""What the sizes count, by the number of spatial axes."""
SAME = {count: ((IDENTITY,) * count,) for count in KINDS}
"""The maps of a layer that reads each value once, where it is, by the number of axes."""


class Diagnostic(Record):
    """Something that a user should know of one layer; severity is "error", "warning" or "info"."""

    code: str
    severity: str
    message: str
    hint: str | None = None
    layer: str | None = None

    @classmethod
    def error(cls, error: PyramidcalcError) -> Diagnostic:
        """A refusal, as reports tell it."""
        return cls(error.code, "error", error.message, error.hint)

    def of(self, layer: str) -> Diagnostic:
        """The same, said of a layer by its name."""
        return Diagnostic(self.code, self.severity, self.message, self.hint, layer)


class Layer(Record):
    """Base of all layers.

    Shapes are (C, *spatial), or (F,) after a flatten; a batch axis is never part of them. `arity` is
    the number of inputs that are read (None: any). Subclasses give `axes`.
    """

    abstract: ClassVar[bool] = True
    arity: ClassVar[int | None] = 1
    ranks: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)
    """Numbers of spatial axes that are accepted, 0 for vectors; the one of a name that ends in 1d, 2d or 3d."""
    elementwise: ClassVar[bool] = False
    """Whether each value is read once, where it is, and the shape stays."""
    follows_size: ClassVar[bool] = False
    """Whether `resolve` gives another layer, made for the size of the input."""
    view: ClassVar[bool] = False
    """Whether the output is the input's own memory in inference."""
    opaque: ClassVar[bool] = False
    """Whether it is not known what the layer reads."""
    dilated: ClassVar[bool] = False
    """Whether some output reads positions with holes between them."""

    def __init_subclass__(cls, *, abstract: bool = False, **facts: Any) -> None:
        """`abstract` classes only share code between layers; `facts` such as ranks=(2,) are class attributes."""
        super().__init_subclass__()
        cls.abstract = abstract
        if cls.__name__[-2:] in ("1d", "2d", "3d") and "ranks" not in vars(cls):
            facts.setdefault("ranks", (int(cls.__name__[-2]),))
        for name, value in facts.items():
            setattr(cls, name, value)

    def resolve(self, *shapes: Shape) -> Layer:
        """The plain layer for these input shapes; itself unless the layer follows the size."""
        return self

    def channels(self, *channels: int | None) -> int | None:
        """Output channels from the inputs' (None where they follow the input's size)."""
        return channels[0] if channels else None

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        """For each input, the index maps of its axes, channels first."""
        raise NotImplementedError

    def terms(self, *shapes: Shape) -> tuple[tuple[int, Maps], ...]:
        """(input index, maps) whose union is what is read; more than one an input where axes interact."""
        return tuple(enumerate(self.axes(*shapes)))

    def output_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        """Shape of the output. Raises ShapeError where torch refuses, or where a map would be empty."""
        if self.arity is not None and len(shapes) != self.arity:
            self.refuse(f"takes {self.arity} input{'s' * (self.arity > 1)}, got {len(shapes)}")
        for shape in shapes:
            if not isinstance(shape, tuple | list) or any(type(n) is not int for n in shape):
                self.refuse(f"needs shapes of whole numbers, got {shape!r}")
        shapes = tuple([tuple(shape) for shape in shapes])
        layer = self.resolve(*shapes)
        return layer.resolved_shape(*shapes[: layer.arity], batch=self.integer("batch", batch, 1))

    def resolved_shape(self, *shapes: Shape, batch: int = 1) -> Shape:
        """`output_shape` of a layer that is resolved already."""
        shape = shapes[0]
        self.check_input(shape)
        self.check(*shapes, batch=batch)
        return shape if self.elementwise else self.sizes(self.axes(*shapes)[0], shape)

    def sizes(self, maps: Maps, shape: Shape) -> Shape:
        """The size of each axis behind its map; what refuses is named."""
        result: list[int] = []
        try:
            for axis_map, n in zip(maps, shape, strict=True):
                result.append(n if axis_map is IDENTITY else axis_map.size(n))
        except ShapeError as error:
            self.refuse(f"{axis_name(len(result), len(shape))}: {error.message}", error.hint, error.code)
        return tuple(result)

    def law(self, axis: int) -> SizeLaw | None:
        """How the size of a spatial axis (counted from 1) follows from the input's, always; None: unknown."""
        return None

    def growth(self, axis: int, shapes: tuple[Shape, ...], rates: tuple[Fraction, ...]) -> Growth | None:
        """How the output's axis grows when the inputs' grow at `rates` from `shapes` on; None where that is not known.

        What the layer says of `shapes`, legal or refused, it must say of all sizes that follow. A vector's one
        axis counts for both.
        """
        law = self.law(axis)
        return None if law is None or len(shapes[0]) == 1 else law.growth(shapes[0][axis], rates[0])

    def closed(self, axis: int, forms: tuple[FloorForm | None, ...]) -> FloorForm | None:
        """The size of the output's axis as one floor from those of the inputs; None where it is none."""
        law = self.law(axis)
        return law.form.after(forms[0]) if law is not None and law.form and forms[0] is not None else None

    def check_input(self, shape: Shape) -> None:
        """Refuses shapes of other kinds than the layer takes, and those that hold nothing."""
        if len(shape) - 1 not in self.ranks or not shape:
            wanted = " or ".join(KINDS[rank + 1] for rank in sorted(self.ranks, reverse=True))
            got = KINDS[1] if len(shape) == 1 else f"{len(shape)} axes"
            self.refuse(f"needs {wanted}, got {got} of shape {tuple(shape)}")
        if min(shape) < 1:
            self.refuse(f"got an empty input of shape {tuple(shape)}", "every size must be at least 1")

    def check(self, *shapes: tuple[int, ...], batch: int) -> None:
        """Rules of this layer on whole shapes; raises ShapeError."""

    @property
    def parameters(self) -> int:
        """Learned numbers, as torch's sum of p.numel()."""
        return 0

    @property
    def reason(self) -> str:
        """Of an opaque layer, why it is not known what it reads."""
        return f"it is not known what {self.name} reads"

    def macs(self, shapes: tuple[Shape, ...], output: Shape) -> int:
        """Multiply-adds of one sample; 0 for all but convolutions and matrix products."""
        return 0

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterable[Diagnostic]:
        """What a user should know of this layer on these shapes."""
        return ()

    @property
    def name(self) -> str:
        """The class name, torch.nn's where torch has the layer."""
        return type(self).__name__

    def refuse(self, message: str, hint: str | None = None, code: str | None = None) -> NoReturn:
        """Raises ShapeError in this layer's name."""
        raise ShapeError(f"{self.name}: {message}", hint=hint, code=code)

    def reject(self, message: str, hint: str | None = None) -> NoReturn:
        """Raises LayerError in this layer's name."""
        raise LayerError(f"{self.name}: {message}", hint=hint)

    def check_channels(self, shape: tuple[int, ...], wanted: int, field: str) -> None:
        """Refuses an input whose channels are not the `wanted` of `field`."""
        if shape[0] != wanted:
            self.refuse(
                f"`{field}` (={wanted}) does not match the input's {shape[0]} channels",
                f"set {field}={shape[0]}, or feed {wanted} channels",
                "channel-mismatch",
            )

    def integer(self, field: str, value: Any, least: int) -> int:
        """An int of at least `least`, or LayerError."""
        if type(value) is int and least <= value <= LARGEST:
            return value
        if not isinstance(value, int) and hasattr(type(value), "__index__"):
            value = self._indexed(field, value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.reject(f"`{field}` (={value!r}) must be an integer")
        if abs(value) > LARGEST:
            self.reject(
                f"`{field}` must be at most 2^63 − 1, torch's largest integer, got one of {value.bit_length()} bits"
            )
        if value < least:
            self.reject(f"`{field}` (={value}) must be at least {least}")
        return value

    def per_axis(self, field: str, value: Any, least: int, *, exact: bool = False) -> tuple[int, ...]:
        """One int for all spatial axes, or one an axis, each at least `least`; or LayerError.

        A sequence of one number counts as that number, as it does for torch, unless `exact`.
        """
        (rank,) = self.ranks
        if type(value) is int and least <= value <= LARGEST:
            return (value,) * rank
        if not isinstance(value, tuple | list):
            return (self.integer(field, value, least),) * rank
        if len(value) != rank and (exact or len(value) != 1):
            self.reject(f"`{field}` (={value!r}) must be {axis_rule(rank)}")
        return tuple([self.integer(field, number, least) for number in value]) * (rank // len(value))

    def _indexed(self, field: str, value: Any) -> int:
        """The int that a number of another kind stands for (numpy's, say); the field takes it too."""
        try:
            number = index(value)
        except TypeError:
            self.reject(f"`{field}` (={value!r}) must be an integer")
        if self.__dict__.get(field) is value:
            self.__dict__[field] = number
        return number

    def flag(self, field: str, value: Any) -> bool:
        """True or False, where torch takes nothing else for it; or LayerError."""
        if not isinstance(value, bool):
            self.reject(f"`{field}` (={value!r}) must be True or False")
        return value

    def number(self, field: str, value: Any) -> float:
        """A number that a double holds, which torch takes a bool or numpy's numbers for too; or LayerError."""
        if not isinstance(value, int | float) and hasattr(type(value), "__index__"):
            value = self._indexed(field, value)
        if not isinstance(value, int | float) and hasattr(type(value), "__float__"):
            with suppress(TypeError):
                value = float(value)
        if not isinstance(value, int | float):
            self.reject(f"`{field}` (={value!r}) must be a number")
        try:
            return float(value)
        except OverflowError:
            self.reject(f"`{field}` is an integer beyond what a double holds")

    def attributes(self) -> dict[str, Any]:
        """Constructor arguments, normalised; what torch.nn's class of the same name takes."""
        return self.to_dict()


def axis_name(index: int, count: int) -> str:
    """`height` for axis 1 of (C, H, W): what the axis of a shape of `count` axes is called."""
    return AXES[count - 1][index - 1] if index else "channels"


def axis_rule(rank: int) -> str:
    """`one number or two (height, width)`."""
    return "one number" if rank == 1 else f"one number or {('', '', 'two', 'three')[rank]} ({', '.join(AXES[rank])})"


def shape_text(shape: Iterable[int]) -> str:
    """64x33x35 for (64, 33, 35)."""
    return "x".join(map(str, shape))
