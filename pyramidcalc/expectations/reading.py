"""Reading an expectation such as `rate18.conv.output=256x64x64`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.quantities import QUANTITIES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.quantities import Quantity

GLOBAL = "global"
NO_WARNINGS = "no-warnings"
"""The one expectation that has no operator."""
PARTS = re.compile(r"([^=!<>]*)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
NUMBER = re.compile(r"(\d{1,19}|\d{1,3}(?:,\d{3}){1,5})(\.\d{1,19})?\s*([A-Za-z]*)", re.ASCII)
BETWEEN = re.compile(r"\s*[xX×,]\s*")
BY_NAME = {name: quantity for quantity in QUANTITIES for name in (quantity.key, *quantity.aliases)}
WHOLE, FRACTION, SIGNED = r"\d{1,19}", r"\d{1,19}(/0*[1-9]\d{0,18})?", r"-?\d{1,19}"
FORMS = {
    "output": (WHOLE, 4, "CxHxW (256x64x64), HxW, or one number for a vector"),
    "input": (WHOLE, 4, "CxHxW (256x64x64), HxW, or one number for a vector"),
    "receptive-field": (WHOLE, 3, "HxW (37x37), one number for a square, or global"),
    "stride": (FRACTION, 3, "one number, or one an axis (16, 1/2, 4x2)"),
    "padding": (SIGNED, 3, "one whole number, or one an axis (18, 4x2)"),
}
"""Quantity → what one number looks like, how many there may be, and that in words."""
MAX_QUOTED = 100


class Expectation(Record):
    """One expectation; `layer` is None where it is of the whole architecture, `quantity` for `no-warnings`.

    `wanted` is what the value says: numbers, "global", or None for `no-warnings`.
    """

    text: str
    layer: str | None
    quantity: Quantity | None
    operator: str
    wanted: tuple[Fraction, ...] | str | None


def parse(text: str) -> Expectation:
    """The expectation that a text says: `[LAYER.]QUANTITY OPERATOR VALUE`, or `no-warnings`.

    Raises UsageError for a text without operator, an unknown quantity, or a value that is none.
    """
    if text.strip() == NO_WARNINGS:
        return Expectation(text, None, None, "", None)
    parts = PARTS.fullmatch(text)
    if parts is None:
        near = nearest(text.strip(), [NO_WARNINGS])
        raise UsageError(f"{quoted(text)} has no operator; quote it, as in --expect 'macs<=70G'", hint=near)
    place, sign, value = (part.strip() for part in parts.groups())
    layer, dot, word = place.rpartition(".")
    if dot and not layer.strip():
        raise UsageError(f"no layer stands before the dot of {quoted(text)}", hint="name one, or leave the dot out")
    name = word.strip().lower().replace("_", "-")
    quantity = BY_NAME.get(name)
    if quantity is None:
        hint = nearest(name, BY_NAME) or f"known are {', '.join([*BY_NAME, NO_WARNINGS])}"
        raise UsageError(f"there is no quantity {quoted(word)} in {quoted(text)}", hint=hint)
    if layer and not quantity.of_layers:
        others = ", ".join(each.key for each in QUANTITIES if each.of_layers)
        raise UsageError(f"`{name}` is of the whole architecture, not of a layer", hint=f"of layers there are {others}")
    return Expectation(text, layer or None, quantity, sign, wanted_of(quantity, sign, value, text))


def wanted_of(quantity: Quantity, sign: str, value: str, text: str) -> tuple[Fraction, ...] | str:
    """The numbers of a value, or "global". Raises UsageError."""
    if value.startswith("="):
        raise UsageError(f"{quoted(text)} has two operators", hint="equal is one =")
    if quantity.counts:
        return (number_of(value, text),)
    if quantity.form == "field" and value.lower() == GLOBAL:
        if sign not in ("=", "!="):
            raise UsageError(f"{quoted(text)}: a field is global or not", hint=f"write = or !=, not {sign}")
        return GLOBAL
    pattern, limit, rule = FORMS[quantity.key]
    pieces = BETWEEN.split(value)
    if len(pieces) > limit or not all(re.fullmatch(pattern, piece, re.ASCII) for piece in pieces):
        raise UsageError(f"{quoted(value)} in {quoted(text)} is not {rule}")
    return tuple(map(Fraction, pieces))


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


def quoted(text: str) -> str:
    """A text as it is quoted in a message, a long one cut."""
    return repr(text) if len(text) <= MAX_QUOTED else f"{text[:60]!r}… ({len(text)} characters)"
