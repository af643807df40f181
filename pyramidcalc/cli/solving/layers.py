"""`pyramidcalc solve conv`, `pool`, `conv-transpose`: every layer that gives a size."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import format_param
from pyramidcalc.cli.solving.words import NAMES, sides
from pyramidcalc.cli.values import Choice, Size, shown, whole_number, whole_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.solve.windows import Solution

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
        numbers = [whole_number(part, self.least) for part in value.split("..")]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers) or len(numbers) > 3:
            rule = f"{whole_rule(self.least)} or a range of them, for example 1..7 or 1..7..2"
            self.fail(f"{shown(value)} is not {rule}", param, ctx)
        first, last, step = [*known, *[known[0], 1][len(known) - 1 :]]
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


class Solve:
    """The callback of one kind of layer."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self,
        *,
        inputs: tuple[int, int],
        outputs: tuple[int, int],
        form: str,
        kind: str | None = None,
        ceil_mode: bool = False,
        **given: range | None,
    ) -> None:
        """Solves and writes; the exit code is 1 where there is no such layer."""
        from pyramidcalc.solve.windows import Ranges, solve

        ctx = click.get_current_context()
        ranges = Ranges(**{name: value for name, value in given.items() if value is not None})
        if kind == "avg" and 1 not in ranges.dilation:
            raise click.UsageError("an average pool has no dilation; leave --dilation out, or use --kind max", ctx)
        if kind == "avg":
            ranges = ranges.replace(dilation=range(1, 2))
        sort = f"{kind}-pool" if kind else self.name
        found = solve(sort, inputs, outputs, ranges, ceil_mode=ceil_mode)
        write(self.name, inputs, outputs, found, form)
        if not found:
            from pyramidcalc.cli.solving.nothing import nothing

            click.echo(f"error: {nothing(sort, inputs, outputs, ranges, ceil_mode)}", err=True)
        ctx.exit(0 if found else 1)


def write(name: str, inputs: tuple[int, int], outputs: tuple[int, int], found: tuple[Solution, ...], form: str) -> None:
    """Writes one row a layer."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        head = {"schema": 1, "solve": name, "input": list(inputs), "output": list(outputs)}
        click.echo(json_text({**head, "solutions": [to_dict(each, name, inputs) for each in found]}))
        return
    from pyramidcalc.cli.tables import write_table

    write_table(columns(name, inputs), found, list(lines(name, inputs, outputs, found)) if found else [], form)


def lines(name: str, inputs: tuple[int, int], outputs: tuple[int, int], found: tuple[Solution, ...]) -> Iterator[Line]:
    """How many there are, and why the last ones are last."""
    from pyramidcalc.cli.summary import Line

    count = f"{len(found):,} {NAMES[name]}{'s' * (len(found) != 1)} of {sides(inputs)} to {sides(outputs)}"
    yield Line("total", "found", count)
    idle = sum(each.idle for each in found)
    if idle:
        yield Line("note", "border", f"{idle:,} of {len(found):,}, last: {IDLE[name]}")


def to_dict(solution: Solution, name: str, inputs: tuple[int, int]) -> dict[str, Any]:
    """The JSON form of one layer."""
    made = {key: value for key, value in solution.to_dict().items() if key != "layer"}
    if name != "conv-transpose":
        del made["output_padding"]
    return made | {"remarks": solution.remarks(inputs)}


def columns(name: str, inputs: tuple[int, int]) -> list[Column]:
    """One row a layer."""
    from pyramidcalc.cli.columns import Column

    made = [
        Column("kernel", lambda row: row.kernel, right=True),
        Column("stride", lambda row: row.stride, right=True),
        Column("padding", lambda row: row.padding, right=True),
        Column("dilation", lambda row: row.dilation, right=True),
    ]
    if name == "conv-transpose":
        made.append(Column("output padding", lambda row: row.output_padding, right=True))
    return [*made, Column("remarks", lambda row: "; ".join(row.remarks(inputs)), folds=True)]


def command(name: str) -> Command:
    """The command of one kind of layer."""
    params: list[click.Parameter] = [
        click.Option(["--input", "inputs"], type=Sides(), required=True, metavar="N", help="Input size."),
        click.Option(["--output", "outputs"], type=Sides(), required=True, metavar="M", help="Output size."),
        *[
            click.Option(names, type=Span(1), metavar="A[..B]", help=f"{words}  [default: {default}]")
            for names, words, default in (
                (["--kernel", "--kernel-size"], "Kernel sizes to try.", "1..7"),
                (["--stride"], "Strides to try.", "1..4"),
                (["--dilation"], "Dilation rates to try.", "1..4"),
            )
        ],
        click.Option(
            ["--padding"],
            type=Span(0),
            metavar="A[..B]",
            help=f"Paddings to try.  [default: all{' up to half the kernel' * (name == 'pool')}]",
        ),
    ]
    if name == "pool":
        params += [
            click.Option(
                ["--kind"], type=Choice(("max", "avg")), default="max", help="What a window gives.  [default: max]"
            ),
            click.Option(["--ceil-mode"], is_flag=True, help="Keep a last window that starts inside the input."),
        ]
    if name == "conv-transpose":
        params.append(
            click.Option(
                ["--output-padding"],
                type=Span(0),
                metavar="A[..B]",
                help="Output paddings to try.  [default: all that are below the stride or the dilation]",
            )
        )
    last = f"; then those with {IDLE[name]}" if name in IDLE else ""
    return Command(name, Solve(name), [*params, format_param()], HELP.format(name=NAMES[name], last=last))
