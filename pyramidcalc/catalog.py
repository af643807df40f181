"""Finds single layers, blocks and networks by their files, and reads their options from their signatures.

File name = command name (`_` becomes `-`), keyword-only parameters = options, docstring = help.
Nothing is listed by hand. Annotations are read as objects, so these files do not postpone them.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib import import_module
from os import listdir
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, NamedTuple, Union, get_args, get_origin

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any

    from pyramidcalc.graph import Graph
    from pyramidcalc.indexmap import FloorForm

CO_VARARGS = 4
"""The flag of a function that takes any number of arguments. Source: inspect.CO_VARARGS, which is slow to import."""
USUAL_INPUTS = {1: (3, 16000), 2: (3, 224, 224), 3: (3, 16, 112, 112)}
"""The default input of a single layer: a second of sound, an image or a clip, by its number of axes."""
KINDS = {"layer": "pyramidcalc.operators", "block": "pyramidcalc.blocks", "network": "pyramidcalc.networks"}


class Kind(NamedTuple):
    """What values an option takes, from its annotation.

    `type` of one value; `multiple`: one or more of them; `per_axis`: one, or one a spatial axis; `optional`: None,
    where it is absent; `free`: None for some of the axes; `words` that may stand in place of numbers.
    """

    type: type
    multiple: bool = False
    per_axis: bool = False
    optional: bool = False
    free: bool = False
    choices: tuple[str | int, ...] | None = None
    words: tuple[str, ...] = ()


class Option(Record):
    """One option of an architecture: a keyword-only parameter of its function."""

    name: str
    kind: Kind
    default: Any
    help: str
    short: str | None = None
    """Another flag for it, as `--kernel` for kernel_size."""

    @property
    def flag(self) -> str:
        """--output-stride for output_stride."""
        return f"--{self.name.replace('_', '-')}"

    def checked(self, value: Any) -> Any:
        """The value as the function takes it. Raises UsageError where it is of another kind."""
        kind = self.kind
        if (value is None and kind.optional) or (isinstance(value, str) and value in kind.words):
            return value
        several = isinstance(value, tuple | list)
        if kind.multiple or (kind.per_axis and several):
            values = value if several else (value,)
            if not values:
                raise UsageError(f"`{self.name}` is empty", hint="give at least one value")
            return tuple(item if item is None and kind.free else self._one(item) for item in values)
        return self._one(value)

    def _one(self, value: Any) -> Any:
        kind = self.kind
        if kind.type is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not kind.type:
            also = "".join(f", or {word}" for word in kind.words)
            raise UsageError(f"`{self.name}` (={value!r}) must be of type {kind.type.__name__}{also}")
        if kind.choices is not None and value not in kind.choices:
            choices = [str(choice) for choice in kind.choices]
            hint = nearest(str(value), choices)
            raise UsageError(f"`{self.name}` (={value!r}) must be one of {', '.join(choices)}", hint=hint)
        return value


class Architecture(Record):
    """A single layer, block or network in the catalogue; its file is imported on first use."""

    name: str
    kind: str

    @cached_property
    def module(self) -> ModuleType:
        """The file."""
        return import_module(f"{KINDS[self.kind]}.{self.name.replace('-', '_')}")

    @cached_property
    def function(self) -> Callable[..., Value | dict[str, Value]]:
        """The function that builds it."""
        function: Callable[..., Value | dict[str, Value]] = getattr(self.module, self.name.replace("-", "_"))
        return function

    @cached_property
    def documentation(self) -> Documentation:
        """The docstring, taken apart."""
        return Documentation.parse(self.function.__doc__ or "")

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """Options of the function, then those of the file's `inputs`."""
        texts = self.documentation.options
        return tuple(
            Option(name, read_annotation(function.__annotations__[name]), default, *texts.get(name, ("", None)))
            for function in (self.function, getattr(self.module, "inputs", one_input))
            for name, default in (function.__kwdefaults__ or {}).items()
        )

    @property
    def variants(self) -> tuple[str | int, ...]:
        """The choices of the option `variant`: 18, 34, 50, … of ResNet."""
        return next((option.kind.choices or () for option in self.options if option.name == "variant"), ())

    def checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """All options with their values, defaults where none is given. Raises UsageError for unknown ones."""
        known = {option.name: option for option in self.options}
        for name in options:
            if name not in known:
                raise UsageError(
                    f"{self.name} has no option `{name}`",
                    hint=nearest(name, known) or f"its options are {', '.join(known) or 'none'}",
                )
        return {name: option.checked(options.get(name, option.default)) for name, option in known.items()}

    def default_input(self, options: Mapping[str, Any]) -> tuple[int, ...]:
        """(C, *spatial) where the user gives none; `options` are complete."""
        rule = getattr(self.module, "default_input", lambda options: USUAL_INPUTS[options["dims"]])
        given = getattr(self.module, "INPUT", None) or rule(options)
        # By the value of the option that it follows.
        shape: tuple[int, ...] = given if isinstance(given, tuple) else given[next(filter(given.get, options.values()))]
        return shape

    def levels(self, channels: int, options: Mapping[str, Any]) -> dict[str, tuple[int, FloorForm]]:
        """Name to channels of every input, and how its sizes follow from those of the first, which has `channels`.

        A file with several inputs says so by a function `inputs` of the channels and of options of its own.
        """
        rule = getattr(self.module, "inputs", one_input)
        levels: dict[str, tuple[int, FloorForm]] = rule(
            channels, **{name: options[name] for name in rule.__kwdefaults__ or ()}
        )
        return levels

    def build(self, channels: Mapping[str, int], options: Mapping[str, Any]) -> Graph:
        """The graph for inputs of these channels; `options` are complete.

        Raises LayerError or UsageError where the options do not go together.
        """
        b = Builder()
        values = [b.input(name, count) for name, count in channels.items()]
        for label, value in self.add(b, values, options).items():
            b.output(label, value)
        return b.build()

    @property
    def arity(self) -> int | None:
        """How many maps it reads; None for any number."""
        code = self.function.__code__
        return None if code.co_flags & CO_VARARGS else code.co_argcount - 1

    def add(self, b: Builder, values: Iterable[Value], options: Mapping[str, Any]) -> dict[str, Value]:
        """Adds it behind these values; label to value of every output, the main one first. `options` are complete."""
        taken = self.function.__kwdefaults__ or {}
        result = self.function(b, *values, **{name: options[name] for name in taken})
        return result if isinstance(result, dict) else {result.name.split(".")[0]: result}


