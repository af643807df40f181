"""`pyramidcalc solve`: layers for a size, and rates for a receptive field."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.root import LazyGroup
from pyramidcalc.cli.values import Choice, Size, WholeNumber

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.solve.rates import Proposal
    from pyramidcalc.solve.windows import Search

    Pair = tuple[int, int]

HELP = """Layers for a size, and rates for a receptive field: the questions turned round.

pyramidcalc solve conv --input 64 --output 32 --kernel 1..7

pyramidcalc solve aspp --input 769x769 --output-stride 16
"""
LAYERS = {"conv": "convolution", "conv-transpose": "transposed convolution", "pool": "pool"}
LAYERS_HELP = """Every legal {name} that makes --output of --input, simplest first.

Simplest: fewest settings other than torch's defaults, then the smallest numbers, dilation first; then those whose
padding is over d·(k − 1), or whose output padding is over the padding, so that the border reads or gives nothing. Each
setting is one number or a range, as in --kernel 1..7, or 1..7..2 in steps of 2; a size is one number, or HxW for
layers that give both.

Source: Dumoulin & Visin, arXiv 1603.07285.
"""
ASPP_HELP = """Rates of an atrous pyramid with a receptive field: none degenerate, no gridding, and why.

--map is the map that the pyramid reads. --input is the image before the backbone and goes with --output-stride: the
map is the image, halved and rounded up for each factor 2 of the stride, 33 of 513 at output stride 16. Without
--receptive-field, proposed is the largest with all taps inside at a quarter of the positions.

Degenerate: no position of the map has all taps of the 3×3 inside. Gridding: where all rates share a factor g, the
map falls into g×g grids whose outputs share no pixel. Proposed are rates without either whose largest distance
between neighbouring taps of all branches is the least.

