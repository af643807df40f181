"""Every number that can be asked of an architecture or its layers: key, heading, unit, and where its value is.

Tables, summaries, comparisons, sweeps, expectations and JSON read this one list: a new number is one line of it, and
an attribute of `Report`, and of `LayerReport` and `LayerGroup` where layers have it.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.layers.base import AXES, SIDES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction
    from typing import Any, Protocol

    from pyramidcalc.passes.receptive_field import ReceptiveField

    class Subject(Protocol):
        """A report, a layer's, or a group's."""

        @property
        def receptive_fields(self) -> dict[str, ReceptiveField]: ...
        @property
        def receptive_field(self) -> ReceptiveField | None: ...
        @property
        def output(self) -> tuple[int, ...] | None: ...
        @property
        def input_names(self) -> tuple[str, ...]: ...


LETTERS = {0: "F", 1: "C×L", 2: "C×H×W", 3: "C×D×H×W"}
"""The letters of a shape, by the number of spatial axes."""
SI = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
MAX_IN_FULL = 9_999
"""Larger numbers are rounded where a table shows them at a glance."""


class Number(NamedTuple):
    """A plain number that a quantity is made of: its key in Python, its heading in CSV, and its value of a subject."""

    key: str
    heading: str
    value: Callable[[Subject], int | float | bool | None]


class Quantity(Record):
    """One number or shape, with its unit in the heading.

    `attribute` of a report or a layer holds it; `form` says what it is: "shape", "field" (a receptive field), "axes"
    (one number a spatial axis), "number", "bytes", or "ratio" (a number with decimals). `of_layers`: whether a layer
    has it, too; `in_table`: whether the layers' table shows it unasked, `in_whole`: whether comparisons and sweeps do.
    `aliases` are other keys.
    """

    key: str
    heading: str
    form: str
    attribute: str
    of_layers: bool = True
    in_table: bool = True
    in_whole: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it is one number."""
        return self.form in ("number", "bytes", "ratio")

    def heading_for(self, shapes: Iterable[tuple[int, ...]]) -> str:
        """The heading, with the letters of maps as they are in some shapes."""
        letters = dict.fromkeys(LETTERS[len(shape) - 1] for shape in shapes if len(shape) > 1)
        return self.heading.format(shape=" or ".join(letters) or LETTERS[0])

    def value(self, subject: Subject) -> Any:
        """The value of a report or a layer."""
        return attrgetter(self.attribute)(subject)

    def cell(self, subject: Subject) -> str | int:
        """The exact value: an int, or text."""
        if self.counts:
            number: int = self.value(subject)
            return str(number) if self.form == "ratio" else number
        if self.form == "shape":
            # A whole architecture may have several, each with its name.
            several = getattr(subject, f"{self.attribute}s", None)
            if several is None or len(several) == 1:
                return shape_text(self.value(subject))
            return named(several)
        rule = field_size if self.form == "field" else field_stride
        return by_input({name: rule(field) for name, field in subject.receptive_fields.items()}, subject.input_names)

    def glance(self, subject: Subject) -> str | int:
        """The value in short units."""
        return self.short(self.cell(subject))

    def short(self, cell: str | int) -> str | int:
        """A cell in short units."""
        if isinstance(cell, str) or cell <= MAX_IN_FULL:
            return cell
        return memory_text(cell) if self.form == "bytes" else si(cell)

    def numbers(self, ranks: Iterable[int], inputs: Sequence[str]) -> Iterator[Number]:
        """The plain numbers that it is made of, for maps of so many spatial axes.

        Of receptive fields those of all `inputs`; without any, of the main one alone.
        """
        name = self.heading.partition(" (")[0]
        if self.counts:
            yield Number(self.attribute, self.heading, self.value)
        elif self.form == "shape":
            prefix = "" if self.key == "output" else f"{name} "
            for word in ("channels", *dict.fromkeys(word for rank in sorted(ranks) for word in AXES[rank])):
                yield Number(as_key(prefix + word), prefix + word, partial(self._size, word))
        else:
            # A field has rows and columns where a map has height and width.
            sides = {s: axis for rank in sorted(ranks) for s, axis in zip(SIDES[rank], AXES[rank], strict=True)}
            parts = {"": "size", "local ": "local_size"}
            parts = parts if self.form == "field" else {"": self.attribute.rpartition(".")[2]}
            for each in inputs or (None,):
                of = f" of {each}" if len(inputs) > 1 else ""
                for prefix, attribute in parts.items():
                    for side, axis in sides.items():
                        key, heading = as_key(f"{prefix}{name} {axis}{of}"), f"{prefix}{name} {side}{of}"
                        yield Number(key, heading, partial(of_axis, each, attribute, side))
                if self.form == "field":
                    yield Number(as_key(f"global{of}"), f"global{of}", partial(is_global, each))

    def _size(self, word: str, subject: Subject) -> int | None:
        shape: tuple[int, ...] = self.value(subject) or ()
        words = ("channels", *AXES[len(shape) - 1]) if shape else ()
        return shape[words.index(word)] if word in words else None