class Documentation(Record):
    """A docstring in parts: first line, text, (help, short flag) of each option, source."""

    summary: str
    text: str
    options: dict[str, tuple[str, str | None]]
    source: str

    @classmethod
    def parse(cls, docstring: str) -> Documentation:
        """Takes apart `Options:` with a line `name: help` or `name (--short): help` each, and `Source: …`."""
        summary, *paragraphs = docstring.strip().split("\n\n")
        texts, options, source = [], {}, ""
        for paragraph in paragraphs:
            head, *lines = [line.strip() for line in paragraph.splitlines()]
            if head == "Options:":
                for line in lines:
                    signature, colon, text = line.partition(": ")
                    word, _, short = signature.removesuffix(")").partition(" (")
                    if colon and word.isidentifier():
                        name, options[word] = word, (text, short or None)
                    else:
                        options[name] = (f"{options[name][0]} {line}", options[name][1])
            elif head.startswith("Source: "):
                source = " ".join([head, *lines]).removeprefix("Source: ")
            else:
                texts.append("\n".join([head, *lines]))
        return cls(summary, "\n\n".join(texts), options, source)


def one_input(channels: int) -> dict[str, tuple[int, FloorForm]]:
    """The inputs of a file that has no `inputs`."""
    # Imported here: names alone, as a shell completes them, take no size formulas.
    from pyramidcalc.indexmap import FloorForm

    return {"input": (channels, FloorForm())}


def read_annotation(annotation: Any) -> Kind:
    """What a parameter's annotation says of its values."""
    union = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    optional = NoneType in union
    first, *others = [member for member in union if member is not NoneType]
    if get_origin(first) is tuple:
        return Kind(get_args(first)[0], multiple=True, optional=optional)
    if get_origin(first) is Literal:
        return Kind(type(get_args(first)[0]), optional=optional, choices=get_args(first))
    items = [get_args(member)[0] for member in others if get_origin(member) is tuple]
    words = [word for member in others if get_origin(member) is Literal for word in get_args(member)]
    free = any(isinstance(item, UnionType) for item in items)
    return Kind(first, per_axis=bool(items), optional=optional, free=free, words=tuple(words))


def names(kind: str | None = None) -> tuple[str, ...]:
    """Names of all architectures, or of one kind ("layer", "block" or "network"), sorted; imports none of them."""
    return tuple(sorted(name for name, its_kind in kinds().items() if kind in (None, its_kind)))


@cache
def kinds() -> dict[str, str]:
    """Name to kind of every architecture, from the names of the files."""
    return {
        file.removesuffix(".py").replace("_", "-"): kind
        for kind, package in KINDS.items()
        for folder in import_module(package).__path__
        for file in listdir(folder)
        if file.endswith(".py") and not file.startswith("_")
    }


@cache
def find(name: str) -> Architecture:
    """The architecture of this name. Raises UsageError that names the nearest."""
    if name not in kinds():
        raise UsageError(f"there is no architecture `{name}`", hint=suggestion(name))
    return Architecture(name, kinds()[name])


def suggestion(name: str) -> str:
    """A way from a name that is none to the architecture that was meant."""
    plain = name.lower().replace("+", "plus").replace("_", "-")
    number = plain[len(plain.rstrip("0123456789")) :]
    stem = plain.removesuffix(number).rstrip("-")
    if number and stem in names() and int(number) in find(stem).variants:
        return f"did you mean `{stem} --variant {number}`?"
    if plain in names():
        return f"did you mean {plain}?"
    return nearest(plain, names()) or "`pyramidcalc list` shows them all"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """ "did you mean …?" with the words nearest to `word`, or None."""
    # A very long word has no near neighbour and takes quadratic time to find that out.
    if len(word) > 100:
        return None
    from difflib import get_close_matches

    close = get_close_matches(word, list(words), n=2)
    return f"did you mean {' or '.join(close)}?" if close else None
