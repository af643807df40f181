"""How the receptive field grows: its size by depth along the graph, and where it goes beyond the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.layers.base import AXES
from pyramidcalc.pictures.sheet import COLOURS, GREY, LEFT, SMALL, VERMILION, WIDTH, Sheet, measured
from pyramidcalc.quantities import si, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pyramidcalc.layer_report import LayerGroup
    from pyramidcalc.passes.shapes import AppliedLayer
    from pyramidcalc.report import Report

HEIGHT = 1.75
ACROSS = WIDTH - LEFT - 0.1
"""Inches of the axes."""
LANE = 0.17
"""Inches of a lane of bars below the axes, each with its name."""
MAX_LANES = 8
BEYOND = "#FBE9E7"


class Curve(NamedTuple):
    """Sizes of the fields on axes that are alike, by layer (None: no local path, or unknown), and the input's there."""

    input: str
    label: str
    limits: tuple[int, ...]
    sizes: dict[str, int | None]


def growth(report: Report, rows: Sequence[LayerGroup], note: str) -> Figure:
    """The receptive field of every layer that moves positions; the scopes of `rows` stand as bars below."""
    depth_of, shown = depths(report), curves(report)
    deepest = max(depth_of.values())
    inches = ACROSS / (deepest + 1)
    bars = list(packed(rows, report, depth_of, inches))
    below = LANE * (1 + max((lane for *_, lane in bars), default=-1)) + 0.2
    sheet = Sheet("How the receptive field grows", note, HEIGHT + below, legend(report, shown))
    axes = sheet.axes(LEFT, 0.03, ACROSS, HEIGHT - 0.03)
    axes.set_xlim(-0.5, deepest + 0.5)
    frame(axes, shown)
    for colour, curve in zip(COLOURS, shown, strict=False):
        draw(axes, report, curve, depth_of, colour)
    for name, start, stop, left, lane in bars:
        top = HEIGHT + 0.07 + lane * LANE
        sheet.line(LEFT + start * inches, LEFT + stop * inches, top)
        sheet.text(left, top + 0.015, name, size=SMALL)
    sheet.text(LEFT, HEIGHT + below - 0.12, "depth along the graph →", color=GREY)
    return sheet.figure


def moves(applied: AppliedLayer) -> bool:
    """Whether an output position of a layer reads other positions than its own."""
    return any(axis_map is not IDENTITY for maps in applied.axes for axis_map in maps[1:])


def depths(report: Report) -> dict[str, int]:
    """How many layers that move positions stand on the longest way to each input and layer, its own included."""
    assert report.resolved is not None
    depth_of = dict.fromkeys(report.inputs, 0)
    for applied in report.resolved.layers:
        depth_of[applied.name] = max(depth_of[name] for name in applied.inputs) + moves(applied)
    return depth_of


def curves(report: Report) -> list[Curve]:
    """One curve an input that is read, or one an axis where they differ; as many as there are colours."""
    shown: list[Curve] = []
    for name, (_, *sizes) in report.inputs.items():
        own = [
            Curve(name, side, (size,), local_sizes(report, name, axis))
            for axis, (side, size) in enumerate(zip(AXES[len(sizes)], sizes, strict=True))
        ]
        if own and all(curve.sizes == own[0].sizes for curve in own):
            own = [own[0]._replace(label="", limits=tuple(sizes))]
        several = len(report.inputs) > 1
        shown += [curve._replace(label=f"{name} {curve.label}".strip() if several else curve.label) for curve in own]
    return shown[: len(COLOURS)]


def local_sizes(report: Report, name: str, axis: int) -> dict[str, int | None]:
    """The size that the local paths of each layer read on one axis of an input; of layers that read that input."""
    sizes: dict[str, int | None] = {name: 1}
    fields = {layer.name: layer.receptive_fields.get(name) for layer in report.layers}
    return sizes | {layer: field.local_size[axis] for layer, field in fields.items() if field is not None}


def draw(axes: Axes, report: Report, curve: Curve, depth_of: dict[str, int], colour: str) -> None:
    """The edges of the graph as lines, and a dot for each layer that moves positions."""
    assert report.resolved is not None
    sizes = curve.sizes
    lines: dict[Any, None] = {}
    for applied in report.resolved.layers:
        ends = [(depth_of[name], sizes.get(name)) for name in (*applied.inputs, applied.name)]
        lines |= dict.fromkeys((end, ends[-1]) for end in ends[:-1] if end[1] and ends[-1][1] and end != ends[-1])
    axes.add_collection(LineCollection(list(lines), colors=colour, lw=0.8, alpha=0.5, zorder=2, gid="edges"))
    for applied, layer in zip(report.resolved.layers, report.layers, strict=True):
        field = layer.receptive_fields.get(curve.input)
        if field is None or not moves(applied):
            continue
        size, x = sizes[applied.name], depth_of[applied.name]
        style: Any = {"mec": colour, "mfc": "white" if field.is_global else colour, "mew": 0.7, "zorder": 3}
        if size is not None:
            marker = "D" if dilated(applied) else "o"
            axes.plot(x, size, marker, ms=3, gid=applied.name, **style)
        elif field.is_global:
            axes.plot(x, 1, "^", ms=4, clip_on=False, transform=axes.get_xaxis_transform(), gid=applied.name, **style)