QUANTITIES = (
    Quantity("input", "input ({shape})", "shape", "input", of_layers=False, in_table=False),
    Quantity("output", "output ({shape})", "shape", "output"),
    Quantity("receptive-field", "receptive field", "field", "receptive_field"),
    Quantity("stride", "stride", "axes", "receptive_field.stride"),
    Quantity("padding", "padding", "axes", "receptive_field.padding", in_table=False, in_whole=False),
    Quantity("parameters", "parameters", "number", "parameters"),
    Quantity("macs", "MACs", "number", "macs"),
    Quantity("activations", "activations", "number", "activations", of_layers=False, in_table=False),
    Quantity(
        "peak-activation-bytes",
        "peak activation bytes",
        "bytes",
        "peak_activation_bytes",
        of_layers=False,
        in_table=False,
        aliases=("peak-memory",),
    ),
    Quantity("weight-bytes", "weight bytes", "bytes", "weight_bytes", in_table=False),
    Quantity("memory-bytes", "memory bytes", "bytes", "memory_bytes", of_layers=False, in_table=False),
    Quantity("output-bytes", "output bytes", "bytes", "output_bytes", in_table=False, in_whole=False),
    Quantity("intensity", "MACs per byte", "ratio", "intensity", in_table=False),
)


BY_KEY = {quantity.key: quantity for quantity in QUANTITIES}


def as_key(heading: str) -> str:
    """receptive_field_height, as rows have it in Python."""
    return heading.replace(" ", "_")


def field_of(subject: Subject, name: str | None) -> ReceptiveField | None:
    """The receptive field with respect to an input, None for the main one; None where that is not read."""
    return subject.receptive_field if name is None else subject.receptive_fields.get(name)


def of_axis(name: str | None, attribute: str, side: str, subject: Subject) -> int | float | None:
    """A number of a receptive field; None where there is none."""
    field = field_of(subject, name)
    values = () if field is None else getattr(field, attribute)
    value = dict(zip(SIDES[len(values)], values, strict=True)).get(side)
    return value if value is None else int(value) if value.denominator == 1 else float(value)


def is_global(name: str | None, subject: Subject) -> bool | None:
    """Whether a receptive field is global; None where there is none."""
    field = field_of(subject, name)
    return None if field is None else field.is_global


def numbers(subject: Subject, *, layers_only: bool) -> dict[str, int | float]:
    """The plain numbers of a subject as JSON has them."""
    wanted = [quantity for quantity in QUANTITIES if quantity.counts]
    return {q.attribute: q.value(subject) for q in wanted if q.of_layers or not layers_only}


