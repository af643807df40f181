"""`pyramidcalc reach`: the exact pixels that one output pixel reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import CONTEXT, Command
from pyramidcalc.cli.root import SubjectGroup
from pyramidcalc.cli.show import FORMATS, format_param
from pyramidcalc.cli.subjects import common_params
from pyramidcalc.cli.values import did_you_mean, pieces_of, shown, whole_number

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.cli.subjects import Subject
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.report import Report

HELP = """What one output pixel really reads: every input pixel, borders and dilation holes included.

`pyramidcalc reach aspp --rate 6 12 18 --at 16,16 --layer rate6.conv`: the architecture's own options, the pixel
(the middle where --at is absent) and the layer (the main output where --layer is absent).
"""


class Position(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """ROW,COL, counted from 0."""

    name = "position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if not isinstance(value, str):
            row, column = value
            return row, column
        numbers = [whole_number(piece, 0) for piece in pieces_of(value)]
        if len(numbers) != 2 or None in numbers:
            self.fail(f"{shown(value)} is not ROW,COL, two whole numbers from 0, for example 16,16", param, ctx)
        row, column = (number for number in numbers if number is not None)
        return row, column


class ReachGroup(SubjectGroup):
    """`reach`: the command of every architecture, with a pixel and a layer."""

    def __init__(self) -> None:
        super().__init__("reach", help=HELP, context_settings=dict(CONTEXT))

    def command_of(self, subject: Subject) -> click.Command:
        """The command that asks a subject for its reach."""
        params: list[click.Parameter] = [
            click.Option(["--at"], type=Position(), metavar="ROW,COL", help="The output pixel; the middle if absent."),
            click.Option(["--layer"], metavar="NAME", help="The layer; the main output if absent."),
            *subject.params(),
            *common_params(),
            format_param(FORMATS),
        ]
        text = f"The exact input pixels that one output pixel of {subject.name} reads.\n\n{subject.text}"
        return Command(subject.name, ReachCallback(subject), params, text)


class ReachCallback:
    """The callback of one subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def __call__(
        self,
        *,
        at: tuple[int, int] | None,
        layer: str | None,
        input_size: tuple[int, ...] | None,
        batch: int,
        form: str,
        **values: object,
    ) -> None:
        """Asks, writes, and exits."""
        from pyramidcalc.passes.reach import reach

        ctx = click.get_current_context()
        request = self.subject.request(input_size, batch, values)
        report = request.report()
        name = layer_of(report, layer, ctx)
        if report.resolved is None or name is None:
            write_failure(report, form)
            ctx.exit(1)
        shape = report[name].output
        height, width = shape[1:] if len(shape) == 3 else (1, 1)
        row, column = at if at is not None else (height // 2, width // 2)
        write(report, reach(report.resolved, name, row, column), form)


def layer_of(report: Report, layer: str | None, ctx: click.Context) -> str | None:
    """The layer's name, or None where it, or the main output, comes after a failing layer."""
    if report.resolved is None:
        return None
    names = [each.name for each in report.layers]
    wanted = layer if layer is not None else report.resolved.graph.outputs[0][1]
    if wanted in names:
        return wanted
    known = [node.name for node in report.resolved.graph.nodes]
    if wanted in known:
        return None
    near = did_you_mean(wanted, known) or f"; {report.architecture} --depth 99 shows all layers"
    raise click.BadParameter(f"there is no layer {shown(wanted)}{near}", ctx, param_hint="--layer")


def write_failure(report: Report, form: str) -> None:
    """Says why there is nothing to read from."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        notes = [note.to_dict() for note in report.diagnostics]
        click.echo(json_text({**header(report), "layer": None, "at": None, "reach": None, "diagnostics": notes}))
        return
    for note in report.diagnostics:
        if note.severity == "error":
            from pyramidcalc.cli.summary import diagnosis

            click.echo(f"error: {diagnosis(note).text}", err=True)


def header(report: Report) -> dict[str, Any]:
    """The first keys of the JSON object."""
    return {
        "schema": 1,
        "architecture": report.architecture,
        "options": report.options,
        "inputs": {name: list(shape) for name, shape in report.inputs.items()},
    }


def write(report: Report, found: Reach, form: str) -> None:
    """Writes what is read of each input."""
    names = list(found.inputs)
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        reached = None if found.unknown else {name: read_of(found, name) for name in names}
        body = {"layer": found.node, "at": list(found.position), "reach": reached, "unknown": found.unknown}
        click.echo(json_text(header(report) | body))
        return
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.cli.tables import write_table

    shape = report[found.node].output
    row, column = found.position
    lines = [Line("total", "pixel", f"row {row}, column {column} of {found.node} ({'×'.join(map(str, shape))})")]
    if found.unknown:
        write_table((), (), [*lines, Line("note", "unknown", found.unknown)], form)
        return
    for name in names:
        lines += sets(found, name)
    write_table(columns(found), names, lines, form)


def sets(found: Reach, name: str) -> list[Line]:
    """Rows and columns that are read, compressed."""
    from pyramidcalc.cli.summary import Line

    rows, columns = axes_of(found, name)
    if not rows:
        return [Line("note", f"{name} read", "nothing")]
    return [
        Line("total", f"{name} rows", runs(rows)),
        Line("total", f"{name} columns", runs(columns)),
    ]


def axes_of(found: Reach, name: str) -> tuple[list[int], list[int]]:
    """Rows and columns of an input of which some pixel is read."""
    from pyramidcalc.indexmap import positions_of

    rows = columns = 0
    for _, row_set, column_set in found.products[name]:
        rows |= row_set
        columns |= column_set
    return list(positions_of(rows)), list(positions_of(columns))


def read_of(found: Reach, name: str) -> dict[str, Any]:
    """The JSON of one input."""
    hull = found.hull(name)
    rows, columns = axes_of(found, name)
    return {
        "pixels": found.pixels(name),
        "hull": None if hull is None else dict(zip(("top", "bottom", "left", "right"), hull, strict=True)),
        "coverage": found.coverage(name),
        "rows": rows,
        "columns": columns,
    }


def columns(found: Reach) -> tuple[Any, ...]:
    """One row an input."""
    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.wording import shape_text, share

    def hull(name: str) -> str:
        box = found.hull(name)
        if box is None:
            return "–"
        top, bottom, left, right = box
        return f"rows {top}–{bottom}, columns {left}–{right} ({bottom - top + 1}×{right - left + 1})"

    def coverage(name: str) -> str:
        box = found.hull(name)
        if box is None:
            return "–"
        top, bottom, left, right = box
        return share(found.pixels(name), (bottom - top + 1) * (right - left + 1))

    return (
        Column("input", str),
        Column("size (C×H×W)", lambda name: shape_text(found.inputs[name]), right=True),
        Column("pixels read", found.pixels, right=True),
        Column("hull", hull),
        Column("coverage of the hull", coverage, right=True),
    )


def runs(positions: list[int]) -> str:
    """`0–6, 13–49 step 6, 63` for ascending positions."""
    made: list[str] = []
    start = 0
    while start < len(positions):
        end = start + 1
        step = positions[end] - positions[start] if end < len(positions) else 0
        while end < len(positions) and positions[end] - positions[end - 1] == step:
            end += 1
        # Two positions that do not touch are clearer one by one; the second may start a run of its own.
        if end - start == 2 and step > 1:
            end -= 1
        first, last = positions[start], positions[end - 1]
        made.append(str(first) if first == last else f"{first}–{last}" + (f" step {step}" if step > 1 else ""))
        start = end
    return ", ".join(made)


def command() -> click.Command:
    """The command."""
    return ReachGroup()
