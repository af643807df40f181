"""Random configurations of every layer kind, legal and illegal: arguments and input shapes. Needs no torch.

A configuration depends on its kind and seed alone. Height and width differ, and so do the two
numbers of a pair, so that a mix-up of axes shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError, UsageError
from pyramidcalc.layers.base import shape_text
from pyramidcalc.oracle.draws import Draw
from pyramidcalc.oracle.generators import GENERATORS, comparable
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

GRAPHS = "graphs"
"""The kind of random chains and merges."""


class Configuration(Record):
    """A layer kind, its arguments, and the shapes (C, H, W) or (F,) that it is given."""

    kind: str
    arguments: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    batch: int

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        shapes = " and ".join(shape_text(shape) for shape in self.shapes) or "no input"
        return f"{self.kind}({arguments}) on {shapes}, batch {self.batch}"


def random_kinds() -> tuple[str, ...]:
    """Every layer kind, and `graphs`. Raises OracleError where a kind has no generator here."""
    from pyramidcalc.layers import kinds

    missing = sorted(set(kinds()) - set(GENERATORS))
    if missing:
        raise OracleError(f"no random configurations for {', '.join(missing)}", hint="add one to oracle/generators.py")
    return (*sorted(kinds()), GRAPHS)


def chosen_kinds(names: Sequence[str] | None) -> tuple[str, ...]:
    """The kinds of some names, whatever their case; all for None. Raises UsageError for an unknown one."""
    from difflib import get_close_matches

    known = {kind.lower(): kind for kind in random_kinds()}
    if names is None:
        return tuple(known.values())
    found = []
    for name in names:
        if name.lower() not in known:
            near = [known[match] for match in get_close_matches(name.lower(), known, 3)]
            raise UsageError(
                f"no layer kind `{name}` to verify",
                hint=f"did you mean {' or '.join(near)}?" if near else f"the kinds are {', '.join(known.values())}",
            )
        found.append(known[name.lower()])
    return tuple(dict.fromkeys(found))


def configuration(kind: str, seed: int) -> Configuration:
    """The configuration of a kind and seed; one in five is spoilt on purpose."""
    d = Draw(kind, seed)
    arguments, shapes = GENERATORS[kind](d)
    if d.chance(0.2):
        spoil(d, arguments, shapes)
        if not comparable(kind, arguments, shapes):
            arguments, shapes = GENERATORS[kind](d)
    return Configuration(kind, arguments, tuple(shapes), d.integer(1, 3))


def spoil(d: Draw, arguments: dict[str, Any], shapes: list[tuple[int, ...]]) -> None:
    """Makes one thing probably illegal: an argument, or an input's channels, axes or sizes."""
    fields = [name for name, value in arguments.items() if is_number(value) and not unused(name, arguments)]
    if fields and d.chance(0.6):
        name = d.one_of(*fields)
        arguments[name] = spoilt(d, arguments[name])
        return
    if not shapes:
        return
    index = d.integer(0, len(shapes) - 1)
    shape = shapes[index]
    axis = d.integer(0, len(shape) - 1)
    shapes[index] = d.one_of(
        (shape[0] + 1, *shape[1:]), (shape[0],), tuple(0 if a == axis else n for a, n in enumerate(shape))
    )


def unused(field: str, arguments: dict[str, Any]) -> bool:
    """Whether torch never looks at a norm's channels, so that it takes even -1 or 2.5: no case to agree on."""
    learns = arguments.get("affine", True) or arguments.get("track_running_stats", False)
    return field in ("num_features", "num_channels") and not learns


def is_number(value: object) -> bool:
    """An int, or a tuple of ints (None among them or not); bools and text are choices, floats have their own range."""
    values = value if isinstance(value, tuple) else (value,)
    return all(v is None or (isinstance(v, int) and not isinstance(v, bool)) for v in values) and value is not None


def spoilt(d: Draw, value: Any) -> Any:
    """Zero, negative, broken, or one number too many."""
    if isinstance(value, tuple):
        if not value or d.chance(0.15):
            return (*value, 1)
        index = d.integer(0, len(value) - 1)
        return tuple(spoilt(d, v) if i == index and v is not None else v for i, v in enumerate(value))
    return d.one_of(0, -1, value + 0.5, value + 50)
