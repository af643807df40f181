"""Random configurations of every layer kind, legal and illegal: arguments and input shapes. Needs no torch.

A configuration depends on its kind and seed alone. The sizes of a map differ, and so do the numbers of an argument
with one an axis, so that a mix-up of axes shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.layers import kinds as layer_kinds
from pyramidcalc.layers.base import shape_text
from pyramidcalc.oracle.draw import MAX_SIZES, Draw
from pyramidcalc.oracle.generators import HUGE, random_arguments
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.layers.base import Layer, Shape

GRAPHS = "graphs"
"""The kind of random chains and merges."""


class Foreign(Record):
    """A number of numpy's, made where torch is at hand."""

    value: float

    def __repr__(self) -> str:
        return f"numpy({self.value})"


class Configuration(Record):
    """A layer kind, its arguments, and the shapes (C, *spatial) or (F,) that it is given."""

    kind: str
    arguments: dict[str, Any]
    shapes: tuple[Shape, ...]
    batch: int

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        shapes = " and ".join(shape_text(shape) for shape in self.shapes) or "no input"
        return f"{self.kind}({arguments}) on {shapes}, batch {self.batch}"


NOT_DRAWN = ("Attention", "Constant", "Unknown")
"""Layers of imported networks that have no module of their own: they are compared with those networks."""


def drawn_kinds() -> dict[str, type[Layer]]:
    """Every layer that is drawn, by name."""
    return {name: kind for name, kind in layer_kinds().items() if name not in NOT_DRAWN}


def random_kinds() -> tuple[str, ...]:
    """Every layer kind that is drawn, and `graphs`."""
    return (*sorted(drawn_kinds()), GRAPHS)


def chosen_kinds(names: Sequence[str] | None) -> tuple[str, ...]:
    """The kinds of some names, whatever their case; all for None. Raises UsageError for an unknown one."""
    known = {kind.lower(): kind for kind in random_kinds()}
    for name in names or ():
        if name.lower() not in known:
            hint = nearest(name, known.values()) or f"the kinds are {', '.join(known.values())}"
            raise UsageError(f"no layer kind `{name}` to verify", hint=hint)
    return tuple(known.values() if names is None else dict.fromkeys(known[name.lower()] for name in names))


def configuration(kind: str, seed: int) -> Configuration:
    """The configuration of a kind and seed; one in five is spoilt on purpose, one in ten spelt otherwise."""
    layer = layer_kinds()[kind]
    d = Draw(kind, seed)
    d.rank = d.one_of(*[rank for rank in layer.ranks if rank] or (1, 2, 3))
    while True:
        shape = d.shape(layer.ranks)
        arguments, shapes = random_arguments(layer, d, shape), [shape]
        shapes += others(layer, d, shape, arguments)
        if d.chance(0.2):
            spoil(d, arguments, shapes)
        if comparable(kind, arguments, shapes):
            break
    if d.chance(0.1):
        respell(d, arguments)
    return Configuration(kind, arguments, tuple(shapes), d.randint(1, 3))


def others(kind: type[Layer], d: Draw, shape: Shape, arguments: dict[str, Any]) -> list[Shape]:
    """Shapes beside the first, for layers of several inputs: a map to follow, or up to three that mostly merge.

    A layer that counts its inputs gets so many.
    """
    if kind.arity is not None:
        return [d.shape(kind.ranks) for _ in range(kind.arity - 1)]
    shapes = []
    for _ in range(arguments.get("count", 1 + d.randint(0, 3)) - 1):
        # A size of 1 broadcasts in a sum, and channels may differ in a concatenation.
        axis = d.randint(0, len(shape) - 1)
        size = d.one_of(shape[axis], shape[axis], 1, shape[axis] + 1)
        shapes.append((size,) if d.chance(0.04) else (*shape[:axis], size, *shape[axis + 1 :]))
    return shapes