def dilated(applied: AppliedLayer) -> bool:
    """Whether there are holes between the positions that an output position reads."""
    return any(axis_map.dilated for maps in applied.axes for axis_map in maps[1:])


def frame(axes: Axes, shown: Sequence[Curve]) -> None:
    """A scale of powers of two, and the input's own sizes: with the band beyond them where there is one curve, else
    where a curve reaches them."""
    limits = [limits_of(curve, shown) for curve in shown]
    sizes = [size for curve in shown for size in curve.sizes.values() if size] + [n for each in limits for n in each]
    axes.set_yscale("log", base=2)
    axes.set_ylim(0.8, 1.8 * max(sizes, default=2))
    axes.yaxis.set_major_locator(LogLocator(base=4 if axes.get_ylim()[1] > 64 else 2, numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda size, _: si(int(size)) if size > 99_999 else f"{size:,.0f}"))
    axes.set_ylabel("receptive field (input pixels)")
    axes.set_xticks([])
    axes.spines[["top", "right"]].set_visible(False)
    for colour, each in zip(COLOURS, limits, strict=False):
        for limit in sorted(set(each)):
            if len(shown) > 1:
                axes.axhline(limit, color=colour, lw=0.7, ls=(0, (4, 3)), zorder=1)
            else:
                axes.axhline(limit, color=VERMILION, lw=0.8, zorder=1)
                axes.axhspan(limit, axes.get_ylim()[1], color=BEYOND, lw=0, zorder=0)


def limits_of(curve: Curve, shown: Sequence[Curve]) -> tuple[int, ...]:
    """The input's sizes that are drawn for a curve: of several, lines far above all curves would only crowd it."""
    most = max([size for size in curve.sizes.values() if size], default=0)
    return curve.limits if len(shown) == 1 or most >= min(curve.limits) else ()


def legend(report: Report, shown: Sequence[Curve]) -> list[Artist]:
    """What each sign that is drawn means."""
    assert report.resolved is not None
    entries: list[Artist] = []
    if len(shown) > 1:
        for colour, curve in zip(COLOURS, shown, strict=False):
            label = f"{curve.label} ({times(curve.limits)}{', dashed' * bool(limits_of(curve, shown))})"
            entries.append(Line2D([], [], color=colour, lw=1.2, label=label))
    else:
        label = f"beyond the input ({times(shown[0].limits)})"
        entries.append(Patch(fc=BEYOND, ec=VERMILION, lw=0.6, label=label))
    colour = GREY if len(shown) > 1 else COLOURS[0]
    dots = [applied for applied in report.resolved.layers if moves(applied)]
    fields = {layer.name: layer.receptive_fields.values() for layer in report.layers}

    def sign(marker: str, face: str, label: str) -> None:
        entries.append(Line2D([], [], ls="", marker=marker, ms=3.5, mew=0.7, mec=colour, mfc=face, label=label))

    if not all(map(dilated, dots)):
        sign("o", colour, "layer")
    if any(map(dilated, dots)):
        sign("D", colour, "dilated layer")
    wholes = [field for applied in dots for field in fields[applied.name] if field.is_global]
    if any(any(field.local_size) for field in wholes):
        sign("o", "white", "global too")
    if not all(any(field.local_size) for field in wholes):
        sign("^", "white", "global")
    return entries


def packed(
    rows: Sequence[LayerGroup], report: Report, depth_of: dict[str, int], inches: float
) -> Iterator[tuple[str, float, float, float, int]]:
    """For scopes of the same depths their names, the depths at which their bar begins and ends, the inches at which the
    names begin, and the first lane that has room for both; what finds none is left out."""
    assert report.resolved is not None
    drawn = {applied.name: depth_of[applied.name] for applied in report.resolved.layers if moves(applied)}
    spans = {row.name: [drawn[layer.name] for layer in row.layers if layer.name in drawn] for row in rows}
    scopes: dict[str, None] = {}
    bars: dict[tuple[int, int], list[str]] = {}
    for full, own in sorted(spans.items(), key=lambda item: min(item[1], default=0)):
        if own:
            scope, _, name = full.rpartition(".")
            # The first of a Sequential's numbers says whose they are.
            bars.setdefault((min(own), max(own)), []).append(full if name.isdigit() and scope not in scopes else name)
            scopes[scope] = None
    ends = [0.0] * MAX_LANES
    for (first, last), names in bars.items():
        text = ", ".join(names)
        if measured(text, SMALL) > ACROSS:
            text = f"{names[0]} … {names[-1]}"
        start, stop, wide = first + 0.15, last + 0.85, measured(text, SMALL)
        left = min(LEFT + start * inches, WIDTH - wide - 0.02)
        lane = next((lane for lane, end in enumerate(ends) if end + 0.06 <= left), None)
        if lane is not None:
            ends[lane] = max(left + wide, LEFT + stop * inches)
            yield text, start, stop, left, lane
