"""`pyramidcalc taps`: how many taps of a dilated kernel fall inside the map, rate by rate."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, output_params, write
from pyramidcalc.cli.command import Command, SeveralOption
from pyramidcalc.cli.pictures import PICTURE
from pyramidcalc.cli.values import Size, Value, WholeNumber, shown, whole_number
from pyramidcalc.cli.variables import range_of
from pyramidcalc.cli.words import share
from pyramidcalc.quantities import times
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

HELP = """How many taps of a dilated kernel fall inside the map: the exact number of positions, rate by rate.

`pyramidcalc taps --kernel 3 --rate 1..96 --input 65x65` is Figure 4 of DeepLab v3 (Chen et al., arXiv 1706.05587):
with growing rate a 3×3 kernel that keeps the size has fewer positions with all 9 taps inside, and in the end 1 alone.
"""
MAX_POSITIONS = 1 << 22
"""Positions of all axes at all rates together: some seconds."""
MAX_KERNEL = 1 << 12


class Rates(Value):
    """`6`, or a range `1..96` or `6..96..6`. Gives a tuple of ints."""

    name = "rates"

    def read(self, text: str) -> tuple[int, ...]:
        if ".." not in text:
            rate = whole_number(text)
            if rate is None:
                self.fail(f"{shown(text)} is no rate: give whole numbers of at least 1, or a range, as in 1..96")
            return (rate,)
        values = range_of(text)
        if min(values) < 1:
            self.fail(f"{shown(text)} holds rates below 1")
        return tuple(values)


class Row(Record):
    """One rate: taps to positions."""

    rate: int
    histogram: dict[int, int]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"rate": self.rate, "taps": {str(taps): count for taps, count in self.histogram.items()}}


PARAMS = [
    click.Option(["--kernel"], type=Size(), default=(3,), metavar="N[xN]", help="The kernel.  [default: 3]"),
    SeveralOption(
        ["--rate", "given"], type=Rates(), metavar="N|N..N", example="1..96", help="Rates.  [default: 1..96]"
    ),
    click.Option(["--input", "sizes"], type=Size(), default=(65, 65), metavar="HxW", help="[default: 65x65]"),
    click.Option(
        ["--dims"], type=WholeNumber(most=3, example=1), metavar="1|2|3", help="Axes; as many as sizes if absent."
    ),
    *output_params(),
    PICTURE,
]


def callback(
    kernel: tuple[int, ...],
    given: tuple[tuple[int, ...], ...],
    sizes: tuple[int, ...],
    dims: int | None,
    form: str,
    picture: str | None,
) -> None:
    """Counts, and writes a row a rate."""
    from pyramidcalc.passes.valid_taps import tap_histogram

    axes = dims or max(len(kernel), len(sizes), 2)
    kernel, sizes = on_axes("--kernel", kernel, axes), on_axes("--input", sizes, axes)
    rates = sorted({rate for rates in given for rate in rates}) or range(1, 97)
    if max(kernel) > MAX_KERNEL or len(rates) * sum(sizes) > MAX_POSITIONS:
        limits = f"{MAX_KERNEL} taps an axis and {MAX_POSITIONS} positions of all axes at all rates"
        raise click.UsageError(f"this is over the limit of {limits}", click.get_current_context())
    rows = [Row(rate, tap_histogram(kernel, rate, sizes)) for rate in rates]
    write(answer(kernel, sizes, rows), form, picture)


def on_axes(option: str, numbers: tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One number for all axes, or one an axis."""
    if len(numbers) not in (1, axes):
        ctx = click.get_current_context()
        raise click.BadParameter(f"{times(numbers)} has not one number an axis of {axes}", ctx, param_hint=option)
    return numbers * (axes // len(numbers))


def answer(kernel: tuple[int, ...], sizes: tuple[int, ...], rows: list[Row]) -> Answer:
    """A column a number of taps, and from which rate on something is lost."""
    kinds = sorted({taps for row in rows for taps in row.histogram}, reverse=True)
    every, positions = prod(kernel), prod(sizes)
    columns = (
        Column("rate", lambda row: row.rate, right=True, leads=True),
        *[Column(f"{taps} tap{'s' * (taps > 1)}", partial(count, taps), right=True) for taps in kinds],
        Column(
            f"all {every} inside",
            lambda row: share(row.histogram.get(every, 0), positions),
            right=True,
            numbers=(Column(f"all {every} inside", lambda row: row.histogram.get(every, 0) / positions),),
        ),
    )
    lines = [Line("total", "positions", f"{positions:,} of a {times(kernel)} that keeps {times(sizes)}")]
    lines += remarks(kernel, sizes)
    data = {"schema": 1, "kernel": list(kernel), "input": list(sizes), "positions": positions}
    title = f"Taps of a kernel of {times(kernel)} inside the map"
    return Answer(
        columns, rows, lines, lambda: data | {"rates": [row.to_dict() for row in rows]},
        picture=partial(figure, rows, every, title, f"keeping the size, on {times(sizes)}"),
    )  # fmt: skip


def count(taps: int, row: Row) -> int:
    """Positions with so many taps inside."""
    return row.histogram.get(taps, 0)


def remarks(kernel: Sequence[int], sizes: Sequence[int]) -> list[Line]:
    """From which rate on no position has all taps inside, and from which none has more than one."""
    from pyramidcalc.indexmap import Window

    wide = [(Window(k), n) for k, n in zip(kernel, sizes, strict=True) if k > 1]
    if not wide:
        return []
    none, alone = min(w.degenerate_rate(n) for w, n in wide), max(n for _, n in wide)
    return [
        Line("note", "all inside", f"at no position from rate {none} on"),
        Line("note", "one at most", f"at every position from rate {alone} on"),
    ]


def figure(rows: Sequence[Row], every: int, title: str, note: str) -> Any:
    """Figure 4 of DeepLab v3."""
    from pyramidcalc.pictures.taps import taps

    return taps({row.rate: row.histogram for row in rows}, every, title, note)


COMMAND = Command("taps", callback, PARAMS, HELP)
