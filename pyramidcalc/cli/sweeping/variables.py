"""The values of a sweep's variables: `r=6,12,18`, `n=33..129..16`, `"r=6 12 18;12 24 36"`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.values import LARGEST, shown, whole_number
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMS = "a value (6), values (6,12,18), a range (33..129 or 33..129..16), or lists (6 12 18;12 24 36)"


class Variable(Record):
    """A name and its values in order; ranges stay ranges, however long, other pieces are texts."""

    name: str
    pieces: tuple[range | tuple[str], ...]

    @property
    def length(self) -> int:
        """Number of values."""
        return sum(len(piece) for piece in self.pieces)

    def value(self, index: int) -> str:
        """One value as text."""
        for piece in self.pieces:
            if index < len(piece):
                return str(piece[index])
            index -= len(piece)
        raise IndexError(index)

    def samples(self) -> Iterator[str]:
        """Every value, but of a range only the first and the last: what lies between them is like them."""
        for piece in self.pieces:
            yield str(piece[0])
            if len(piece) > 1:
                yield str(piece[-1])


def variables_of(settings: Sequence[str]) -> tuple[Variable, ...]:
    """The variables that `name=values` texts make. Raises click.UsageError."""
    made: dict[str, Variable] = {}
    for setting in settings:
        name, equals, values = setting.partition("=")
        name = name.strip()
        if not equals:
            raise click.UsageError(f"--set {shown(setting)} has no `=`; write it as --set r=6,12,18")
        if not is_name(name):
            raise click.UsageError(f"{shown(name)} in --set {shown(setting)} is no name; use letters, as in r=6,12,18")
        if name in made:
            raise click.UsageError(f"{shown(name)} is set twice; give all its values in one --set")
        made[name] = Variable(name, tuple(pieces_of(values, setting)))
    return tuple(made.values())


def pieces_of(values: str, setting: str) -> Iterator[range | tuple[str]]:
    """The values between `;` where there is one, else between `,`."""
    for part in values.split(";" if ";" in values else ","):
        text = " ".join(part.split())
        if not text:
            raise click.UsageError(f"there is an empty value in --set {shown(setting)}; give {FORMS}")
        yield range_of(text) if ".." in text else (text,)


def is_name(text: str) -> bool:
    """Whether a text is ASCII letters, digits, _ and -, and starts with a letter or _."""
    return text.isascii() and not text.startswith("-") and text.replace("-", "_").isidentifier()


def range_of(text: str) -> range:
    """first, first + step, … up to `last` at most, of first..last or first..last..step. Raises click.UsageError."""
    numbers = [number for end in text.split("..") if (number := whole_number(end, -LARGEST)) is not None]
    if len(numbers) != text.count("..") + 1 or len(numbers) > 3:
        raise click.UsageError(f"{shown(text)} is no range of whole numbers up to 10^18; write 33..129, or 33..129..16")
    first, last, step = numbers if len(numbers) == 3 else (*numbers, 1)
    if not step:
        raise click.UsageError(f"{shown(text)} goes by steps of 0")
    made = range(first, last + (1 if step > 0 else -1), step)
    if not made:
        towards = "down" if step < 0 else "up"
        raise click.UsageError(f"{shown(text)} holds no number: it counts {towards} from {first}, away from {last}")
    return made
