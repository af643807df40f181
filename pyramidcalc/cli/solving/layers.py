"""`pyramidcalc solve conv`, `pool`, `conv-transpose`: every layer that gives a size."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar

import click

from pyramidcalc.cli.answer import Answer, Column, Line, format_param, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.values import Choice, Size, shown, whole_number, whole_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.solve.windows import Search, Solution

NAMES = {"conv": "convolution", "pool": "pool", "conv-transpose": "transposed convolution"}
IDLE = {
    "conv": "padding over d·(k − 1), so that windows at the border read only padding",
    "conv-transpose": (
        "padding over d·(k − 1), which cuts off all that inputs at the border give, or output padding over padding, "
        "which adds outputs that read nothing"
    ),
}
HELP = """Every legal {name} that makes --output of --input, simplest first.

Simplest: fewest settings other than torch's defaults, then the smallest numbers, dilation first{last}. Each
setting is one number or a range, as in --kernel 1..7, or 1..7..2 in steps of 2; a size is one number, or HxW for
layers that give both.

Source: Dumoulin & Visin, arXiv 1603.07285.
"""


class Span(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A number or an ascending range of them, from `least` on."""

    name = "range"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        pieces = value.split("..")
        numbers = [number for piece in pieces if (number := whole_number(piece, self.least)) is not None]
        if len(numbers) < len(pieces) or len(numbers) > 3:
            rule = f"{whole_rule(self.least)} or a range of them, for example 1..7 or 1..7..2"
            self.fail(f"{shown(value)} is not {rule}", param, ctx)
        first, last, step = [*numbers, *[numbers[0], 1][len(numbers) - 1 :]]
        if not step:
            self.fail(f"{shown(value)} goes by steps of 0; steps are 1 or more", param, ctx)
        if last < first:
            self.fail(f"{shown(value)} descends; write the smaller number first, {last}..{first}", param, ctx)
        return range(first, last + 1, step)


class Sides(Size):
    """One size for both axes, or HxW."""

    rule: ClassVar[str] = "one number for both axes (64) or HxW (64x48)"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """(H, W) of a size without channels."""
        sizes = super().convert(value, param, ctx)
        if len(sizes) > 2:
            self.fail(f"{shown(str(value))} has channels, which no size depends on; give N or HxW", param, ctx)
        return sizes if len(sizes) == 2 else sizes * 2


def callback(name: str, *, form: str, pool: str | None = None, **options: Any) -> None:
    """Solves and writes; the exit code is 1 where there is no such layer."""
    from pyramidcalc.solve.windows import Search, solve

    ctx = click.get_current_context()
    given = {option: value for option, value in options.items() if value is not None}
    search = Search(f"{pool}-pool" if pool else name, **given)
    if pool == "avg":
        if 1 not in search.dilation:
            raise click.UsageError("an average pool has no dilation; leave --dilation out, or use --kind max", ctx)
        search = search.replace(dilation=range(1, 2))
    solutions = solve(search)
    write(answer(name, search, solutions), form)
    if not solutions:
        click.echo(f"error: {nothing(name, search)}", err=True)
    ctx.exit(0 if solutions else 1)


def answer(name: str, search: Search, solutions: tuple[Solution, ...]) -> Answer:
    """One row a layer."""
    from pyramidcalc.solve.remarks import remarks

    settings = ["kernel", "stride", "padding", "dilation", *["output_padding"] * (name == "conv-transpose")]
    rows = [
        {setting: solution.to_dict()[setting] for setting in settings}
        | {"remarks": list(remarks(solution.layer, search.inputs))}
        for solution in solutions
    ]
    columns = [Column(setting.replace("_", " "), itemgetter(setting), right=True) for setting in settings]
    columns.append(Column("remarks", lambda row: "; ".join(row["remarks"]), folds=True))
    head = {"schema": 1, "solve": name, "input": list(search.inputs), "output": list(search.outputs)}
    return Answer(tuple(columns), rows, tuple(lines(name, search, solutions)), lambda: head | {"solutions": rows})