Source: Wang et al., arXiv 1702.08502, section 3.2 (gridding, hybrid dilated convolution); Chen et al., arXiv
1706.05587, section 3.3 (degenerate rates).
"""
MAX_BRANCHES = 64
"""More than any pyramid has."""


def span(text: str) -> range:
    """The numbers that `3`, `1..7` or `1..7..2` says. Raises click.UsageError."""
    from pyramidcalc.cli.variables import range_of

    return range_of(text if ".." in text else f"{text}..{text}")


class Sides(Size):
    """One size for both axes, or HxW; channels are left out, on which no size depends."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """(H, W)."""
        sizes: tuple[int, ...] = super().convert(value, param, ctx)
        return (sizes * 2)[-2:]


def solve_layers(name: str, *, form: str, pool: str | None = None, show_all: bool, **options: Any) -> None:
    """Solves and writes; the exit code is 1 where there is no such layer.

    Those that read only padding somewhere are left out where there are others, unless `show_all`.
    """
    from pyramidcalc.quantities import per_axis
    from pyramidcalc.solve.windows import ONLY_PADDING, Search, solve

    given = {option: value for option, value in options.items() if value is not None}
    search = Search(f"{pool}-pool" if pool else name, **given)
    settings = ["kernel", "stride", "padding", "dilation", *["output_padding"] * (name == "conv-transpose")]
    solutions = [{key: solution.to_dict()[key] for key in (*settings, "remarks")} for solution in solve(search)]
    useful = [solution for solution in solutions if ONLY_PADDING not in solution["remarks"]]
    listed = solutions if show_all or not useful else useful
    hidden = len(solutions) - len(listed)
    columns = [Column(setting.replace("_", " "), itemgetter(setting), right=True) for setting in settings]
    columns.append(Column("remarks", lambda row: "; ".join(row["remarks"]), folds=24))
    many = f"{len(solutions):,} {LAYERS[name]}{'s' * (len(solutions) != 1)}"
    lines = [Line("total", "found", f"{many} of {per_axis(search.inputs)} to {per_axis(search.outputs)}")]
    if hidden:
        lines.append(Line("note", "left out", f"{hidden:,} with outputs that read only padding; --all shows them"))
    head = {"schema": 1, "solve": name, "input": list(search.inputs), "output": list(search.outputs), "hidden": hidden}
    data = lambda: head | {"solutions": listed}  # noqa: E731  # made where asked
    write(Answer(tuple(columns), listed, lines if solutions else (), data), form)
    if not solutions:
        size = f"{per_axis(search.outputs)} of {per_axis(search.inputs)}"
        click.echo(f"error: no {LAYERS[name]} in these ranges makes {size}; {way_out(name, search)}", err=True)
    click.get_current_context().exit(0 if solutions else 1)


def way_out(name: str, search: Search) -> str:
    """What to do where no layer gives the size."""
    from pyramidcalc.solve.windows import tiling

    axes = set(zip(search.inputs, search.outputs, strict=True))
    n, m = axes.pop()
    if axes:
        return "both axes share their settings here; solve for each by itself"
    if n < m and name != "conv-transpose":
        return "use conv-transpose, or put a pad before the layer"
    if n > m and name == "conv-transpose":
        return "use conv"
    kernel, stride = tiling(max(n, m), min(n, m))
    extra = " --output-padding 0" * (name == "conv-transpose")
    return f"--kernel {kernel} --stride {stride} --padding 0 --dilation 1{extra} would do"


def solve_aspp(
    *,
    map_size: Pair | None,
    image: Pair | None,
    output_stride: int | None,
    receptive_field: int | None,
    branches: int,
    form: str,
) -> None:
    """Proposes and writes; the exit code is 1 where there is nothing to propose."""
    from pyramidcalc.cli.words import share
    from pyramidcalc.indexmap import halved
    from pyramidcalc.quantities import times
    from pyramidcalc.solve.rates import propose, span

    lines: list[Line] = []
    if image and output_stride and not map_size:
        height, width = (halved(output_stride.bit_length() - 1).at(side) for side in image)
        map_size = height, width
        lines.append(Line("total", "map", f"{times(map_size)}, of {times(image)} at output stride {output_stride}"))
    elif not map_size or image or output_stride:
        rule = "--input is the image and goes with --output-stride; --map is the map itself and goes with neither"
        raise click.UsageError(f"{rule}; give --input 513x513 --output-stride 16, or --map 33x33")
    proposal = propose(*map_size, receptive_field, branches)
    lines += why(proposal, map_size, receptive_field)
    columns = (
        Column("rates", lambda row: " ".join(map(str, row.rates))),
        Column("receptive field", lambda row: row.receptive_field, right=True),
        Column("all taps inside, largest rate", lambda row: share(*row.inside.as_integer_ratio()), right=True),
        Column("common factor", lambda row: row.factor, right=True),
        Column("largest distance of taps", lambda row: row.distance, right=True),
        Column("verdict", lambda row: "; ".join(row.reasons) or "proposed"),
    )
    data = {
        "schema": 1,
        "solve": "aspp",
        "input": image,
        "output_stride": output_stride,
        "map": map_size,
        "receptive_field": {"asked": receptive_field, "proposed": span(proposal.rate)},
        "branches": proposal.branches,
        "proposals": [rates.to_dict() for rates in proposal.proposals],
        "others": [rates.to_dict() for rates in proposal.published],
        "why": [f"{line.label}: {line.text}" for line in lines],
    }
    write(Answer(columns, (*proposal.proposals, *proposal.published), lines, lambda: data), form)
    click.get_current_context().exit(0 if proposal.proposals else 1)


def why(proposal: Proposal, map_size: Pair, asked: int | None) -> Iterator[Line]:
    """Why these rates: their receptive field, where all taps are inside, and how far they are apart."""
    from pyramidcalc.cli.words import share
    from pyramidcalc.solve.rates import KERNEL, ROOMY, inside, span

    rate, roomy = proposal.rate, proposal.roomy
    if asked and asked > span(rate):
        large = f"{asked} needs rate {asked // 2}, which is degenerate here"
        yield Line("warning", "receptive field", f"{large}; rate {rate}, {span(rate)}, is the largest that is not")
    else:
        yield Line("total", "receptive field", f"{span(rate)}, a 3×3 at rate {rate}")
    full = inside(rate, *map_size)
    if full < ROOMY:
        few = f"only at {share(*full.as_integer_ratio())} of the positions with rate {rate}"
        better = f"; at a quarter or more up to rate {roomy}, --receptive-field {span(roomy)}" * (roomy < rate)
        yield Line("warning", "all taps inside", few + better)
    if not proposal.proposals:
        yield Line("error", "error", f"a single rate above 1, here {rate}, always leaves gridding; use --branches 2")
        return
    distance = proposal.proposals[0].distance
    yield Line("total", "gridding", "none: every output is linked to every other by pixels that both read")
    least = f"the least at --branches {proposal.branches} and rates up to {rate} without a common factor"
    yield Line("total", "holes", f"neighbouring taps are at most {distance} apart, {least}")
    needed = len(range(0, rate + 1, KERNEL))  # not all are 3 apart, which would be their common factor
    if distance > KERNEL and needed <= MAX_BRANCHES:
        yield Line("note", "closer", f"at most {KERNEL} apart, one kernel, takes {needed} rates: --branches {needed}")


class SolveGroup(LazyGroup):
    """`pyramidcalc solve WHAT`."""

    def sections(self) -> dict[str, list[str]]:
        """Layers and pyramids."""
        return {"Layers": list(LAYERS), "Pyramid blocks": ["aspp"]}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of what is solved for."""
        return layer_command(name) if name in LAYERS else aspp_command() if name == "aspp" else None


