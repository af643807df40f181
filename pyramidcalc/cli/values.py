"""What option values may look like: sizes, numbers, pairs and choices, each refused in one sentence."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar

LARGEST = 10**18
"""The largest number that is read: far beyond every tensor, and short enough to print what follows from it."""


def shown(text: str) -> str:
    """A value as quoted in a message, long ones cut in the middle."""
    return repr(text) if len(text) <= 40 else f"{text[:24]!r}… ({len(text)} characters)"


def whole_number(text: str, least: int = 1, most: int = LARGEST) -> int | None:
    """An int of plain digits from `least` to `most`, or None."""
    text = text.strip()
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if sign < 0 else text
    # str.isdigit alone takes digits of every script, and int() takes underscores.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(LARGEST)):
        return None
    number = sign * int(digits)
    return number if least <= number <= most else None


def whole_rule(least: int, most: int = LARGEST) -> str:
    """The rule of whole numbers, in words."""
    return f"a whole number from {least} to {'10^18' if most == LARGEST else most}"


class Value(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A value read from text; a default that is one already stays as it is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self.read(value) if isinstance(value, str) else value

    def read(self, text: str) -> Any:
        """The value. Raises click.BadParameter, to which click adds the option's name."""
        raise NotImplementedError


class Whole(Value):
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
    rule: ClassVar[str] = "HxW (64x64), CxHxW (2048x64x64) or one number for a square (64)"

    def read(self, text: str) -> tuple[int, ...]:
        pieces = pieces_of(text)
        if len(pieces) > 4:
            self.fail(f"{shown(text)} has {len(pieces)} sizes; give {self.rule}")
        numbers = []
        for piece in pieces:
            number = whole_number(piece)
            if number is None:
                self.fail(f"{within(piece, text)} is not {whole_rule(1)}; give {self.rule}")
            numbers.append(number)
        return tuple(numbers)


def within(piece: str, text: str) -> str:
    """`'x' in '3xx'`: a wrong piece of a value as it is quoted, or all of it."""
    return shown(text) if piece == text else f"{shown(piece)} in {shown(text)}"


def pieces_of(text: str) -> list[str]:
    """The parts between `x`, `X`, `×` or `,`; an empty part stays, as it is a mistake to tell."""
    for separator in "X×,":
        text = text.replace(separator, "x")
    return [piece.strip() for piece in text.split("x")]


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
