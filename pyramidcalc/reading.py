"""Sizes and whole numbers read from text, as the command line and Python take them."""

from __future__ import annotations

from pyramidcalc.errors import UsageError

LARGEST = 10**18
"""The largest number that is read: far beyond every tensor, and short enough to print what follows from it."""
SIZE_RULE = "HxW (64x64), CxHxW (2048x64x64) or one number for a square (64)"


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


def within(piece: str, text: str) -> str:
    """`'x' in '3xx'`: a wrong piece of a value as it is quoted, or all of it."""
    return shown(text) if piece == text else f"{shown(piece)} in {shown(text)}"


def pieces_of(text: str) -> list[str]:
    """The parts between `x`, `X`, `×`, `*` or `,`; an empty part stays, as it is a mistake to tell."""
    for separator in "X×*,":
        text = text.replace(separator, "x")
    return [piece.strip() for piece in text.split("x")]


def size_of(text: str) -> tuple[int, ...]:
    """1 to 4 ints of `64x64`, `2048x64x64` or `64`. Raises UsageError, which says nothing of where the text stood."""
    pieces = pieces_of(text)
    if len(pieces) > 4:
        raise UsageError(f"{shown(text)} has {len(pieces)} sizes; give {SIZE_RULE}")
    numbers = []
    for piece in pieces:
        number = whole_number(piece)
        if number is None:
            raise UsageError(f"{within(piece, text)} is not {whole_rule(1)}; give {SIZE_RULE}")
        numbers.append(number)
    return tuple(numbers)
