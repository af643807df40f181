"""`pyramidcalc solve aspp`: rates for a receptive field, and why these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, format_param, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.solving.layers import Sides
from pyramidcalc.cli.values import LARGEST, Choice, Whole
from pyramidcalc.cli.words import share
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.solve.rates import Proposal

    Pair = tuple[int, int]

HELP = """Rates of an atrous pyramid with a receptive field: none degenerate, no gridding, and why.

--map is the map that the pyramid reads. --input is the image before the backbone and goes with --output-stride: the
map is the image, halved and rounded up for each factor 2 of the stride, 33 of 513 at output stride 16. Without
--receptive-field, proposed is the largest with all taps inside at a quarter of the positions.

Degenerate: no position of the map has all taps of the 3×3 inside. Gridding: where all rates share a factor g, the
map falls into g×g grids whose outputs share no pixel. Proposed are rates without either whose largest distance
between neighbouring taps of all branches is the least, checked output by output on this map.

Source: Wang et al., arXiv 1702.08502, section 3.2 (gridding, hybrid dilated convolution); Chen et al., arXiv
1706.05587, section 3.3 (degenerate rates).
"""
MAX_BRANCHES = 64
"""More than any pyramid has; each is followed over the whole map."""


def callback(
    map_size: Pair | None,
    image: Pair | None,
    output_stride: str | None,
    receptive_field: int | None,
    branches: int,
    form: str,
) -> None:
    """Proposes and writes; the exit code is 1 where there is nothing to propose."""
    from pyramidcalc.solve.rates import map_side, propose

    ctx = click.get_current_context()
    why: tuple[Line, ...] = ()
    if image and output_stride and not map_size:
        map_size = map_side(image[0], int(output_stride)), map_side(image[1], int(output_stride))
        why = (Line("total", "map", f"{times(map_size)}, of {times(image)} at output stride {output_stride}"),)
    elif not map_size or image or output_stride:
        rule = "--input is the image and goes with --output-stride; --map is the map itself and goes with neither"
        raise click.UsageError(f"{rule}; give --input 513x513 --output-stride 16, or --map 33x33", ctx)
    proposal = propose(*map_size, receptive_field, branches)
    sizes = {"input": image, "output_stride": output_stride and int(output_stride), "map": map_size}
    write(answer(proposal, (*why, *lines(proposal, map_size, branches)), sizes), form)
    ctx.exit(0 if proposal.proposals else 1)


def lines(proposal: Proposal, map_size: Pair, branches: int) -> Iterator[Line]:
    """Why these rates."""
    from pyramidcalc.solve.rates import KERNEL, ROOMY, inside, span

    size, asked, rate, roomy = times(map_size), proposal.asked, proposal.rate, proposal.roomy
    rates = f"{proposal.branches} rate{'s' * (proposal.branches != 1)}"
    full = inside(rate, *map_size)
    if asked and asked > span(rate):
        why = f"a 3×3 that spans {asked} nowhere has all taps inside; rate {rate}, {span(rate)}, is the largest"
        yield Line(
            "warning", "receptive field", f"{asked} needs rate {asked // 2}, which is degenerate on {size}: {why}"
        )
    else:
        reason = ", the largest with all taps inside at a quarter of the positions" * (not asked and full >= ROOMY)
        yield Line("total", "receptive field", f"{span(rate)}, a 3×3 at rate {rate}{reason}")
    if full < ROOMY:
        few = f"only at {share(*full.as_integer_ratio())} of the positions with rate {rate}"
        better = f"; at a quarter or more up to rate {roomy}, --receptive-field {span(roomy)}" * (roomy < rate)
        yield Line("warning", "all taps inside", few + better)
    if proposal.branches < branches:
        yield Line("note", "branches", f"{rates} and no more: rates differ, and {rate} is the largest")
    if not proposal.proposals:
        alone = f"a single rate above 1, here {rate}, always leaves gridding; use --branches 2"
        yield Line("error", "error", alone)
        return
    distance = proposal.proposals[0].distance
    least = f"the least that {rates} up to {rate} without a common factor allow"
    yield Line("total", "gridding", f"none: on {size} every output is linked to every other by pixels that both read")
    yield Line("total", "holes", f"neighbouring taps are at most {distance} apart, {least}")
    needed = rate // KERNEL + 1  # not all are 3 apart, which would be their common factor
    if distance > KERNEL and needed <= MAX_BRANCHES:
        yield Line("note", "closer", f"at most {KERNEL} apart, one kernel, takes {needed} rates: --branches {needed}")


def answer(proposal: Proposal, why: tuple[Line, ...], sizes: Mapping[str, object]) -> Answer:
    """One row a set of rates; below them, why these."""
    from pyramidcalc.solve.rates import span

    columns = (
        Column("rates", lambda row: " ".join(map(str, row.rates))),
        Column("receptive field", lambda row: row.receptive_field, right=True),
        Column("all taps inside, largest rate", lambda row: share(*row.inside.as_integer_ratio()), right=True),
        Column("common factor", lambda row: row.factor or "–", right=True),
        Column("largest distance of taps", lambda row: row.distance or "–", right=True),
        Column("verdict", lambda row: "; ".join(row.reasons) or "proposed"),
    )
    proposals, others = (
        [rates.to_dict() | {"inside": float(rates.inside), "reasons": list(rates.reasons)} for rates in each]
        for each in (proposal.proposals, proposal.others)
    )
    data = {
        "schema": 1,
        "solve": "aspp",
        **sizes,
        "receptive_field": {"asked": proposal.asked, "proposed": span(proposal.rate)},
        "branches": proposal.branches,
        "proposals": proposals,
        "others": others,
        "why": [f"{line.label}: {line.text}" for line in why],
    }
    return Answer(columns, (*proposal.proposals, *proposal.others), why, lambda: data)


def command() -> Command:
    """The command."""
    field = Whole(example=37, most=LARGEST - 1)  # they are odd
    params: list[click.Parameter] = [
        click.Option(
            ["--map", "map_size"], type=Sides(), metavar="HxW", help="Size of the map that the pyramid reads."
        ),
        click.Option(["--input", "image"], type=Sides(), metavar="HxW", help="Size of the image before the backbone."),
        click.Option(["--output-stride"], type=Choice(("8", "16", "32")), help="The backbone's, with --input."),
        click.Option(["--receptive-field"], type=field, metavar="N", help="In pixels of the map."),
        click.Option(
            ["--branches"],
            type=Whole(most=MAX_BRANCHES),
            default=3,
            metavar="N",
            help="3×3 branches, each with a rate of its own.  [default: 3]",
        ),
        format_param(),
    ]
    return Command("aspp", callback, params, HELP)
