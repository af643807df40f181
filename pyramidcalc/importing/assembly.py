"""A graph put together from names and fields, as chains and TOML give them; channels are inferred."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyramidcalc.catalog import find, names, nearest
from pyramidcalc.errors import GraphError, LayerError, PyramidcalcError, ShapeError, UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.layers.base import Layer, Shape

INFERRED = {"in_channels": 0, "num_features": 0, "num_channels": 0, "in_features": -1}
"""Fields that are the size of an axis of the input, and that axis."""
MAX_SENTENCE = 400


@contextmanager
def located(where: str) -> Iterator[None]:
    """Puts the place before what is refused inside, as one line that can be read."""
    try:
        yield
    except PyramidcalcError as error:
        message = " ".join(f"{where}: {error.message}".split())
        if len(message) > MAX_SENTENCE:
            message = f"{message[: MAX_SENTENCE // 2]} … {message[-MAX_SENTENCE // 2 :]}"
        raise type(error)(message, hint=error.hint, code=error.code) from None


def quoted(text: str) -> str:
    """`text`, a long one cut in the middle."""
    return f"`{text}`" if len(text) <= 60 else f"`{text[:40]} … {text[-15:]}`"


def checked_shape(name: str, shape: Any) -> Shape:
    """A shape (C, *spatial) or (F,) of whole numbers. Raises UsageError."""
    sizes = tuple(shape) if isinstance(shape, tuple | list) else ()
    if not 1 <= len(sizes) <= 4 or any(type(n) is not int or not 1 <= n <= LARGEST for n in sizes):
        raise UsageError(
            f"input {quoted(name)} (={shape!r}) must be one to four whole numbers, channels first",
            hint="for example 3, 224, 224",
        )
    return sizes


def blocks() -> tuple[str, ...]:
    """Names of the catalogue that stand for several layers."""
    return names("block") + names("network")


def stem(word: str) -> str:
    """`conv` for conv, conv2d and Conv2d."""
    word = word.lower()
    return word[:-2] if word[-2:] in ("1d", "2d", "3d") else word


class Assembly(Builder):
    """A builder that knows its values by name, and their shapes as far as the layers take them."""

    checks_channels = False

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Value] = {}
        self.shapes: dict[str, Shape] = {}
        self._refusals: list[str] = []
        self._counts: Counter[str] = Counter()

    def enter(self, name: str, shape: Any) -> Value:
        """An input of this shape."""
        self.shapes[name] = checked_shape(name, shape)
        self.values[name] = self.input(name, self.shapes[name][0])
        return self.values[name]

    def numbered(self, word: str) -> str:
        """conv1, conv2 …: a name after the word that is not in use."""
        while True:
            self._counts[stem(word)] += 1
            name = f"{stem(word)}{self._counts[stem(word)]}"
            if name not in self.values:
                return name

    def value(self, name: Any) -> Value:
        """The input, layer or block of this name. Raises UsageError that names the nearest."""
        if not isinstance(name, str) or name not in self.values:
            hint = nearest(name, self.values) if isinstance(name, str) else "give names in quotes"
            raise UsageError(f"no input and no layer before it is called {quoted(str(name))}", hint=hint)
        return self.values[name]

    def add(self, name: str, layer: Layer, *inputs: Value) -> Value:
        """As a builder's, which refuses at once what a graph refuses at its end."""
        full = self.prefix + name
        if full in self.values:
            raise GraphError(f"{quoted(full)} is used twice")
        if layer.arity not in (None, len(inputs)):
            raise GraphError(reads(layer.name, layer.arity, len(inputs)))
        try:
            self.values[full] = super().add(name, layer, *inputs)
            known = [self.shapes[each.name] for each in inputs if each.name in self.shapes]
            if len(known) == len(inputs):
                self.shapes[full] = layer.output_shape(*known)
        except ShapeError as error:
            # The report shows what refuses; the graph goes on without its shape.
            self.values.setdefault(full, Value(full, None))
            self._refusals.append(f"`{full}` refuses its input: {error.message}")
        return self.values[full]

    def layer(self, name: str, kind: type[Layer], fields: dict[str, Any], *inputs: Value) -> Value:
        """A layer by its class and some of its fields. Raises UsageError, LayerError or GraphError."""
        for field in fields:
            if field not in kind._fields:
                hint = nearest(field, kind._fields) or f"its fields are {', '.join(kind._fields) or 'none'}"
                raise UsageError(f"{kind.__name__} has no field {quoted(field)}", hint=hint)
        for base in kind.__mro__:
            for field, annotation in vars(base).get("__annotations__", {}).items():
                if str(annotation).startswith("bool") and not isinstance(fields.get(field), int | None):
                    raise UsageError(f"`{field}` (={fields[field]!r}) must be true or false")
        fields = fields | {
            field: self.size_of(inputs[0], field, axis)
            for field, axis in INFERRED.items()
            if field in kind._fields and field not in fields and inputs
        }
        missing = [field for field in kind._fields if field not in fields and field not in kind._defaults]
        if missing:
            raise UsageError(f"{kind.__name__} needs `{missing[0]}`", hint=f"give {missing[0]}=…")
        try:
            return self.add(name, kind(**fields), *inputs)
        except PyramidcalcError:
            raise
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            # Layers that importers alone make do not check every kind of value.
            raise LayerError(f"{kind.__name__} cannot be made of these fields: {error}") from None

    def share(self, **sharing: Any) -> None:
        """Says of the layer that was added last which parameters it shares. Raises UsageError."""
        for key, value in sharing.items():
            if key == "shares":
                self.value(value)
            elif type(value) is not int or value < 0:
                raise UsageError(f"`{key}` (={value!r}) must be a whole number of at least 0")
        self._nodes[-1] = self._nodes[-1]._replace(**sharing)

    def size_of(self, value: Value, field: str, axis: int) -> int:
        """The size of an axis of a value, for the field of a layer that reads it.

        Raises ShapeError where a layer before it refuses its input.
        """
        shape = self.shapes.get(value.name)
        if shape is None and axis == 0 and value.channels is not None:
            return value.channels
        if shape is None:
            reason = self._refusals[0] if self._refusals else f"the size of `{value.name}` is not known"
            raise ShapeError(f"`{field}` cannot be inferred, as {reason}")
        if axis == -1 and len(shape) > 1:
            raise UsageError(
                f"`{field}` is not inferred from {shape}, of which only the last axis would be multiplied",
                hint=f"flatten it first, or give {field}={shape[axis]}",
            )
        return shape[axis]

    def block(self, name: str, architecture: str, options: dict[str, Any], *inputs: Value) -> Value:
        """A block or network of the catalogue; its main output. Other outputs are the values `name.label`."""
        block = find(architecture)
        if block.arity not in (None, len(inputs)):
            raise GraphError(reads(architecture, block.arity, len(inputs)))
        if name in self.values:
            raise GraphError(f"{quoted(name)} is used twice")
        values = block.checked(options)
        for option in options:
            if option not in (block.function.__kwdefaults__ or {}):
                raise UsageError(
                    f"`{option}` of {architecture} follows from what it reads", hint=f"leave `{option}` out"
                )
        with self.scope(name):
            outputs = block.add(self, inputs, values)
        main, *others = outputs.values()
        for label, value in outputs.items() if others else ():
            self.values.setdefault(f"{name}.{label}", value)
        self.values.setdefault(name, main)
        return main


def reads(what: str, arity: int | None, given: int) -> str:
    """`ResizeTo reads 2 inputs, got 1`."""
    return f"{what} reads {arity} input{'s' * (arity != 1)}, got {given}"
