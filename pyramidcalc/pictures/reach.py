"""Which pixels one output pixel reads, and through which branch."""

from __future__ import annotations

from functools import reduce
from math import prod
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pyramidcalc.errors import UsageError
from pyramidcalc.layers.base import SIDES
from pyramidcalc.passes.reach_by_branch import labels
from pyramidcalc.pictures.pixels import (
    fill,
    laid_out,
    outline,
    part_text,
    shown_part,
)
from pyramidcalc.pictures.sheet import COLOURS, TINT, VERMILION
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pyramidcalc.passes.reach import Reach

DASHES = (0, (3, 2))


class Panel(NamedTuple):
    """One map of an input: its heading, what its rows and columns are called, those shown, and what each part reads.

    Sets are row to the bit set of columns.
    """

    input: str
    heading: str
    names: tuple[str, str]
    shown: tuple[tuple[int, int], tuple[int, int]]
    masks: tuple[dict[int, int], ...]


def reach(whole: Reach, parts: Sequence[Reach], title: str, note: str) -> Figure:
    """The pixels that `whole` reads: a colour for each of the branches `parts`, the smallest on top, with its hull
    dashed; branches that read everything tint the map. Without branches one colour, with the hull as a frame.

    An image is one map, a sequence a strip a branch, a volume its three sections through the hull's middle. Raises
    UsageError where there is nothing to draw, or too much.
    """
    names = [name for name, products in whole.products.items() if products and len(whole.inputs[name]) > 1]
    if not names:
        raise UsageError("there is nothing to draw: no pixel of a map is read")
    parts = tuple(parts) if 1 < len(parts) <= len(COLOURS) else (whole,)
    panels = [panel for name in names for panel in panels_of(whole, parts, name)]
    if len(names) > 1:
        panels = [panel._replace(heading=f"{panel.input}  {panel.heading}".strip()) for panel in panels]
    partial = sum(not covers(part, names) for part in parts)
    order = "; hulls dashed, smaller branches on top" if partial > 1 and any(panel.names[0] for panel in panels) else ""
    layout = [(panel.heading, panel.names, panel.shown) for panel in panels]
    sheet, drawn, _ = laid_out(title, f"{note}; {amount(whole, names)}{order}", layout, legend(parts, names))
    for axes, panel in zip(drawn, panels, strict=True):
        draw(axes, panel, parts)
    return sheet.figure


def amount(whole: Reach, names: Sequence[str]) -> str:
    """How much is read: `441 pixels are read, 11.9% of their hull of 61×61`."""
    texts = []
    for name in names:
        pixels, coverage = whole.pixels(name), whole.coverage(name)
        if is_all(whole, name):
            text = f"all {pixels:,} pixels"
        else:
            text = f"{pixels:,} pixel{'s' * (pixels > 1)}"
            text += f" ({coverage:.1%} of their hull, {hull_text(whole, name)})" if coverage != 1 else ""
        texts.append(f"{text} of {name}" if len(names) > 1 else text)
    return f"reads {', '.join(texts)}"


def is_all(part: Reach, name: str) -> bool:
    """Whether every pixel of an input is read."""
    return part.pixels(name) == prod(part.inputs[name][1:])


def hull_text(part: Reach, name: str) -> str:
    """`61×61`."""
    return times(last - first + 1 for first, last in part.hull(name) or ())


