"""What option values may look like: sizes, numbers, pairs and choices, each refused in one sentence."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import click

from pyramidcalc.errors import UsageError
from pyramidcalc.reading import LARGEST as LARGEST
from pyramidcalc.reading import pieces_of as pieces_of
from pyramidcalc.reading import shown as shown
from pyramidcalc.reading import size_of, whole_rule
from pyramidcalc.reading import whole_number as whole_number
from pyramidcalc.reading import within as within

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class Value(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A value read from text; a default that is one already stays as it is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self.read(value) if isinstance(value, str) else value

    def read(self, text: str) -> Any:
        """The value. Raises click.BadParameter, to which click adds the option's name."""
        raise NotImplementedError


class WholeNumber(Value):
    """A whole number from `least` to `most`."""

    name = "number"

    def __init__(self, least: int = 1, example: object = None, most: int = LARGEST) -> None:
        self.least = least
        self.most = most
        self.example = example

    def read(self, text: str) -> int:
        number = whole_number(text, self.least, self.most)
        if number is None:
            example = f", for example {self.example}" if self.example not in (None, "") else ""
            self.fail(f"{shown(text)} is not {whole_rule(self.least, self.most)}{example}")
        return number


class Real(Value):
    """A finite number that is not negative."""

    name = "number"

    def read(self, text: str) -> float:
        number = real_number(text)
        if number is None:
            self.fail(f"{shown(text)} is not a number from 0 to 10^18, for example 0.5")
        return number


def real_number(text: str) -> float | None:
    """A float from 0 to LARGEST in plain ASCII, or None."""
    try:
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) and 0 <= number <= LARGEST else None


class Size(Value):
    """HxW, CxHxW or one number for a square; `×` and `,` work for `x`. Gives a tuple of 1 to 4 ints."""

    name = "size"

    def read(self, text: str) -> tuple[int, ...]:
        try:
            return size_of(text)
        except UsageError as error:
            self.fail(error.message)


class Place(Value):
    """`centre`, `corner`, or ROW,COL counted from 0, one number a spatial axis. Gives the word or a tuple of ints."""

    name = "place"
    words = ("centre", "corner")

    def read(self, text: str) -> tuple[int, ...] | str:
        word = {"center": "centre"}.get(text.lower(), text.lower())
        if word in self.words:
            return word
        numbers = [number for piece in pieces_of(text) if (number := whole_number(piece, 0)) is not None]
        if len(numbers) != len(pieces_of(text)) or len(numbers) > 3:
            rule = "centre, corner or ROW,COL, two whole numbers from 0, for example 16,16"
            near = did_you_mean(word, self.words)
            self.fail(f"{shown(text)} is not {rule}; of a sequence or a volume one or three{near}")
        return tuple(numbers)


class Choice(click.Choice):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """click's Choice, which names the nearest choice to a misspelt one."""

    def __init__(self, choices: Sequence[Any]) -> None:
        super().__init__(choices, case_sensitive=False)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        choices = [str(choice) for choice in self.choices]
        return f"{shown(str(value))} is not one of {', '.join(choices)}{did_you_mean(str(value), choices)}"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest words, or nothing."""
    from pyramidcalc.catalog import nearest

    hint = nearest(word, words)
    return f"; {hint}" if hint else ""
