"""`pyramidcalc solve aspp`: rates for a receptive field, and why these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import format_param
from pyramidcalc.cli.solving.layers import Sides
from pyramidcalc.cli.values import LARGEST, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.solve.rates import Answer, Judged

HELP = """Rates of an atrous pyramid with a receptive field: none degenerate, no gridding, and why.

Degenerate: no position of the map has all taps of the 3×3 inside. Gridding: where all rates share a factor g, the
map falls into g×g grids whose outputs share no pixel. Proposed are rates without either whose largest distance
between neighbouring taps of all branches is the least, checked pixel by pixel on the block itself.

Source: Wang et al., arXiv 1702.08502, section 3.2 (gridding, hybrid dilated convolution); Chen et al., arXiv
1706.05587, section 3.3 (degenerate rates).
"""
BRANCHES = 3
MOST_BRANCHES = 64
MOST_FIELD = LARGEST - 1
"""Receptive fields are odd."""


def callback(inputs: tuple[int, int], receptive_field: int, branches: int, form: str) -> None:
    """Proposes and writes; the exit code is 1 where there is nothing to propose."""
    from pyramidcalc.solve.rates import propose

    ctx = click.get_current_context()
    answer = propose(*inputs, receptive_field, branches)
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        click.echo(json_text(to_dict(answer, inputs, branches)))
    else:
        from pyramidcalc.cli.tables import write_table

        write_table(columns(answer), (*answer.proposals, *answer.others), list(lines(answer, inputs, branches)), form)
    ctx.exit(0 if answer.proposals else 1)


def lines(answer: Answer, inputs: tuple[int, int], branches: int) -> Iterator[Line]:
    """Why these rates."""
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.solve.rates import KERNEL, largest_rate, least_branches

    size = "×".join(map(str, inputs))
    if answer.receptive_field < answer.asked:
        rate = largest_rate(answer.asked)
        yield Line(
            "warning",
            "receptive field",
            f"{answer.asked} needs rate {rate}, which is degenerate on {size}: a 3×3 that spans "
            f"{answer.asked} nowhere has all taps inside; rate {answer.rate}, {answer.receptive_field}, is the largest",
        )
    else:
        yield Line("total", "receptive field", f"{answer.asked}, a 3×3 at rate {answer.rate}")
    if answer.branches < branches:
        room = several(answer.branches, "rate")
        yield Line("note", "branches", f"{room} and no more: rates differ, and {answer.rate} is the largest")
    if not answer.proposals:
        yield Line(
            "error", "error", f"a single rate above 1, here {answer.rate}, always leaves gridding; use --branches 2"
        )
        return
    distance = answer.proposals[0].distance
    yield Line("total", "gridding", f"none: on {size} every output is linked to every other by pixels that both read")
    yield Line(
        "total",
        "holes",
        f"neighbouring taps are at most {distance} apart, the least that {several(answer.branches, 'rate')} up to "
        f"{answer.rate} without a common factor allow",
    )
    needed = least_branches(answer.rate, KERNEL)
    if distance > KERNEL and needed <= MOST_BRANCHES:
        yield Line("note", "closer", f"at most {KERNEL} apart, one kernel, takes {needed} rates: --branches {needed}")


def several(count: int, word: str) -> str:
    """`1 rate`, `3 rates`."""
    return f"{count} {word}{'s' * (count != 1)}"


def to_dict(answer: Answer, inputs: tuple[int, int], branches: int) -> dict[str, Any]:
    """The JSON form."""
    return {
        "schema": 1,
        "solve": "aspp",
        "input": list(inputs),
        "receptive_field": {"asked": answer.asked, "proposed": answer.receptive_field},
        "branches": answer.branches,
        "proposals": [judged(each) for each in answer.proposals],
        "others": [judged(each) for each in answer.others],
        "why": [f"{line.label}: {line.text}" for line in lines(answer, inputs, branches)],
    }


def judged(found: Judged) -> dict[str, Any]:
    """The JSON form of some rates."""
    return found.to_dict() | {"inside": float(found.inside), "reasons": list(found.reasons)}


def columns(answer: Answer) -> list[Column]:
    """One row a set of rates."""
    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.wording import share

    def verdict(row: Judged) -> str:
        if row in answer.proposals:
            return "proposed"
        return "; ".join(row.reasons)

    return [
        Column("rates", lambda row: " ".join(map(str, row.rates))),
        Column("receptive field", lambda row: row.receptive_field, right=True),
        Column(
            "all taps inside, largest rate",
            lambda row: share(row.inside.numerator, row.inside.denominator),
            right=True,
        ),
        Column("common factor", lambda row: row.factor or "–", right=True),
        Column("largest distance of taps", lambda row: row.distance or "–", right=True),
        Column("verdict", verdict),
    ]


def command() -> Command:
    """The command."""
    params: list[click.Parameter] = [
        click.Option(["--input", "inputs"], type=Sides(), required=True, metavar="HxW", help="The map's size."),
        click.Option(
            ["--receptive-field"],
            type=Whole(example=37, most=MOST_FIELD),
            required=True,
            metavar="N",
            help="In pixels of the map.",
        ),
        click.Option(
            ["--branches"],
            type=Whole(most=MOST_BRANCHES),
            default=BRANCHES,
            metavar="N",
            help=f"3×3 branches, each with a rate of its own.  [default: {BRANCHES}]",
        ),
        format_param(),
    ]
    return Command("aspp", callback, params, HELP)
