"""The values of a sweep's variables: `r=6,12,18`, `n=33..129..16`, `"r=6 12 18;12 24 36"`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.values import LARGEST, shown, whole_number
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

SIZES = re.compile(r"[\d ,x×*]+")
NUMBER = re.compile(r"\d\d+|[4-9]")
VALUES = "a value (6), values (6,12,18), a range (33..129 or 33..129..16), or lists (6 12 18;12 24 36)"


class Variable(Record):
    """A name and the texts of its values in order."""

    name: str
    values: tuple[str, ...]

    def examples(self) -> tuple[str, ...]:
        """A value of each form: numbers from 4 on never change how many axes there are."""
        forms = {NUMBER.sub("n", value) if SIZES.fullmatch(value) else value: value for value in self.values}
        return tuple(forms.values())

    def in_json(self) -> Callable[[str], Any]:
        """How JSON has every value of this variable: all of them as numbers, lists of numbers, or texts."""
        if all(whole_number(value, -LARGEST) is not None for value in self.values):
            return int
        if all(numbers_of(value) is not None for value in self.values):
            return numbers_of
        return float if all(map(is_float, self.values)) else str


def numbers_of(text: str) -> list[int] | None:
    """The whole numbers between blanks or commas, or None."""
    numbers = [whole_number(piece, -LARGEST) for piece in text.replace(",", " ").split()]
    return [number for number in numbers if number is not None] if None not in numbers else None


def is_float(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def variables_of(settings: Sequence[str]) -> tuple[Variable, ...]:
    """The variables that `name=values` texts make. Raises click.UsageError."""
    variables: dict[str, Variable] = {}
    for setting in settings:
        name, equals, values = setting.partition("=")
        name = name.strip()
        if not equals:
            raise click.UsageError(f"--set {shown(setting)} has no `=`; write it as --set r=6,12,18")
        if not (name.isascii() and name.isidentifier()):
            raise click.UsageError(f"{shown(name)} in --set {shown(setting)} is no name; use letters, as in r=6,12,18")
        if name in variables:
            raise click.UsageError(f"{shown(name)} is set twice; give all its values in one --set")
        variables[name] = Variable(name, tuple(values_of(values, setting)))
    return tuple(variables.values())


def values_of(values: str, setting: str) -> Iterator[str]:
    """The values between `;` where there is one, else between `,`; those of ranges one by one."""
    for part in values.split(";" if ";" in values else ","):
        text = " ".join(part.split())
        if not text:
            raise click.UsageError(f"there is an empty value in --set {shown(setting)}; give {VALUES}")
        if ".." in text:
            yield from map(str, range_of(text))
        else:
            yield text


def range_of(text: str) -> range:
    """first, first + step, … up to `last` at most, of first..last or first..last..step. Raises click.UsageError."""
    numbers = [number for end in text.split("..") if (number := whole_number(end, -LARGEST)) is not None]
    if len(numbers) != text.count("..") + 1 or len(numbers) > 3:
        raise click.UsageError(f"{shown(text)} is no range of whole numbers up to 10^18; write 33..129, or 33..129..16")
    first, last, step = numbers if len(numbers) == 3 else (*numbers, 1)
    if not step:
        raise click.UsageError(f"{shown(text)} goes by steps of 0")
    values = range(first, last + (1 if step > 0 else -1), step)
    if not values:
        towards = "down" if step < 0 else "up"
        raise click.UsageError(f"{shown(text)} holds no number: it counts {towards} from {first}, away from {last}")
    if len(values) > MAX_VALUES:
        raise click.UsageError(f"{shown(text)} holds {len(values):,} numbers, more than {MAX_VALUES:,}; use a step")
    return values


MAX_VALUES = 10**7
"""Values of one range: as texts they take a gigabyte."""
