"""Options with several values: rewrites the arguments so that click, which takes one a time, can read them.

`--rate 6 12 18`, `--rate 6,12,18`, `--rate=6 12 18` and `--rate 6 --rate 12 --rate 18` are all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class MissingValueError(Exception):
    """An option with several values stands without any; holds the option's name."""


def is_value(token: str) -> bool:
    """Whether a token is a value, not an option: what does not start with `-`, and numbers: -1, -.5, -1x3, -inf."""
    rest = token.removeprefix("-")
    number = rest.removeprefix(".")[:1].isdigit() or rest.lower() in ("inf", "nan", "infinity")
    return number or not token.startswith("-")


def rewrite(
    tokens: Sequence[str], several: Collection[str], single: Collection[str], *, lenient: bool = False
) -> list[str]:
    """The tokens with one `--name=value` for each value of an option in `several`.

    Options in `single` take one value, which may look like an option. Everything after `--` stays as it is. Raises
    MissingValueError, unless `lenient` (for completion).
    """
    rewritten: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        if token == "--":
            return [*rewritten, *tokens[index - 1 :]]
        name, equals, first = token.partition("=")
        if name not in several:
            rewritten.append(token)
            if not equals and name in single and index < len(tokens):
                rewritten.append(tokens[index])
                index += 1
            continue
        start = index
        while index < len(tokens) and is_value(tokens[index]):
            index += 1
        values = [first, *tokens[start:index]] if equals else list(tokens[start:index])
        if not values and not lenient:
            raise MissingValueError(name)
        for value in values:
            # One comma at the end of a token is let pass, as in `6, 12, 18`.
            trimmed = value[:-1] if len(value) > 1 and value.endswith(",") else value
            rewritten += [f"{name}={piece}" for piece in trimmed.split(",")]
    return rewritten