def lines(name: str, search: Search, solutions: tuple[Solution, ...]) -> Iterator[Line]:
    """How many there are, and why the last ones are last."""
    count, idle = len(solutions), sum(solution.idle for solution in solutions)
    if count:
        size = f"{sides(search.inputs)} to {sides(search.outputs)}"
        yield Line("total", "found", f"{count:,} {NAMES[name]}{'s' * (count != 1)} of {size}")
    if idle:
        yield Line("note", "border", f"{idle:,} of {count:,}, last: {IDLE[name]}")


def nothing(name: str, search: Search) -> str:
    """One sentence where no layer gives the size: the ranges as they were searched, and a way out."""
    extra = f"{ranged('output-padding', search.output_padding)} (torch takes less than the stride or the dilation)"
    *options, last = [
        ranged("kernel", search.kernel),
        ranged("stride", search.stride),
        ranged("dilation", search.dilation),
        ranged("padding", search.padding) + " (torch takes half the kernel at most)" * (name == "pool"),
        *[extra] * (name == "conv-transpose"),
        *["--ceil-mode"] * search.ceil_mode,
    ]
    size = f"{sides(search.outputs)} of {sides(search.inputs)}"
    return f"no {NAMES[name]} makes {size} with {', '.join(options)} and {last}; {way_out(name, search)}"


def way_out(name: str, search: Search) -> str:
    """Settings that give the size, or why there may be none."""
    from pyramidcalc.solve.windows import alternatives

    axes = tuple(zip(search.inputs, search.outputs, strict=True))
    for n, m in axes:
        # Padding is at most half the kernel: n + 1 with an even kernel at stride 1, and no more in any other way.
        if name == "pool" and m > n + 1:
            return f"no pool makes more than {n + 1} of {n}; use conv-transpose, or put a pad before the pool"
    options = [f"--{setting.replace('_', '-')} {value}" for setting, value in alternatives(search).items()]
    if len(options) == 1:
        return f"{options[0]} would do"
    if options:
        return f"{', '.join(options[:-1])} or {options[-1]} would do, each by itself"
    if axes[0] != axes[1]:
        rows, columns = (f"--input {n} --output {m}" for n, m in axes)
        return f"both axes share their settings here; solve for each by itself, {rows} and {columns}"
    return "no other value of one option alone was found to do; change several"


def sides(sizes: tuple[int, int]) -> str:
    """64, or 64×65."""
    return str(sizes[0]) if sizes[0] == sizes[1] else f"{sizes[0]}×{sizes[1]}"


def ranged(option: str, values: range | None) -> str:
    """`--kernel 1..7`, `--kernel 1..7..2`, `--kernel 3`, `any --padding`."""
    if values is None:
        return f"any --{option}"
    last = f"..{values[-1]}" if len(values) > 1 else ""
    return f"--{option} {values[0]}{last}" + (f"..{values.step}" if last and values.step > 1 else "")


def command(name: str) -> Command:
    """The command of one kind of layer."""
    spans = [
        (["--kernel", "--kernel-size"], 1, "Kernel sizes", "1..7"),
        (["--stride"], 1, "Strides", "1..4"),
        (["--dilation"], 1, "Dilation rates", "1..4"),
        (["--padding"], 0, "Paddings", "all" + " up to half the kernel" * (name == "pool")),
        *[(["--output-padding"], 0, "Output paddings", "all that are below the stride or the dilation")]
        * (name == "conv-transpose"),
    ]
    params: list[click.Parameter] = [
        click.Option(["--input", "inputs"], type=Sides(), required=True, metavar="N", help="Input size."),
        click.Option(["--output", "outputs"], type=Sides(), required=True, metavar="M", help="Output size."),
        *(
            click.Option(names, type=Span(least), metavar="A[..B]", help=f"{what} to try.  [default: {default}]")
            for names, least, what, default in spans
        ),
    ]
    if name == "pool":
        kind, ceil = "What a window gives.  [default: max]", "Keep a last window that starts inside the input."
        params += [
            click.Option(["--kind", "pool"], type=Choice(("max", "avg")), default="max", help=kind),
            click.Option(["--ceil-mode"], is_flag=True, help=ceil),
        ]
    last = f"; then those with {IDLE[name]}" if name in IDLE else ""
    text = HELP.format(name=NAMES[name], last=last)
    return Command(name, partial(callback, name), [*params, format_param()], text)
