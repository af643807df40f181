"""Immutable records with the reading of a frozen dataclass and almost none of its start-up cost.

`dataclasses` compiles several methods for every class, about 1 ms each at import; a command-line
tool with some forty records would pay for that on every start. Here the methods are shared.

Which kind of value when: a Record for what users meet and what is normalised, checked or replaced when made (layers,
index maps, reports); a NamedTuple for a few results that are handed on as they are, by the thousand; `__slots__` for
objects with identity of which a pass makes thousands (applied layers, bounds, fields).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from typing import Any, ClassVar, NoReturn, Self


class Text(str):
    """An annotation that help() shows as it is written, without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


class RealSignature:
    """What `inspect.signature` and help() show of a record: its fields, with annotations and defaults.

    Made when asked for, so that it costs nothing at start-up.
    """

    def __get__(self, record: object, owner: type[Record]) -> Any:
        from inspect import Parameter, Signature

        bases = [base for base in reversed(owner.__mro__) if issubclass(base, Record)]
        written = {name: str(kind) for base in bases for name, kind in base.__annotations__.items()}
        fields = [
            Parameter(
                name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=owner._defaults.get(name, Parameter.empty),
                annotation=Text(written[name]),
            )
            for name in owner._fields
        ]
        return Signature(fields)


@dataclass_transform(frozen_default=True, eq_default=True)
class Record:
    """Base of all records: annotated class attributes are the fields, in order.

    A subclass may define `_normalise`, called once at the end of construction; it returns the
    fields that it wants replaced. Two records are equal when class and fields are.
    """

    __signature__ = RealSignature()
    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _values: ClassVar[tuple[Any, ...]] = ()
    """The defaults in order, None where a field has none."""
    _required: ClassVar[int] = 0
    """So many fields are not all given by their defaults."""

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
        cls._fields = cls._fields + tuple(name for name in own if name not in cls._fields)
        cls._defaults = cls._defaults | {name: getattr(cls, name) for name in own if hasattr(cls, name)}
        cls._values = tuple([cls._defaults.get(name) for name in cls._fields])
        without = [index for index, name in enumerate(cls._fields, 1) if name not in cls._defaults]
        cls._required = max(without, default=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields, values = self._fields, self.__dict__
        if not kwargs and self._required <= len(args) <= len(fields):
            values.update(zip(fields, args + self._values[len(args) :], strict=True))
        else:
            values.update(self._defaults)
            values.update(zip(fields, args, strict=False))
            values.update(kwargs)
            if (
                len(values) != len(fields)
                or not kwargs.keys().isdisjoint(fields[: len(args)])
                or len(args) > len(fields)
            ):
                self._wrong_arguments(args, kwargs)
        if changed := self._normalise():
            values.update(changed)

    def _wrong_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NoReturn:
        """Raises TypeError where a plain function would."""
        fields, name = self._fields, type(self).__name__
        if len(args) > len(fields):
            raise TypeError(f"{name}() takes at most {len(fields)} arguments, got {len(args)}")
        for odd in [given for given in kwargs if given not in fields[len(args) :]]:
            raise TypeError(f"{name}() got an unexpected or repeated argument {odd!r}")
        missing = [repr(each) for each in fields if each not in self.__dict__]
        raise TypeError(f"{name}() is missing {', '.join(missing)}")

    def _normalise(self) -> dict[str, Any] | None:
        return None

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed."""
        return type(self)(**({name: self.__dict__[name] for name in self._fields} | changes))

    def to_dict(self) -> dict[str, Any]:
        """Field names to values, in order."""
        return {name: self.__dict__[name] for name in self._fields}

    def _key(self) -> tuple[Any, ...]:
        values = self.__dict__
        return tuple([values[name] for name in self._fields])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({inside})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")