def plain(subject: Subject) -> dict[str, Any]:
    """The output, the receptive field of the main input and the numbers of a layer or a report, one value a key.

    Axes have keys of their own: `height`, `receptive_field_height`, `stride_width`. None where there is no number.
    """
    field = subject.receptive_field
    ranks = {len(shape) - 1 for shape in (subject.output,) if shape} | {len(field.size) for _ in (field,) if field}
    wanted = [each for each in QUANTITIES if each.of_layers or (hasattr(subject, "outputs") and each.key != "input")]
    return {number.key: number.value(subject) for each in wanted for number in each.numbers(ranks, ())}


def times(items: Iterable[object]) -> str:
    """256×64×64."""
    return "×".join(map(str, items))


def shape_text(shape: tuple[int, ...]) -> str:
    """256×64×64, or 5376 features."""
    return times(shape) if len(shape) > 1 else f"{shape[0]} features"


def named(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """`256×64×64 (project)`, or every name with its shape where there are several."""
    if len(shapes) == 1:
        ((name, shape),) = shapes.items()
        return shape_text(shape) if name == "input" else f"{shape_text(shape)} ({name})"
    return ", ".join(f"{name} {shape_text(shape)}" for name, shape in shapes.items())


def field_size(field: ReceptiveField) -> str:
    """`13×13`, `global (37×37)`, `global` or `unknown`; `none` on an axis that no local path reads."""
    known = [size is not None for size in field.local_size]
    pairs = zip(field.local_size, field.reasons, strict=True)
    local = times(size if size is not None else "unknown" if reason else "none" for size, reason in pairs)
    if not field.is_global:
        return local if any(known) else "unknown"
    everywhere = all(size is None for size in field.size)
    whole = "global" if everywhere else times("all" if n is None else n for n in field.size)
    if any(known):
        return f"{whole} ({local})"
    return f"{whole} (unknown)" if field.reason else whole


DIFFERS = "–"
"""A stride where those of the branches differ."""


def field_stride(field: ReceptiveField) -> str:
    """`16`, `1/2`, `15/2×8 (7.5×8)`, `4×–` where branches differ on an axis, `none` where no path is local."""
    if all(stride is None for stride in field.stride) and field.reason:
        return "unknown"
    pairs = list(zip(field.stride, field.local_size, strict=True))
    exact = [str(stride) if stride is not None else DIFFERS if size else "none" for stride, size in pairs]
    # The strides of upsampled maps, 1/2 and 1/8, are read at a glance.
    if all(stride is None or 1 in (stride.numerator, stride.denominator) for stride, _ in pairs):
        return same_or_times(exact)
    decimal = [
        text if stride is None else f"{float(stride):.4g}" for text, (stride, _) in zip(exact, pairs, strict=True)
    ]
    return f"{same_or_times(exact)} ({same_or_times(decimal)})"


def same_or_times(texts: Sequence[str]) -> str:
    """One text where all axes agree, else one an axis."""
    return texts[0] if len(set(texts)) == 1 else times(texts)


def per_axis(values: tuple[Fraction | int | None, ...]) -> str:
    """One number where all axes agree, else one an axis."""
    return same_or_times([DIFFERS if item is None else str(item) for item in values])


def by_input(texts: Mapping[str, str], inputs: Collection[str], colon: str = ":") -> str:
    """The text alone where there is one input, else each after its input's name; `none` where none is read."""
    if len(inputs) == 1:
        return next(iter(texts.values()), "none")
    return "; ".join(f"{name}{colon}{text}" for name, text in texts.items()) or "none"


def rounded(number: int, units: tuple[tuple[int, str], ...], unit: str) -> str:
    """`number` in the largest unit that leaves at least 1, with four digits."""
    for factor, name in units:
        # 999,950 is 1 M, not 1000 k.
        if number >= 0.99995 * factor:
            return f"{number / factor:.4g} {name}" if number < 1000 * factor else f"{number // factor:,} {name}"
    return f"{number} {unit}".rstrip()


def si(number: int) -> str:
    """63.59 G."""
    return rounded(number, SI, "")


def memory_text(count: int) -> str:
    """50.1 MiB."""
    return rounded(count, BINARY, "bytes")
