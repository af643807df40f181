"""Reading an expectation such as `rate18.conv.output=256x64x64`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.expectations.quantities import GLOBAL, QUANTITIES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_WARNINGS = "no-warnings"
"""The one expectation that has no operator."""
PARTS = re.compile(r"([^=!<>]*)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
NUMBER = re.compile(r"(\d{1,19}|\d{1,3}(?:,\d{3}){1,5})(\.\d{1,19})?\s*([A-Za-z]*)", re.ASCII)
BETWEEN = re.compile(r"\s*[xX×,]\s*")
FORMS = {
    "shape": (re.compile(r"\d{1,19}", re.ASCII), 3, "CxHxW (256x64x64), HxW, or one number for a vector"),
    "field": (re.compile(r"\d{1,19}", re.ASCII), 2, "HxW (37x37), one number for a square, or global"),
    "stride": (re.compile(r"\d{1,19}(/0*[1-9]\d{0,18})?", re.ASCII), 2, "one number or two (16, 1/2, 4x2)"),
    "padding": (re.compile(r"-?\d{1,19}", re.ASCII), 2, "one whole number or two (18, 4x2)"),
}
"""Form of a value → what one number looks like, how many there may be, and that in words."""
LONGEST = 100
"""A longer word has no near neighbour, and takes quadratic time to find that out."""


class Expectation(Record):
    """One expectation; `layer` is None where it is of the whole architecture.

    `wanted` is what the value says: numbers, "global", or None for `no-warnings`.
    """

    text: str
    layer: str | None
    quantity: str
    operator: str
    wanted: tuple[Fraction, ...] | str | None


def parse(text: str) -> Expectation:
    """The expectation that a text says: `[LAYER.]QUANTITY OPERATOR VALUE`, or `no-warnings`.

    Raises UsageError for a text without operator, an unknown quantity, or a value that is none.
    """
    if text.strip() == NO_WARNINGS:
        return Expectation(text, None, NO_WARNINGS, "", None)
    parts = PARTS.fullmatch(text)
    if parts is None:
        near = nearest(text.strip(), [NO_WARNINGS]) if len(text) <= LONGEST else None
        raise UsageError(f"{quoted(text)} has no operator; quote it, as in --expect 'macs<=70G'", hint=near)
    place, sign, value = (part.strip() for part in parts.groups())
    layer, dot, word = place.rpartition(".")
    if dot and not layer.strip():
        raise UsageError(f"no layer stands before the dot of {quoted(text)}", hint="name one, or leave the dot out")
    name = word.strip().lower().replace("_", "-")
    quantity = QUANTITIES.get(name)
    if quantity is None:
        known = f"known are {', '.join([*QUANTITIES, NO_WARNINGS])}"
        raise UsageError(
            f"there is no quantity {quoted(word)} in {quoted(text)}", hint=near_names(name, QUANTITIES) or known
        )
    if layer and not quantity.of_layers:
        told = ", ".join(key for key, each in QUANTITIES.items() if each.of_layers)
        raise UsageError(f"`{name}` is of the whole architecture, not of a layer", hint=f"of layers there are {told}")
    return Expectation(text, layer or None, name, sign, wanted_of(quantity.form, sign, value, text))


def wanted_of(form: str, sign: str, value: str, text: str) -> tuple[Fraction, ...] | str:
    """The numbers of a value, or "global". Raises UsageError."""
    if value.startswith("="):
        raise UsageError(f"{quoted(text)} has two operators", hint="equal is one =")
    if form == "number":
        return (number_of(value, text),)
    if form == "field" and value.lower() == GLOBAL:
        if sign not in ("=", "!="):
            raise UsageError(f"{quoted(text)}: a field is global or not", hint=f"write = or !=, not {sign}")
        return GLOBAL
    pattern, most, rule = FORMS[form]
    pieces = BETWEEN.split(value)
    if len(pieces) > most or not all(map(pattern.fullmatch, pieces)):
        raise UsageError(f"{quoted(value)} in {quoted(text)} is not {rule}")
    numbers = tuple(map(Fraction, pieces))
    return numbers * 2 if form != "shape" and len(numbers) == 1 else numbers


def number_of(value: str, text: str) -> Fraction:
    """`70G`, `1.5 MiB`, `61,472,243,712`. Raises UsageError."""
    parts = NUMBER.fullmatch(value)
    if parts is None:
        raise UsageError(f"{quoted(value)} in {quoted(text)} is not a number such as 15535104, 70G or 1.5MiB")
    whole, decimals, unit = parts.groups()
    if unit not in UNITS:
        units = ", ".join(filter(None, UNITS))
        raise UsageError(f"there is no unit {quoted(unit)} in {quoted(text)}", hint=f"units are {units}")
    return Fraction(whole.replace(",", "") + (decimals or "")) * UNITS[unit]


def near_names(word: str, words: Iterable[str]) -> str | None:
    """ "did you mean …?", or None."""
    return nearest(word, words) if len(word) <= LONGEST else None


def quoted(text: str) -> str:
    """A text as it is quoted in a message, a long one cut."""
    return repr(text) if len(text) <= LONGEST else f"{text[:60]!r}… ({len(text)} characters)"
