"""Options that hold for both axes: one value, or two for height and width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import SeveralOption
from pyramidcalc.cli.values import did_you_mean, pieces_of, real_number, shown, whole_number, whole_rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class PairOption(SeveralOption):
    """`--kernel 3` for both axes, or `3x5`, `3,5`, `3 5` for height and width.

    The value is one number, (height, width), or one of `words`.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        text: str,
        least: int = 1,
        real: bool = False,
        words: Sequence[str] = (),
        free: str | None = None,
    ) -> None:
        super().__init__(names, type=Axes(least, real, words, free), help=text, example="3 or 3x5", metavar="N[xN]")

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """All numbers that were given, as one value."""
        given: tuple[tuple[Any, ...], ...] = super().process_value(ctx, value) or ()
        numbers = [number for numbers in given for number in numbers]
        if not numbers:
            return None
        if len(numbers) > 2:
            raise click.BadParameter(f"{len(numbers)} values; give one, or two for height and width", ctx, self)
        if len(numbers) == 1:
            return numbers[0]
        word = next((number for number in numbers if isinstance(number, str)), None)
        if word is not None:
            raise click.BadParameter(f"{shown(word)} stands alone, for both axes", ctx, self)
        return tuple(numbers)


class Axes(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """Some numbers between `x`, or a word; `free` is a word that leaves its axis as it is (None)."""

    name = "axes"

    def __init__(self, least: int, real: bool, words: Sequence[str], free: str | None) -> None:
        self.least = least
        self.real = real
        self.words = words
        self.free = free

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        if not isinstance(value, str):
            return tuple(value)
        if value in self.words:
            return (value,)
        return tuple(self._one(piece, value, param, ctx) for piece in pieces_of(value))

    def _one(self, piece: str, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if self.free is not None and piece == self.free:
            return None
        number = real_number(piece) if self.real else whole_number(piece, self.least)
        if number is None or (self.real and not number):
            rule = "a number above 0 and up to 10^18" if self.real else whole_rule(self.least)
            others = [*self.words, *([self.free] if self.free else [])]
            rule += "".join(f", or {word}" for word in others) + did_you_mean(piece, others)
            told = f"{shown(piece)} in {shown(value)}" if piece != value else shown(value)
            self.fail(f"{told} is not {rule}", param, ctx)
        return number

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The words."""
        from click.shell_completion import CompletionItem

        words = [*self.words, *([self.free] if self.free else [])]
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]