def comparable(kind: str, arguments: dict[str, Any], shapes: list[Shape]) -> bool:
    """Whether torch's answer means something."""
    sides, rank = arguments.get("padding"), len(shapes[0]) - 1
    if kind.startswith("ConvTranspose"):
        # A dilation of 0 or of 2^31 is refused by torch's own code and taken by some of the libraries that it calls.
        dilation = arguments["dilation"]
        return all(0 != d < 2**31 for d in (dilation if isinstance(dilation, tuple) else (dilation,)))
    if kind.startswith("MaxPool") and arguments["dilation"] in HUGE:
        # Of more taps than one the extent overflows torch's 32 bits, and it reads memory that is none of its own.
        return bool(arguments["kernel_size"] == 1)
    if kind.startswith("Conv") and arguments["padding_mode"] != "zeros":
        # Given other numbers of sides, a padding mode's pad goes on to the channels, or leaves out axes; no one means
        # that.
        dilation = arguments["dilation"]
        padded = len(dilation) == rank if sides == "same" and isinstance(dilation, tuple) else True
        return padded and not (isinstance(sides, tuple) and len(sides) not in (1, rank))
    if kind == "Flatten":
        # A part of the axes, or one with the batch's, leaves what is neither a map nor a vector.
        start, end = (n + rank + 2 if type(n) is int and n < 0 else n for n in arguments.values())
        return not 0 <= start < end < rank + 2 or (start, end) == (1, rank + 1)
    if kind == "SlidingPool":
        # No framework pads by a whole window, and how many of ceil_mode's would be left no one says.
        spans = [d * (k - 1) + 1 for k, d in zip(arguments["kernel_size"], arguments["dilation"], strict=False)]
        return all(hi < span for hi, span in zip(arguments["after"], spans, strict=False))
    if kind == "Unflatten":
        # torch takes the batch apart where sizes fit it, and makes more axes than a volume has.
        return arguments["dim"] != 0 and len(arguments["unflattened_size"]) <= len(MAX_SIZES) + 1
    if kind.startswith("CircularPad") and isinstance(sides, tuple) and len(sides) == 2 * rank:
        # Where a crop leaves less than the other side is to wrap, torch hands out memory that it never wrote, and
        # what it reads changes from run to run; we refuse that.
        axes = zip(reversed(shapes[0][1:]), sides[::2], sides[1::2], strict=True)
        return not any(min(lo, hi) < 0 and n + min(lo, 0) + min(hi, 0) < max(lo, hi) for n, lo, hi in axes)
    return True


def spoil(d: Draw, arguments: dict[str, Any], shapes: list[Shape]) -> None:
    """Makes one thing probably illegal: an argument, or an input's channels, axes or sizes."""
    # torch never looks at a norm's channels where it learns nothing, so that it takes even -1 or 2.5.
    learns = arguments.get("affine", True) or arguments.get("track_running_stats", False)
    fields = [name for name, value in arguments.items() if is_number(value) and (learns or name[:4] != "num_")]
    if fields and d.chance(0.6):
        name = d.one_of(*fields)
        arguments[name] = spoilt(d, arguments[name])
        return
    index = d.randint(0, len(shapes) - 1)
    shape = shapes[index]
    axis = d.randint(0, len(shape) - 1)
    empty = (*shape[:axis], 0, *shape[axis + 1 :])
    shapes[index] = d.one_of((shape[0] + 1, *shape[1:]), shape[:1], (*shape[:3], 2), empty)


def is_number(value: object) -> bool:
    """An int, or a tuple of ints (None among them or not); bools and text are choices, floats have their own range."""
    values = value if isinstance(value, tuple) else (value,)
    return value is not None and all(v is None or type(v) is int for v in values)


def spoilt(d: Draw, value: Any) -> Any:
    """Zero, negative, broken, or one number too many."""
    if not isinstance(value, tuple):
        return d.one_of(0, -1, value + 0.5, value + 50)
    if not value or d.chance(0.15):
        return (*value, 1)
    index = d.randint(0, len(value) - 1)
    return tuple(spoilt(d, v) if i == index and v is not None else v for i, v in enumerate(value))


def respell(d: Draw, arguments: dict[str, Any]) -> None:
    """Writes the numbers of one argument as numpy's, or several as a list."""
    fields = [name for name, value in arguments.items() if is_number(value) or type(value) is float]
    if fields:
        name = d.one_of(*fields)
        value = arguments[name]
        if not isinstance(value, tuple):
            arguments[name] = Foreign(value)
        else:
            arguments[name] = d.one_of(list(value), tuple(None if v is None else Foreign(v) for v in value))