def layer_command(name: str) -> Command:
    """The command of one kind of layer."""
    settings = [
        (["--kernel", "--kernel-size"], "Kernel sizes to try.  [default: 1..7]"),
        (["--stride"], "Strides to try.  [default: 1..4]"),
        (["--dilation"], "Dilation rates to try.  [default: 1..4]"),
        (["--padding"], "Paddings to try.  [default: all that are legal]"),
    ]
    if name == "conv-transpose":
        settings.append((["--output-padding"], "Output paddings to try.  [default: all that are legal]"))
    params: list[click.Parameter] = [
        click.Option(["--input", "inputs"], type=Sides(), required=True, metavar="N", help="Input size."),
        click.Option(["--output", "outputs"], type=Sides(), required=True, metavar="M", help="Output size."),
        *[click.Option(names, type=span, metavar="A[..B]", help=what) for names, what in settings],
    ]
    if name == "pool":
        kind, ceil = "What a window gives.  [default: max]", "Keep a last window that starts inside the input."
        params += [
            click.Option(["--kind", "pool"], type=Choice(("max", "avg")), default="max", help=kind),
            click.Option(["--ceil-mode"], is_flag=True, help=ceil),
        ]
    everything = "Those with outputs that read only padding, too."
    params.append(click.Option(["--all", "show_all"], is_flag=True, help=everything))
    text = LAYERS_HELP.format(name=LAYERS[name])
    return Command(name, partial(solve_layers, name), [*params, *output_params()], text)


def aspp_command() -> Command:
    """The command of the pyramid."""
    image, stride = "Size of the image before the backbone.", "The backbone's, with --input."
    branches = "3×3 branches, each with a rate of its own.  [default: 3]"
    params: list[click.Parameter] = [
        click.Option(
            ["--map", "map_size"], type=Sides(), metavar="HxW", help="Size of the map that the pyramid reads."
        ),
        click.Option(["--input", "image"], type=Sides(), metavar="HxW", help=image),
        click.Option(["--output-stride"], type=Choice((8, 16, 32)), help=stride),
        click.Option(["--receptive-field"], type=WholeNumber(example=37), metavar="N", help="In pixels of the map."),
        click.Option(["--branches"], type=WholeNumber(most=MAX_BRANCHES), default=3, metavar="N", help=branches),
        *output_params(),
    ]
    return Command("aspp", solve_aspp, params, ASPP_HELP)


COMMAND = SolveGroup("solve", help=HELP)