def legend(parts: Sequence[Reach], names: Sequence[str]) -> list[Artist]:
    """A branch each with how many pixels it reads, those that read everything in one."""
    if len(parts) == 1:
        return [] if covers(parts[0], names) else [Line2D([], [], color=VERMILION, lw=0.9, label="hull")]
    entries: dict[object, Patch] = {}
    for colour, label, part in zip(COLOURS, labels(parts), parts, strict=False):
        several = len(names) > 1
        texts = [counted(part, name) + f" of {name}" * several for name in names if part.products[name]]
        text, style = ", ".join(texts) or "nothing", (colour, colour)
        if covers(part, names):
            text, style = "all", (TINT, "#999999")
        # Of branches that read the same pixels of a map only the last one is seen; strips of sequences stay apart.
        strips = text != "all" and any(len(part.inputs[name]) == 2 for name in names)
        key = label if strips else tuple([frozenset(part.mask(name).items()) for name in names])
        before = str(entries[key].get_label()).partition(": ")[0] + ", " if key in entries else ""
        entries[key] = Patch(lw=0.6, label=f"{before}{label}: {text}", fc=style[0], ec=style[1])
    return list(entries.values())


def covers(part: Reach, names: Sequence[str]) -> bool:
    """Whether a branch reads all of every input that is drawn."""
    return all(is_all(part, name) for name in names)


def counted(part: Reach, name: str) -> str:
    """`9 of 13×13`, `13×13` where its hull is read whole, `1`."""
    pixels, hull = part.pixels(name), hull_text(part, name)
    return "1" if pixels == 1 else hull if part.coverage(name) == 1 else f"{pixels:,} of {hull}"


def draw(axes: Axes, panel: Panel, parts: Sequence[Reach]) -> None:
    """Fills one panel's axes."""
    single = len(parts) == 1
    for index in sorted(range(len(parts)), key=lambda index: -parts[index].pixels(panel.input)):
        part, mask = parts[index], panel.masks[index]
        tints = is_all(part, panel.input)
        fill(axes, mask, fc=TINT if tints else COLOURS[index], zorder=1 if tints else 2, gid=part.node)
        if mask and not tints and (single or sum(map(int.bit_count, mask.values())) > 1):
            union = reduce(or_, mask.values())
            columns = (union & -union).bit_length() - 1, union.bit_length() - 1
            style: dict[str, Any] = {"ec": VERMILION} if single else {"ec": COLOURS[index], "ls": DASHES}
            outline(axes, (min(mask), max(mask)), columns, lw=0.8, zorder=3 if single else 1.5, **style)


def panels_of(whole: Reach, parts: Sequence[Reach], name: str) -> list[Panel]:
    """One map of an image, one strip a part of a sequence, three sections of a volume."""
    sizes = whole.inputs[name][1:]
    sides = [side.removesuffix("s") for side in SIDES[len(sizes)]]
    masks = [each.mask(name) for each in parts]
    hull = whole.hull(name) or ()
    shown = shown_part(sizes, hull)
    heading = part_text(sides, shown, sizes)
    if len(sizes) == 1:
        strips = tuple({index: mask[()]} if mask else {} for index, mask in enumerate(masks))
        return [Panel(name, heading, ("", "position"), ((0, len(parts) - 1), shown[0]), strips)]
    if len(sizes) == 2:
        rows = tuple({row: bits for (row,), bits in mask.items()} for mask in masks)
        return [Panel(name, heading, (sides[0], sides[1]), (shown[0], shown[1]), rows)]
    panels = []
    for axis, (first, last) in enumerate(hull):
        middle = (first + last) // 2
        one, other = (index for index in range(3) if index != axis)
        cuts = tuple(section(mask, axis, middle) for mask in masks)
        text = f"{sides[axis]} {middle}" + f"; {heading}" * bool(heading)
        panels.append(Panel(name, text, (sides[one], sides[other]), (shown[one], shown[other]), cuts))
    return panels


def section(mask: dict[tuple[int, ...], int], axis: int, at: int) -> dict[int, int]:
    """The pixels of a volume's set at one position of an axis: those of the other two, row to bits of columns."""
    rows: dict[int, int] = {}
    for (slice_, row), bits in mask.items():
        if axis == 0 and slice_ == at:
            rows[row] = bits
        elif axis == 1 and row == at:
            rows[slice_] = bits
        elif axis == 2 and bits >> at & 1:
            rows[slice_] = rows.get(slice_, 0) | 1 << row
    return rows
