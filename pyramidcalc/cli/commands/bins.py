"""`pyramidcalc bins`: which rows and columns every bin of a pool reads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Answer, Column, Line
from pyramidcalc.cli.pictures import caption, picture_param
from pyramidcalc.cli.question import QuestionGroup, header
from pyramidcalc.cli.summary import diagnosis
from pyramidcalc.cli.words import runs
from pyramidcalc.layers.base import AXES
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.passes.bins import AxisBins, Bins
    from pyramidcalc.request import Request

HELP = """Which rows and columns every bin reads: of SPP, PPM, DSPP and every adaptive pool.

`pyramidcalc bins spp --bins 4 2 1 --method pad`: the ends of each bin, positions that several bins read or none, and
how far the bins lie in the padding.
"""


class AxisRow(Record):
    """One axis of one pool."""

    layer: str
    axis: str
    bins: AxisBins


def ask(request: Request) -> tuple[Answer, int]:
    """The answer; exit code 1 where a layer refuses."""
    from pyramidcalc.passes.bins import bins

    report = request.report()
    pools = () if report.resolved is None else bins(report.resolved)
    rows = [
        AxisRow(pool.layer, axis, each)
        for pool in pools
        for axis, each in zip(AXES[len(pool.axes)], pool.axes, strict=True)
    ]
    lines = [diagnosis(note) for note in report.errors]
    if not pools and not lines:
        lines.append(Line("note", "bins", f"{request.architecture.name} has no pool with a number of bins"))
    errors = {"diagnostics": [note.to_dict() for note in report.errors]} if report.errors else {}
    data = lambda: header(request) | {"pools": [pool_dict(pool) for pool in pools]} | errors  # noqa: E731
    picture = partial(figure, request, pools) if pools else None
    return Answer(COLUMNS if rows else (), rows, lines, data, picture=picture), int(report.failed)


def figure(request: Request, pools: tuple[Bins, ...]) -> Any:
    """A map a pool, its bins as frames."""
    from pyramidcalc.pictures.bins import bins

    return bins(pools, "Which pixels each bin reads", caption(request))


def pool_dict(pool: Bins) -> dict[str, Any]:
    """The JSON of one pool."""
    return {
        "layer": pool.layer,
        **{axis: axis_dict(b) for axis, b in zip(AXES[len(pool.axes)], pool.axes, strict=True)},
    }


def axis_dict(axis: AxisBins) -> dict[str, Any]:
    """The JSON of one axis; null where there are too many bins or positions."""
    if axis.bins is None:
        return {"size": axis.n, **dict.fromkeys(("bins", "overlaps", "unread", "padding"))}
    return {
        "size": axis.n,
        "bins": [list(ends) for ends in axis.bins],
        "overlaps": axis.overlaps(),
        "unread": axis.unread(),
        "padding": list(axis.padding()),
    }


def ends(row: AxisRow) -> str:
    """`0–3, 3–6`; bins of one position are told by it."""
    if row.bins.bins is None:
        return "unknown: too many"
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in row.bins.bins]
    return ", ".join(texts).replace("-", "−")


def padding(row: AxisRow) -> str:
    """`1 + 2` before and behind the map."""
    before, behind = row.bins.padding()
    return f"{before} + {behind}" if before or behind else ""


COLUMNS = (
    Column("layer", lambda row: row.layer, leads=True),
    Column("axis", lambda row: row.axis),
    Column("size", lambda row: row.bins.n, right=True),
    Column("bins", lambda row: "" if row.bins.bins is None else len(row.bins.bins), right=True),
    Column("each reads", ends, folds=24),
    Column("read by several", lambda row: runs(row.bins.overlaps()), folds=24, hides=True),
    Column("read by none", lambda row: runs(row.bins.unread()) if row.bins.bins else "", folds=24, hides=True),
    Column("in the padding", padding, hides=True),
)

COMMAND = QuestionGroup("bins", HELP, "Which rows and columns every bin of a pool reads.", [picture_param()], ask)
