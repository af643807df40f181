"""The two maps of the page: what one output pixel reads of an input, and how much each input pixel counts."""

from __future__ import annotations

from base64 import b64encode
from math import prod, sqrt
from typing import TYPE_CHECKING

from pyramidcalc.cli.commands.erf import SHARES, percent
from pyramidcalc.cli.words import share
from pyramidcalc.indexmap import runs_of
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.reach_by_branch import labels, reach_by_branch
from pyramidcalc.quantities import shape_text, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.passes.shapes import Resolved

MAX_PIXELS = 1 << 22
"""Of an input that is drawn: 2048×2048."""
MAX_RUNS = 60_000
"""Rectangles of a picture."""
MAX_BRANCHES = 8
"""There are as many colours."""


def flat(shape: Sequence[int]) -> tuple[int, int] | None:
    """Rows and columns of a map as it is drawn: a sequence is one row, a vector one pixel; None for a volume."""
    axes = (1, 1, *shape[1:])
    return (axes[-2], axes[-1]) if len(shape) < 4 else None


def size_text(shape: tuple[int, ...]) -> str:
    """What stands beside a map's name: its sizes, or how many features a vector has."""
    return times(shape[1:]) or shape_text(shape)


def refusal(shape: Sequence[int]) -> str | None:
    """Why a map is not drawn; None where it is."""
    if flat(shape) is None:
        return "a volume has no flat picture; `pyramidcalc reach` and `pyramidcalc erf` answer at the prompt"
    if prod(shape[1:]) > MAX_PIXELS:
        return f"an input of {prod(shape[1:]):,} pixels is over the limit of {MAX_PIXELS:,} for a picture"
    return None


def reads(resolved: Resolved, layer: str, at: Sequence[int], wanted: str | None) -> dict[str, Any]:
    """What a pixel of a layer reads of one input, branch by branch: rows and columns of rectangles.

    `wanted` names the input; None is the first that is read. Raises UsageError where there is no such layer or pixel.
    """
    if reason := next(filter(None, map(refusal, resolved.inputs.values())), None):
        return {"unknown": reason}
    whole = reach(resolved, layer, at)
    if whole.unknown:
        return {"unknown": whole.unknown}
    read = [name for name in whole.inputs if whole.products[name]]
    name = wanted if wanted in whole.inputs else next(iter(read), next(iter(whole.inputs)))
    parts = [part for part in reach_by_branch(resolved, layer, at) if part.products[name]]
    apart = len(parts) <= MAX_BRANCHES and any(part.mask(name) != parts[0].mask(name) for part in parts)
    shown, names = (parts, labels(parts)) if apart else ([whole], [layer])
    # Large ones first, so that small ones are drawn over them; the colours are those of the figure.
    branches = sorted(enumerate(zip(shown, names, strict=True)), key=lambda branch: -branch[1][0].pixels(name))
    pixels, hull_pixels, every = whole.pixels(name), whole.hull_pixels(name), prod(whole.inputs[name][1:])
    entries = []
    for index, (part, label) in branches:
        tint = apart and part.pixels(name) == every
        entries.append(branch(part, name) | {"name": label, "paint": "tint" if tint else f"c{index}"})
    if sum(len(rows) * len(columns) for each in entries for rows, columns in each["runs"]) > MAX_RUNS:
        return {"unknown": f"the pixels that are read make more than {MAX_RUNS:,} separate rectangles"}
    words = f"{pixels:,} pixels read, {share(pixels, hull_pixels)} of their hull" if hull_pixels else "nothing is read"
    return {
        "input": name,
        "inputs": read,
        "size": flat(whole.inputs[name]),
        "shape": size_text(whole.inputs[name]),
        "text": "1 pixel read" if pixels == 1 else words,
        "all": not apart and pixels == every > 1,
        "entries": entries,
    }


def branch(part: Reach, name: str) -> dict[str, Any]:
    """What one branch reads: runs of rows that have the same runs of columns, and the hull where there are holes."""
    rows: dict[int, int] = {}
    for place, columns in part.mask(name).items():
        rows[columns] = rows.get(columns, 0) | 1 << (place[-1] if place else 0)
    runs = [(runs_of(places), runs_of(columns)) for columns, places in rows.items()]
    pixels, hull = part.pixels(name), part.hull(name)
    if hull is None or pixels == part.hull_pixels(name):
        return {"runs": runs, "note": f"{pixels:,}"}
    return {"runs": runs, "note": f"{pixels:,} of {box_text(hull)}", "hull": spread(hull)}


def box_text(box: Sequence[tuple[int, int]]) -> str:
    """How many pixels a box has on each axis."""
    return times(last - first + 1 for first, last in box)


def spread(box: Sequence[tuple[int, int]]) -> list[int]:
    """[top, bottom, left, right] of a box on up to two axes."""
    (top, bottom), (left, right) = ((0, 0), (0, 0), *box)[-2:]
    return [top, bottom, left, right]


def weights(resolved: Resolved, layer: str, at: Sequence[int], wanted: str | None) -> dict[str, Any]:
    """How much of a pixel of a layer each pixel of one input makes up, as bytes on a √ scale; likewise."""
    from pyramidcalc.passes.effective_field import effective_field

    if reason := next(filter(None, map(refusal, resolved.inputs.values())), None):
        return {"unknown": reason}
    field = effective_field(resolved, layer, at)
    if field.unknown:
        return {"unknown": field.unknown}
    name = wanted if wanted in field.inputs else next(iter(field.blocks), next(iter(field.inputs)))
    if name not in field.blocks:
        return {"unknown": f"nothing of `{name}` is read"}
    block = field.blocks[name]
    rows, columns = (range(1), range(1), *block.axes)[-2:]
    values = list(block.values())
    peak = max(values)
    # √ shows what a linear scale hides; whole numbers beyond a float's range lose their last digits first.
    shift = max(peak.bit_length() - 52, 0)
    scale = 255 / sqrt(peak >> shift)
    data = bytes([int(scale * sqrt(value >> shift) + 0.5) for value in values])
    entries = [
        {"paint": paint, "name": percent(part), "note": f"in {box_text(box)}", "hull": spread(box)}
        for paint, part in zip(("orange", "gold"), SHARES, strict=True)
        if (box := field.square(name, part))
    ]
    legend = [("strong", "counts most", "(√ scale)"), ("faint", "counts little", "")]
    return {
        "input": name,
        "inputs": list(field.blocks),
        "size": flat(field.inputs[name]),
        "shape": size_text(field.inputs[name]),
        "text": "weight before training",
        "box": [rows.start, columns.start, len(rows), len(columns)],
        "data": b64encode(data).decode(),
        "entries": entries + [dict(zip(("paint", "name", "note"), each, strict=True)) for each in legend],
    }
