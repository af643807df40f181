"""Every number that can be asked of an architecture or its layers: key, heading, unit, and where its value is.

Tables, summaries, comparisons, sweeps, expectations and JSON read this one list: a new number is one line of it, and
an attribute of `Report`, and of `LayerReport` and `LayerGroup` where layers have it.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from pyramidcalc.layers.base import AXES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
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


class Quantity(Record):
    """One number or shape, with its unit in the heading.

    `attribute` of a report or a layer holds it; `form` says what it is: "shape", "field" (a receptive field), "axes"
    (one number a spatial axis) or "number". `of_layers`: whether a layer has it, too; `in_table`: whether the layers'
    table has a column of it, `in_whole`: whether comparisons and sweeps have. `aliases` are other keys.
    """

    key: str
    heading: str
    form: str
    attribute: str
    of_layers: bool = True
    in_table: bool = True
    in_whole: bool = True
    aliases: tuple[str, ...] = ()

    def heading_for(self, shapes: Iterable[tuple[int, ...]]) -> str:
        """The heading, with the letters of maps as they are in some shapes."""
        letters = dict.fromkeys(LETTERS[len(shape) - 1] for shape in shapes if len(shape) > 1)
        return self.heading.format(shape=" or ".join(letters) or LETTERS[0])

    def value(self, subject: Subject) -> Any:
        """The value of a report or a layer."""
        return attrgetter(self.attribute)(subject)

    def cell(self, subject: Subject) -> str | int:
        """The value as tables have it: an int, or text."""
        if self.form == "number":
            number: int = self.value(subject)
            return number
        if self.form == "shape":
            # A whole architecture may have several, each with its name.
            several = getattr(subject, f"{self.attribute}s", None)
            return named(several) if several is not None else shape_text(self.value(subject))
        rule = field_size if self.form == "field" else field_stride
        return by_input({name: rule(field) for name, field in subject.receptive_fields.items()}, subject.input_names)


QUANTITIES = (
    Quantity("input", "input ({shape})", "shape", "input", of_layers=False, in_table=False),
    Quantity("output", "output ({shape})", "shape", "output"),
    Quantity("receptive-field", "receptive field (pixels)", "field", "receptive_field"),
    Quantity("stride", "stride (pixels)", "axes", "receptive_field.stride"),
    Quantity("padding", "padding (pixels)", "axes", "receptive_field.padding", in_table=False, in_whole=False),
    Quantity("parameters", "parameters", "number", "parameters"),
    Quantity("macs", "MACs", "number", "macs"),
    Quantity("activations", "activations (elements)", "number", "activations", of_layers=False, in_table=False),
    Quantity(
        "peak-activation-bytes",
        "peak activation memory (bytes)",
        "number",
        "peak_activation_bytes",
        of_layers=False,
        in_table=False,
        aliases=("peak-memory",),
    ),
)


def numbers(subject: Subject, *, layers_only: bool) -> dict[str, int]:
    """The plain numbers of a subject as JSON has them."""
    wanted = [quantity for quantity in QUANTITIES if quantity.form == "number"]
    return {q.attribute: q.value(subject) for q in wanted if q.of_layers or not layers_only}


def plain(subject: Subject) -> dict[str, Any]:
    """The output, the receptive field of the main input and the numbers of a layer or a report, one value a key.

    Axes have keys of their own: `height`, `receptive_field_height`, `stride_width`. None where there is no number.
    """
    values: dict[str, Any] = {}
    output: tuple[int, ...] | None = subject.output
    if output is not None:
        values |= zip(("channels", *AXES[len(output) - 1]), output, strict=True)
    field = subject.receptive_field
    if field is not None:
        axes = AXES[len(field.size)]
        values |= {f"receptive_field_{axis}": n for axis, n in zip(axes, field.size, strict=True)}
        values |= {f"local_receptive_field_{axis}": n for axis, n in zip(axes, field.local_size, strict=True)}
        values["global"] = field.is_global
        values |= {f"stride_{axis}": s if s is None else float(s) for axis, s in zip(axes, field.stride, strict=True)}
    return values | numbers(subject, layers_only=not hasattr(subject, "outputs"))


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
    """`13×13`, `global (37×37)`, `global` or `unknown`; `–` on an axis that no local path reads."""
    known = [size is not None for size in field.local_size]
    pairs = zip(field.local_size, field.reasons, strict=True)
    local = times(size if size is not None else "unknown" if reason else "–" for size, reason in pairs)
    if not field.is_global:
        return local if any(known) else "unknown"
    everywhere = all(size is None for size in field.size)
    whole = "global" if everywhere else times("all" if n is None else n for n in field.size)
    if any(known):
        return f"{whole} ({local})"
    return f"{whole} (unknown)" if field.reason else whole


def field_stride(field: ReceptiveField) -> str:
    """`16`, `1/2`, `4×2`; `differs` where branches do, `–` where no path is local."""
    if all(stride is None for stride in field.stride):
        if field.reason:
            return "unknown"
        return "–" if all(size is None for size in field.local_size) else "differs"
    return per_axis(field.stride)


def per_axis(values: tuple[Fraction | int | None, ...]) -> str:
    """One number where all axes agree, else one an axis."""
    texts = ["–" if item is None else str(item) for item in values]
    return texts[0] if len(set(texts)) == 1 else times(texts)


def by_input(texts: Mapping[str, str], inputs: Collection[str], colon: str = ":") -> str:
    """The text alone where there is one input, else each after its input's name; `–` where none is read."""
    if len(inputs) == 1:
        return next(iter(texts.values()), "–")
    return "; ".join(f"{name}{colon}{text}" for name, text in texts.items()) or "–"


def rounded(number: int, units: tuple[tuple[int, str], ...], unit: str) -> str:
    """`number` in the largest unit that leaves at least 1, with four digits."""
    for factor, name in units:
        if number >= factor:
            return f"{number / factor:.4g} {name}" if number < 1000 * factor else f"{number // factor:,} {name}"
    return f"{number} {unit}".rstrip()


def si(number: int) -> str:
    """63.59 G."""
    return rounded(number, SI, "")


def memory_text(count: int) -> str:
    """50.1 MiB."""
    return rounded(count, BINARY, "bytes")
